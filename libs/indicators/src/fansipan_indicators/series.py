"""Figures of one thing from rollups of its readings."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from fansipan_indicators.air_quality import daily_index, hourly_index
from fansipan_indicators.data_health import health_figure
from fansipan_indicators.figure import Figure, Missing, not_applicable
from fansipan_indicators.flood import AlarmLevels, alarm_level
from fansipan_indicators.formulas import (
    AirQuality,
    AlarmLevel,
    AttributeRatio,
    ChangeRate,
    Completeness,
    DataHealth,
    RainfallRisk,
    Rolling,
    SeriesFormula,
    Statistic,
    TimeShare,
)
from fansipan_indicators.periods import Period, PeriodKind
from fansipan_indicators.rainfall_figure import rainfall_figure
from fansipan_indicators.rollups import Rollup, Series, Thing, folded

_HOUR: Final = timedelta(hours=1)


def thing_figure(formula: SeriesFormula, thing: Thing, period: Period, now: datetime) -> Figure | None:
    """The figure of a thing for a period; None when nothing was measured that it could rest on.

    `now` matters to data health only: it is judged as of now while the period runs.
    """
    compute: Callable[..., Figure | None] | None = _FIGURES.get(type(formula))
    if compute is not None:
        return compute(formula, thing, period)
    if isinstance(formula, DataHealth):
        return health_figure(formula, thing, period, now)
    raise TypeError(f"{type(formula).__name__} is no formula over readings")


def _statistic(formula: Statistic, thing: Thing, period: Period) -> Figure | None:
    series = thing.series.get(formula.observed_property)
    rows = [] if series is None else _rows(series, period, hourly=formula.statistic == "hourlyMean")
    if series is None or not rows:
        return None
    whole = folded(rows)
    numerator: float | None = None
    denominator: float | None = None
    match formula.statistic:
        case "mean":
            numerator, denominator = whole.sum * formula.scale, float(whole.count)
            value = whole.mean * formula.scale
        case "hourlyMean":
            numerator, denominator = math.fsum(row.mean for row in rows) * formula.scale, float(len(rows))
            value = numerator / denominator
        case "range":
            value = (whole.max - whole.min) * formula.scale
        case "count":
            value = whole.count * formula.scale
        case name:
            value = getattr(whole, name) * formula.scale
    completeness = None
    if formula.completeness is not None:
        completeness = _completeness(formula, formula.completeness, series, rows, period)
        if completeness * 100 < formula.completeness.minimum:
            return not_applicable(
                Missing.TOO_FEW_SAMPLES,
                numerator=numerator,
                denominator=denominator,
                sample_count=whole.count,
                completeness=completeness,
            )
    return Figure(value, numerator, denominator, whole.count, completeness)


def _completeness(
    formula: Statistic, wanted: Completeness, series: Series, rows: Sequence[Rollup], period: Period
) -> float:
    seconds = (period.end - period.start).total_seconds()
    if formula.statistic == "hourlyMean":
        return min(1.0, len(rows) / (seconds / 3600))
    interval = series.expected_interval(wanted.expected_interval_seconds)
    return min(1.0, sum(row.count for row in rows) / (seconds / interval))


def _rows(series: Series, period: Period, *, hourly: bool = False) -> list[Rollup]:
    """The rollups of a period: hours of an hour (or when `hourly`), else days."""
    source = series.hours if hourly or period.kind is PeriodKind.HOUR else series.days
    return [row for _, row in source.between(period.start, period.end)]


def _hours_until(series: Series | None, period: Period, count: int) -> list[Rollup | None]:
    """The hours that end with the period's, newest first."""
    if series is None:
        return [None] * count
    return [series.hours.get(period.start - _HOUR * back) for back in range(count)]


