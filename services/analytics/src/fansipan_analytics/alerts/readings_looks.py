"""Looks of rules on values of datastreams: thresholds and rates of rise."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg

from fansipan_analytics.alerts.looks import About, Seen
from fansipan_analytics.alerts.readings import (
    Datastream,
    calm_before,
    counts_before,
    minutes_since,
    points_since,
)
from fansipan_analytics.alerts.watches import Watch
from fansipan_indicators.alert_bounds import bounds_of
from fansipan_indicators.alert_conditions import RateOfRise
from fansipan_indicators.alert_rules import AlertRule
from fansipan_indicators.alerting import (
    HORIZON,
    Bounds,
    Course,
    Memory,
    Point,
    Standing,
    hour_of,
    next_due,
    replay,
    rises,
    wait,
)

_MINUTE: Final = timedelta(minutes=1)
_RATE_LOOKBACK: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class ReadingsLook:
    """A rule's look at a datastream. `changed_from` None: nothing arrived, only time has passed."""

    rule: AlertRule
    watch: Watch
    datastream: Datastream
    changed_from: datetime | None = None
    corrected: bool = False


@dataclass(slots=True)
class _Fold:
    """A look that needs readings: from where on, and where the subject stood there."""

    look: ReadingsLook
    bounds: Bounds
    changed_from: datetime
    start: datetime
    resumes: bool = False

    @property
    def over(self) -> timedelta:
        condition = self.look.rule.condition
        return condition.over if isinstance(condition, RateOfRise) else timedelta(0)


async def look_at_readings(
    connection: "asyncpg.Connection[Any]", looks: Sequence[ReadingsLook], now: datetime
) -> list[Seen]:
    """See where datastreams stand; changes the watches' memories. The watches are locked."""
    seen: list[Seen] = []
    folds: list[_Fold] = []
    for look in looks:
        bounds = bounds_of(look.rule, look.datastream.properties)
        memory = look.watch.memory
        if bounds is None:  # no level holds for this thing, any more
            look.watch.memory = Memory(held=memory.held)
            look.watch.due_at = None
            seen.append(_seen(look, Course()))
        elif look.changed_from is None and memory.standing is not None:
            standing = wait(bounds, memory.standing, now)
            look.watch.memory = replace(memory, standing=standing)
            look.watch.due_at = next_due(bounds, standing)
            seen.append(_seen(look, Course(standing.episode(bounds))))
        else:
            changed_from = look.changed_from or look.datastream.latest or now
            folds.append(_Fold(look, bounds, hour_of(changed_from), hour_of(changed_from)))
    return seen + await _fold_all(connection, folds, now)


async def _fold_all(connection: "asyncpg.Connection[Any]", folds: list[_Fold], now: datetime) -> list[Seen]:
    await _find_resumable(connection, folds)
    await _find_starts(connection, [fold for fold in folds if not fold.resumes])
    by_value = [fold for fold in folds if not fold.over]
    by_rate = [fold for fold in folds if fold.over]
    values = await points_since(connection, [(fold.look.datastream.id, fold.start) for fold in by_value])
    minutes = await minutes_since(
        connection, [(fold.look.datastream.id, fold.start - fold.over) for fold in by_rate]
    )
    return [
        *(_fold_values(fold, points, now) for fold, points in zip(by_value, values, strict=True)),
        *(_fold_rises(fold, points, now) for fold, points in zip(by_rate, minutes, strict=True)),
    ]


async def _find_resumable(connection: "asyncpg.Connection[Any]", folds: list[_Fold]) -> None:
    """Those that need no more than what came since their checkpoint start there."""
    candidates = [
        (fold, checkpoint) for fold in folds if (checkpoint := fold.look.watch.memory.checkpoint) is not None
    ]
    counts = await counts_before(connection, [(fold.look.datastream.id, at) for fold, at in candidates])
    for (fold, checkpoint), count in zip(candidates, counts, strict=True):
        fold.resumes = fold.look.watch.memory.resumes(
            fold.changed_from, corrected=fold.look.corrected, count=count
        )
        if fold.resumes:
            fold.start = checkpoint.at


async def _find_starts(connection: "asyncpg.Connection[Any]", folds: list[_Fold]) -> None:
    """The others start at a calm reading before the change; a rate of rise some hours before it."""
    by_value: list[tuple[_Fold, datetime]] = []
    for fold in folds:
        since = fold.look.watch.memory.replay_from(fold.changed_from)
        if fold.over:
            fold.start = since - max(_RATE_LOOKBACK, 4 * fold.over)
        else:
            by_value.append((fold, since))
    calm = await calm_before(
        connection, [(fold.look.datastream.id, since, fold.bounds) for fold, since in by_value]
    )
    for (fold, since), at in zip(by_value, calm, strict=True):
        fold.start = since - HORIZON if at is None else at


def _fold_values(fold: _Fold, points: list[Point], now: datetime) -> Seen:
    memory = fold.look.watch.memory
    newest = points[-1].at if points else fold.start
    checkpoint = memory.checkpoint if fold.resumes else None
    if checkpoint is None:
        # the next look reads this hour from its beginning, and can count then
        settled = hour_of(newest)
        return _finish(fold, memory.assumed(fold.bounds, fold.start), points, now, settled, 0)
    settled = max(newest.replace(second=0, microsecond=0) - _MINUTE, checkpoint.at)
    since = max(checkpoint.at, hour_of(settled))
    count = sum(since <= point.at < settled for point in points)
    count += checkpoint.count if hour_of(settled) == checkpoint.hour else 0
    return _finish(fold, checkpoint.standing, points, now, settled, count)


def _fold_rises(fold: _Fold, minutes: list[Point], now: datetime) -> Seen:
    """Its checkpoints are whole hours: there is nothing to count."""
    memory = fold.look.watch.memory
    points = [point for point in rises(minutes, fold.over) if point.at >= fold.start]
    settled = hour_of(minutes[-1].at) if minutes else hour_of(fold.start)
    checkpoint = memory.checkpoint if fold.resumes else None
    if checkpoint is None:
        return _finish(fold, memory.assumed(fold.bounds, fold.start), points, now, settled, 0)
    return _finish(fold, checkpoint.standing, points, now, max(settled, checkpoint.at), 0)


def _finish(
    fold: _Fold, before: Standing, points: list[Point], now: datetime, settled: datetime, count: int
) -> Seen:
    watch = fold.look.watch
    standing, checkpoint, course = replay(fold.bounds, before, points, now, settled=settled, count=count)
    watch.memory = Memory(standing, checkpoint, watch.memory.held)
    watch.due_at = next_due(fold.bounds, standing)
    return _seen(fold.look, course)


def _seen(look: ReadingsLook, course: Course) -> Seen:
    datastream = look.datastream
    about = About(
        datastream.names, datastream.area_code, datastream.properties, {"property": datastream.property}
    )
    return Seen(look.rule, look.watch, about, course)
