"""Scores over other figures from scratch."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.oracle_figure import Figure

Values = Mapping[str, float | None]


def read_by(formula: Mapping[str, Any]) -> set[str]:
    """The indicators that a score or expression reads."""
    if "components" in formula:
        return {component["indicator"] for component in formula["components"]}
    return _named(formula["expression"])


def weighted_score(formula: Mapping[str, Any], values: Values) -> Figure:
    """Points of each component in proportion to its ratio, up to where all are given."""
    parts: Sequence[Mapping[str, Any]] = formula["components"]
    whole = sum(part["maximum"] for part in parts)
    got = reachable = 0.0
    there = 0
    for part in parts:
        value = values.get(part["indicator"])
        if value is not None:
            full = part.get("fullAt", part["maximum"])
            got += min(max(value, 0.0), full) / full * part["maximum"]
            reachable += part["maximum"]
            there += 1
    completeness = there / len(parts)
    policy = formula.get("missing", "not-applicable")
    if there == 0 or (there < len(parts) and policy == "not-applicable"):
        return Figure(None, got, whole, there, completeness, "missing-component")
    value = got / reachable * whole if policy == "stretch" else got
    return Figure(value, got, whole, there, completeness)


def expression(formula: Mapping[str, Any], values: Values) -> Figure:
    """Arithmetic; without a value when an operand has none."""
    names = _named(formula["expression"])
    there = sum(values.get(name) is not None for name in names)
    if there < len(names):
        return Figure(None, samples=there, completeness=there / len(names), missing="missing-component")
    return Figure(_value(formula["expression"], values), samples=there, completeness=1.0)


def _named(term: Any) -> set[str]:
    if not isinstance(term, Mapping):
        return set()
    if "indicator" in term:
        return {term["indicator"]}
    return {name for parts in term.values() for part in parts for name in _named(part)}


def _value(term: Any, values: Values) -> float:
    if not isinstance(term, Mapping):
        return float(term)
    if "indicator" in term:
        found = values[term["indicator"]]
        assert found is not None
        return found
    ((operation, parts),) = term.items()
    numbers = [_value(part, values) for part in parts]
    match operation:
        case "add":
            return sum(numbers)
        case "subtract":
            return numbers[0] - numbers[1]
        case "maximum":
            return max(numbers)
        case "minimum":
            return min(numbers)
        case _:
            raise ValueError(f"the oracle knows no {operation}")


def min_max_index(formula: Mapping[str, Any], subjects: Mapping[str, Values]) -> dict[str, Figure]:
    """The weighted mean of components that are each placed between the worst and the best of all subjects."""
    placed: dict[str, list[tuple[float, float] | None]] = {subject: [] for subject in subjects}
    for part in formula["components"]:
        column = {subject: values.get(part["indicator"]) for subject, values in subjects.items()}
        known = [value for value in column.values() if value is not None]
        for subject, value in column.items():
            spread = max(known, default=0) - min(known, default=0)
            place = None if value is None else 0.5 if spread == 0 else (value - min(known)) / spread
            placed[subject].append(None if place is None else (place, part["weight"]))
    found: dict[str, Figure] = {}
    for subject, parts in placed.items():
        there = [part for part in parts if part is not None]
        completeness = len(there) / len(parts)
        if len(there) < len(parts):
            found[subject] = Figure(
                None, samples=len(there), completeness=completeness, missing="missing-component"
            )
        else:
            value = sum(place * weight for place, weight in there) / sum(weight for _, weight in there)
            found[subject] = Figure(value, samples=len(there), completeness=1.0)
    return found