def _rolling(formula: Rolling, thing: Thing, period: Period) -> Figure | None:
    window = _hours_until(thing.series.get(formula.observed_property), period, formula.hours)
    rows = [row for row in window if row is not None]
    if not rows or window[0] is None:
        return None
    completeness = len(rows) / formula.hours
    samples = sum(row.count for row in rows)
    if len(rows) < formula.minimum_hours:
        return not_applicable(Missing.TOO_FEW_SAMPLES, sample_count=samples, completeness=completeness)
    whole = folded(reversed(rows))
    value = (whole.mean if formula.statistic == "mean" else getattr(whole, formula.statistic)) * formula.scale
    return Figure(value, sample_count=samples, completeness=completeness, details={"hours": len(rows)})


def _change_rate(formula: ChangeRate, thing: Thing, period: Period) -> Figure | None:
    window = _hours_until(thing.series.get(formula.observed_property), period, formula.hours + 1)
    newest, earlier = window[0], window[-1]
    if newest is None:
        return None
    if earlier is None:
        return not_applicable(Missing.NO_DATA, sample_count=newest.count, completeness=0.5)
    change = newest.last - earlier.last
    return Figure(
        change / formula.hours,
        change,
        float(formula.hours),
        newest.count + earlier.count,
        1.0,
        {"now": newest.last, "before": earlier.last},
    )


def _attribute_ratio(formula: AttributeRatio, thing: Thing, period: Period) -> Figure | None:
    series = thing.series.get(formula.observed_property)
    rows = [] if series is None else _rows(series, period)
    if not rows:
        return None
    whole = folded(rows)
    base = thing.number(formula.attribute, formula.observed_property)
    if base is None or base == 0:
        return not_applicable(
            Missing.MISSING_ATTRIBUTE, sample_count=whole.count, attribute=formula.attribute
        )
    measured: float = whole.mean if formula.statistic == "mean" else getattr(whole, formula.statistic)
    return Figure(measured / base * formula.scale, measured, base, whole.count)


def _time_share(formula: TimeShare, thing: Thing, period: Period) -> Figure | None:
    series = thing.series.get(formula.observed_property)
    minutes = [] if series is None else [row for _, row in series.minutes.between(period.start, period.end)]
    if not minutes:
        return None
    samples = sum(row.count for row in minutes)
    threshold = formula.value
    if formula.attribute is not None and formula.share is not None:
        base = thing.number(formula.attribute, formula.observed_property)
        if base is None:
            return not_applicable(
                Missing.MISSING_ATTRIBUTE, sample_count=samples, attribute=formula.attribute
            )
        threshold = base * formula.share / 100
    assert threshold is not None  # noqa: S101 - the model has seen to it
    hit = sum(
        row.mean < threshold if formula.comparison == "below" else row.mean > threshold for row in minutes
    )
    return Figure(
        hit / len(minutes) * 100,
        float(hit),
        float(len(minutes)),
        samples,
        details={"threshold": threshold},
    )


def _air_quality(formula: AirQuality, thing: Thing, period: Period) -> Figure | None:
    hourly = formula.averaging == "hourly"
    length = 12 if hourly else 24
    last = period if hourly else Period(PeriodKind.HOUR, period.end - _HOUR)
    hours: dict[str, list[float | None]] = {}
    present = samples = 0
    for pollutant, name in formula.pollutants.items():
        window = _hours_until(thing.series.get(name), last, length)
        rows = [row for row in window if row is not None]
        present += len(rows)
        samples += sum(row.count for row in rows)
        means = [None if row is None else row.mean for row in window]
        hours[pollutant] = means if hourly else means[::-1]
    current = any(values[0 if hourly else -1] is not None for values in hours.values())
    if not present or (hourly and not current):
        return None
    if hourly:
        index = hourly_index(hours)
    else:
        evening = _hours_until(thing.series.get(formula.pollutants.get("o3", "")), _before(period), 7)
        ozone = [None if row is None else row.mean for row in evening][::-1]
        index = daily_index(hours, ozone_before=ozone, min_hours=formula.minimum_hours)
    completeness = present / (length * len(hours))
    if index is None:
        return not_applicable(Missing.TOO_FEW_SAMPLES, sample_count=samples, completeness=completeness)
    return Figure(
        float(index.value),
        sample_count=samples,
        completeness=completeness,
        details={
            "dominant": index.dominant,
            "subIndices": dict(index.sub_indices),
            "concentrations": dict(index.concentrations),
        },
    )


