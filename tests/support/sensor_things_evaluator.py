"""What `$filter` and `$orderby` mean, evaluated in Python on entities as JSON: the planner's SQL must agree with it.

Logic has three values: a comparison with what is null is unknown (None), and unknown is not true.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from fansipan_gateway.sensor_things.grammar.syntax import (
    Call,
    Expression,
    Literal,
    Not,
    Operation,
    Path,
    Period,
)

_TIMES = {"phenomenonTime", "resultTime", "time", "validTime"}
_DYNAMIC = {"result", "properties", "parameters", "unitOfMeasurement"}


@dataclass(frozen=True)
class Dynamic:
    """A JSON value: what it is depends on what it is used for."""

    value: Any

    @property
    def number(self) -> float | None:
        value = self.value
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    @property
    def text(self) -> str | None:
        value = self.value
        if isinstance(value, str) or value is None:
            return value
        if isinstance(value, bool | dict | list):
            return json.dumps(value, ensure_ascii=False)
        return str(int(value)) if value == int(value) else repr(value)

    @property
    def boolean(self) -> bool | None:
        return self.value if isinstance(self.value, bool) else None

    @property
    def instant(self) -> datetime | None:
        try:
            return datetime.fromisoformat(self.value).astimezone(UTC) if "T" in self.value else None
        except (TypeError, ValueError):
            return None


def holds(expression: Expression, entity: Mapping[str, Any]) -> bool:
    """Whether an entity passes a filter."""
    return _truth(evaluate(expression, entity)) is True


def sort_values(expression: Expression, entity: Mapping[str, Any]) -> list[Any]:
    """What an entity is sorted by: JSON values by their number, then by their text."""
    value = evaluate(expression, entity)
    return [value.number, value.text] if isinstance(value, Dynamic) else [value]


def evaluate(expression: Expression, entity: Mapping[str, Any]) -> Any:
    """The value of an expression."""
    match expression:
        case Literal(int() | float() as number) if not isinstance(number, bool):
            return float(number)
        case Literal(value):
            return value
        case Path(segments):
            return _property(segments, entity)
        case Not(operand):
            truth = _truth(evaluate(operand, entity))
            return None if truth is None else not truth
        case Operation("and", left, right):
            both = _truth(evaluate(left, entity)), _truth(evaluate(right, entity))
            return False if False in both else None if None in both else True
        case Operation("or", left, right):
            both = _truth(evaluate(left, entity)), _truth(evaluate(right, entity))
            return True if True in both else None if None in both else False
        case Operation("add" | "sub" | "mul" | "div" | "mod" as operator, left, right):
            return _calculate(operator, evaluate(left, entity), evaluate(right, entity))
        case Operation(operator, left, right):
            nulls = [side for side in (left, right) if isinstance(side, Literal) and side.value is None]
            if nulls:
                other = evaluate(left if right in nulls else right, entity)
                missing = other is None or (isinstance(other, Dynamic) and other.value is None)
                return missing is (operator == "eq")
            return _compare(operator, evaluate(left, entity), evaluate(right, entity))
        case Call(name, arguments):
            return _call(name, [evaluate(argument, entity) for argument in arguments])


def _property(segments: tuple[str, ...], entity: Mapping[str, Any]) -> Any:
    value: Any = entity
    for number, segment in enumerate(segments):
        if segment in _DYNAMIC:
            value = value[segment] if value is not None else None
            for key in segments[number + 1 :]:
                value = value.get(key) if isinstance(value, dict) else None
            return Dynamic(value)
        if value is None:
            return None
        value = value.get("@iot.id" if segment == "id" else segment)
        if segment in _TIMES:
            return None if value is None else _time(value)
    return float(value) if isinstance(value, int) else value


def _time(text: str) -> datetime | Period:
    parts = [datetime.fromisoformat(part) for part in text.split("/")]
    return parts[0] if len(parts) == 1 else Period(*parts)


def _truth(value: Any) -> bool | None:
    return value.boolean if isinstance(value, Dynamic) else value


def _as(kind: type, value: Any) -> Any:
    if isinstance(value, Dynamic):
        return {float: value.number, str: value.text, bool: value.boolean, datetime: value.instant}[kind]
    if kind is datetime and isinstance(value, Period):
        return value.start
    return value


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
}


def _compare(operator: str, left: Any, right: Any) -> bool | None:
    if isinstance(left, Dynamic) and isinstance(right, Dynamic):
        numbers, texts = (left.number, right.number), (left.text, right.text)
        pair = texts if None in numbers else numbers
    elif isinstance(left, Dynamic):
        pair = (_as(_kind(right), left), right) if right is not None else (None, None)
    elif isinstance(right, Dynamic):
        pair = (left, _as(_kind(left), right)) if left is not None else (None, None)
    else:
        pair = (left, right)
    if None in pair:
        return None
    if Period in map(type, pair):
        return _compare_periods(operator, *map(_period, pair))
    return _COMPARE[operator](*pair)


def _compare_periods(operator: str, left: Period, right: Period) -> bool:
    match operator:
        case "eq" | "ne":
            return (left == right) is (operator == "eq")
        case "lt" | "le":
            return _COMPARE[operator](left.end, right.start)
        case _:
            return _COMPARE[operator](left.start, right.end)


def _kind(value: Any) -> type:
    return next(kind for kind in (bool, float, str, datetime) if isinstance(value, kind))


def _period(value: Any) -> Period:
    return value if isinstance(value, Period) else Period(value, value)


def _calculate(operator: str, left: Any, right: Any) -> Any:
    if isinstance(left, datetime | timedelta) or isinstance(right, datetime | timedelta):
        left, right = _as(datetime, left), _as(datetime, right)
        if left is None or right is None:
            return None
        return left + right if operator == "add" else left - right
    left, right = _as(float, left), _as(float, right)
    if left is None or right is None:
        return None
    match operator:
        case "add":
            return left + right
        case "sub":
            return left - right
        case "mul":
            return left * right
        case "div":
            return left / right if right else None
        case _:
            return left - right * math.trunc(left / right) if right else None


def _call(name: str, arguments: list[Any]) -> Any:
    if name in _IN_TIME:
        if None in (given := [a if isinstance(a, Period) else _as(datetime, a) for a in arguments]):
            return None
        return _IN_TIME[name](*map(_period, given))
    kinds, function = _FUNCTIONS[name]
    given = [_as(kind, argument) for kind, argument in zip(kinds, arguments, strict=False)]
    return None if None in given else function(*given)


def _inside(moment: datetime, period: Period) -> bool:
    return period.start <= moment < period.end


def _during(a: Period, b: Period) -> bool:
    return b.start <= a.start and (a.end < b.end or (a.end == b.end and a.start < a.end))


def _overlaps(a: Period, b: Period) -> bool:
    if a.start == a.end and b.start == b.end:
        return a == b
    if a.start == a.end:
        return _inside(a.start, b)
    if b.start == b.end:
        return _inside(b.start, a)
    return a.start < b.end and b.start < a.end


_IN_TIME: dict[str, Callable[[Period, Period], bool]] = {
    "before": lambda a, b: a.end < b.start,
    "after": lambda a, b: a.start > b.end,
    "meets": lambda a, b: a.end == b.start or b.end == a.start,
    "starts": lambda a, b: a.start == b.start,
    "finishes": lambda a, b: a.end == b.end,
    "during": _during,
    "overlaps": _overlaps,
}
_FUNCTIONS: dict[str, tuple[tuple[type, ...], Callable[..., Any]]] = {
    "substringof": ((str, str), lambda part, whole: part in whole),
    "contains": ((str, str), lambda whole, part: part in whole),
    "startswith": ((str, str), str.startswith),
    "endswith": ((str, str), str.endswith),
    "length": ((str,), lambda text: float(len(text))),
    "indexof": ((str, str), lambda text, part: float(text.find(part))),
    "substring": (
        (str, float, float),
        lambda text, start, size=math.inf: text[_place(start) :][
            : None if size == math.inf else _place(size)
        ],
    ),
    "tolower": ((str,), str.lower),
    "toupper": ((str,), str.upper),
    "trim": ((str,), lambda text: text.strip(" ")),
    "concat": ((str, str), lambda a, b: a + b),
    "round": ((float,), lambda number: float(round(number))),
    "floor": ((float,), lambda number: float(math.floor(number))),
    "ceiling": ((float,), lambda number: float(math.ceil(number))),
    "year": ((datetime,), lambda moment: float(moment.year)),
    "month": ((datetime,), lambda moment: float(moment.month)),
    "day": ((datetime,), lambda moment: float(moment.day)),
    "hour": ((datetime,), lambda moment: float(moment.hour)),
    "minute": ((datetime,), lambda moment: float(moment.minute)),
    "second": ((datetime,), lambda moment: float(moment.second)),
    "fractionalseconds": ((datetime,), lambda moment: moment.microsecond / 1e6),
    "totaloffsetminutes": ((datetime,), lambda _moment: 0.0),
    "date": ((datetime,), lambda moment: date(moment.year, moment.month, moment.day)),
    "time": ((datetime,), lambda moment: time(moment.hour, moment.minute, moment.second, moment.microsecond)),
    "mindatetime": ((), lambda: datetime(1, 1, 1, tzinfo=UTC)),
    "maxdatetime": ((), lambda: datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)),
}


def _place(number: float) -> int:
    return max(math.floor(number), 0)
