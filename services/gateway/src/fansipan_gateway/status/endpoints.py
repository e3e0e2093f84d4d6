"""`GET /v1/status`."""

import orjson
from fastapi import APIRouter, Response

from fansipan_gateway.api.conditional import JSON
from fansipan_gateway.read_only.service import ReadOnlyMode
from fansipan_gateway.status.schemas import Status
from fansipan_gateway.status.service import PlatformWatch


def status_router(watch: PlatformWatch, mode: ReadOnlyMode) -> APIRouter:
    """The door to how the platform is: open to everybody, and answered from memory, so that it can be asked during an
    outage."""
    router = APIRouter(tags=["status"])

    @router.get("/v1/status", summary="Which parts answer", response_model=Status)
    async def read_status() -> Response:
        """Which parts of the platform answer now, and since when those that do not are away.

        The parts are asked beside this request, about once a second. It needs no credential and is not counted by the
        rate limits.
        """
        return Response(
            orjson.dumps(watch.document() | {"readOnly": mode.document()}),
            media_type=JSON,
            headers={"Cache-Control": "no-store"},
        )

    return router