def _before(period: Period) -> Period:
    """The last hour before a period."""
    return Period(PeriodKind.HOUR, period.start - _HOUR)


def _alarm_level(formula: AlarmLevel, thing: Thing, period: Period) -> Figure | None:
    series = thing.series.get(formula.observed_property)
    rows = [] if series is None else _rows(series, period)
    if not rows:
        return None
    whole = folded(rows)
    stage: float = whole.max if formula.statistic == "max" else whole.last
    levels = _levels(formula, thing)
    if levels is None:
        return not_applicable(
            Missing.MISSING_ATTRIBUTE, sample_count=whole.count, attribute="alarmLevels", stage=stage
        )
    alarm = alarm_level(stage, levels)
    return Figure(
        None if alarm.level is None else float(alarm.level),
        sample_count=whole.count,
        details={
            "stage": stage,
            "atLeast": alarm.at_least,
            "reference": alarm.reference,
            "difference": alarm.difference,
            "levels": {"bd1": levels.bd1, "bd2": levels.bd2, "bd3": levels.bd3},
            **({} if alarm.level is not None else {"missing": Missing.NOT_IN_SOURCE.value}),
        },
    )


def _levels(formula: AlarmLevel, thing: Thing) -> AlarmLevels | None:
    known = formula.stations.get(thing.key)
    if known is not None:
        return AlarmLevels(known.bd1, known.bd2, known.bd3)
    stated = thing.attributes.get("alarmLevels")
    if not isinstance(stated, Mapping):
        return None
    values = [stated.get(name) for name in ("bd1", "bd2", "bd3")]
    numbers = [
        float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
        for value in values
    ]
    return None if all(number is None for number in numbers) else AlarmLevels(*numbers)


_FIGURES: Final[Mapping[type, Callable[..., Figure | None]]] = {
    Statistic: _statistic,
    Rolling: _rolling,
    ChangeRate: _change_rate,
    AttributeRatio: _attribute_ratio,
    TimeShare: _time_share,
    AirQuality: _air_quality,
    AlarmLevel: _alarm_level,
    RainfallRisk: rainfall_figure,
}
"""By the formula's type: classes of pydantic are slow to ask `isinstance`."""


@dataclass(frozen=True, slots=True)
class Part:
    """The figure of one thing inside an area."""

    thing: str
    figure: Figure


def area_figure(combine: str, parts: Iterable[Part], *, scale: float = 1.0) -> Figure | None:
    """The figure of an area from those of its things; None when it has none.

    Args:
        combine: max, min, mean or sum of the values; `ratio`: sum of numerators / sum of denominators × scale.
        parts: the things' figures; those without a value count against completeness only.
        scale: of the ratio.
    """
    everything = list(parts)
    if not everything:
        return None
    valued = [part for part in everything if part.figure.value is not None]
    samples = sum(part.figure.sample_count for part in everything)
    completeness = len(valued) / len(everything)
    if not valued:
        return not_applicable(Missing.NO_DATA, sample_count=samples, completeness=0.0, things=len(everything))
    values = {part.thing: part.figure.value for part in valued if part.figure.value is not None}
    details: dict[str, Any] = {"things": len(everything)}
    numerator = denominator = None
    match combine:
        case "max" | "min":
            chosen = (max if combine == "max" else min)(sorted(values), key=lambda thing: values[thing])
            value = values[chosen]
            details["from"] = chosen
        case "sum":
            value = math.fsum(values.values())
        case "mean":
            numerator, denominator = math.fsum(values.values()), float(len(values))
            value = numerator / denominator
        case "ratio":
            numerator = math.fsum(part.figure.numerator or 0.0 for part in valued)
            denominator = math.fsum(part.figure.denominator or 0.0 for part in valued)
            if denominator == 0:
                return not_applicable(
                    Missing.ZERO_DENOMINATOR, numerator=numerator, denominator=0.0, sample_count=samples
                )
            value = numerator / denominator * scale
        case _:
            raise ValueError(f"{combine} is no way to combine figures")
    return Figure(value, numerator, denominator, samples, completeness, details)
