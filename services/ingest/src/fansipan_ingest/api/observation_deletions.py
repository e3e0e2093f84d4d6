"""`POST /v1/observation-deletions`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from fansipan_common.api_keys import Principal
from fansipan_common.contracts.observation import OBSERVATION_NAME_LIST, ObservationName
from fansipan_common.errors import UnsupportedMediaType
from fansipan_ingest.api.access import Authenticate
from fansipan_ingest.api.body import read_body
from fansipan_ingest.api.schemas import RESPONSES, Strict, Wait, request_body, schema_of
from fansipan_ingest.domain.parsing import parse_json_items
from fansipan_ingest.repository.progress import StoreProgress
from fansipan_ingest.service.observation_deletions import ObservationDeletions
from fansipan_ingest.settings import IngestSettings

_JSON = "application/json"
_OPENAPI = request_body(
    (
        _JSON,
        {"type": "array", "items": schema_of(ObservationName)},
        [{"datastream": "demo/station-1/pm2_5", "phenomenonTime": "2026-07-01T08:00:00+07:00"}],
    )
)


def observation_deletions_router(
    service: ObservationDeletions,
    progress: StoreProgress,
    authenticate: Authenticate,
    settings: IngestSettings,
) -> APIRouter:
    """The door to take observations back: a JSON array of their names, optionally gzip or zstd."""
    router = APIRouter(tags=["observations"])

    @router.post(
        "/v1/observation-deletions",
        status_code=202,
        response_class=Response,
        responses=RESPONSES,
        openapi_extra=_OPENAPI,
        summary="Take observations back",
    )
    async def take_back(
        request: Request,
        principal: Annotated[Principal, Depends(authenticate)],
        strict: Strict = False,
        wait: Wait = None,
    ) -> Response:
        body = await read_body(request, settings.max_body_bytes)
        media_type = request.headers.get("content-type", _JSON).partition(";")[0].strip().lower()
        if media_type != _JSON:
            raise UnsupportedMediaType(f"content type {media_type!r} is not read here: send application/json")
        parsed = parse_json_items(OBSERVATION_NAME_LIST, body, max_items=settings.max_items)
        answer = await service.accept(principal, parsed, strict=strict)
        if wait == "stored":
            answer.stored = await progress.wait(answer.written, settings.stored_timeout_seconds)
        return Response(answer.to_json(), 202, media_type=_JSON)

    return router
