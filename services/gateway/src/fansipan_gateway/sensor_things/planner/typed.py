"""Expressions on their way to SQL: a kind, and how it is written."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from fansipan_gateway.sensor_things.grammar.constants import instant
from fansipan_gateway.sensor_things.grammar.syntax import Geometry, Period, Value
from fansipan_gateway.sensor_things.model.entity import Kind
from fansipan_gateway.sensor_things.planner.binding import Binding

_MAX_INT8: Final = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Typed:
    """An expression.

    Attributes:
        kind: what it is.
        sql: its value; of a period, where it begins; of a constant, empty.
        end: where a period ends.
        number: of a JSON value that is often a number: the number, or NULL; else empty.
        constant: whether it is one; its value is then `value`, bound only where it is used.
        row: of an observation's id: its datastream and time, which are compared in its place.
        nullable: whether it may be null.
        whole: whether it is a whole number that has an index.
    """

    kind: Kind
    sql: str = ""
    end: str = ""
    number: str = ""
    constant: bool = False
    value: Value = None
    row: tuple[str, str] | None = None
    nullable: bool = True
    whole: bool = False


def constant(value: Value) -> Typed:
    """A constant by its value."""
    match value:
        case None:
            kind = Kind.NULL
        case bool():
            kind = Kind.BOOL
        case int() | float():
            kind = Kind.NUMBER
        case str():
            kind = Kind.TEXT
        case datetime():
            kind = Kind.INSTANT
        case date():
            kind = Kind.DATE
        case time():
            kind = Kind.TIME
        case timedelta():
            kind = Kind.DURATION
        case Period():
            kind = Kind.PERIOD
        case Geometry():
            kind = Kind.GEOMETRY
    return Typed(kind, constant=True, value=value)


_TYPE_NAMES: Final = {
    Kind.BOOL: "boolean",
    Kind.TEXT: "text",
    Kind.INSTANT: "timestamptz",
    Kind.DATE: "date",
    Kind.TIME: "time",
    Kind.DURATION: "interval",
}


def written(typed: Typed, binding: Binding) -> str:
    """An expression as SQL; a constant is bound. Of a period: where it begins."""
    if not typed.constant:
        return typed.sql
    value = typed.value
    if isinstance(value, Period):
        return binding.add(value.start, "timestamptz")
    if typed.kind is Kind.NUMBER and isinstance(value, int | float):
        if isinstance(value, int) and abs(value) <= _MAX_INT8:
            return binding.add(value, "bigint")
        return binding.add(float(value), "float8")
    if isinstance(value, str):
        return binding.add(value.replace("\0", "\ufffd"), "text")
    return binding.add(value, _TYPE_NAMES[typed.kind])


def end_of(typed: Typed, binding: Binding) -> str:
    """Where a period ends; an instant is a period that ends when it begins."""
    if isinstance(typed.value, Period):
        return binding.add(typed.value.end, "timestamptz")
    return typed.end or written(typed, binding)


def as_kind(typed: Typed, kind: Kind, binding: Binding) -> Typed | None:
    """An expression as another kind, when that makes sense: JSON values are what they hold, NULL where they hold
    something else; texts that say a time are one. None: it makes none.
    """
    if typed.kind is kind:
        return typed
    if typed.kind is Kind.JSON:
        return _from_json(typed, kind)
    if typed.kind is Kind.PERIOD and kind is Kind.INSTANT:
        return Typed(Kind.INSTANT, written(typed, binding))
    if typed.constant and isinstance(typed.value, str):
        return _from_text(typed.value, kind)
    return None


def _from_text(text: str, kind: Kind) -> Typed | None:
    try:
        if kind in (Kind.INSTANT, Kind.PERIOD):
            start, slash, end = text.partition("/")
            return constant(Period(instant(start), instant(end)) if slash else instant(start))
        if kind is Kind.NUMBER:
            return constant(int(text) if text.lstrip("-").isdigit() and len(text) < 40 else float(text))
    except (ValueError, OverflowError):
        pass
    return None


def _from_json(typed: Typed, kind: Kind) -> Typed | None:
    value = typed.sql
    match kind:
        case Kind.NUMBER:
            held = f"(CASE WHEN jsonb_typeof({value}) = 'number' THEN ({value})::float8 END)"
            return Typed(kind, typed.number or held)
        case Kind.TEXT:
            text = f"({value} #>> '{{}}')"
            if typed.number:
                text = f"coalesce({typed.number}::text, {text})"
            return Typed(kind, text)
        case Kind.BOOL:
            return Typed(kind, f"(CASE WHEN jsonb_typeof({value}) = 'boolean' THEN ({value})::boolean END)")
        case Kind.INSTANT:
            text = f"({value} #>> '{{}}')"
            looks = rf"{text} ~ '^\d{{4}}-\d\d-\d\dT\d\d:\d\d.*(Z|[+-]\d\d(:?\d\d)?)$'"
            return Typed(
                kind,
                f"(CASE WHEN {looks} AND pg_input_is_valid({text}, 'timestamptz') THEN {text}::timestamptz END)",
            )
        case _:
            return None


EARLIEST: Final = datetime(1, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
