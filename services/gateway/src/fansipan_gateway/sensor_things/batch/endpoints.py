"""`POST /sta/v1.1/$batch`."""

from typing import Annotated, Final

import anyio.to_thread
from fastapi import APIRouter, Depends, Request, Response

from fansipan_common.errors import Forbidden, UnsupportedMediaType
from fansipan_common.security import Scope
from fansipan_gateway.access.domain import CsrfTokenMissing
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.access.identification import client_of, identity_of
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

    async def sender_of(request: Request) -> str | None:
        """Who may change something, or None; what else a credential may do, each request in the batch is told.

        Answers 401 to who has no good one.
        """
        try:
            reader = await access(request)
        except CsrfTokenMissing:
            raise
        except Forbidden:
            return identity_of(None, client_of(request.scope))  # a key that does not read
        return identity_of(reader, reader.client) if Scope.WRITE in reader.scopes else None

    @router.post(BATCH)
    async def run(request: Request, sender: Annotated[str | None, Depends(sender_of)]) -> Response:
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
        answers = await batches.run(parts, root_of(request, public_url), InProcess(request), sender)
        if kind == "application/json":
            return Response(write_json(parts, answers), media_type="application/json", headers=_HEADERS)
        content, media_type = write_multipart(parts, answers)
        return Response(content, headers={"Content-Type": media_type, **_HEADERS})

    return router


_HEADERS: Final = {"Cache-Control": "no-store", "OData-Version": "4.01"}
