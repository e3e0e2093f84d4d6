"""`POST /api/v2/write` and `POST /write`: answers as InfluxDB gives them, so that its clients understand them."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Query, Request, Response

from fansipan_common.contracts.dead_letter import DeadLetterItem
from fansipan_common.errors import ClientFault, FansipanError, NotFound
from fansipan_ingest.api.access import Authenticate
from fansipan_ingest.api.body import read_body
from fansipan_ingest.api.schemas import RESPONSES, Arrived, DryRun, Strict, Wait, request_body
from fansipan_ingest.domain.rules import unix_ms
from fansipan_ingest.doors.acceptance import Acceptance
from fansipan_ingest.doors.influx.line_protocol import NANOSECONDS, parse_lines
from fansipan_ingest.doors.known_devices import KnownDevices
from fansipan_ingest.service.answer import Answer
from fansipan_ingest.settings import IngestSettings

_FIELDS_A_POINT: Final = 3
"""How many fields the points of a full request may have on average. All may be new, and are registered at once."""
_LISTED: Final = 100
_PRECISIONS: Final = {2: ("ns", "us", "ms", "s"), 1: tuple(NANOSECONDS)}
_CODES: Final = {
    400: "invalid",
    401: "unauthorized",
    403: "forbidden",
    404: "not found",
    413: "request too large",
    415: "invalid",
    422: "unprocessable entity",
    429: "too many requests",
    503: "unavailable",
}
_ERROR_V2: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {
        "code": {"type": "string", "enum": sorted(set(_CODES.values()))},
        "message": {"type": "string"},
        "line": {"type": "integer", "description": "The first wrong line, from 1."},
        "accepted": {"type": "integer", "description": "Fields that were accepted."},
        "rejected": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "line": {"type": "integer"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
_ERROR_V1: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string"}},
}
_EXAMPLE: Final = "air,station=tram-1 pm2_5=23.4,pm10=41 1782867600000000000\n"


def _responses(schema: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    told = {
        400: "Not line protocol, or some points are refused: the message says which lines, the others are accepted",
        401: "No good API key",
        403: "The key may not write",
        404: "The bucket (database) is not the provider's",
        413: "Too large: send smaller requests",
        415: "The content encoding is not read here",
        422: "strict=true and a point is refused: nothing is accepted",
        429: "The provider has sent as much as it may; Retry-After says when to try again",
        503: "Something of ours is away; Retry-After says when to try again",
    }
    responses: dict[int | str, dict[str, Any]] = {
        200: RESPONSES[200],
        204: {"description": "Acknowledged by Kafka"},
    }
    for status, text in told.items():
        responses[status] = {"description": text, "content": {"application/json": {"schema": schema}}}
    return responses


_OPENAPI: Final = request_body(("text/plain", {"type": "string"}, _EXAMPLE))


def influx_router(
    acceptance: Acceptance,
    authenticate: Authenticate,
    devices: KnownDevices,
    clock: Callable[[], datetime],
    settings: IngestSettings,
) -> APIRouter:
    """The door for line protocol, as in InfluxDB 2 and 1."""
    router = APIRouter(tags=["Influx line protocol"])

    async def write(
        request: Request,
        version: int,
        place: str | None,
        precision: str,
        strict: bool,
        wait: str | None,
        dry_run: bool,
        arrived: int | None,
    ) -> Response:
        """What both versions do alike; `place` is the bucket or database."""
        try:
            principal = await authenticate(request)
            _check_place("bucket" if version == 2 else "database", place, principal.provider_key)
            _check_place("retention policy", request.query_params.get("rp"), "autogen")
            if precision not in _PRECISIONS[version]:
                raise ClientFault(f"precision is one of {', '.join(_PRECISIONS[version])}")
            body = await read_body(request, settings.max_body_bytes)
            readings = parse_lines(
                body,
                provider=principal.provider_key,
                precision=precision,
                arrival_ms=unix_ms(clock()) if arrived is None else arrived,
                max_points=settings.max_items,
                max_readings=settings.max_items * _FIELDS_A_POINT,
                sources=await devices.sources(principal.provider_id, "influx"),
            )
            if dry_run:
                return await acceptance.take(principal, readings, dry_run=True)
            answer = await acceptance.accept(principal, readings, strict=strict, wait=wait)
        except FansipanError as error:
            return _error(version, error)
        return _partial_write(version, answer) if answer.rejected else Response(status_code=204)

    @router.post(
        "/api/v2/write",
        status_code=204,
        response_class=Response,
        responses=_responses(_ERROR_V2),
        openapi_extra=_OPENAPI,
        summary="Push line protocol (InfluxDB 2)",
    )
    async def write_v2(
        request: Request,
        bucket: Annotated[str | None, Query(description="The provider's key; may be left out.")] = None,
        org: Annotated[str | None, Query(description="Taken as it is: an API key has one provider.")] = None,
        precision: Annotated[str, Query(description="ns, us, ms or s.")] = "ns",
        strict: Strict = False,
        wait: Wait = None,
        dry_run: DryRun = False,
        arrived: Arrived = None,
    ) -> Response:
        del org
        return await write(request, 2, bucket, precision, strict, wait, dry_run, arrived)

    @router.post(
        "/write",
        status_code=204,
        response_class=Response,
        responses=_responses(_ERROR_V1),
        openapi_extra=_OPENAPI,
        summary="Push line protocol (InfluxDB 1)",
    )
    async def write_v1(
        request: Request,
        db: Annotated[str | None, Query(description="The provider's key; may be left out.")] = None,
        rp: Annotated[str | None, Query(description="Retention policy: `autogen` or none.")] = None,
        precision: Annotated[str, Query(description="ns, us, ms, s, m or h.")] = "ns",
        strict: Strict = False,
        wait: Wait = None,
        dry_run: DryRun = False,
        arrived: Arrived = None,
    ) -> Response:
        del rp  # read from the request by both versions
        return await write(request, 1, db, precision, strict, wait, dry_run, arrived)

    return router


def _check_place(what: str, place: str | None, own: str) -> None:
    """Points of two buckets would become one datastream, so there is one bucket: the provider's."""
    if place and place != own:
        raise NotFound(f'{what} "{place}" not found: with this key it is "{own}"')


