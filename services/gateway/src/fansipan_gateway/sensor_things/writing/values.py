"""Checking single properties, and turning them into columns and back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, cast

from fansipan_gateway.domain.time_range import format_instant
from fansipan_gateway.sensor_things.grammar.constants import instant
from fansipan_gateway.sensor_things.writing.faults import InvalidValue
from fansipan_gateway.sensor_things.writing.geojson import check_geometry

Check = Callable[[Any, str], tuple[Any, ...]]
Show = Callable[[Sequence[Any]], Any]

GEO_JSON: Final = ("application/geo+json", "application/vnd.geo+json")
_NAME: Final = 500
_LONG_TEXT: Final = 50_000
_UNIT: Final = ("name", "symbol", "definition")
_FIRST_MOMENT: Final = datetime(1900, 1, 1, tzinfo=UTC)
_LAST_MOMENT: Final = datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Field:
    """A property that clients write.

    Attributes:
        name: in JSON.
        columns: where it is kept.
        check: the columns' values for a JSON value at a path; raises InvalidValue.
        show: the JSON value of the columns' values.
        default: the columns' values when it is left out; None: it is mandatory.
    """

    name: str
    columns: tuple[str, ...]
    check: Check
    show: Show
    default: tuple[Any, ...] | None = None


def below(path: str, name: str) -> str:
    """The path of a member."""
    return f"{path}.{name}" if name.isidentifier() else f"{path}[{name[:60]!r}]"


def _first(values: Sequence[Any]) -> Any:
    return values[0]


def _text(most: int, *, empty: bool) -> Check:
    def check(value: Any, path: str) -> tuple[str]:
        if not isinstance(value, str):
            raise InvalidValue(path, "a text is wanted")
        if len(value) > most:
            raise InvalidValue(path, f"at most {most:,} characters")
        if not (empty or value.strip()):
            raise InvalidValue(path, "it must not be empty")
        return (value,)

    return check


def _object(value: Any, path: str) -> tuple[dict[str, Any]]:
    if value is None:
        return ({},)
    if not isinstance(value, dict):
        raise InvalidValue(path, "an object is wanted, as {'commune': '02671'}")
    return (cast("dict[str, Any]", value),)


def _encoding(value: Any, path: str) -> tuple[str]:
    if value not in GEO_JSON:
        raise InvalidValue(path, f"one of {', '.join(GEO_JSON)} is wanted")
    return (value,)


def _geometry(value: Any, path: str) -> tuple[dict[str, Any]]:
    return (check_geometry(value, path),)


def _unit(value: Any, path: str) -> tuple[str | None, ...]:
    if not isinstance(value, dict):
        raise InvalidValue(
            path, "an object is wanted: {'name': 'metre', 'symbol': 'm', 'definition': 'ucum:m'}"
        )
    unit = cast("dict[str, Any]", value)
    for name, text in unit.items():
        if name not in _UNIT:
            raise InvalidValue(below(path, name), f"a unit has {', '.join(_UNIT)}, and nothing else")
        if text is not None and (not isinstance(text, str) or len(text) > _NAME):
            raise InvalidValue(below(path, name), f"a text of at most {_NAME} characters is wanted, or null")
    return tuple(unit.get(name) for name in _UNIT)


def moment_of(value: Any, path: str) -> datetime:
    """A time, cut to the millisecond.

    Raises:
        InvalidValue: it is none, or has no offset.
    """
    try:
        if not isinstance(value, str):
            raise ValueError("a time is wanted, as 2026-07-01T08:00:00+07:00")
        moment = instant(value)
    except (ValueError, OverflowError) as error:
        raise InvalidValue(path, str(error)) from error
    if not _FIRST_MOMENT <= moment < _LAST_MOMENT:
        raise InvalidValue(path, "a time from 1900 until 2200 is wanted")
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def name() -> Field:
    """What the entity is called."""
    return Field("name", ("name",), _text(_NAME, empty=False), _first)


def text(json_name: str, column: str, *, most: int = _LONG_TEXT, empty: bool = True) -> Field:
    """A text: mandatory, unless it may be empty. Clients leave out empty texts, so that left out is empty."""
    return Field(json_name, (column,), _text(most, empty=empty), _first, ("",) if empty else None)


def properties() -> Field:
    """Anything else about the entity."""
    return Field("properties", ("properties",), _object, _first, ({},))


def encoding() -> Field:
    """How a geometry is written."""
    return Field("encodingType", ("encoding_type",), _encoding, _first)


def geometry(column: str) -> Field:
    """A geometry."""
    return Field(column, (column,), _geometry, _first)


def unit() -> Field:
    """What the numbers count."""
    return Field(
        "unitOfMeasurement",
        ("unit_name", "unit_symbol", "unit_definition"),
        _unit,
        lambda values: dict(zip(_UNIT, values, strict=True)),
    )


def time() -> Field:
    """A time."""
    return Field(
        "time",
        ("time",),
        lambda value, path: (moment_of(value, path),),
        lambda values: format_instant(values[0]),
    )
