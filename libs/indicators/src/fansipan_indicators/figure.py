"""One computed figure, with what it was made of."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Missing(StrEnum):
    """Why a figure has no value."""

    NO_DATA = "no-data"
    TOO_FEW_SAMPLES = "too-few-samples"
    ZERO_DENOMINATOR = "zero-denominator"
    MISSING_COMPONENT = "missing-component"
    MISSING_ATTRIBUTE = "missing-attribute"
    NOT_IN_SOURCE = "not-in-source"


@dataclass(slots=True)
class Figure:
    """A value with its numerator, denominator, sample count and completeness.

    Attributes:
        value: None when the figure does not apply; `details["missing"]` then says why (`Missing`).
        numerator, denominator: of a ratio; None where the formula has none.
        sample_count: observations or cases that it rests on.
        completeness: share of what was expected, 0 to 1; None where nothing says what to expect.
        details: what explains it beyond that, JSON: sub-indices, components, the station it comes from.
    """

    value: float | None
    numerator: float | None = None
    denominator: float | None = None
    sample_count: int = 0
    completeness: float | None = None
    details: dict[str, Any] = field(default_factory=dict)


def not_applicable(
    why: Missing,
    *,
    numerator: float | None = None,
    denominator: float | None = None,
    sample_count: int = 0,
    completeness: float | None = None,
    **details: Any,
) -> Figure:
    """A figure without a value, and the reason."""
    return Figure(None, numerator, denominator, sample_count, completeness, {"missing": why.value, **details})
