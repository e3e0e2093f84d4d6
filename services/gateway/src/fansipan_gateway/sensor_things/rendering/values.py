"""Values as JSON has them."""

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
