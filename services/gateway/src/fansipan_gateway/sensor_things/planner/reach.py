"""The range of time that a filter of observations means, as far as it says so plainly."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fansipan_gateway.sensor_things.grammar.constants import instant
from fansipan_gateway.sensor_things.grammar.syntax import Call, Expression, Literal, Operation, Path, Period

_TIME: Final = Path(("phenomenonTime",))
_TURNED: Final = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}
_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Reach:
    """From `start` (inside) to `end` (outside), None where it is open; and whether that is all the filter says."""

    start: datetime | None = None
    end: datetime | None = None
    whole: bool = True


def reach_of(filtered: Expression | None, now: datetime) -> Reach:
    """What conditions on phenomenonTime that are joined by `and` allow. Observations have whole milliseconds."""
    starts: list[datetime] = []
    ends: list[datetime] = []
    whole = True
    for condition in _conditions(filtered):
        match _range(condition, now):
            case None:
                whole = False
            case start, end:
                starts += [] if start is None else [start]
                ends += [] if end is None else [end]
    return Reach(max(starts, default=None), min(ends, default=None), whole)


def _conditions(filtered: Expression | None) -> Iterator[Expression]:
    if isinstance(filtered, Operation) and filtered.operator == "and":
        yield from _conditions(filtered.left)
        yield from _conditions(filtered.right)
    elif filtered is not None:
        yield filtered


def _range(condition: Expression, now: datetime) -> tuple[datetime | None, datetime | None] | None:
    match condition:
        case Call("during", (path, Literal(Period(start, end)))) if path == _TIME and start < end:
            return start, end
        case Operation(operator, left, right) if operator in _TURNED:
            if right == _TIME:
                operator, left, right = _TURNED[operator], right, left
            moment = _moment(right, now) if left == _TIME else None
            if moment is None:
                return None
            match operator:
                case "ge":
                    return moment, None
                case "gt":
                    return _behind(moment), None
                case "lt":
                    return None, moment
                case _:
                    return None, _behind(moment)
        case _:
            return None


def _behind(moment: datetime) -> datetime:
    """The first whole millisecond behind a time."""
    return moment - timedelta(microseconds=moment.microsecond % 1_000) + _MILLISECOND


def _moment(expression: Expression, now: datetime) -> datetime | None:
    """`2026-07-01T00:00:00Z`, `now()`, `now() sub duration'P1D'`."""
    match expression:
        case Literal(datetime() as moment):
            return moment
        case Literal(str() as text):
            try:
                return instant(text)
            except (ValueError, OverflowError):
                return None
        case Call("now", ()):
            return now
        case Operation("add" | "sub" as operator, left, Literal(timedelta() as span)):
            moment = _moment(left, now)
            try:
                return None if moment is None else moment + span if operator == "add" else moment - span
            except OverflowError:
                return None
        case _:
            return None
