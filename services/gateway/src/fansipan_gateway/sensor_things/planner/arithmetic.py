"""Arithmetic: of numbers, and of times and durations. Numbers are double precision; what is divided by zero is null."""

from typing import Final

from fansipan_gateway.sensor_things.model.entity import Kind
from fansipan_gateway.sensor_things.planner.binding import Binding
from fansipan_gateway.sensor_things.planner.typed import Typed, as_kind, written

_NUMBERS: Final = {
    "add": "({0} + {1})",
    "sub": "({0} - {1})",
    "mul": "({0} * {1})",
    "div": "({0} / NULLIF({1}, 0))",
    "mod": "({0} - {1} * trunc({0} / NULLIF({1}, 0)))",
}
_SIGNS: Final = {"add": "+", "sub": "-"}
_TIMES: Final = {
    (Kind.INSTANT, "sub", Kind.INSTANT): Kind.DURATION,
    (Kind.INSTANT, "add", Kind.DURATION): Kind.INSTANT,
    (Kind.INSTANT, "sub", Kind.DURATION): Kind.INSTANT,
    (Kind.DURATION, "add", Kind.INSTANT): Kind.INSTANT,
    (Kind.DURATION, "add", Kind.DURATION): Kind.DURATION,
    (Kind.DURATION, "sub", Kind.DURATION): Kind.DURATION,
}


def calculate(operator: str, left: Typed, right: Typed, binding: Binding) -> Typed | None:
    """The result, or None when the two cannot be computed with so."""
    numbers = as_kind(left, Kind.NUMBER, binding), as_kind(right, Kind.NUMBER, binding)
    if numbers[0] is not None and numbers[1] is not None:
        given = [f"({written(number, binding)})::float8" for number in numbers if number is not None]
        return Typed(Kind.NUMBER, _NUMBERS[operator].format(*given))
    first, second = _in_time(left, binding), _in_time(right, binding)
    gives = _TIMES.get((first.kind, operator, second.kind))
    if gives is None:
        return None
    return Typed(gives, f"({written(first, binding)} {_SIGNS[operator]} {written(second, binding)})")


def _in_time(typed: Typed, binding: Binding) -> Typed:
    return (None if typed.kind is Kind.DURATION else as_kind(typed, Kind.INSTANT, binding)) or typed
