"""Ranges of time that a comparison of a year or a day implies, so that chunks outside of them are left alone."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from fansipan_gateway.sensor_things.grammar.syntax import Call, Expression, Literal, Operation, Path

_TURNED: Final = {"eq": "eq", "gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}


def implied_range(comparison: Operation) -> tuple[Path, datetime | None, datetime | None] | None:
    """Of `year(phenomenonTime) eq 2026` or `date(phenomenonTime) ge 2026-07-01`: the time that is compared, and from
    when (inside) to when (outside) it must be; None in place of an end that is open. None: nothing is implied.
    """
    operator, left, right = comparison.operator, comparison.left, comparison.right
    if isinstance(right, Call):
        left, right = right, left
        operator = _TURNED.get(operator, "")
    match left:
        case Call("year" | "date", (Path() as path,)):
            span = _span(right)
        case _:
            return None
    if span is None:
        return None
    begin, end = span
    match operator:
        case "eq":
            return path, begin, end
        case "ge":
            return path, begin, None
        case "gt":
            return path, end, None
        case "le":
            return path, None, end
        case "lt":
            return path, None, begin
        case _:
            return None


def _span(constant: Expression) -> tuple[datetime, datetime] | None:
    """When a year or a day begins, and when it is over."""
    match constant:
        case Literal(date() as day) if not isinstance(day, datetime) and day < date.max:
            begin = datetime.combine(day, time(), UTC)
            return begin, begin + timedelta(days=1)
        case Literal(int() as year) if not isinstance(year, bool) and 1 <= year < 9999:
            return datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
        case _:
            return None