def _error(version: int, error: FansipanError) -> Response:
    body: dict[str, Any] = {"code": _CODES.get(error.status, "internal error"), "message": error.detail}
    if rejected := error.extra.get("rejected"):
        body["rejected"] = [_line(**item) for item in rejected[:_LISTED]]
        body["line"] = body["rejected"][0]["line"]
    return _render(version, error.status, body, error.headers)


def _partial_write(version: int, answer: Answer) -> Response:
    rejected = sorted(answer.rejected, key=lambda item: item.index)
    lines = len({item.index for item in rejected})
    reasons = "; ".join(dict.fromkeys(_reason(item) for item in rejected[:5]))
    begin = "partial write" if answer.accepted else "unable to parse"
    body = {
        "code": "invalid",
        "message": f"{begin}: {reasons} dropped={lines}",
        "line": rejected[0].index + 1,
        "accepted": answer.accepted,
        "rejected": [_line(item.index, item.code, item.detail) for item in rejected[:_LISTED]],
    }
    return _render(version, 400, body, {})


def _reason(item: DeadLetterItem) -> str:
    return f"line {item.index + 1}: {item.detail} ({item.code})"


def _line(index: int, code: str, detail: str) -> dict[str, Any]:
    return {"line": index + 1, "code": code, "detail": detail}


def _render(version: int, status: int, body: dict[str, Any], headers: dict[str, str]) -> Response:
    if version == 1:
        body = {"error": body["message"]}
        headers = headers | {"X-Influxdb-Error": body["error"].encode("ascii", "replace").decode()}
    else:
        headers = headers | {"X-Platform-Error-Code": body["code"]}
    return Response(orjson.dumps(body), status, headers, "application/json")
