"""`POST /v1/mqtt/messages`: one MQTT message by HTTP, read as the broker's are. Dead letters of MQTT come back here."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final

import pydantic_core
from fastapi import APIRouter, Depends, Query, Request, Response

from fansipan_common.api_keys import Principal
from fansipan_common.contracts import OBSERVATION_LIST, ObservationItem
from fansipan_ingest.api.access import Authenticate
from fansipan_ingest.api.body import read_body
from fansipan_ingest.api.schemas import RESPONSES, Arrived, Strict, Wait, request_body
from fansipan_ingest.domain.parsing import ParsedItems, parse_json_items
from fansipan_ingest.domain.rules import Rejection, unix_ms
from fansipan_ingest.mqtt.payloads import Limits, dead_letter_of, items_of
from fansipan_ingest.mqtt.topics import address_of
from fansipan_ingest.repository.progress import StoreProgress
from fansipan_ingest.service.observations import ObservationService
from fansipan_ingest.settings import IngestSettings

_OPENAPI: Final[dict[str, Any]] = request_body(("application/json", {}, 23.4))


def messages_router(
    observations: ObservationService,
    progress: StoreProgress,
    authenticate: Authenticate,
    clock: Callable[[], datetime],
    settings: IngestSettings,
) -> APIRouter:
    """The door at which a message of MQTT can be sent without a broker."""
    router = APIRouter(tags=["mqtt"])
    limits = Limits(settings.mqtt_max_payload_bytes, settings.max_items)

    @router.post(
        "/v1/mqtt/messages",
        status_code=202,
        response_class=Response,
        responses=RESPONSES,
        openapi_extra=_OPENAPI,
        summary="Send one MQTT message by HTTP",
    )
    async def send_message(
        request: Request,
        principal: Annotated[Principal, Depends(authenticate)],
        topic: Annotated[
            str, Query(min_length=1, max_length=1000, examples=["fansipan/demo/station-1/pm2_5"])
        ],
        strict: Strict = False,
        wait: Wait = None,
        arrived: Arrived = None,
    ) -> Response:
        payload = await read_body(request, settings.max_body_bytes)
        arrived_ms = unix_ms(clock()) if arrived is None else arrived
        parsed = _parse(topic, payload, arrived_ms, principal.provider_key, limits)
        answer = await observations.accept(principal, parsed, strict=strict, origin="mqtt")
        if wait == "stored":
            answer.stored = await progress.wait(answer.written, settings.stored_timeout_seconds)
        return Response(answer.to_json(), 202, media_type="application/json")

    return router


def _parse(
    topic: str, payload: bytes, arrived_ms: int, provider: str, limits: Limits
) -> ParsedItems[ObservationItem]:
    address = address_of(topic)
    if isinstance(address, Rejection):
        items: list[Any] | Rejection = address
    elif address.provider not in (None, provider):
        items = Rejection("datastream-forbidden", f"this key may not publish below {address.provider}")
    else:
        items = items_of(address, payload, arrived_ms, limits)
    if isinstance(items, Rejection):
        return ParsedItems([], [], [dead_letter_of(topic, payload, items)])
    return parse_json_items(OBSERVATION_LIST, pydantic_core.to_json(items), max_items=limits.items)
