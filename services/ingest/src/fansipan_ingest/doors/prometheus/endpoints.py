"""`POST /api/v1/write`: answers as Prometheus understands them.

Of a 4xx (but 429) a sender drops the request and counts it, a 5xx it sends again with back-off. So what is wrong with
samples is answered 400, the good ones beside them are stored; only when something of ours is away it is 503.
"""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response

from fansipan_common.api_keys import Principal
from fansipan_common.errors import ClientFault, UnsupportedMediaType
from fansipan_common.problems import problem_responses
from fansipan_common.telemetry import Metrics
from fansipan_ingest.api.access import Authenticate
from fansipan_ingest.api.body import receive_body
from fansipan_ingest.api.schemas import Wait
from fansipan_ingest.doors.acceptance import Acceptance
from fansipan_ingest.doors.known_devices import KnownDevices
from fansipan_ingest.doors.prometheus.mapping import readings_of
from fansipan_ingest.doors.prometheus.messages import series_of
from fansipan_ingest.service.answer import Answer, listed
from fansipan_ingest.settings import IngestSettings

_MEDIA_TYPE: Final = "application/x-protobuf"
_MESSAGE: Final = "prometheus.WriteRequest"
_SAMPLES_AN_ITEM: Final = 3
_LISTED: Final = 100
_OPENAPI: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            _MEDIA_TYPE: {
                "schema": {
                    "type": "string",
                    "format": "binary",
                    "description": f"`{_MESSAGE}`, packed with snappy (block format).",
                }
            }
        },
    }
}
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    204: {"description": "Acknowledged by Kafka"},
    **problem_responses(400, 401, 403, 413, 415, 503),
}


class PartialWrite(ClientFault):
    """Some samples were refused; the others are accepted. It must not be sent again."""

    code, title = "partial-write", "Some samples were refused"


def prometheus_router(
    acceptance: Acceptance,
    authenticate: Authenticate,
    devices: KnownDevices,
    metrics: Metrics,
    settings: IngestSettings,
) -> APIRouter:
    """The door for remote write 1.0."""
    router = APIRouter(tags=["Prometheus remote write"])

    @router.post(
        "/api/v1/write",
        status_code=204,
        response_class=Response,
        responses=_RESPONSES,
        openapi_extra=_OPENAPI,
        summary="Push samples (Prometheus remote write 1.0)",
    )
    async def write(
        request: Request, principal: Annotated[Principal, Depends(authenticate)], wait: Wait = None
    ) -> Response:
        _check_headers(request)
        body = await receive_body(request, settings.max_body_bytes)
        sources = await devices.sources(principal.provider_id, "prometheus")
        series = series_of(body, settings.max_body_bytes)
        most = settings.max_items * _SAMPLES_AN_ITEM
        readings, ignored = readings_of(principal.provider_key, series, sources, most)
        for event, count in ignored.items():
            metrics.ignored.add(count, {"fansipan.door": "prometheus", "fansipan.event": event})
        answer = await acceptance.accept(principal, readings, wait=wait)
        if answer.rejected:
            raise _partial(answer)
        return Response(status_code=204)

    return router


def _check_headers(request: Request) -> None:
    """Version 1 in snappy; a sender of version 2 falls back to version 1 when it is answered 415."""
    media_type, _, more = request.headers.get("content-type", "").partition(";")
    name, _, message = more.strip().partition("=")
    if media_type.strip().lower() != _MEDIA_TYPE or (name == "proto" and message.strip('" ') != _MESSAGE):
        raise UnsupportedMediaType(f"send {_MEDIA_TYPE} with {_MESSAGE} (remote write 1.0)")
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding != "snappy":
        raise UnsupportedMediaType(f"content encoding {encoding!r} is not read here: send snappy")


def _partial(answer: Answer) -> PartialWrite:
    rejected = listed(answer.rejected)
    first = rejected[0]
    return PartialWrite(
        f"{answer.accepted} samples accepted, {len(rejected)} refused; series {first['index']}: {first['detail']}",
        extra={"accepted": answer.accepted, "rejected": rejected[:_LISTED]},
    )
