"""From resolved SenML records to readings: which datastream a name is, and in which unit its results are."""

import ipaddress
import math
import re
from collections.abc import Mapping
from typing import Any, Final

from fansipan_common.contracts.doors import Door
from fansipan_common.contracts.naming import key_part, written_part
from fansipan_ingest.doors.readings import Readings
from fansipan_ingest.doors.senml.packs import Record, Wrong
from fansipan_ingest.doors.senml.units import SENML_UNITS, summed

_DEVICE: Final = re.compile(r"(urn:dev:[a-z0-9]+:[A-Za-z0-9.-]+)(.*)")
"""A device URN (RFC 9039): what follows the fourth part is a sensor of the device."""

_DEVICE_PART: Final = re.compile(r"[A-Za-z0-9.-]")

_SHOWN_LEVELS: Final = 8


def split_name(name: str, unit: str | None) -> tuple[str, str]:
    """The thing and property that a whole name stands for; two names never stand for the same.

    | name | thing | property |
    |---|---|---|
    | `urn:dev:ow:10e2073a01080063:voltage` | `urn:dev:ow:10e2073a01080063` | `voltage` |
    | `2001:db8::2/temperature` | `2001:db8::2` | `temperature` |
    | `tram-1:temperature` | `tram-1:` | `temperature` |
    | `urn:dev:ow:10e2073a01080063` in `Cel` | the same | `unit:Cel` |
    """
    thing, prop = _parts(name)
    return thing, key_part(("unit", unit or "none")) if prop is None else prop


def _parts(name: str) -> tuple[str, str | None]:
    device = _DEVICE.fullmatch(name)
    if device is not None:
        rest = device[2]
        if not rest or rest == ":":
            return written_part(device[1] + rest), None
        # Behind another separator the rest begins with it; so one that begins so behind a colon keeps the colon.
        plain = rest[0] == ":" and _DEVICE_PART.match(rest[1:]) is not None
        return written_part(device[1]), key_part((rest[1:] if plain else rest,))
    before, slash, after = name.rpartition("/")
    if slash and before and after:
        return written_part(before), key_part((after,))
    before, colon, after = name.rpartition(":")
    if colon and before and after and not _is_address(name) and not before.endswith(":"):
        thing = written_part(before)
        return thing + ":" if thing == before and len(thing) < 127 else key_part((before + ":",)), key_part(
            (after,)
        )
    return written_part(name), None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def readings_of(provider: str, sent: list[Any], records: list[Record], wrong: list[Wrong]) -> Readings:
    """Readings of a pack; `sent` are its records as they came, for those that are refused: kept with the base fields
    in force, so that each can be corrected and sent again alone."""
    readings = Readings(door=Door.SENML)
    for each in wrong:
        payload = _alone(each.base, sent[each.index])
        readings.refuse(each.index, each.reason.code, each.reason.detail, payload)
    for record in records:
        unit = None if record.unit is None else SENML_UNITS.get(record.unit)
        if record.unit is not None and unit is None:
            detail = f"{record.unit[:32]!r} is no unit of SenML (RFC 8428, RFC 8798)"
            readings.refuse(record.index, "unit-unknown", detail, _alone(record.base, sent[record.index]))
            continue
        thing, prop = split_name(record.name, record.unit)
        # Whole microseconds first: the sum of two doubles is a little less than a millisecond it should be.
        millisecond = round(record.time * 1_000_000) // 1000
        parameters = None if record.update is None else {"updateSeconds": record.update}
        if record.value is not None:
            value = float(record.value) if record.kind == "v" else record.value
            measured = unit if record.kind == "v" else None
            key = f"{provider}/{thing}/{prop}"
            readings.add(record.index, key, millisecond, value, unit=measured, parameters=parameters)
        if record.sum is not None:
            key = f"{provider}/{thing}/{_sum_of(prop)}"
            total = None if unit is None else summed(unit)
            readings.add(record.index, key, millisecond, float(record.sum), unit=total, parameters=parameters)
    return readings


def _sum_of(prop: str) -> str:
    return f"{prop}:sum" if len(prop) <= 123 else key_part((prop, "sum"))


def _alone(base: Mapping[str, Any], record: Any) -> Any:
    return _shown({**base, **record} if isinstance(record, dict) else record)


def _shown(value: Any, depth: int = 0) -> Any:
    """What was sent, as JSON can show it."""
    if isinstance(value, dict | list):
        if depth == _SHOWN_LEVELS:
            return "…"
        if isinstance(value, list):
            return [_shown(of, depth + 1) for of in value]
        return {str(key)[:200]: _shown(of, depth + 1) for key, of in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return value if value is None or isinstance(value, str | int | float | bool) else repr(value)[:200]
