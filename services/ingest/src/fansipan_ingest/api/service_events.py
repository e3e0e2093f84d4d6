"""`POST /v1/service-events`: CloudEvents 1.0 in the binary, structured and batched modes of its HTTP binding."""

from collections.abc import Mapping
from typing import Annotated, Final

import pydantic_core
from fastapi import APIRouter, Depends, Request, Response
from pydantic import TypeAdapter

from fansipan_common.api_keys import Principal
from fansipan_common.contracts import ServiceEvent
from fansipan_common.errors import UnsupportedMediaType
from fansipan_ingest.api.access import Authenticate
from fansipan_ingest.api.body import read_body
from fansipan_ingest.api.cloud_events import BATCHED, STRUCTURED, binary_event
from fansipan_ingest.api.schemas import RESPONSES, DryRun, Strict, Wait, request_body, schema_of
from fansipan_ingest.domain.parsing import MalformedBody, ParsedItems, parse_json_items
from fansipan_ingest.repository.progress import StoreProgress
from fansipan_ingest.service.sandbox import Sandbox
from fansipan_ingest.service.service_events import ServiceEventService
from fansipan_ingest.settings import IngestSettings

_EVENTS: Final[TypeAdapter[list[ServiceEvent]]] = TypeAdapter(list[ServiceEvent])
_EXAMPLE: Final = {
    "specversion": "1.0",
    "id": "2026-000123-received",
    "source": "/agencies/so-tu-phap",
    "type": "vn.fansipan.dossier.received.v1",
    "time": "2026-07-01T08:00:00+07:00",
    "data": {
        "dossierId": "2026-000123",
        "agency": "so-tu-phap",
        "procedure": "1.000688",
        "area": "02671",
        "channel": "online",
        "dueAt": "2026-07-08T17:00:00+07:00",
    },
}
_OPENAPI = request_body(
    (STRUCTURED, schema_of(ServiceEvent), _EXAMPLE),
    (BATCHED, {"type": "array", "items": schema_of(ServiceEvent)}, [_EXAMPLE]),
    ("application/json", {"type": "object"}, _EXAMPLE["data"]),
)


def service_events_router(
    service: ServiceEventService,
    sandbox: Sandbox,
    progress: StoreProgress,
    authenticate: Authenticate,
    settings: IngestSettings,
) -> APIRouter:
    """The door for service events."""
    router = APIRouter(tags=["service events"])

    @router.post(
        "/v1/service-events",
        status_code=202,
        response_class=Response,
        responses=RESPONSES,
        openapi_extra=_OPENAPI,
        summary="Push service events (CloudEvents)",
    )
    async def push_service_events(
        request: Request,
        principal: Annotated[Principal, Depends(authenticate)],
        strict: Strict = False,
        wait: Wait = None,
        dry_run: DryRun = False,
    ) -> Response:
        body = await read_body(request, settings.max_body_bytes)
        parsed = _parse(request.headers, body, settings.max_items)
        if dry_run:
            report = sandbox.service_events(parsed)
            return Response(report.to_json(), report.status, media_type="application/json")
        answer = await service.accept(principal, parsed, strict=strict)
        if wait == "stored":
            answer.stored = await progress.wait(answer.written, settings.stored_timeout_seconds)
        return Response(answer.to_json(), 202, media_type="application/json")

    return router


def _parse(headers: Mapping[str, str], body: bytes, max_items: int) -> ParsedItems[ServiceEvent]:
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in (STRUCTURED, BATCHED):
        is_array = body.lstrip()[:1] == b"["
        if is_array != (media_type == BATCHED):
            raise MalformedBody(f"{media_type} takes {'one event' if is_array else 'an array of events'}")
        return parse_json_items(_EVENTS, body, max_items=max_items)
    if "ce-specversion" in headers:
        return parse_json_items(
            _EVENTS, pydantic_core.to_json([binary_event(headers, media_type, body)]), max_items=1
        )
    raise UnsupportedMediaType(
        f"content type {media_type!r} is not read here: send {STRUCTURED}, {BATCHED}, or ce-* headers with JSON data"
    )
