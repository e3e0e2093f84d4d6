"""Normalised composites in the manner of the Vietnam ICT Index: components on one scale, then a weighted mean.

This is a template, not law: which normalisation and which weights hold is configuration (`catalogue/indicators/`).
"""

import math
from collections.abc import Mapping
from typing import Literal

from fansipan_indicators.scoring import Direction

AbsentPolicy = Literal["renormalise", "refuse"]
"""What a missing component does: its weight goes to the others in proportion, or the composite has no value."""

_NO_SPREAD = 1e-12
"""Spread below this share of the largest value is rounding noise of equal figures."""


def min_max(
    values: Mapping[str, float | None],
    direction: Direction,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
) -> dict[str, float | None]:
    """Place every subject between 0 (worst) and 1 (best): (x - min) / (max - min).

    When all values are equal, or there is only one, everybody gets 0.5: nobody is ahead and nobody behind.

    Args:
        values: by subject; None when it has no value.
        direction: which end is the good one.
        minimum, maximum: ends of a fixed scale, so that a figure does not move when another subject's does; what lies
            beyond an end counts as the end. Where one is not given, the smallest or largest value is taken.

    Returns:
        By subject, None where the value is None.

    Raises:
        ValueError: a value is not finite, or both ends are given and do not rise.
    """
    if minimum is not None and maximum is not None and not minimum < maximum:
        raise ValueError(f"a scale rises: {minimum} to {maximum} does not")
    bottom, top = -math.inf if minimum is None else minimum, math.inf if maximum is None else maximum
    known = [min(max(value, bottom), top) for value in _known(values)]
    low = min(known, default=0.0) if minimum is None else minimum
    high = max(known, default=0.0) if maximum is None else maximum
    spread = high - low

    def place(value: float) -> float:
        if spread <= _noise(known):
            return 0.5
        inside = min(max(value, bottom), top)
        return (inside - low) / spread if direction == "higher-is-better" else (high - inside) / spread

    return {subject: None if value is None else place(value) for subject, value in values.items()}


def z_score(values: Mapping[str, float | None], direction: Direction) -> dict[str, float | None]:
    """Distance of every subject from the mean in standard deviations; better is positive.

    The deviation is that of a whole population (divided by n): all provinces are there, not a sample of them. When all
    values are equal, or there is only one, everybody gets 0.

    Returns:
        By subject, None where the value is None.

    Raises:
        ValueError: a value is not finite.
    """
    known = _known(values)
    mean = math.fsum(known) / len(known) if known else 0.0
    deviation = math.sqrt(math.fsum((x - mean) ** 2 for x in known) / len(known)) if known else 0.0
    sign = 1.0 if direction == "higher-is-better" else -1.0

    def place(value: float) -> float:
        return 0.0 if deviation <= _noise(known) else sign * (value - mean) / deviation

    return {subject: None if value is None else place(value) for subject, value in values.items()}


def weighted_mean(
    components: Mapping[str, float | None], weights: Mapping[str, float], *, absent: AbsentPolicy
) -> float | None:
    """The mean of components by weight.

    Args:
        components: normalised value of each; None, or not there, when it is missing.
        weights: of every component that the composite has; any scale, they need not add up to 1.
        absent: what a missing component does. A component of weight 0 is never missed.

    Returns:
        None when a component is missing and the policy is `refuse`, or when all are missing.

    Raises:
        ValueError: a component has no weight, a weight is negative or not finite, all are 0, or a value is not finite.
    """
    if unknown := sorted(set(components) - set(weights)):
        raise ValueError(f"no weight is given for {', '.join(unknown)}")
    if any(not math.isfinite(weight) or weight < 0 for weight in weights.values()) or not any(
        weights.values()
    ):
        raise ValueError("weights are numbers from 0, at least one of them above it")
    _known(components)
    needed = {key: components.get(key) for key, weight in weights.items() if weight > 0}
    present = {key: value for key, value in needed.items() if value is not None}
    if not present or (absent == "refuse" and len(present) < len(needed)):
        return None
    return math.fsum(weights[key] * value for key, value in present.items()) / math.fsum(
        weights[key] for key in present
    )


def _known(values: Mapping[str, float | None]) -> list[float]:
    known = {subject: value for subject, value in values.items() if value is not None}
    for subject, value in known.items():
        if not math.isfinite(value):
            raise ValueError(f"{subject}: {value} is no number; a missing value is None")
    return list(known.values())


def _noise(known: list[float]) -> float:
    return _NO_SPREAD * max(map(abs, known), default=0.0)
