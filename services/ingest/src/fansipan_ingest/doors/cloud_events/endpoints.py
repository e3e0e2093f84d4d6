"""`POST /v1/events`: CloudEvents 1.0 in the binary, structured and batched modes of its HTTP binding."""

from typing import Annotated, Any, Final

import pydantic_core
from fastapi import APIRouter, Depends, Request, Response

from fansipan_common.api_keys import Principal
from fansipan_common.errors import ClientFault, UnsupportedMediaType
from fansipan_ingest.api.access import Authenticate
from fansipan_ingest.api.body import read_body
from fansipan_ingest.api.cloud_events import BATCHED, STRUCTURED, binary_event
from fansipan_ingest.api.schemas import RESPONSES, DryRun, Strict, Wait, request_body
from fansipan_ingest.domain.parsing import MalformedBody, TooManyItems
from fansipan_ingest.doors.cloud_events.sorting import OBSERVATION_TYPE, SortedEvents, sort_events
from fansipan_ingest.repository.progress import StoreProgress
from fansipan_ingest.service.answer import Answer
from fansipan_ingest.service.observations import ObservationService
from fansipan_ingest.service.sandbox import Sandbox
from fansipan_ingest.service.service_events import ServiceEventService
from fansipan_ingest.settings import IngestSettings

_EXAMPLE: Final = {
    "specversion": "1.0",
    "id": "tram-1-2026-07-01T08:00",
    "source": "/stations/tram-1",
    "type": OBSERVATION_TYPE,
    "time": "2026-07-01T08:00:00+07:00",
    "data": {"datastream": "demo/station-1/pm2_5", "result": 23.4},
}
_EVENT: Final[dict[str, Any]] = {
    "type": "object",
    "description": f"{OBSERVATION_TYPE}, or a service event as `/v1/service-events` takes it.",
    "required": ["specversion", "id", "source", "type"],
    "properties": {
        "specversion": {"type": "string", "enum": ["1.0"]},
        "id": {"type": "string"},
        "source": {"type": "string"},
        "type": {"type": "string"},
        "time": {"type": "string", "format": "date-time"},
        "subject": {"type": "string"},
        "datacontenttype": {"type": "string"},
        "data": {},
        "data_base64": {"type": "string"},
    },
}
_OPENAPI: Final = request_body(
    (STRUCTURED, _EVENT, _EXAMPLE),
    (BATCHED, {"type": "array", "items": _EVENT}, [_EXAMPLE]),
    (
        "application/json",
        {"description": "Binary mode: the data alone, attributes as ce-* headers."},
        _EXAMPLE["data"],
    ),
)


def events_router(
    observations: ObservationService,
    service_events: ServiceEventService,
    sandbox: Sandbox,
    progress: StoreProgress,
    authenticate: Authenticate,
    settings: IngestSettings,
) -> APIRouter:
    """The door for all events."""
    router = APIRouter(tags=["CloudEvents"])

    @router.post(
        "/v1/events",
        status_code=202,
        response_class=Response,
        responses=RESPONSES,
        openapi_extra=_OPENAPI,
        summary="Push CloudEvents: observations and service events",
    )
    async def push_events(
        request: Request,
        principal: Annotated[Principal, Depends(authenticate)],
        strict: Strict = False,
        wait: Wait = None,
        dry_run: DryRun = False,
    ) -> Response:
        body = await read_body(request, settings.max_body_bytes)
        events = _events(request, body)
        _check_count(len(events), settings.max_items)
        found = sort_events(events)
        _check_count(len(found.observations.items), settings.max_items)
        if dry_run:
            report = await sandbox.observations(principal, found.observations)
            report = report.joined_with(sandbox.service_events(found.service_events))
            return Response(report.to_json(), report.status, media_type="application/json")
        answer = await accept(principal, found, strict)
        if wait == "stored":
            answer.stored = await progress.wait(answer.written, settings.stored_timeout_seconds)
        return Response(answer.to_json(), 202, media_type="application/json")

    async def accept(principal: Principal, found: SortedEvents, strict: bool) -> Answer:
        has_events = bool(found.service_events.items or found.service_events.rejected)
        has_observations = bool(found.observations.items or found.observations.rejected)
        if strict and has_events and has_observations:
            raise ClientFault("strict=true takes either observations or service events, not both at once")
        answer = Answer(0)
        if has_events:
            answer = await service_events.accept(principal, found.service_events, strict=strict)
        if has_observations:
            further = await observations.accept(principal, found.observations, strict=strict)
            answer = Answer(
                answer.accepted + further.accepted,
                answer.rejected + further.rejected,
                answer.written + further.written,
            )
        return answer

    return router


def _events(request: Request, body: bytes) -> list[Any]:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in (STRUCTURED, BATCHED):
        try:
            value = pydantic_core.from_json(body, allow_inf_nan=False)
        except ValueError as error:
            raise MalformedBody(f"the body is not JSON: {error}") from None
        if isinstance(value, list) != (media_type == BATCHED):
            raise MalformedBody(f"{STRUCTURED} takes one event, {BATCHED} an array of events")
        return value if isinstance(value, list) else [value]
    if "ce-specversion" in request.headers:
        return [binary_event(request.headers, media_type, body)]
    raise UnsupportedMediaType(
        f"content type {media_type!r} is not read here: send {STRUCTURED}, {BATCHED}, or ce-* headers with JSON data"
    )


def _check_count(count: int, most: int) -> None:
    if count > most:
        raise TooManyItems(count, most)
