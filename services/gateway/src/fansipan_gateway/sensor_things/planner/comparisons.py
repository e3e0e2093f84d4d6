"""Comparisons of two expressions."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from fansipan_gateway.sensor_things.model.entity import Kind
from fansipan_gateway.sensor_things.planner.binding import Binding
from fansipan_gateway.sensor_things.planner.typed import Typed, as_kind, end_of, written

SIGNS: Final[Mapping[str, str]] = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_TURNED: Final = {"eq": "eq", "ne": "ne", "gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}
_TIMES: Final = (Kind.INSTANT, Kind.PERIOD)
_BYTEWISE: Final = ' COLLATE "C"'
_MILLISECOND_BITS: Final = 42
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_INT8: Final = (1 << 63) - 1


def compare(operator: str, left: Typed, right: Typed, binding: Binding) -> str | None:
    """The condition, or None when the two cannot be compared so."""
    if left.kind is Kind.NULL or right.kind is Kind.NULL:
        return _with_null(operator, left, right, binding)
    if left.row is None and right.row is not None:
        operator, left, right = _TURNED[operator], right, left
    if left.row is not None and right.constant:
        number = as_kind(right, Kind.NUMBER, binding)
        if number is None:
            return None
        if isinstance(number.value, int):
            return _row(operator, left.row, number.value, binding)
        right = number
    if left.kind is Kind.JSON and right.kind is Kind.JSON:
        return _json(operator, left, right, binding)
    if left.kind in _TIMES or right.kind in _TIMES:
        return _times(operator, left, right, binding)
    kind = left.kind if left.kind is not Kind.JSON else right.kind
    if left.constant and left.kind is Kind.TEXT and right.kind is Kind.NUMBER:
        kind = Kind.NUMBER
    first, second = as_kind(left, kind, binding), as_kind(right, kind, binding)
    if first is None or second is None or kind is Kind.GEOMETRY:
        return None
    return _plain(operator, first, second, binding)


def _plain(operator: str, left: Typed, right: Typed, binding: Binding) -> str:
    bytewise = _BYTEWISE if left.kind is Kind.TEXT and operator not in ("eq", "ne") else ""
    return f"({written(left, binding)} {SIGNS[operator]} {written(right, binding)}{bytewise})"


def _with_null(operator: str, left: Typed, right: Typed, binding: Binding) -> str | None:
    if operator not in ("eq", "ne"):
        return None
    other = right if left.kind is Kind.NULL else left
    if other.kind is Kind.NULL or other.constant:
        return str((other.kind is Kind.NULL) is (operator == "eq")).lower()
    if other.kind is Kind.JSON:
        text = as_kind(other, Kind.TEXT, binding)
        other = other if text is None else text
    return f"({written(other, binding)} IS {'' if operator == 'eq' else 'NOT '}NULL)"


def _row(operator: str, row: tuple[str, str], number: int, binding: Binding) -> str:
    """An observation's id is its datastream and its time: these have an index, and ids are in their order."""
    datastream, moment = split(max(min(number, _MAX_INT8), 0))
    first, second = binding.add(datastream, "int"), binding.add(moment, "timestamptz")
    if operator == "eq":
        return f"({row[0]} = {first} AND {row[1]} = {second})"
    return f"(({row[0]}, {row[1]}) {SIGNS[operator]} ({first}, {second}))"


def split(number: int) -> tuple[int, datetime]:
    """Datastream and time of an observation's id, or of any number of 63 bits, which no observation need have."""
    return number >> _MILLISECOND_BITS, _EPOCH + timedelta(
        milliseconds=number & ((1 << _MILLISECOND_BITS) - 1)
    )


def _times(operator: str, left: Typed, right: Typed, binding: Binding) -> str | None:
    kind = Kind.PERIOD if Kind.PERIOD in (left.kind, right.kind) else Kind.INSTANT
    sides: list[Typed] = []
    for side in (left, right):
        found = side if side.kind in _TIMES else as_kind(side, Kind.INSTANT, binding)
        if found is None:
            return None
        sides.append(found)
    if kind is Kind.INSTANT and Kind.PERIOD not in (sides[0].kind, sides[1].kind):
        return _plain(operator, sides[0], sides[1], binding)
    left, right = sides
    match operator:
        case "eq" | "ne":
            starts = f"{written(left, binding)} {SIGNS[operator]} {written(right, binding)}"
            ends = f"{end_of(left, binding)} {SIGNS[operator]} {end_of(right, binding)}"
            return f"({starts} {'AND' if operator == 'eq' else 'OR'} {ends})"
        case "lt" | "le":
            return f"({end_of(left, binding)} {SIGNS[operator]} {written(right, binding)})"
        case _:
            return f"({written(left, binding)} {SIGNS[operator]} {end_of(right, binding)})"


def _json(operator: str, left: Typed, right: Typed, binding: Binding) -> str:
    """Numbers as numbers where both are; else as texts."""
    conditions: list[str] = []
    for kind in (Kind.NUMBER, Kind.TEXT):
        first, second = as_kind(left, kind, binding), as_kind(right, kind, binding)
        assert first is not None  # noqa: S101 - JSON may be read as either
        assert second is not None  # noqa: S101 - the same
        conditions.append(_plain(operator, replace(first, kind=kind), second, binding))
    return f"coalesce({conditions[0]}, {conditions[1]})"


def is_true(typed: Typed, binding: Binding) -> str | None:
    """An expression as a condition; None when it is none."""
    if typed.kind is Kind.NULL:
        return "NULL::boolean"
    condition = as_kind(typed, Kind.BOOL, binding)
    return None if condition is None else written(condition, binding)
