"""Which figures a changed rollup bucket touches."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from fansipan_analytics.indicators.active import Active, holds
from fansipan_analytics.indicators.registry import ThingEntry
from fansipan_analytics.indicators.rollup_repository import Level, Window
from fansipan_indicators.formulas import AirQuality, DataHealth, SeriesFormula, Statistic, TimeShare
from fansipan_indicators.periods import Period, PeriodKind, period_at

_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ChangedBucket:
    """A rollup bucket that was computed again."""

    level: str
    datastream_id: int
    start: datetime
    corrected: bool


class FigureKey(NamedTuple):
    """The figure of a thing for a period."""

    active: Active
    thing_id: int
    period: Period


@lru_cache(maxsize=10_000)
def _period_at(kind: PeriodKind, moment: datetime) -> Period:
    return period_at(kind, moment)


def formula_of(active: Active) -> SeriesFormula:
    """The formula of a definition in a lane of readings."""
    formula = active.pair.version.formula
    if not isinstance(formula, SeriesFormula):
        raise TypeError(f"{active.key} is no indicator over readings")
    return formula


def level_read(formula: SeriesFormula, kind: PeriodKind) -> Level:
    """Which rollups a formula reads for a kind of period."""
    match formula:
        case TimeShare():
            return "minutes"
        case AirQuality() | DataHealth():
            return "hours"
        case Statistic(statistic="hourlyMean"):
            return "hours"
        case _:
            return "hours" if kind is PeriodKind.HOUR else "days"


def window_read(formula: SeriesFormula, period: Period) -> Window:
    """The time that a formula reads for a period."""
    return period.start - _HOUR * formula.reach_hours, period.end


def touched(
    buckets: Iterable[ChangedBucket],
    actives: Iterable[Active],
    things: dict[int, tuple[ThingEntry, str]],
    now: datetime,
) -> dict[FigureKey, bool]:
    """The figures that changed buckets touch, with whether a correction is among the causes. None in the future."""
    starts: dict[tuple[int, str, str, bool], set[datetime]] = {}
    for bucket in buckets:
        if bucket.datastream_id in things:
            thing, name = things[bucket.datastream_id]
            place = (thing.id, name, bucket.level, bucket.corrected)
            starts.setdefault(place, set()).add(bucket.start)
    keys: dict[FigureKey, bool] = {}
    for active in actives:
        formula = formula_of(active)
        for kind in active.pair.version.periods:
            level = "1d" if level_read(formula, kind) == "days" else "1h"
            of_thing: dict[tuple[int, bool], set[datetime]] = {}
            for (thing_id, name, at_level, corrected), changed in starts.items():
                if at_level == level and (name in formula.properties or "*" in formula.properties):
                    of_thing.setdefault((thing_id, corrected), set()).update(changed)
            for (thing_id, corrected), changed in of_thing.items():
                for period in _periods(kind, changed, formula.reach_hours, now):
                    if holds(active, period):
                        key = FigureKey(active, thing_id, period)
                        keys[key] = keys.get(key, False) or corrected
    return keys


def _periods(kind: PeriodKind, starts: set[datetime], reach: int, now: datetime) -> set[Period]:
    """The periods that read a bucket which starts at one of `starts`, up to `now`.

    What holds a bucket itself is among them though it may begin only soon: nothing else would remind of a reading of a
    sensor whose clock is ahead.
    """
    found: set[Period] = set()
    done: datetime | None = None
    for start in sorted(starts):
        end = max(start, min(start + _HOUR * reach, now))
        # spells overlap where buckets follow each other: each hour is looked at once
        hour = start if done is None or start > done else done + _HOUR
        while hour <= end:
            found.add(_period_at(kind, hour))
            done = hour
            hour += _HOUR
    return found
