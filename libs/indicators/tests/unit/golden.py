"""What golden tests share: the shipped definitions, and the way from readings or cases to a figure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np

from fansipan_indicators.case_figures import case_figure
from fansipan_indicators.cases import Case, membership
from fansipan_indicators.catalogue import VersionedDefinition, load_catalogue
from fansipan_indicators.composites import expression, weighted_score
from fansipan_indicators.definitions import band_of
from fansipan_indicators.figure import Figure
from fansipan_indicators.formulas import (
    CaseCount,
    CaseKind,
    CaseRatio,
    CaseSet,
    Expression,
    RatingMean,
    SeriesFormula,
    UsageRatio,
    WeightedScore,
)
from fansipan_indicators.measures import Layout, Sums, measures_of
from fansipan_indicators.periods import ZONE, Period, PeriodKind, parse_period, period_at
from fansipan_indicators.rollups import Rollup, Series, Thing, folded
from fansipan_indicators.series import Part, area_figure, thing_figure

ROOT = Path(__file__).parents[4]
Readings = Iterable[tuple[datetime, float]]


@cache
def shipped() -> tuple[VersionedDefinition, ...]:
    """Every definition of the catalogue, each version alone."""
    return tuple(load_catalogue(ROOT / "catalogue" / "indicators"))


@cache
def versions_of(key: str) -> tuple[VersionedDefinition, ...]:
    """The versions of one definition."""
    return tuple(pair for pair in shipped() if pair.key == key)


def in_effect(key: str, period: Period) -> VersionedDefinition:
    """The shipped version that holds for a period."""
    [found] = [pair for pair in versions_of(key) if pair.holds_for(period)]
    return found


def at(text: str) -> datetime:
    """A local time, `2026-11-20 08:30`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def hours(first: str, values: Sequence[float | None], step: timedelta = timedelta(hours=1)) -> Readings:
    """One reading an hour (or a step) from a local time on; None leaves one out."""
    return [(at(first) + step * place, value) for place, value in enumerate(values) if value is not None]


# ---------------------------------------------------------------- readings
def thing_of(
    readings: Mapping[str, Readings],
    *,
    key: str = "demo/thing",
    attributes: Mapping[str, object] | None = None,
    only_hours: bool = False,
) -> Thing:
    """A thing with its readings by property, rolled up as the store does."""
    return Thing(
        key, attributes or {}, {name: _series(list(one), only_hours) for name, one in readings.items()}
    )


def _series(readings: list[tuple[datetime, float]], only_hours: bool) -> Series:
    single = {
        moment: Rollup(1, value, value, value, value, value, moment, moment) for moment, value in readings
    }

    def level(start_of: Callable[[datetime], datetime]) -> dict[datetime, Rollup]:
        buckets: dict[datetime, list[Rollup]] = {}
        for moment, row in single.items():
            buckets.setdefault(start_of(moment), []).append(row)
        return {start: rows[0] if len(rows) == 1 else folded(rows) for start, rows in buckets.items()}

    # the local zone is whole hours from UTC, so hours and minutes begin alike in both
    hourly = level(lambda moment: moment.replace(minute=0, second=0, microsecond=0))
    if only_hours:
        return Series(hours=hourly)
    days = level(lambda moment: period_at(PeriodKind.DAY, moment).start)
    minutes = level(lambda moment: moment.replace(second=0, microsecond=0))
    return Series(minutes=minutes, hours=hourly, days=days, since=min(days, default=None))


def figure_of(key: str, label: str, thing: Thing, *, now: datetime | None = None) -> Figure | None:
    """The figure of a thing by the shipped definition; `now`: the end of the period."""
    period = parse_period(label)
    formula = in_effect(key, period).version.formula
    assert isinstance(formula, SeriesFormula)
    return thing_figure(formula, thing, period, now or period.end)


