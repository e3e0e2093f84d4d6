"""Figures over readings from scratch: of one station from all its counted readings, of an area from its stations'."""

import statistics
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any

from tests.support import oracle_air as air
from tests.support.oracle_figure import Figure
from tests.support.oracle_time import Span, span_at

HOUR = timedelta(hours=1)


class Readings:
    """The counted readings of one datastream: those that are numbers and not marked bad."""

    def __init__(self, by_time: Mapping[datetime, float]) -> None:
        self.items = sorted(by_time.items())
        self._times = [at for at, _ in self.items]
        self._means: dict[datetime, Fraction] = {}

    def within(self, start: datetime, end: datetime) -> list[tuple[datetime, float]]:
        """Times and values from `start` until `end` (outside), in order."""
        return self.items[bisect_left(self._times, start) : bisect_left(self._times, end)]

    def values(self, start: datetime, end: datetime) -> list[float]:
        """The values, in order."""
        return [value for _, value in self.within(start, end)]

    @cached_property
    def hours(self) -> dict[datetime, list[float]]:
        """The values of each hour that has some."""
        found: dict[datetime, list[float]] = {}
        for at, value in self.items:
            found.setdefault(at.replace(minute=0, second=0, microsecond=0), []).append(value)
        return found

    def mean_of_hour(self, start: datetime) -> Fraction | None:
        """The exact mean of an hour, of the values as they are written."""
        if start not in self.hours:
            return None
        if start not in self._means:
            values = self.hours[start]
            self._means[start] = sum(map(_exact, values), Fraction(0)) / len(values)
        return self._means[start]


@dataclass
class Station:
    """A thing: its key, its commune, what it states of itself, and its readings by property."""

    key: str
    area: str | None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    readings: dict[str, Readings] = field(default_factory=dict)

    def of(self, name: str) -> Readings:
        """The readings of a property."""
        return self.readings.get(name) or Readings({})


def station_figure(formula: Mapping[str, Any], station: Station, span: Span) -> Figure | None:
    """The figure of a station; None when nothing was measured that it could rest on."""
    kind = formula["kind"]
    if kind == "air-quality-index":
        return _air_quality(formula, station, span)
    readings = station.of(formula["property"])
    if kind == "statistic":
        return _statistic(formula, readings, span)
    if kind == "rolling":
        return _rolling(formula, readings, span)
    if kind == "change-rate":
        return _change_rate(formula, readings, span)
    if kind == "rainfall-risk":
        return _rainfall_risk(formula, station, readings, span)
    values = readings.values(span.start, span.end)
    if not values:
        return None
    match kind:
        case "attribute-ratio":
            base = station.attributes.get(formula["attribute"])
            if base is None:
                return Figure(None, samples=len(values), missing="missing-attribute")
            measured = _STATISTICS[formula["statistic"]](values)
            return Figure(measured / base * formula.get("scale", 100.0), measured, float(base), len(values))
        case "time-share":
            return _time_share(formula, station, readings.within(span.start, span.end))
        case "alarm-level":
            return _alarm_level(formula, station, values)
        case _:
            raise ValueError(f"the oracle knows no formula {kind}")


def area_figure(combine: str, figures: Mapping[str, Figure], scale: float) -> Figure | None:
    """The figure of an area from those of its stations, by their keys."""
    if not figures:
        return None
    samples = sum(figure.samples for figure in figures.values())
    valued = {key: figure.value for key, figure in figures.items() if figure.value is not None}
    if not valued:
        return Figure(None, samples=samples, completeness=0.0, missing="no-data")
    completeness, details = len(valued) / len(figures), {"things": len(figures)}
    numerator = denominator = None
    match combine:
        case "max":
            value = max(valued.values())
        case "min":
            value = min(valued.values())
        case "sum":
            value = sum(valued.values())
        case "mean":
            numerator, denominator = sum(valued.values()), float(len(valued))
            value = numerator / denominator
        case "ratio":
            numerator = sum(figures[key].numerator or 0.0 for key in valued)
            denominator = sum(figures[key].denominator or 0.0 for key in valued)
            value = numerator / denominator * scale
        case _:
            raise ValueError(f"the oracle cannot combine by {combine}")
    return Figure(value, numerator, denominator, samples, completeness, details=details)


def _exact(value: float) -> Fraction:
    return Fraction(str(value))


_STATISTICS = {
    "mean": statistics.fmean,
    "min": min,
    "max": max,
    "sum": sum,
    "last": lambda values: values[-1],
    "first": lambda values: values[0],
    "count": len,
    "range": lambda values: max(values) - min(values),
}


def _statistic(formula: Mapping[str, Any], readings: Readings, span: Span) -> Figure | None:
    values = readings.values(span.start, span.end)
    if not values:
        return None
    scale = formula.get("scale", 1.0)
    seconds = (span.end - span.start).total_seconds()
    wanted = formula.get("completeness")
    numerator = denominator = completeness = None
    if formula["statistic"] == "hourlyMean":
        means = [float(readings.mean_of_hour(start) or 0) for start in _hours(readings, span)]
        numerator, denominator = sum(means) * scale, float(len(means))
        value = numerator / denominator
        completeness = len(means) * 3600 / seconds
    else:
        value = _STATISTICS[formula["statistic"]](values) * scale
        if formula["statistic"] == "mean":
            numerator, denominator = sum(values) * scale, float(len(values))
        if wanted:
            completeness = len(values) * wanted.get("expectedIntervalSeconds", 3600) / seconds
    if not wanted:
        return Figure(value, numerator, denominator, len(values))
    completeness = min(1.0, completeness or 0.0)
    if completeness * 100 < wanted.get("minimum", 0):
        return Figure(None, numerator, denominator, len(values), completeness, "too-few-samples")
    return Figure(value, numerator, denominator, len(values), completeness)


