"""`POST /v1/ngsi-v2/notify` and `POST /v1/ngsi-ld/notify`."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final

import pydantic_core
from fastapi import APIRouter, Depends, Request, Response

from fansipan_common.api_keys import Principal
from fansipan_common.errors import ClientFault, UnsupportedMediaType
from fansipan_ingest.api.access import Authenticate
from fansipan_ingest.api.body import read_body
from fansipan_ingest.api.schemas import RESPONSES, Arrived, DryRun, Strict, Wait, request_body
from fansipan_ingest.domain.rules import Rejection, unix_ms
from fansipan_ingest.doors.acceptance import Acceptance
from fansipan_ingest.doors.fiware.notifications import Dialect, readings_of
from fansipan_ingest.settings import IngestSettings

_MEDIA_TYPES: Final = ("application/json", "application/ld+json")
_FORMATS: Final = ("normalized", "keyvalues")
_SCOPES: Final = ("fiware-service", "fiware-servicepath", "ngsild-tenant")
_V2: Final = {
    "subscriptionId": "5ce3dbb331df9c71aad5deea",
    "data": [
        {
            "id": "tram-1",
            "type": "AirQualityObserved",
            "dateObserved": {"type": "DateTime", "value": "2026-07-01T01:00:00Z"},
            "no2": {"type": "Number", "value": 69, "metadata": {"unitCode": {"value": "GQ"}}},
        }
    ],
}
_LD: Final = {
    "id": "urn:ngsi-ld:Notification:1",
    "type": "Notification",
    "subscriptionId": "urn:ngsi-ld:Subscription:1",
    "notifiedAt": "2026-07-01T01:00:01Z",
    "data": [
        {
            "id": "urn:ngsi-ld:AirQualityObserved:tram-1",
            "type": "AirQualityObserved",
            "no2": {
                "type": "Property",
                "value": 69,
                "unitCode": "GQ",
                "observedAt": "2026-07-01T01:00:00Z",
            },
        }
    ],
}
_NOTIFICATION: Final = {
    "type": "object",
    "required": ["data"],
    "properties": {"data": {"type": "array", "items": {"type": "object"}}},
}


def fiware_router(
    acceptance: Acceptance,
    authenticate: Authenticate,
    clock: Callable[[], datetime],
    settings: IngestSettings,
) -> APIRouter:
    """The doors for subscriptions of context brokers."""
    router = APIRouter(tags=["FIWARE"])

    async def take(
        request: Request,
        principal: Principal,
        *,
        dialect: Dialect,
        scope: str,
        strict: bool,
        wait: str | None,
        dry_run: bool,
        arrived: int | None,
    ) -> Response:
        media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        if media_type not in _MEDIA_TYPES:
            raise UnsupportedMediaType(
                f"content type {media_type!r} is not read here: send {' or '.join(_MEDIA_TYPES)}"
            )
        body = await read_body(request, settings.max_body_bytes)
        try:
            notification: Any = pydantic_core.from_json(body, allow_inf_nan=False)
        except ValueError as error:
            raise ClientFault(f"the body is not JSON: {error}") from None
        try:
            readings = readings_of(
                notification,
                dialect=dialect,
                provider=principal.provider_key,
                scope=scope,
                arrival_ms=unix_ms(clock()) if arrived is None else arrived,
                max_readings=settings.max_items,
                context={name: request.headers[name] for name in _SCOPES if name in request.headers},
            )
        except Rejection as error:
            raise ClientFault(f"notifiedAt: {error.detail}") from None
        return await acceptance.take(principal, readings, strict=strict, wait=wait, dry_run=dry_run)

    @router.post(
        "/v1/ngsi-v2/notify",
        status_code=202,
        response_class=Response,
        responses=RESPONSES,
        openapi_extra=request_body(("application/json", _NOTIFICATION, _V2)),
        summary="Notification of NGSI-v2 (normalized or keyValues)",
    )
    async def notify_v2(
        request: Request,
        principal: Annotated[Principal, Depends(authenticate)],
        strict: Strict = False,
        wait: Wait = None,
        dry_run: DryRun = False,
        arrived: Arrived = None,
    ) -> Response:
        form = request.headers.get("ngsiv2-attrsformat", _FORMATS[0])
        if form.lower() not in _FORMATS:
            raise ClientFault(f"attrsFormat {form!r} leaves out names: let the subscription send normalized")
        path = request.headers.get("fiware-servicepath", "/").strip()
        service = request.headers.get("fiware-service", "").strip()
        scope = service + path if service or path not in ("", "/") else ""
        return await take(
            request,
            principal,
            dialect="ngsi-v2",
            scope=scope,
            strict=strict,
            wait=wait,
            dry_run=dry_run,
            arrived=arrived,
        )

    @router.post(
        "/v1/ngsi-ld/notify",
        status_code=202,
        response_class=Response,
        responses=RESPONSES,
        openapi_extra=request_body(("application/json", _NOTIFICATION, _LD)),
        summary="Notification of NGSI-LD (normalized, concise or simplified)",
    )
    async def notify_ld(
        request: Request,
        principal: Annotated[Principal, Depends(authenticate)],
        strict: Strict = False,
        wait: Wait = None,
        dry_run: DryRun = False,
        arrived: Arrived = None,
    ) -> Response:
        scope = request.headers.get("ngsild-tenant", "").strip()
        return await take(
            request,
            principal,
            dialect="ngsi-ld",
            scope=scope,
            strict=strict,
            wait=wait,
            dry_run=dry_run,
            arrived=arrived,
        )

    return router
