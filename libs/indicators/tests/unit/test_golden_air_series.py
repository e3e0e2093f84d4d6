"""VN_AQI of every hour and day of real stations, through the shipped definitions, against a second implementation.

The second one has its own tables and plain floats: an index that lies within 1e-9 of a half counts as that half.
"""

import csv
import gzip
import math
from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from libs.indicators.tests.unit.golden import ROOT, figure_of, thing_of

from fansipan_indicators.periods import PeriodKind, periods_between

HOUR = timedelta(hours=1)
LADDER = (0, 50, 100, 150, 200, 300, 400, 500)
STEPS = {
    "pm2_5": (0, 25, 50, 80, 150, 250, 350, 500),
    "pm10": (0, 50, 150, 250, 350, 420, 500, 600),
    "so2": (0, 125, 350, 550, 800, 1600, 2100, 2630),
    "no2": (0, 100, 200, 700, 1200, 2350, 3100, 3850),
    "co": (0, 1e4, 3e4, 4.5e4, 6e4, 9e4, 12e4, 15e4),
    "o3": (0, 160, 200, 300, 400, 800, 1000, 1200),
    "o3 of 8 hours": (0, 100, 120, 170, 210, 400),
}
Station = dict[str, dict[datetime, float]]


def index(column: str, value: float) -> int:
    steps = STEPS[column]
    place = bisect_right(steps, max(value, 0.0))
    if place == len(steps):
        return LADDER[place - 1]
    low, high = steps[place - 1], steps[place]
    exact = LADDER[place - 1] + (max(value, 0.0) - low) / (high - low) * (LADDER[place] - LADDER[place - 1])
    return math.floor(exact + 0.5 + 1e-9)


def nowcast(values: dict[datetime, float], hour: datetime) -> float | None:
    there = {age: max(values[hour - age * HOUR], 0.0) for age in range(12) if hour - age * HOUR in values}
    if len({0, 1, 2} & there.keys()) < 2:
        return None
    if max(there.values()) == 0:
        return 0.0
    weight = max(0.5, min(there.values()) / max(there.values()))
    return sum(weight**age * value for age, value in there.items()) / sum(weight**age for age in there)


def expected_hour(station: Station, hour: datetime) -> int | None:
    found: list[int] = []
    dust = 0
    for name, values in station.items():
        if name in ("pm2_5", "pm10"):
            mean = nowcast(values, hour)
            if mean is not None:
                dust += 1
                found.append(index(name, mean))
        elif hour in values:
            found.append(index(name, values[hour]))
    return max(found) if dust else None


def expected_day(station: Station, midnight: datetime) -> int | None:
    found: list[int] = []
    dust = 0
    for name, values in station.items():
        day = [values[midnight + n * HOUR] for n in range(24) if midnight + n * HOUR in values]
        clean = [max(value, 0.0) for value in day]
        if name in ("pm2_5", "pm10"):
            if len(clean) >= 18:
                dust += 1
                found.append(index(name, sum(clean) / len(clean)))
        elif clean:
            found.append(index(name, max(clean)))
        if name == "o3":
            spans = [[midnight + (end - back) * HOUR for back in range(8)] for end in range(24)]
            known = [[max(values[hour], 0.0) for hour in span if hour in values] for span in spans]
            means = [sum(span) / len(span) for span in known if len(span) >= 6]
            if means and max(means) <= 400:
                found.append(index("o3 of 8 hours", max(means)))
    return max(found) if dust else None


def read(file: str, station: str, usable: Callable[[dict[str, str]], bool]) -> Station:
    series: Station = {}
    with gzip.open(ROOT / "demo" / "data" / file, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["station"] == station and usable(row):
                moment = datetime.fromisoformat(row["time"]).astimezone(UTC)
                for name in ("pm2_5", "pm10", "so2", "no2", "co", "o3"):
                    if row.get(name):
                        series.setdefault(name, {})[moment] = float(row[name])
    return series


@pytest.mark.parametrize(
    ("file", "station"),
    [
        ("beijing-air.csv.gz", "Dongsi"),
        ("beijing-air.csv.gz", "Changping"),
        ("beijing-air.csv.gz", "Dingling"),
        ("beijing-air.csv.gz", "Shunyi"),
        ("hanoi-pm25.csv.gz", "hanoi-us-embassy"),
    ],
)
def test_every_hour_and_day_of_a_real_station(file: str, station: str) -> None:
    # the recordings are older than the decision: moved, by whole days, to where the definition holds
    moved = timedelta(days=3653)
    recorded = read(file, station, lambda row: row.get("qc", "valid") != "invalid")
    series = {
        name: {moment + moved: value for moment, value in values.items()} for name, values in recorded.items()
    }
    thing = thing_of({name: values.items() for name, values in series.items()}, only_hours=True)
    moments = [moment for values in series.values() for moment in values]
    wrong: list[str] = []
    compared = 0
    for kind, key, expected in (
        (PeriodKind.HOUR, "vn-aqi-hourly", expected_hour),
        (PeriodKind.DAY, "vn-aqi-daily", expected_day),
    ):
        for period in periods_between(kind, min(moments), max(moments)):
            figure = figure_of(key, period.label, thing)
            length = 1 if kind is PeriodKind.HOUR else 24
            span = [period.start + place * HOUR for place in range(length)]
            measured = any(hour in values for values in series.values() for hour in span)
            assert (figure is not None) == measured, period.label
            if figure is not None:
                compared += 1
                wanted = expected(series, period.start)
                if figure.value != wanted:
                    wrong.append(f"{period.label}: {figure.value}, expected {wanted}")
    assert not wrong
    assert compared > 7_000
