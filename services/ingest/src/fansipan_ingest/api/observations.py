"""`POST /v1/observations`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from fansipan_common.api_keys import Principal
from fansipan_common.contracts import OBSERVATION_LIST, ObservationItem
from fansipan_common.errors import UnsupportedMediaType
from fansipan_ingest.api.access import Authenticate
from fansipan_ingest.api.body import read_body
from fansipan_ingest.api.schemas import RESPONSES, DryRun, Strict, Wait, request_body, schema_of
from fansipan_ingest.domain.parsing import (
    ParsedItems,
    parse_json_items,
    parse_ndjson_items,
)
from fansipan_ingest.domain.plain import parse_plain
from fansipan_ingest.repository.progress import StoreProgress
from fansipan_ingest.service.observations import ObservationService
from fansipan_ingest.service.sandbox import Sandbox
from fansipan_ingest.settings import IngestSettings

_JSON = "application/json"
_NDJSON = ("application/x-ndjson", "application/ndjson", "application/jsonl")
_EXAMPLE = [
    {
        "datastream": "demo/station-1/pm2_5",
        "phenomenonTime": "2026-07-01T08:00:00+07:00",
        "result": 23.4,
    }
]
_OPENAPI = request_body(
    ("application/json", {"type": "array", "items": schema_of(ObservationItem)}, _EXAMPLE),
    (
        "application/x-ndjson",
        {"type": "string"},
        '{"datastream": "demo/station-1/pm2_5", "phenomenonTime": "2026-07-01T08:00:00+07:00", "result": 23.4}\n',
    ),
)


def observations_router(
    service: ObservationService,
    sandbox: Sandbox,
    progress: StoreProgress,
    authenticate: Authenticate,
    settings: IngestSettings,
) -> APIRouter:
    """The door for observations: JSON array or NDJSON, optionally gzip or zstd."""
    router = APIRouter(tags=["observations"])

    @router.post(
        "/v1/observations",
        status_code=202,
        response_class=Response,
        responses=RESPONSES,
        openapi_extra=_OPENAPI,
        summary="Push observations",
    )
    async def push_observations(
        request: Request,
        principal: Annotated[Principal, Depends(authenticate)],
        strict: Strict = False,
        wait: Wait = None,
        dry_run: DryRun = False,
    ) -> Response:
        body = await read_body(request, settings.max_body_bytes)
        media_type = request.headers.get("content-type", _JSON).partition(";")[0].strip().lower()
        if dry_run:
            report = await sandbox.observations(principal, _parse(media_type, body, settings.max_items))
            return Response(report.to_json(), report.status, media_type="application/json")
        plain = parse_plain(body, max_items=settings.max_items) if media_type == _JSON else None
        answer = None if plain is None else await service.accept_plain(principal, plain)
        if answer is None:
            parsed = _parse(media_type, body, settings.max_items)
            answer = await service.accept(principal, parsed, strict=strict)
        if wait == "stored":
            answer.stored = await progress.wait(answer.written, settings.stored_timeout_seconds)
        return Response(answer.to_json(), 202, media_type="application/json")

    return router


def _parse(media_type: str, body: bytes, max_items: int) -> ParsedItems[ObservationItem]:
    if media_type == _JSON:
        return parse_json_items(OBSERVATION_LIST, body, max_items=max_items)
    if media_type in _NDJSON:
        return parse_ndjson_items(OBSERVATION_LIST, body, max_items=max_items)
    raise UnsupportedMediaType(
        f"content type {media_type!r} is not read here: send application/json or application/x-ndjson"
    )
