"""Rollups as formulas read them: aggregates of readings by minute, hour and day."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple


class Rollup(NamedTuple):
    """What is known of one bucket; only buckets with at least one counted reading have one."""

    count: int  # type: ignore[assignment]  # the field, not the method of tuples
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


class Buckets(Mapping[datetime, Rollup]):
    """Rollups of one level by the start (UTC) of their bucket; what lies in a period is found without a look at all."""

    def __init__(self, rows: Mapping[datetime, Rollup]) -> None:
        self._rows = rows
        self._starts = sorted(rows)

    def __getitem__(self, start: datetime) -> Rollup:
        return self._rows[start]

    def __iter__(self) -> Iterator[datetime]:
        return iter(self._starts)

    def __len__(self) -> int:
        return len(self._starts)

    def get(self, start: datetime, default: Any = None) -> Any:
        """The rollup of a bucket, or `default`."""
        return self._rows.get(start, default)

    def between(self, since: datetime, until: datetime) -> list[tuple[datetime, Rollup]]:
        """Starts and rollups from `since` (inside) until `until` (outside), in order."""
        starts = self._starts[bisect_left(self._starts, since) : bisect_left(self._starts, until)]
        return [(start, self._rows[start]) for start in starts]


class Series:
    """A datastream's rollups, as far as they were asked for.

    Attributes:
        attributes: what the datastream states of itself.
        minutes, hours, days: its rollups.
        outside: hour → readings outside the plausible range, where that was asked for.
        since: the local day of its first known reading, where that was asked for.
    """

    def __init__(
        self,
        attributes: Mapping[str, Any] | None = None,
        *,
        minutes: Mapping[datetime, Rollup] | None = None,
        hours: Mapping[datetime, Rollup] | None = None,
        days: Mapping[datetime, Rollup] | None = None,
        outside: Mapping[datetime, int] | None = None,
        since: datetime | None = None,
    ) -> None:
        self.attributes = attributes or {}
        self.minutes = _buckets(minutes)
        self.hours = _buckets(hours)
        self.days = _buckets(days)
        self.outside = outside or {}
        self.since = since

    def expected_interval(self, default: float) -> float:
        """Seconds between two readings: what the datastream states in `expectedIntervalSeconds`, else `default`."""
        return _positive(self.attributes.get("expectedIntervalSeconds")) or default


_EMPTY: Final = Buckets({})


def _buckets(rows: Mapping[datetime, Rollup] | None) -> Buckets:
    if not rows:
        return _EMPTY
    return rows if isinstance(rows, Buckets) else Buckets(rows)


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
