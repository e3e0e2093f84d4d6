"""VN_AQI of every hour and day of real stations, against a second implementation in 40-digit decimals.

A station of Beijing and that of Hà Nội for a year, as the demo ships them; all stations of the whole files with
FANSIPAN_REAL_DATA (see CONTRIBUTING.md).
"""

import csv
import gzip
import logging
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path

import pytest

from fansipan_indicators.air_quality import AirQualityIndex, Pollutant, daily_index, hourly_index

DATA = Path(__file__).parents[4] / "demo" / "data"
INDEX = [0, 50, 100, 150, 200, 300, 400, 500]
LIMITS = {
    "pm2_5": [0, 25, 50, 80, 150, 250, 350, 500],
    "pm10": [0, 50, 150, 250, 350, 420, 500, 600],
    "so2": [0, 125, 350, 550, 800, 1600, 2100, 2630],
    "no2": [0, 100, 200, 700, 1200, 2350, 3100, 3850],
    "co": [0, 10000, 30000, 45000, 60000, 90000, 120000, 150000],
    "o3_1h": [0, 160, 200, 300, 400, 800, 1000, 1200],
    "o3_8h": [0, 100, 120, 170, 210, 400],
}
DUST = ("pm2_5", "pm10")
BEIJING = (
    "Aotizhongxin",
    "Changping",
    "Dingling",
    "Dongsi",
    "Guanyuan",
    "Gucheng",
    "Shunyi",
    "Tiantan",
    "Wanliu",
    "Wanshouxigong",
)
HANOI = "hanoi-us-embassy"

_log = logging.getLogger(__name__)

Series = dict[str, dict[datetime, Decimal]]


def stations() -> list[tuple[Path, str]]:
    """Files and their stations."""
    if not (folder := os.environ.get("FANSIPAN_REAL_DATA")):
        return [(DATA / "beijing-air.csv.gz", "Changping"), (DATA / "hanoi-pm25.csv.gz", HANOI)]
    whole = Path(folder) / "air_quality"
    return [
        *((whole / "beijing_10_stations_hourly.csv.gz", name) for name in BEIJING),
        (whole / "hanoi_us_embassy_pm25_hourly.csv.gz", HANOI),
    ]


def read(file: Path, station: str, keep: Callable[[dict[str, str]], bool] = lambda row: True) -> Series:
    """Pollutant → hour → concentration."""
    series: Series = {}
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["station"] == station and keep(row):
                for pollutant in Pollutant:
                    if row.get(pollutant):
                        at = datetime.fromisoformat(row["time"])
                        series.setdefault(pollutant.value, {})[at] = Decimal(row[pollutant])
    return series


def index_by_decimals(scale: str, value: Decimal) -> int:
    limits = LIMITS[scale]
    if value >= limits[-1]:
        return INDEX[len(limits) - 1]
    low = max(place for place, limit in enumerate(limits) if limit <= value)
    slope = Decimal(INDEX[low + 1] - INDEX[low]) / (limits[low + 1] - limits[low])
    return int((slope * (value - limits[low]) + INDEX[low]).quantize(Decimal(1), ROUND_HALF_UP))


def hour_by_decimals(series: Series, at: datetime) -> dict[str, int]:
    found: dict[str, int] = {}
    for pollutant, values in series.items():
        if pollutant not in DUST:
            if at in values:
                found["o3_1h" if pollutant == "o3" else pollutant] = index_by_decimals(
                    "o3_1h" if pollutant == "o3" else pollutant, values[at]
                )
            continue
        window = {age: values.get(at - timedelta(hours=age)) for age in range(12)}
        known = {age: max(value, Decimal(0)) for age, value in window.items() if value is not None}
        if sum(age < 3 for age in known) < 2:
            continue
        w = (
            max(min(known.values()) / max(known.values()), Decimal("0.5"))
            if any(known.values())
            else Decimal(1)
        )
        nowcast = sum((w**age * value for age, value in known.items()), Decimal(0)) / sum(
            (w**age for age in known), Decimal(0)
        )
        found[pollutant] = index_by_decimals(pollutant, nowcast)
    return found if set(found) & set(DUST) else {}


def day_by_decimals(series: Series, first: datetime) -> dict[str, int]:
    hours = [first + timedelta(hours=hour) for hour in range(24)]
    found: dict[str, int] = {}
    for pollutant, values in series.items():
        known = [max(values[at], Decimal(0)) for at in hours if at in values]
        if pollutant in DUST:
            if len(known) >= 18:
                found[pollutant] = index_by_decimals(pollutant, sum(known, Decimal(0)) / len(known))
        elif known:
            scale = "o3_1h" if pollutant == "o3" else pollutant
            found[scale] = index_by_decimals(scale, max(known))
        if pollutant == "o3":
            means: list[Decimal] = []
            for end in hours:
                eight = [end - timedelta(hours=age) for age in range(8)]
                there = [values[at] for at in eight if at in values]
                if len(there) >= 6:
                    means.append(sum(there, Decimal(0)) / len(there))
            if means and max(means) <= 400:
                found["o3_8h"] = index_by_decimals("o3_8h", max(means))
    return found if set(found) & set(DUST) else {}


def check(index: AirQualityIndex | None, expected: dict[str, int], at: datetime) -> None:
    assert (index.sub_indices if index else {}) == expected, at
    if index is not None:
        assert index.value == max(expected.values()), at


def floats(values: dict[datetime, Decimal], hours: list[datetime]) -> list[float | None]:
    return [float(values[at]) if at in values else None for at in hours]


@pytest.fixture(scope="module", name="series", params=stations(), ids=lambda station: station[1])
def _series(request: pytest.FixtureRequest) -> Series:
    file, station = request.param
    return read(file, station, lambda row: row.get("qc", "valid") == "valid")


def all_hours(series: Series) -> list[datetime]:
    times = [at for values in series.values() for at in values]
    first, last = min(times), max(times)
    return [first + timedelta(hours=hour) for hour in range(int((last - first).total_seconds()) // 3600 + 1)]


def test_every_hour(series: Series) -> None:
    hours = all_hours(series)
    given = 0
    with localcontext(prec=40):
        for at in hours:
            back = [at - timedelta(hours=age) for age in range(12)]
            index = hourly_index({pollutant: floats(values, back) for pollutant, values in series.items()})
            check(index, hour_by_decimals(series, at), at)
            given += index is not None
    _log.info("%d hours compared, %d with an index", len(hours), given)
    assert given > 7000


def test_every_day(series: Series) -> None:
    days = [at for at in all_hours(series) if at.hour == 0]
    given = 0
    with localcontext(prec=40):
        for first in days:
            hours = [first + timedelta(hours=hour) for hour in range(24)]
            before = [first - timedelta(hours=age) for age in range(7, 0, -1)]
            index = daily_index(
                {pollutant: floats(values, hours) for pollutant, values in series.items()},
                ozone_before=floats(series.get("o3", {}), before),
            )
            check(index, day_by_decimals(series, first), first)
            given += index is not None
    _log.info("%d days compared, %d with an index", len(days), given)
    assert given > 300
