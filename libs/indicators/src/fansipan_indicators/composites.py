"""Figures over other figures: scores with linear thresholds, and arithmetic."""

from collections.abc import Mapping
from typing import Any

from fansipan_indicators.figure import Figure, Missing, not_applicable
from fansipan_indicators.formulas import (
    Add,
    Divide,
    Expression,
    Indicator,
    Maximum,
    Minimum,
    Multiply,
    NormalisedIndex,
    ScoreComponent,
    Subtract,
    Term,
    WeightedScore,
    operands,
)
from fansipan_indicators.normalise import min_max, weighted_mean, z_score

Values = Mapping[str, float | None]
"""Indicator key → value of the subject and period; absent and None both mean: no value."""


def points(component: ScoreComponent, value: float) -> float:
    """Points of a component, 0 to its maximum: in proportion up to `fullAt`, all from there on."""
    share = value / component.maximum if component.full_at is None else value / component.full_at
    return min(max(share, 0.0), 1.0) * component.maximum


def weighted_score(formula: WeightedScore, values: Values) -> Figure:
    """The sum of points; numerator: points, denominator: the maximum that could be had."""
    parts: list[dict[str, Any]] = []
    got, reachable, whole, absent = 0.0, 0.0, 0.0, 0
    for component in formula.components:
        value = values.get(component.indicator)
        scored = None if value is None else points(component, value)
        whole += component.maximum
        part: dict[str, Any] = {
            "indicator": component.indicator,
            "value": value,
            "points": scored,
            "maximum": component.maximum,
        }
        if component.full_at is not None:
            part["fullAt"] = component.full_at
        if component.assumed:
            part["assumed"] = True
        parts.append(part)
        if scored is None:
            absent += 1
        else:
            got += scored
            reachable += component.maximum
    count = len(parts) - absent
    completeness = count / len(parts)
    if count == 0 or (absent and formula.missing == "not-applicable"):
        return not_applicable(
            Missing.MISSING_COMPONENT,
            numerator=got,
            denominator=whole,
            sample_count=count,
            completeness=completeness,
            components=parts,
        )
    value = got / reachable * whole if absent and formula.missing == "stretch" else got
    return Figure(value, got, whole, count, completeness, {"components": parts})


def expression(formula: Expression, values: Values) -> Figure:
    """The value of an expression; None when an operand has none, or something is divided by zero."""
    used = {key: values.get(key) for key in sorted(formula.indicators)}
    components = [{"indicator": key, "value": value} for key, value in used.items()]
    present = sum(value is not None for value in used.values())
    if present < len(used):
        return not_applicable(
            Missing.MISSING_COMPONENT,
            sample_count=present,
            completeness=present / len(used),
            components=components,
        )
    try:
        value = _value(formula.expression, values)
    except ZeroDivisionError:
        return not_applicable(
            Missing.ZERO_DENOMINATOR, sample_count=present, completeness=1.0, components=components
        )
    return Figure(value, sample_count=present, completeness=1.0, details={"components": components})


def _value(term: Term, values: Values) -> float:
    if isinstance(term, float | int):
        return float(term)
    if isinstance(term, Indicator):
        value = values.get(term.indicator)
        if value is None:
            raise KeyError(term.indicator)
        return value
    parts = [_value(part, values) for part in operands(term)]
    match term:
        case Add():
            return sum(parts)
        case Subtract():
            return parts[0] - parts[1]
        case Multiply():
            product = 1.0
            for part in parts:
                product *= part
            return product
        case Divide():
            return parts[0] / parts[1]
        case Minimum():
            return min(parts)
        case Maximum():
            return max(parts)


def normalised_index(formula: NormalisedIndex, subjects: Mapping[str, Values]) -> dict[str, Figure]:
    """The index of every subject, each component normalised across all of them."""
    normalised: dict[str, dict[str, float | None]] = {}
    for component in formula.components:
        column = {subject: values.get(component.indicator) for subject, values in subjects.items()}
        normalised[component.indicator] = (
            min_max(
                column,
                direction="higher-is-better",
                minimum=component.minimum,
                maximum=component.maximum,
            )
            if formula.normalisation == "min-max"
            else z_score(column, direction="higher-is-better")
        )
    weights = {component.indicator: component.weight for component in formula.components}
    absent = "refuse" if formula.missing == "not-applicable" else "renormalise"
    figures: dict[str, Figure] = {}
    for subject, values in subjects.items():
        own = {key: column[subject] for key, column in normalised.items()}
        parts = [
            {
                "indicator": component.indicator,
                "value": values.get(component.indicator),
                "normalised": own[component.indicator],
                "weight": component.weight,
            }
            for component in formula.components
        ]
        present = sum(value is not None for value in own.values())
        value = weighted_mean(own, weights, absent=absent)
        completeness = present / len(parts)
        details: dict[str, Any] = {"components": parts, "subjects": len(subjects)}
        figures[subject] = (
            not_applicable(
                Missing.MISSING_COMPONENT, sample_count=present, completeness=completeness, **details
            )
            if value is None
            else Figure(
                value * formula.scale, sample_count=present, completeness=completeness, details=details
            )
        )
    return figures