def _hours(readings: Readings, span: Span) -> list[datetime]:
    return [start for start in readings.hours if span.start <= start < span.end]


def _rolling(formula: Mapping[str, Any], readings: Readings, span: Span) -> Figure | None:
    if span.start not in readings.hours:
        return None
    hours = formula["hours"]
    values = readings.values(span.end - hours * HOUR, span.end)
    there = {start for start in readings.hours if span.end - hours * HOUR <= start < span.end}
    value = _STATISTICS[formula["statistic"]](values) * formula.get("scale", 1.0)
    return Figure(value, samples=len(values), completeness=len(there) / hours, details={"hours": len(there)})


def _change_rate(formula: Mapping[str, Any], readings: Readings, span: Span) -> Figure | None:
    back = formula.get("hours", 1)
    now, before = readings.hours.get(span.start), readings.hours.get(span.start - back * HOUR)
    if now is None:
        return None
    if before is None:
        return Figure(None, samples=len(now), completeness=0.5, missing="no-data")
    change = now[-1] - before[-1]
    return Figure(change / back, change, float(back), len(now) + len(before), 1.0)


def _time_share(
    formula: Mapping[str, Any], station: Station, readings: Sequence[tuple[datetime, float]]
) -> Figure:
    limit = formula.get("value")
    if limit is None:
        base = station.attributes.get(formula["attribute"])
        if base is None:
            return Figure(None, samples=len(readings), missing="missing-attribute")
        limit = base * formula["share"] / 100
    minutes: dict[datetime, list[float]] = {}
    for at, value in readings:
        minutes.setdefault(at.replace(second=0, microsecond=0), []).append(value)
    means = [statistics.fmean(values) for values in minutes.values()]
    hit = sum(mean < limit if formula["comparison"] == "below" else mean > limit for mean in means)
    return Figure(hit / len(means) * 100, float(hit), float(len(means)), len(readings))


def _alarm_level(formula: Mapping[str, Any], station: Station, values: Sequence[float]) -> Figure:
    stage = max(values) if formula.get("statistic") == "max" else values[-1]
    known = formula.get("stations", {}).get(station.key) or station.attributes.get("alarmLevels")
    if known is None:
        return Figure(None, samples=len(values), missing="missing-attribute")
    height = round(_exact(stage) * 100 + Fraction(1, 10**6))  # centimetres, halves up
    starts = {level: known.get(f"bd{level}") for level in (1, 2, 3)}
    reached = [level for level, start in starts.items() if start is not None and height >= round(start * 100)]
    missed = [level for level, start in starts.items() if start is not None and height < round(start * 100)]
    least, most = max(reached, default=0), min(missed, default=4) - 1
    if least != most:
        return Figure(None, samples=len(values), missing="not-in-source", details={"atLeast": least})
    return Figure(float(least), samples=len(values), details={"atLeast": least})


def _rainfall_risk(
    formula: Mapping[str, Any], station: Station, readings: Readings, span: Span
) -> Figure | None:
    """Decision 18/2021/QĐ-TTg, Art. 46.1, area 1."""
    if span.start not in readings.hours:
        return None
    day = timedelta(days=1)
    spells = [readings.values(span.end - (back + 1) * day, span.end - back * day) for back in range(8)]
    rain, rainy = sum(spells[0]), 0
    while rainy < 7 and spells[rainy + 1] and sum(spells[rainy + 1]) >= formula["rainyDayMm"]:
        rainy += 1
    zone, samples = station.attributes.get("hazardZone"), len(spells[0])
    if zone is None:
        return Figure(None, samples=samples, missing="missing-attribute")
    if rain < 100:
        return Figure(0.0, samples=samples, details={"rainyDaysBefore": rainy})
    first = 100 <= rain <= 200 and rainy in (1, 2) and zone in ("low", "medium")
    second = 200 < rain <= 400 and rainy > 2 and zone == "low"
    if first or second:
        return Figure(1.0, samples=samples, details={"rainyDaysBefore": rainy})
    return Figure(None, samples=samples, missing="not-in-source")


def _air_quality(formula: Mapping[str, Any], station: Station, span: Span) -> Figure | None:
    hourly = formula["averaging"] == "hourly"
    length = 12 if hourly else 24
    starts = [span.end - HOUR * back for back in range(length, 0, -1)]
    means: dict[str, list[Fraction | None]] = {}
    present = samples = 0
    for pollutant, name in formula["pollutants"].items():
        readings = station.of(name)
        means[pollutant] = [readings.mean_of_hour(start) for start in starts]
        there = [readings.hours[start] for start in starts if start in readings.hours]
        present += len(there)
        samples += sum(map(len, there))
    if not present or (hourly and all(column[-1] is None for column in means.values())):
        return None
    if hourly:
        indices = air.hourly(means)
    else:
        ozone = station.of(formula["pollutants"].get("o3", ""))
        indices = air.daily(means, [ozone.mean_of_hour(span.start - HOUR * back) for back in range(7, 0, -1)])
    completeness = present / (length * len(means))
    if indices is None:
        return Figure(None, samples=samples, completeness=completeness, missing="too-few-samples")
    return Figure(
        float(max(indices.values())),
        samples=samples,
        completeness=completeness,
        details={"subIndices": indices},
    )


def spans_touched(readings: Iterable[Readings], kind: str, reach: timedelta) -> set[Span]:
    """The periods that some reading lies in, or not more than `reach` before."""
    found: set[Span] = set()
    for one in readings:
        for start in one.hours:
            at = start
            while at <= start + reach:
                found.add(span_at(kind, at))
                at += HOUR
    return found