def value_of(key: str, label: str, thing: Thing, *, now: datetime | None = None) -> float | None:
    """Its value, when there is a figure."""
    figure = figure_of(key, label, thing, now=now)
    assert figure is not None, "nothing was measured"
    return figure.value


def area_value(key: str, label: str, things: Iterable[Thing]) -> float | None:
    """The value of an area with these things."""
    pair = in_effect(key, parse_period(label))
    assert pair.version.areas is not None
    assert isinstance(pair.version.formula, SeriesFormula)
    figures = [(thing.key, figure_of(key, label, thing)) for thing in things]
    parts = [Part(name, figure) for name, figure in figures if figure is not None]
    whole = area_figure(pair.version.areas.combine, parts, scale=pair.version.formula.ratio_scale)
    return None if whole is None else whole.value


def band_at(key: str, label: str, value: float | None) -> str | None:
    """Key of the band that holds a value."""
    band = band_of(in_effect(key, parse_period(label)).version.bands, value)
    return None if band is None else band.key


# ---------------------------------------------------------------- cases
def case(
    received: str | None,
    ended: str | None = None,
    due: str | None = None,
    *,
    kind: CaseKind = "dossier",
    procedure: str | None = "1.001",
    weight: float = 1.0,
    **fields: object,
) -> Case:
    """A case with local times; `fields` are what conditions look at."""
    moments = [None if text is None else at(text) for text in (received, ended, due)]
    return Case(
        kind, 1, f"{received}-{ended}-{due}", "A", "02671", procedure, *moments, weight=weight, fields=fields
    )


def figure_over(key: str, label: str, cases: Sequence[Case], *, now: datetime | None = None) -> Figure:
    """The figure over cases by the shipped definition; checks that it counts the cases that `membership` names."""
    period = parse_period(label)
    moment = now or period.end
    formula = in_effect(key, period).version.formula
    assert isinstance(formula, CaseRatio | CaseCount | RatingMean | UsageRatio)
    layout = Layout(measures_of(formula))
    by_procedure: dict[str | None, list[Case]] = {}
    for one in cases:
        by_procedure.setdefault(one.procedure, []).append(one)
    figure = case_figure(
        formula,
        layout,
        _sums(layout, cases, period, moment),
        _stacked([_sums(layout, own, period, moment) for own in by_procedure.values()]),
    )
    sets: list[tuple[CaseSet, float | None, str]] = []
    if isinstance(formula, CaseCount):
        sets = [(formula.cases, figure.numerator, formula.count)]
    elif isinstance(formula, CaseRatio):
        sets = [
            (formula.numerator, figure.numerator, formula.count),
            (formula.denominator, figure.denominator, formula.count),
        ]
    for wanted, size, count in sets:
        inside = [one for one in cases if membership(one, wanted, period, moment).inside]
        assert size == (len({one.procedure for one in inside}) if count == "procedures" else len(inside))
    return figure


def _stacked(each: list[Sums]) -> Sums | None:
    if not each:
        return None
    return Sums(
        list(np.asarray([one.within for one in each]).T), list(np.asarray([one.before for one in each]).T)
    )


def _sums(layout: Layout, cases: Iterable[Case], period: Period, now: datetime) -> Sums:
    within, before = [0.0] * len(layout), [0.0] * len(layout)
    first, end = period.start.astimezone(ZONE).date(), period.end.astimezone(ZONE).date()
    for one in cases:
        for day, amounts in layout.contribution(one, now).items():
            target = before if day < first else within
            for place, amount in amounts.items() if day < end else ():
                target[place] += amount
    return Sums(within, before)


# ---------------------------------------------------------------- composites
def composite(key: str, label: str, values: Mapping[str, float | None]) -> Figure:
    """The figure over other figures by the shipped definition."""
    formula = in_effect(key, parse_period(label)).version.formula
    if isinstance(formula, Expression):
        return expression(formula, values)
    assert isinstance(formula, WeightedScore)
    return weighted_score(formula, values)
