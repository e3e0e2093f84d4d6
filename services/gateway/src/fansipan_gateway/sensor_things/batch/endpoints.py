"""`POST /sta/v1.1/$batch`."""

from typing import Annotated, Final

import anyio.to_thread
from fastapi import APIRouter, Depends, Request, Response

from fansipan_common.errors import Forbidden, UnsupportedMediaType
from fansipan_gateway.access.domain import CsrfTokenMissing
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.sensor_things.batch.domain import Part
from fansipan_gateway.sensor_things.batch.in_process import InProcess
from fansipan_gateway.sensor_things.batch.json_form import read_json, write_json
from fansipan_gateway.sensor_things.batch.multipart import read_multipart, write_multipart
from fansipan_gateway.sensor_things.batch.service import Batches
from fansipan_gateway.sensor_things.routing import ROOT, MessageRoute, root_of

BATCH: Final = f"{ROOT}/$batch"


def batch_router(batches: Batches, access: ReadAccess, public_url: str | None) -> APIRouter:
    """The door for batches. Each request in one passes the gateway's own doors, with the rights of who sent the batch.

    Args:
        batches: runs them.
        access: says who asks.
        public_url: address of the gateway for links; None: each request's own.
    """
    router = APIRouter(route_class=MessageRoute, include_in_schema=False)

    async def somebody(request: Request) -> None:
        """Answers 401 to who has no good credential; what a good one may do, each request in the batch is told."""
        try:
            await access(request)
        except CsrfTokenMissing:
            raise
        except Forbidden:
            return

    @router.post(BATCH)
    async def run(request: Request, _somebody: Annotated[None, Depends(somebody)]) -> Response:
        content_type = request.headers.get("content-type", "")
        kind = content_type.partition(";")[0].strip().lower()
        body = await request.body()
        parts: list[Part]
        if kind == "multipart/mixed":
            parts = await anyio.to_thread.run_sync(read_multipart, body, content_type)
        elif kind == "application/json":
            parts = await anyio.to_thread.run_sync(read_json, body)
        else:
            raise UnsupportedMediaType("a batch is multipart/mixed or application/json")
        answers = await batches.run(parts, root_of(request, public_url), InProcess(request))
        if kind == "application/json":
            return Response(write_json(parts, answers), media_type="application/json", headers=_HEADERS)
        content, media_type = write_multipart(parts, answers)
        return Response(content, headers={"Content-Type": media_type, **_HEADERS})

    return router


_HEADERS: Final = {"Cache-Control": "no-store", "OData-Version": "4.01"}
