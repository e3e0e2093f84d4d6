"""The bounds of a rule for one subject, with the numbers that the thing itself brings."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from fansipan_indicators.alert_conditions import (
    Bound,
    BoundLevel,
    Composite,
    FromThing,
    Silence,
    Threshold,
)
from fansipan_indicators.alert_rules import AlertRule
from fansipan_indicators.alerting import Bounds, Level

_NOTHING: Final[Mapping[str, Any]] = {}


def bounds_of(rule: AlertRule, thing_properties: Mapping[str, Any] = _NOTHING) -> Bounds | None:
    """Where the rule's problems begin and end for a subject; None when none of its levels holds for it.

    Args:
        rule: with a condition on values; silence and composites have no bounds.
        thing_properties: of the thing behind the subject, if there is one.
    """
    condition = rule.condition
    if isinstance(condition, Silence | Composite):
        return None
    levels: list[Level] = []
    for bound in condition.bounds:
        at = _number(bound, thing_properties)
        if at is not None:
            severity = bound.severity if isinstance(bound, BoundLevel) else rule.lowest_severity
            levels.append(Level(severity, at, _clear(bound, at)))
    if not levels:
        return None
    hold = condition.hold if isinstance(condition, Threshold) and condition.hold else timedelta(0)
    return Bounds(tuple(levels), condition.bounds[0].is_rising, hold)


def _clear(bound: Bound, at: float) -> float:
    if bound.clear_at is not None:
        return bound.clear_at
    margin = bound.clear_margin or 0.0
    return at - margin if bound.is_rising else at + margin


def _number(bound: Bound, properties: Mapping[str, Any]) -> float | None:
    if not isinstance(bound.at, FromThing):
        return bound.at
    value: Any = properties
    for part in bound.at.thing_property.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return bound.at.default
