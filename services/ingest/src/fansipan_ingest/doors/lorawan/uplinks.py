"""Uplinks of both network servers, and the readings in what their decoders made of them. Pure.

Both write JSON as protocol buffers do: what is zero or empty may be missing. Times have nanoseconds.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from fansipan_common.contracts.doors import Door
from fansipan_common.contracts.naming import key_part
from fansipan_ingest.domain.parsing import MalformedBody
from fansipan_ingest.domain.registration import Unit
from fansipan_ingest.domain.rules import Rejection, unix_ms
from fansipan_ingest.doors.devices import Device
from fansipan_ingest.doors.lorawan.units import DECODER_UNITS
from fansipan_ingest.doors.readings import Readings

CHIRPSTACK_EVENTS: Final = frozenset(
    {"up", "join", "status", "ack", "txack", "log", "location", "integration"}
)
THINGS_STACK_MESSAGES: Final = frozenset(
    {
        "uplink_message",
        "uplink_normalized",
        "join_accept",
        "downlink_ack",
        "downlink_nack",
        "downlink_sent",
        "downlink_failed",
        "downlink_queued",
        "downlink_queue_invalidated",
        "downlinks",
        "location_solved",
        "service_data",
    }
)
"""By the name of the field that holds the message."""

_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", re.ASCII)
_EUI: Final = re.compile(r"[0-9A-Fa-f]{16}")
_QUANTITY: Final = frozenset({"value", "unit", "displayName"})
_MOST_LEAVES: Final = 500
_DEEPEST: Final = 8


@dataclass(frozen=True, slots=True)
class Uplink:
    """What a device sent, once.

    Attributes:
        uplink_id: the network server's own id; the same when it delivers it again.
        device: names of the device: its DevEUI in lower case, else application and device id.
        time_ms: Unix time at which the network server received it.
        decoded: what the device's decoder made of it; None without a decoder.
        keys: under which a mapping may know the device: DevEUI, device id.
        applications: names of its application at the network server; the empty one stands for any.
    """

    uplink_id: str
    device: tuple[str, ...]
    time_ms: int
    decoded: Mapping[str, Any] | None
    keys: tuple[str, ...] = ()
    applications: tuple[str, ...] = ("",)


def chirpstack_uplink(message: Any) -> Uplink:
    """The uplink in the body of ChirpStack's `up` event.

    Raises:
        MalformedBody: it is none.
    """
    info = _object(message, "deviceInfo")
    eui = info.get("devEui")
    if not isinstance(eui, str) or not _EUI.fullmatch(eui):
        raise MalformedBody(
            "deviceInfo.devEui is missing or not 16 hexadecimal digits: is this an event of ChirpStack 4?"
        )
    decoded = message.get("object")
    return Uplink(
        uplink_id=_text(message, "deduplicationId"),
        device=(eui.lower(),),
        time_ms=_millisecond(_text(message, "time"), "time"),
        decoded=decoded if isinstance(decoded, dict) else None,
        keys=(eui.lower(),),
        applications=_texts(info.get("applicationId"), info.get("applicationName")),
    )


def things_stack_message(message: Any) -> str:
    """Which message of The Things Stack a body is.

    Raises:
        MalformedBody: none of them.
    """
    if isinstance(message, dict):
        for name in THINGS_STACK_MESSAGES:
            if name in message:
                simulated = name == "uplink_message" and message.get("simulated") is True
                return "simulated" if simulated else name
    raise MalformedBody("no message of The Things Stack 3: uplink_message is missing")


def things_stack_uplink(message: Any) -> Uplink:
    """The uplink in an `uplink_message` of The Things Stack.

    Raises:
        MalformedBody: it is none.
    """
    ids = _object(message, "end_device_ids")
    uplink = _object(message, "uplink_message")
    eui, device = ids.get("dev_eui"), ids.get("device_id")
    named = ids.get("application_ids")
    application = named.get("application_id") if isinstance(named, dict) else None
    keys: tuple[str, ...] = ()
    if isinstance(device, str) and device:
        keys = (device,)
    if isinstance(eui, str) and _EUI.fullmatch(eui):
        names: tuple[str, ...] = (eui.lower(),)
        keys = (eui.lower(), *keys)
    elif isinstance(device, str) and device:
        names = (_text(_object(ids, "application_ids"), "application_id"), device)
    else:
        raise MalformedBody("end_device_ids has neither dev_eui nor device_id")
    received = uplink.get("received_at") or message.get("received_at")
    if not isinstance(received, str):
        raise MalformedBody("received_at is missing")
    decoded = uplink.get("decoded_payload")
    return Uplink(
        uplink_id=_correlation(message.get("correlation_ids")),
        device=names,
        time_ms=_millisecond(received, "received_at"),
        decoded=decoded if isinstance(decoded, dict) else None,
        keys=keys,
        applications=_texts(application),
    )


def readings_of(
    provider: str, uplink: Uplink, payload: Any, device: Device | None = None, door: Door | None = None
) -> Readings:
    """The readings in an uplink: every number and boolean that was decoded, named by its path.

    Args:
        provider: key of the provider that sends it.
        uplink: what was sent.
        payload: the whole message, for the dead letters.
        device: what its mapping says; None: it has none.
        door: where the message came in, for the dead letters.
    """
    readings = Readings(door=door)
    thing = (device and device.thing) or key_part(uplink.device)
    if uplink.decoded is None:
        detail = "not decoded: give the device a decoder (codec, payload formatter) in the network server"
        readings.refuse(0, "not-decoded", detail, payload)
        return readings
    parameters = {"uplinkId": uplink.uplink_id} if uplink.uplink_id else None
    found = False
    try:
        for count, (path, value, named) in enumerate(_leaves(uplink.decoded, ())):
            if count == _MOST_LEAVES:
                raise Rejection("invalid-item", f"more than {_MOST_LEAVES} values in one uplink")
            result = value if isinstance(value, bool) else _float(value)
            found = True
            prop, unit = key_part(path), named
            if device is not None:
                target = device.target(path, named)
                if target is None:
                    continue
                prop, unit, result = target.property, target.unit, target.result(result)
            unit = None if isinstance(result, bool) else unit
            key = f"{provider}/{thing}/{prop}"
            readings.add(0, key, uplink.time_ms, result, unit=unit, parameters=parameters)
    except Rejection as reason:
        readings = Readings(door=door)
        readings.refuse(0, reason.code, reason.detail, payload)
        return readings
    if not found:
        readings.refuse(0, "not-decoded", "no number or boolean is in what was decoded", payload)
    return readings


def _leaves(
    value: Any, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], bool | int | float, Unit | None]]:
    """Numbers and booleans with their paths. `{"value": 3.1, "unit": "V"}` is one value, `{"value": 3}` as well."""
    if isinstance(value, bool | int | float):
        yield path, value, None
        return
    if len(path) >= _DEEPEST and isinstance(value, dict | list):
        raise Rejection("too-deep", f"what was decoded nests deeper than {_DEEPEST} levels")
    if isinstance(value, dict):
        if path and "value" in value and _QUANTITY.issuperset(value):
            if isinstance(value["value"], bool | int | float):
                text = value.get("unit")
                is_number = not isinstance(value["value"], bool)
                unit = DECODER_UNITS.get(text) if is_number and isinstance(text, str) else None
                yield path, value["value"], unit
            return
        for name, below in value.items():
            yield from _leaves(below, (*path, name))
    elif isinstance(value, list):
        for place, below in enumerate(value):
            yield from _leaves(below, (*path, str(place)))


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        raise Rejection("number-range", "a number beyond 64-bit floating point") from None


def _correlation(ids: Any) -> str:
    """The id that the application server gave the uplink; a repeated delivery has the same."""
    texts = [each for each in ids if isinstance(each, str)] if isinstance(ids, list) else []
    return next((each for each in texts if each.startswith("as:up:")), texts[0] if texts else "")


def _texts(*names: Any) -> tuple[str, ...]:
    """Names of an application, and the empty one that stands for any."""
    return (*(name for name in names if isinstance(name, str) and name), "")


def _object(value: Any, name: str) -> dict[str, Any]:
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, dict):
        raise MalformedBody(f"{name} is missing or no object")
    return found


def _text(value: dict[str, Any], name: str) -> str:
    found = value.get(name)
    if not isinstance(found, str) or not found:
        raise MalformedBody(f"{name} is missing or no text")
    return found


def _millisecond(text: str, name: str) -> int:
    found = _TIME.fullmatch(text)
    if found is None:
        raise MalformedBody(f"{name} is no time as RFC 3339 has it")
    seconds, fraction, zone = found.groups()
    try:
        whole = datetime.fromisoformat(seconds + ("+00:00" if zone == "Z" else zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise MalformedBody(f"{name} is no time as RFC 3339 has it") from None
    return unix_ms(whole) + int((fraction or "0")[:3].ljust(3, "0"))
