"""Expressions as SQL, with their kinds checked."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from fansipan_gateway.sensor_things.faults import BadQuery
from fansipan_gateway.sensor_things.grammar.syntax import (
    ARITHMETIC,
    COMPARISONS,
    LOGICAL,
    Call,
    Expression,
    Literal,
    Not,
    Operation,
    Path,
)
from fansipan_gateway.sensor_things.model.entity import Kind
from fansipan_gateway.sensor_things.planner.arithmetic import calculate
from fansipan_gateway.sensor_things.planner.binding import Binding
from fansipan_gateway.sensor_things.planner.comparisons import compare, is_true
from fansipan_gateway.sensor_things.planner.functions import FUNCTIONS, NAMES, RELATIONS_IN_TIME
from fansipan_gateway.sensor_things.planner.ranges import implied_range
from fansipan_gateway.sensor_things.planner.scope import AnyOf, Scope
from fansipan_gateway.sensor_things.planner.typed import (
    EARLIEST,
    LATEST,
    Typed,
    as_kind,
    constant,
    end_of,
    written,
)

GEOMETRY_NAMES: Final = frozenset(
    {
        "geo.distance",
        "geo.length",
        "geo.intersects",
        *(
            f"st_{name}"
            for name in [
                "equals",
                "disjoint",
                "touches",
                "within",
                "overlaps",
                "crosses",
                "intersects",
                "contains",
            ]
        ),
        "st_relate",
    }
)
Found = Mapping[Expression, tuple[Path, list[int]]]
"""Of conditions on geometries: the property they are about, and ids of the rows whose property fulfils them."""


class Compiler:
    """Writes expressions about the rows of a scope.

    Args:
        scope: the rows.
        now: what the function `now` gives.
        found: what was found out about geometries before.
    """

    def __init__(self, scope: Scope, now: datetime, found: Found) -> None:
        self._scope = scope
        self._now = now
        self._found = found

    @property
    def binding(self) -> Binding:
        """The values of the statement."""
        return self._scope.binding

    def condition(self, expression: Expression) -> str:
        """A condition of `$filter`.

        Raises:
            BadQuery: it is none, or speaks of what is not there.
        """
        match expression:
            case Operation(operator, left, right) if operator in LOGICAL:
                return f"({self.condition(left)} {operator.upper()} {self.condition(right)})"
            case Not(operand):
                return f"(NOT {self.condition(operand)})"
            case _:
                any_of = AnyOf()
                if expression in self._found:
                    return any_of.around(self._by_id(expression, any_of))
                typed = self.value(expression, any_of)
                found = is_true(typed, self.binding)
                if found is None:
                    raise BadQuery(
                        self._scope.option,
                        f"this is {typed.kind}, not a condition: compare it with something",
                        expression.at,
                    )
                return any_of.around(found)

    def value(self, expression: Expression, any_of: AnyOf | None) -> Typed:
        """An expression of any kind. Without `any_of` it may not follow relations to several rows.

        Raises:
            BadQuery: it makes no sense.
        """
        match expression:
            case Literal(value):
                return constant(value)
            case Path():
                return self._scope.resolve(expression, any_of)
            case Call():
                return self._call(expression, any_of)
            case Operation(operator) if operator in COMPARISONS:
                return self._comparison(expression, any_of)
            case Operation(operator) if operator in ARITHMETIC:
                return self._arithmetic(expression, any_of)
            case _:
                return Typed(Kind.BOOL, self.condition(expression))

    def _comparison(self, operation: Operation, any_of: AnyOf | None) -> Typed:
        left, right = self.value(operation.left, any_of), self.value(operation.right, any_of)
        condition = compare(operation.operator, left, right, self.binding)
        if condition is None:
            raise BadQuery(
                self._scope.option,
                f"{left.kind} {operation.operator} {right.kind} cannot be compared"
                + (": texts are quoted, times are not and have an offset" if _looks_odd(left, right) else ""),
                operation.at,
            )
        return Typed(Kind.BOOL, self._within_range(operation, condition, any_of))

    def _within_range(self, operation: Operation, condition: str, any_of: AnyOf | None) -> str:
        """The condition, with the range of time that it implies."""
        implied = implied_range(operation)
        if implied is None:
            return condition
        path, begin, end = implied
        time = self.value(path, any_of)
        if time.kind is not Kind.INSTANT:
            return condition
        parts = [condition]
        if begin is not None:
            parts.append(f"{time.sql} >= {self.binding.add(begin, 'timestamptz')}")
        if end is not None:
            parts.append(f"{time.sql} < {self.binding.add(end, 'timestamptz')}")
        return f"({' AND '.join(parts)})"

    def _arithmetic(self, operation: Operation, any_of: AnyOf | None) -> Typed:
        left, right = self.value(operation.left, any_of), self.value(operation.right, any_of)
        result = calculate(operation.operator, left, right, self.binding)
        if result is None:
            raise BadQuery(
                self._scope.option,
                f"{left.kind} {operation.operator} {right.kind} cannot be computed",
                operation.at,
            )
        return result

    def _call(self, call: Call, any_of: AnyOf | None) -> Typed:
        if call.name in GEOMETRY_NAMES:
            raise BadQuery(
                self._scope.option,
                f"{call.name} takes one property that is a geometry and constants, as in"
                " st_within(location, geography'POLYGON ((…))') or"
                " geo.distance(location, geography'POINT (104 22)') lt 1",
                call.at,
            )
        if call.name not in NAMES:
            raise BadQuery(
                self._scope.option,
                f"there is no function {call.name}: there are {', '.join(sorted(NAMES | GEOMETRY_NAMES))}",
                call.at,
            )
        arguments = [self.value(argument, any_of) for argument in call.arguments]
        if call.name in RELATIONS_IN_TIME:
            return self._in_time(call, arguments)
        if call.name in FUNCTIONS:
            return self._pattern(call, arguments)
        if arguments:
            raise BadQuery(self._scope.option, f"{call.name} takes nothing: write {call.name}()", call.at)
        moment = {"now": self._now, "mindatetime": EARLIEST, "maxdatetime": LATEST}[call.name]
        return constant(moment)

    def _pattern(self, call: Call, arguments: list[Typed]) -> Typed:
        for function in FUNCTIONS[call.name]:
            if len(function.takes) != len(arguments):
                continue
            fitting = [
                as_kind(argument, kind, self.binding)
                for argument, kind in zip(arguments, function.takes, strict=True)
            ]
            found = [argument for argument in fitting if argument is not None]
            if len(found) == len(arguments):
                return Typed(
                    function.gives, function.sql.format(*(written(one, self.binding) for one in found))
                )
        forms = " or ".join(", ".join(function.takes) for function in FUNCTIONS[call.name])
        given_kinds = ", ".join(argument.kind for argument in arguments) or "nothing"
        raise BadQuery(self._scope.option, f"{call.name} takes {forms}; it is given {given_kinds}", call.at)

    def _in_time(self, call: Call, arguments: list[Typed]) -> Typed:
        times: list[Typed] = []
        for argument in arguments:
            found = (
                argument if argument.kind is Kind.PERIOD else as_kind(argument, Kind.INSTANT, self.binding)
            )
            if found is not None:
                times.append(found)
        if len(times) != 2 or len(arguments) != 2:
            raise BadQuery(self._scope.option, f"{call.name} takes two times or periods", call.at)
        pattern = RELATIONS_IN_TIME[call.name]
        ends = {  # (only what is used may be bound)
            "a": written(times[0], self.binding) if "{a}" in pattern else "",
            "b": end_of(times[0], self.binding) if "{b}" in pattern else "",
            "c": written(times[1], self.binding) if "{c}" in pattern else "",
            "d": end_of(times[1], self.binding) if "{d}" in pattern else "",
        }
        return Typed(Kind.BOOL, pattern.format(**ends))

    def _by_id(self, expression: Expression, any_of: AnyOf) -> str:
        path, ids = self._found[expression]
        return f"({self._scope.owner(path, any_of)}.id = ANY({self.binding.add(ids, 'int[]')}))"


def _looks_odd(left: Typed, right: Typed) -> bool:
    return Kind.TEXT in (left.kind, right.kind) or Kind.DATE in (left.kind, right.kind)
