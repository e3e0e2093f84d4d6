"""`POST /v1/lorawan/chirpstack` and `POST /v1/lorawan/the-things-stack`."""

from typing import Annotated, Any, Final

import pydantic_core
from fastapi import APIRouter, Depends, Query, Request, Response

from fansipan_common.api_keys import Principal
from fansipan_common.contracts.doors import Door
from fansipan_common.errors import ClientFault, UnsupportedMediaType
from fansipan_common.telemetry import Metrics
from fansipan_ingest.api.access import Authenticate
from fansipan_ingest.api.body import read_body
from fansipan_ingest.api.schemas import RESPONSES, DryRun, Strict, Wait, request_body
from fansipan_ingest.doors.acceptance import Acceptance
from fansipan_ingest.doors.known_devices import KnownDevices
from fansipan_ingest.doors.lorawan.uplinks import (
    CHIRPSTACK_EVENTS,
    Uplink,
    chirpstack_uplink,
    readings_of,
    things_stack_message,
    things_stack_uplink,
)
from fansipan_ingest.settings import IngestSettings

_CHIRPSTACK: Final = {
    "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
    "time": "2026-07-01T01:00:00.775023242+00:00",
    "deviceInfo": {"devEui": "0101010101010101", "deviceName": "tram-1"},
    "fPort": 1,
    "data": "qg==",
    "object": {"temperature": 23.4, "water": {"level_mm": 1240}},
}
_THINGS_STACK: Final = {
    "end_device_ids": {
        "device_id": "tram-1",
        "application_ids": {"application_id": "lao-cai"},
        "dev_eui": "0004A30B001C0530",
    },
    "correlation_ids": ["as:up:01E0WZGT6Y7657CPFPE5WEYDSQ"],
    "received_at": "2026-07-01T01:00:00.614773143Z",
    "uplink_message": {
        "f_cnt": 1,
        "decoded_payload": {"temperature": 23.4},
        "received_at": "2026-07-01T01:00:00.589585559Z",
    },
}
_OBJECT: Final = {"type": "object"}
_IGNORED: Final[dict[int | str, dict[str, Any]]] = {
    204: {"description": "Understood, and no uplink: joins, acknowledgements and the like are not stored"}
}


def lorawan_router(
    acceptance: Acceptance,
    authenticate: Authenticate,
    devices: KnownDevices,
    metrics: Metrics,
    settings: IngestSettings,
) -> APIRouter:
    """The doors for webhooks of network servers."""
    router = APIRouter(tags=["LoRaWAN"])

    async def body_of(request: Request) -> Any:
        media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise UnsupportedMediaType(
                f"content type {media_type!r} is not read here: let the integration send JSON, not Protobuf"
            )
        body = await read_body(request, settings.max_body_bytes)
        try:
            return pydantic_core.from_json(body, allow_inf_nan=False)
        except ValueError as error:
            raise ClientFault(f"the body is not JSON: {error}") from None

    def ignored(door: str, event: str) -> Response:
        metrics.ignored.add(1, {"fansipan.door": door, "fansipan.event": event})
        return Response(status_code=204)

    async def take(
        principal: Principal,
        door: Door,
        uplink: Uplink,
        message: Any,
        strict: bool,
        wait: str | None,
        dry_run: bool,
    ) -> Response:
        device = await devices.device(principal.provider_id, uplink.keys, uplink.applications)
        readings = readings_of(principal.provider_key, uplink, message, device, door)
        return await acceptance.take(principal, readings, strict=strict, wait=wait, dry_run=dry_run)

    @router.post(
        "/v1/lorawan/chirpstack",
        status_code=202,
        response_class=Response,
        responses=RESPONSES | _IGNORED,
        openapi_extra=request_body(("application/json", _OBJECT, _CHIRPSTACK)),
        summary="Webhook of ChirpStack 4 (HTTP integration, JSON)",
    )
    async def chirpstack(
        request: Request,
        principal: Annotated[Principal, Depends(authenticate)],
        event: Annotated[str, Query(description="Added by ChirpStack; only `up` holds readings.")] = "up",
        strict: Strict = False,
        wait: Wait = None,
        dry_run: DryRun = False,
    ) -> Response:
        if event not in CHIRPSTACK_EVENTS:
            raise ClientFault(f"event is one of {', '.join(sorted(CHIRPSTACK_EVENTS))}")
        message = await body_of(request)
        if event != "up":
            return ignored("chirpstack", event)
        uplink = chirpstack_uplink(message)
        return await take(principal, Door.CHIRPSTACK, uplink, message, strict, wait, dry_run)

    @router.post(
        "/v1/lorawan/the-things-stack",
        status_code=202,
        response_class=Response,
        responses=RESPONSES | _IGNORED,
        openapi_extra=request_body(("application/json", _OBJECT, _THINGS_STACK)),
        summary="Webhook of The Things Stack 3 (JSON)",
    )
    async def things_stack(
        request: Request,
        principal: Annotated[Principal, Depends(authenticate)],
        strict: Strict = False,
        wait: Wait = None,
        dry_run: DryRun = False,
    ) -> Response:
        message = await body_of(request)
        kind = things_stack_message(message)
        if kind != "uplink_message":
            return ignored("the-things-stack", kind)
        uplink = things_stack_uplink(message)
        return await take(principal, Door.THINGS_STACK, uplink, message, strict, wait, dry_run)

    return router
