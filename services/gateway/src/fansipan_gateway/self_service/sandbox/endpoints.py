"""`POST /v1/provider/{provider}/sandbox`."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from fansipan_common.errors import Forbidden
from fansipan_common.problems import problem_responses
from fansipan_common.security import Scope
from fansipan_gateway.api.conditional import JSON
from fansipan_gateway.api.parameters import Parameters, ResponseModel
from fansipan_gateway.self_service.manager import Manager, Managers
from fansipan_gateway.self_service.sandbox.ingest import SandboxDoor

Format = Literal[
    "observations",
    "observations-ndjson",
    "service-events",
    "cloud-events",
    "senml",
    "influx",
    "chirpstack",
    "the-things-stack",
    "ngsi-v2",
    "ngsi-ld",
]


class SandboxParameters(Parameters):
    """Query parameters."""

    format: Annotated[Format, Field(description="What the body is.")] = "observations"


class Reason(ResponseModel):
    """One reason to refuse an item; an item may have several."""

    index: Annotated[int, Field(description="Place of the item, from 0.")]
    code: str
    detail: str


class SandboxReport(ResponseModel):
    """What would become of the items; as ingest answers `dryRun=true`."""

    dry_run: Literal[True]
    accepted: int
    refused: int
    rejected: list[Reason]
    reasons_left_out: int
    datastreams: list[dict[str, Any]]
    items: list[dict[str, Any]]


def sandbox_router(door: SandboxDoor, managers: Managers) -> APIRouter:
    """The door to trying without sending."""
    router = APIRouter(tags=["provider"])

    @router.post(
        "/v1/provider/{provider}/sandbox",
        summary="Try a request without sending it",
        response_model=SandboxReport,
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"*/*": {"schema": {"type": "string"}, "example": "[]"}},
            }
        },
        responses=problem_responses(400, 401, 403, 404, 413, 422, 429, 503),
    )
    async def try_request(
        request: Request,
        parameters: Annotated[SandboxParameters, Query()],
        manager: Annotated[Manager, Depends(managers.of)],
    ) -> Response:
        """The body as the door of that format would get it, up to 1 MiB. Nothing is stored, registered or kept.

        With an API key send it to ingest itself, with `?dryRun=true`: there it is checked with the rights of that key.
        """
        if manager.key_id is not None and (manager.prefixes or Scope.WRITE not in manager.scopes):
            raise Forbidden("send it to ingest with ?dryRun=true and the key that is to write")
        report = await door.check(manager.provider, parameters.format, await request.body())
        return Response(report, media_type=JSON, headers={"Cache-Control": "no-store"})

    return router
