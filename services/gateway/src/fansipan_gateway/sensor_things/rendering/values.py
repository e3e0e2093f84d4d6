"""Values as JSON has them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fansipan_gateway.domain.time_range import format_instant
from fansipan_gateway.sensor_things.model.entity import Kind, Property

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def shown(found: Property, value: Any) -> Any:
    """A column's value: times leave the database as microseconds since 1970."""
    match found.kind:
        case Kind.INSTANT:
            return None if value is None else _moment(value)
        case Kind.PERIOD:
            return (
                None if value[0] is None or value[1] is None else f"{_moment(value[0])}/{_moment(value[1])}"
            )
        case _:
            return value


def _moment(microseconds: int) -> str:
    return format_instant(_EPOCH + timedelta(microseconds=microseconds))


def in_part(value: Any, parts: Sequence[Sequence[str]]) -> Any:
    """A JSON value with only those parts that keys lead to, nested as they were; parts that it lacks are left out."""
    if not isinstance(value, dict):
        return None if value is None else {}
    kept: dict[str, Any] = {}
    for key in dict.fromkeys(keys[0] for keys in parts):
        if key in value:
            rests = [keys[1:] for keys in parts if keys[0] == key]
            kept[key] = value[key] if not all(rests) else in_part(value[key], rests)
    return kept


def at(value: Any, keys: Sequence[str]) -> Any:
    """The part of a JSON value that keys lead to; None: it has none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
