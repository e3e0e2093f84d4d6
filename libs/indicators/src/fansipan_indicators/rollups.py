"""Rollups as formulas read them: aggregates of readings by minute, hour and day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Rollup:
    """What is known of one bucket; only buckets with at least one counted reading have one."""

    count: int
    sum: float
    min: float
    max: float
    first: float
    last: float
    first_time: datetime
    last_time: datetime

    @property
    def mean(self) -> float:
        """The mean of the readings."""
        return self.sum / self.count


def folded(rows: Iterable[Rollup]) -> Rollup:
    """The rollup of several buckets together; at least one."""
    everything = list(rows)
    first = min(everything, key=lambda row: row.first_time)
    last = max(everything, key=lambda row: row.last_time)
    return Rollup(
        sum(row.count for row in everything),
        sum(row.sum for row in everything),
        min(row.min for row in everything),
        max(row.max for row in everything),
        first.first,
        last.last,
        first.first_time,
        last.last_time,
    )


@dataclass(slots=True)
class Series:
    """A datastream's rollups by the start (UTC) of their bucket, as far as they were asked for.

    Attributes:
        attributes: what the datastream states of itself.
        outside: hour → readings outside the plausible range, where that was asked for.
    """

    attributes: Mapping[str, Any] = field(default_factory=dict)
    minutes: Mapping[datetime, Rollup] = field(default_factory=dict)
    hours: Mapping[datetime, Rollup] = field(default_factory=dict)
    days: Mapping[datetime, Rollup] = field(default_factory=dict)
    outside: Mapping[datetime, int] = field(default_factory=dict)

    def expected_interval(self, default: float) -> float:
        """Seconds between two readings: what the datastream states in `expectedIntervalSeconds`, else `default`."""
        return _positive(self.attributes.get("expectedIntervalSeconds")) or default


@dataclass(slots=True)
class Thing:
    """A thing and the series of the properties it measures.

    Attributes:
        key: `<provider>/<thing>`.
        attributes: what the thing states of itself.
        series: by the key of the observed property.
    """

    key: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    series: Mapping[str, Series] = field(default_factory=dict)

    def number(self, attribute: str, observed_property: str) -> float | None:
        """A positive number that the datastream, or else the thing, states of itself."""
        series = self.series.get(observed_property)
        own = None if series is None else _positive(series.attributes.get(attribute))
        return own if own is not None else _positive(self.attributes.get(attribute))


def _positive(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        return None
    return float(value)
