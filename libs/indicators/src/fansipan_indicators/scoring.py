"""Points, totals and ranks as Decision 766/QĐ-TTg (23/6/2022) counts them, and the rounding that every formula uses.

The decision shows two decimals. Rounding is for display: points are added up unrounded, or a total of five groups could
be 0.02 off.
"""

import math
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

Direction = Literal["higher-is-better", "lower-is-better"]
"""Which end of a list is the good one."""


def decimal_of(value: float) -> Decimal:
    """The decimal number that a float stands for, at 15 significant digits.

    A float carries about 16, and arithmetic spoils the last: 86.91 - 83.50 gives 3.4099999999999966. Cutting it off is
    what makes a half a half again.

    Raises:
        ValueError: the value is not finite.
    """
    if not math.isfinite(value):
        raise ValueError(f"{value} is no number; leave out what is missing")
    return Decimal(format(value, ".15g"))


def round_decimal(value: Decimal, digits: int = 0) -> Decimal:
    """A decimal rounded to so many digits after the point, halves away from zero."""
    return value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def round_half_up(value: float, digits: int = 0) -> float:
    """Round for display, as people and PostgreSQL's `numeric` do: 59.5 is 60, 2.675 is 2.68, -0.5 is -1.

    Python's own `round` takes a half to the even neighbour and sees 2.675 as less than a half.

    Raises:
        ValueError: the value is not finite.
    """
    return float(round_decimal(decimal_of(value), digits)) + 0.0  # no minus zero


def linear_points(ratio_percent: float, full_at_percent: float, maximum: float) -> float:
    """Points for a ratio: all of them from `full_at_percent` on, below it `ratio · maximum / full_at_percent`.

    Args:
        ratio_percent: what was reached, in %; more than 100 is possible where two systems count differently.
        full_at_percent: the least ratio that gives all points, in %: 80 for sub-indicator 3.1, 50 for 3.3.
        maximum: all points.

    Returns:
        Unrounded points, 0 to `maximum`.

    Raises:
        ValueError: an argument is not finite or is negative, or `full_at_percent` is 0.
    """
    numbers = (ratio_percent, full_at_percent, maximum)
    if not all(map(math.isfinite, numbers)) or min(numbers) < 0 or full_at_percent == 0:
        raise ValueError(
            f"{ratio_percent} % of {maximum} points, full at {full_at_percent} %: give numbers from 0, "
            "and a threshold above 0"
        )
    if ratio_percent >= full_at_percent:
        return maximum
    return ratio_percent * maximum / full_at_percent


def total(points: Iterable[float]) -> float:
    """The sum of points, added as decimals: published figures with two decimals give one with two decimals.

    A part that does not apply has no place here: whether it counts 0 or is left out is a report's policy.

    Raises:
        ValueError: a part is not finite.
    """
    return float(sum(map(decimal_of, points), Decimal(0)))


def competition_rank(
    values: Mapping[str, float | None], direction: Direction, *, digits: int | None = None
) -> dict[str, int]:
    """Rank subjects from 1, ties share a rank and the next one is skipped: 1, 2, 2, 4.

    Args:
        values: value of each subject; None means that it has none and gets no rank.
        direction: which values come first.
        digits: compare values rounded to so many digits, so that equal figures on a page share a rank;
            None compares them as they are.

    Returns:
        Rank of each subject with a value, best first; those with one rank in the order in which they were given.

    Raises:
        ValueError: a value is not finite.
    """
    keys: dict[str, Decimal] = {}
    for subject, value in values.items():
        if value is not None:
            exact = decimal_of(value)
            keys[subject] = exact if digits is None else round_decimal(exact, digits)
    ordered = sorted(keys, key=keys.__getitem__, reverse=direction == "higher-is-better")
    ranks: dict[str, int] = {}
    for place, subject in enumerate(ordered, start=1):
        before = ordered[place - 2] if place > 1 else None
        ranks[subject] = ranks[before] if before is not None and keys[before] == keys[subject] else place
    return ranks
