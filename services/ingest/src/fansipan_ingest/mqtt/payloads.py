"""From the payload of a message to items as `POST /v1/observations` takes them."""

import base64
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, cast

import pydantic_core

from fansipan_common.contracts.dead_letter import DeadLetterItem
from fansipan_common.contracts.doors import Door
from fansipan_ingest.domain.rules import Rejection
from fansipan_ingest.mqtt.topics import Address

_SHOWN_OF_TOO_LARGE: Final = 1024
_LONGEST_KEPT_TOPIC: Final = 1000
_STA_LINK: Final = "Datastream"
_STA_FEATURE: Final = "FeatureOfInterest"
_STA_NOT_KEPT: Final = ("validTime",)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one message may hold: bytes of its payload, and items of an array."""

    payload_bytes: int
    items: int


def items_of(address: Address, payload: bytes, arrived_ms: int, limits: Limits) -> list[Any] | Rejection:
    """The items of a message as JSON values, not validated yet.

    Args:
        address: what the topic says.
        payload: as it was published.
        arrived_ms: Unix ms; the time of a reading that has none of its own.
        limits: what is taken.
    """
    if len(payload) > limits.payload_bytes:
        return Rejection(
            "payload-too-large",
            f"the payload is over {limits.payload_bytes} bytes: publish several messages",
        )
    try:
        value = pydantic_core.from_json(payload, allow_inf_nan=False)
    except ValueError as error:
        return Rejection("invalid-json", f"the payload is not JSON: {error}")
    match address.form:
        case "batch":
            return _batch(value, limits)
        case "value":
            return _reading(address, value, arrived_ms)
        case "sensorthings":
            return _sensor_things(address, value, arrived_ms)


def _batch(value: Any, limits: Limits) -> list[Any] | Rejection:
    if isinstance(value, dict):
        return [value]
    if not isinstance(value, list):
        return Rejection("invalid-item", "the payload must be a JSON array of observations")
    items = cast("list[Any]", value)
    if len(items) > limits.items:
        return Rejection(
            "too-many-items",
            f"{len(items)} items; one message may hold {limits.items}: publish several messages",
        )
    return items


def _reading(address: Address, value: Any, arrived_ms: int) -> list[Any] | Rejection:
    if value is None or isinstance(value, list):
        return Rejection(
            "invalid-item", "the payload must be a number, text, true, false, or an object with `result`"
        )
    if not isinstance(value, dict):
        return [_item(address, {"result": value}, arrived_ms)]
    reading = cast("dict[str, Any]", value)
    if "result" not in reading:
        return Rejection("invalid-item", 'result: an object must hold it: {"result": …, "phenomenonTime": …}')
    if "datastream" in reading:
        return Rejection("invalid-item", "datastream: the topic says it already; leave it out")
    return [_item(address, reading, arrived_ms)]


def _sensor_things(address: Address, value: Any, arrived_ms: int) -> list[Any] | Rejection:
    if not isinstance(value, dict):
        return Rejection("invalid-item", "the payload must be an Observation: a JSON object with `result`")
    entity = {name: each for name, each in cast("dict[str, Any]", value).items() if each is not None}
    if "result" not in entity:
        return Rejection("invalid-item", "result: an Observation must hold it")
    if "datastream" in entity:
        return Rejection("invalid-item", "datastream: the topic says it already; leave it out")
    link = entity.pop(_STA_LINK, None)
    if address.datastream is None:
        named = _id_of(link)
        if named is None:
            return Rejection("invalid-item", 'Datastream: it must be named: {"Datastream": {"@iot.id": 12}}')
        address = replace(address, datastream=named)
    elif link is not None and link != {"@iot.id": address.datastream}:
        return Rejection("invalid-item", "Datastream: it is not the datastream that the topic names")
    feature = _feature(address, entity)
    if isinstance(feature, Rejection):
        return feature
    if feature is not None:
        entity["featureId"] = feature
    for name in _STA_NOT_KEPT:
        if name in entity:
            return Rejection("invalid-item", f"{name}: it is not taken by MQTT; use the HTTP door")
    return [_item(address, entity, arrived_ms)]


def _feature(address: Address, entity: dict[str, Any]) -> int | Rejection | None:
    """The id of the feature of interest that topic or entity name; None: neither does."""
    if "featureId" in entity:
        return Rejection("invalid-item", 'featureId: SensorThings says {"FeatureOfInterest": {"@iot.id": 1}}')
    if _STA_FEATURE not in entity:
        return address.feature
    named = _id_of(entity.pop(_STA_FEATURE))
    if named is None:
        return Rejection(
            "invalid-item",
            'FeatureOfInterest: only one that is there can be named here: {"@iot.id": 1}; make it by HTTP',
        )
    if address.feature is not None and named != address.feature:
        return Rejection("invalid-item", "FeatureOfInterest: it is not the one that the topic names")
    return named


def _id_of(link: Any) -> int | None:
    """The id in `{"@iot.id": 12}`; None: it is something else, as an entity that is to be made."""
    if not isinstance(link, dict) or set(cast("dict[str, Any]", link)) != {"@iot.id"}:
        return None
    found = cast("dict[str, Any]", link)["@iot.id"]
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _item(address: Address, reading: dict[str, Any], arrived_ms: int) -> dict[str, Any]:
    if "phenomenonTime" in reading:
        return {"datastream": address.datastream, **reading}
    at = datetime.fromtimestamp(arrived_ms // 1000, UTC).replace(microsecond=arrived_ms % 1000 * 1000)
    moment = at.isoformat(timespec="milliseconds")
    return {"datastream": address.datastream, "phenomenonTime": moment, **reading}


def dead_letter_of(topic: str, payload: bytes, reason: Rejection) -> DeadLetterItem:
    """What is kept of a message that could not be used: the JSON it held, else its bytes; of too much the beginning."""
    detail = f"topic {topic[:300]}: {reason.detail}"
    about: dict[str, Any] = {}
    if reason.code != "topic-unknown" and len(topic) <= _LONGEST_KEPT_TOPIC:
        about = {"door": Door.MQTT, "context": {"topic": topic}}
    if reason.code == "payload-too-large":
        payload = payload[:_SHOWN_OF_TOO_LARGE]
    try:
        value = pydantic_core.from_json(payload, allow_inf_nan=False)
    except ValueError:
        shown = base64.b64encode(payload).decode()
        return DeadLetterItem(index=0, code=reason.code, detail=detail, payload_base64=shown, **about)
    return DeadLetterItem(index=0, code=reason.code, detail=detail, payload=value, **about)
