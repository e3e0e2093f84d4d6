"""What the oracle says of one figure, and how it is compared with what is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Figure:
    """A figure from scratch.

    Attributes:
        value: None with the reason in `missing`.
        details: those members of the stored details that are compared.
    """

    value: float | None
    numerator: float | None = None
    denominator: float | None = None
    samples: int = 0
    completeness: float | None = None
    missing: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


NOTHING = Figure(None, missing="no-data")
"""What is left of a figure when all it rested on is gone."""


def differences(
    stored: Mapping[str, Any], figure: Figure, bands: Sequence[Mapping[str, Any]]
) -> dict[str, tuple[Any, Any]]:
    """Where a row of `indicator_value` differs from the oracle's figure: column → (stored, expected)."""
    expected = {
        "value": figure.value,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "sample_count": figure.samples,
        "completeness": figure.completeness,
    }
    found: dict[str, tuple[Any, Any]] = {
        name: (stored[name], want) for name, want in expected.items() if not close(stored[name], want)
    }
    said = stored["details"].get("missing")
    if said != figure.missing:
        found["missing"] = (said, figure.missing)
    for name, want in figure.details.items():
        if stored["details"].get(name) != want:
            found[name] = (stored["details"].get(name), want)
    if stored["band"] not in bands_of(bands, figure.value):
        found["band"] = (stored["band"], bands_of(bands, figure.value))
    return found


def close(one: float | None, other: float | None) -> bool:
    """Whether two numbers are one, but for the order of additions."""
    if one is None or other is None:
        return one is other
    return abs(one - other) <= _TOLERANCE * max(1.0, abs(one), abs(other))


def bands_of(bands: Sequence[Mapping[str, Any]], value: float | None) -> set[str | None]:
    """The band of a value; both neighbours of an edge that it lies on but for rounding."""
    if not bands or value is None:
        return {None}
    return {
        _band(bands, value + step)
        for step in (0.0, -_TOLERANCE, _TOLERANCE)
        if step == 0 or _edge(bands, value)
    }


def _edge(bands: Sequence[Mapping[str, Any]], value: float) -> bool:
    edges = [band[side] for band in bands for side in ("upTo", "from") if band.get(side) is not None]
    return value not in edges and any(close(edge, value) for edge in edges)


def _band(bands: Sequence[Mapping[str, Any]], value: float) -> str:
    if any("from" in band for band in bands):
        return [band["key"] for band in bands if value >= band.get("from", float("-inf"))][-1]
    return next(band["key"] for band in bands if value <= band.get("upTo", float("inf")))
