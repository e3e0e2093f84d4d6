"""How well a thing reports: shares over all its datastreams."""

from datetime import datetime, timedelta

from fansipan_indicators.figure import Figure, Missing, not_applicable
from fansipan_indicators.formulas import DataHealth
from fansipan_indicators.periods import Period
from fansipan_indicators.rollups import Rollup, Series, Thing


def health_figure(formula: DataHealth, thing: Thing, period: Period, now: datetime) -> Figure | None:
    """One measure of data health in percent; None for a thing without a datastream that counts, or before it began.

    While the period runs, only its hours up to `now` are expected. A datastream is expected from its first known
    reading on: readings that come later and are older move that, and what lies between is judged again when it changes.
    """
    series = {
        name: one
        for name, one in thing.series.items()
        if name not in formula.ignore and (formula.measure != "outOfRange" or name in formula.ranges)
    }
    until = min(period.end, now)
    numerator = denominator = 0.0
    samples = 0
    for one in series.values():
        hours = dict(one.hours.between(period.start, period.end))
        samples += sum(row.count for row in hours.values())
        got, base = _measure(formula, one, hours, period, until)
        numerator += got
        denominator += base
    if not series or (denominator == 0 and samples == 0):
        return None
    if denominator == 0:
        return not_applicable(
            Missing.ZERO_DENOMINATOR, numerator=numerator, denominator=0.0, sample_count=samples
        )
    return Figure(
        min(100.0, numerator / denominator * 100),
        numerator,
        denominator,
        samples,
        details={"datastreams": len(series)},
    )


def _measure(
    formula: DataHealth, series: Series, hours: dict[datetime, Rollup], period: Period, until: datetime
) -> tuple[float, float]:
    """Numerator and denominator of one datastream."""
    match formula.measure:
        case "availability":
            return float(len(hours)), float(_expected_hours(series, period, until))
        case "completeness":
            interval = series.expected_interval(formula.expected_interval_seconds)
            expected = _expected_hours(series, period, until) * 3600 / interval
            return min(float(sum(row.count for row in hours.values())), expected), expected
        case "freshness":
            if series.since is None or series.since >= period.end:
                return 0.0, 0.0
            reach = timedelta(hours=formula.reach_hours)
            before = [row.last_time for _, row in series.hours.between(period.start - reach, period.end)]
            stale_after = series.expected_interval(formula.stale_after_seconds / 3) * 3
            fresh = bool(before) and (until - max(before)).total_seconds() <= stale_after
            return float(fresh), 1.0
        case "stuck":
            several = [row for row in hours.values() if row.count > 1]
            return float(sum(row.min == row.max for row in several)), float(len(several))
        case "outOfRange":
            outside = sum(count for start, count in series.outside.items() if start in hours)
            return float(outside), float(sum(row.count for row in hours.values()))


def _expected_hours(series: Series, period: Period, until: datetime) -> int:
    """Hours from the period's start (or its first reading, when it began within) up to `until`, begun ones included."""
    if series.since is None or series.since >= period.end:
        return 0
    # `since` is a local day: within the first one, the first hour that has a reading
    if series.since < period.start:
        start = period.start
    else:
        start = next((first for first, _ in series.hours.between(period.start, period.end)), until)
    seconds = max(0, int((until - start).total_seconds()))
    return -(-seconds // 3600)
