"""Looks of rules on figures of indicators.

A figure of a period that is not over yet moves as data come in. That is no correction: the newest period is stepped
from where the subject stands, so that a figure that trembles within its period is one alert, and one that falls again
ends it. A figure with any other reason says that an earlier revision was wrong: then the periods are folded again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import asyncpg

from fansipan_analytics.alerts.figures import (
    Figure,
    Series,
    Subject,
    calm_before,
    figures_since,
    newest_periods,
)
from fansipan_analytics.alerts.looks import About, Seen
from fansipan_analytics.alerts.watches import Watch
from fansipan_indicators.alert_bounds import bounds_of
from fansipan_indicators.alert_rules import AlertRule
from fansipan_indicators.alerting import (
    Bounds,
    Checkpoint,
    Course,
    Memory,
    Standing,
    next_due,
    replay,
    wait,
)


@dataclass(frozen=True, slots=True)
class FiguresLook:
    """A rule's look at the figures of a subject. `changed_from` None: nothing changed, only time has passed."""

    rule: AlertRule
    watch: Watch
    subject: Subject
    series: Series
    changed_from: datetime | None = None


@dataclass(slots=True)
class _Fold:
    look: FiguresLook
    bounds: Bounds
    changed_from: datetime
    start: datetime

    @property
    def checkpoint(self) -> Checkpoint | None:
        """Where to resume; None when an older period changed."""
        checkpoint = self.look.watch.memory.checkpoint
        return None if checkpoint is None or self.changed_from < checkpoint.at else checkpoint


async def look_at_figures(
    connection: "asyncpg.Connection[Any]", looks: Sequence[FiguresLook], now: datetime
) -> list[Seen]:
    """See where subjects stand; changes the watches' memories. The watches are locked."""
    seen: list[Seen] = []
    folds: list[_Fold] = []
    fresh = [look for look in looks if look.changed_from is None and look.watch.memory.standing is None]
    newest = dict(
        zip(map(id, fresh), await newest_periods(connection, [look.series for look in fresh]), strict=True)
    )
    for look in looks:
        bounds = bounds_of(look.rule, look.subject.properties)
        memory = look.watch.memory
        if bounds is None:
            look.watch.memory = Memory(held=memory.held)
            look.watch.due_at = None
            seen.append(_seen(look, Course()))
        elif look.changed_from is None and memory.standing is not None:
            standing = wait(bounds, memory.standing, now)
            look.watch.memory = replace(memory, standing=standing)
            look.watch.due_at = next_due(bounds, standing)
            seen.append(_seen(look, Course(standing.episode(bounds))))
        else:
            changed_from = look.changed_from or newest[id(look)] or now
            folds.append(_Fold(look, bounds, changed_from, changed_from))
    await _find_starts(connection, folds)
    found = await figures_since(connection, [(fold.look.series, fold.start) for fold in folds])
    return seen + [_fold_one(fold, figures, now) for fold, figures in zip(folds, found, strict=True)]


async def _find_starts(connection: "asyncpg.Connection[Any]", folds: list[_Fold]) -> None:
    """From the checkpoint on, or from the last calm period before the change."""
    others: list[tuple[_Fold, datetime]] = []
    for fold in folds:
        if fold.checkpoint is not None:
            fold.start = fold.checkpoint.at
        else:
            horizon = fold.look.series.horizon
            others.append((fold, fold.look.watch.memory.replay_from(fold.changed_from, horizon)))
    calm = await calm_before(connection, [(fold.look.series, since, fold.bounds) for fold, since in others])
    for (fold, since), at in zip(others, calm, strict=True):
        fold.start = since - fold.look.series.horizon if at is None else at


def _fold_one(fold: _Fold, figures: list[Figure], now: datetime) -> Seen:
    look, memory, checkpoint = fold.look, fold.look.watch.memory, fold.checkpoint
    points = [figure.point for figure in figures]
    newest = points[-1].at if points else fold.start
    before = _before(fold, figures)
    standing, reached, course = replay(fold.bounds, before, points, now, settled=newest)
    if checkpoint is not None and newest <= checkpoint.at:
        reached = checkpoint  # `before` may be amid this period
    look.watch.memory = Memory(standing, reached, memory.held)
    look.watch.due_at = next_due(fold.bounds, standing)
    return _seen(look, course)


def _before(fold: _Fold, figures: list[Figure]) -> Standing:
    memory, checkpoint = fold.look.watch.memory, fold.checkpoint
    if checkpoint is None:
        return memory.assumed(fold.bounds, fold.start)
    first = figures[0] if figures else None
    if (
        first is not None
        and first.point.at == checkpoint.at
        and first.is_plain
        and memory.standing is not None
    ):
        return memory.standing
    return checkpoint.standing


def _seen(look: FiguresLook, course: Course) -> Seen:
    subject = look.subject
    source = {"indicator": look.series.indicator, "period": look.series.period}
    return Seen(
        look.rule, look.watch, About(subject.names, subject.area_code, subject.properties, source), course
    )
