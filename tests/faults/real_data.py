"""Real measurements for the fault tests: what the demo ships, or a larger set of the same series.

The larger set is read when `FANSIPAN_SHARED_DATA` names its folder.
"""

import csv
import gzip
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_DEMO = Path(__file__).parents[2] / "demo" / "data"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUALITY = {"valid": "good", "suspect": "suspect", "invalid": "bad"}


@dataclass(frozen=True, slots=True)
class Observation:
    """One observation as it is sent: datastream key, Unix ms, number, and its quality when stated."""

    datastream: str
    ms: int
    result: float
    quality: str | None = None

    @property
    def identity(self) -> tuple[str, int]:
        """What makes it the same observation."""
        return self.datastream, self.ms

    def item(self) -> dict[str, object]:
        """It as an item of `POST /v1/observations`."""
        time = (_EPOCH + timedelta(milliseconds=self.ms)).isoformat(timespec="milliseconds")
        item: dict[str, object] = {
            "datastream": self.datastream,
            "phenomenonTime": time,
            "result": self.result,
        }
        if self.quality is not None:
            item["resultQuality"] = self.quality
        return item


@dataclass(frozen=True, slots=True)
class Series:
    """A file of readings: where it is, its columns, and how many times faster than recorded it is to pass.

    The columns of `file` (the demo's) and `larger` (below FANSIPAN_SHARED_DATA) have the same names.
    """

    file: str
    larger: str
    thing: str
    results: tuple[str, ...]
    faster: int = 1


# A gauge speaks every ten minutes. Sixty times faster, six of its readings fall in each minute, so that minutes are
# added to again and again; the other series have one reading in five minutes or an hour.
RIVER = Series(
    "aude-river.csv.gz", "hydrology/occitanie_river_level.csv.gz", "station", ("level_mm",), faster=60
)
RIVER_AS_RECORDED = Series(RIVER.file, RIVER.larger, "station", ("level_mm",))
TRAFFIC = Series("aarhus-traffic.csv.gz", "traffic/aarhus_traffic_5min.csv.gz", "segment", ("vehicle_count",))
AIR = Series(
    "beijing-air.csv.gz",
    "air_quality/beijing_10_stations_hourly.csv.gz",
    "station",
    ("pm2_5", "temperature"),
)
HANOI = Series("hanoi-pm25.csv.gz", "air_quality/hanoi_us_embassy_pm25_hourly.csv.gz", "", ("pm2_5",))


def read(series: Series, prefix: str) -> list[Observation]:
    """The distinct observations of a series, in the order of the file.

    Args:
        prefix: put before the thing's key, so that each test has datastreams of its own.
    """
    distinct: dict[tuple[str, int], Observation] = {}
    first_ms: int | None = None
    for row in _rows(series):
        recorded_ms = (datetime.fromisoformat(row["time"]) - _EPOCH) // timedelta(milliseconds=1)
        first_ms = recorded_ms if first_ms is None else first_ms
        ms = first_ms + (recorded_ms - first_ms) // series.faster
        thing = f"{prefix}-{row.get(series.thing, 'hanoi')}"
        for name in series.results:
            if row[name]:
                quality = _QUALITY.get(row.get("qc", ""))
                observation = Observation(f"demo/{thing}/{name}", ms, float(row[name]), quality)
                distinct.setdefault(observation.identity, observation)
    return list(distinct.values())


def _rows(series: Series) -> Iterator[dict[str, str]]:
    larger = os.environ.get("FANSIPAN_SHARED_DATA")
    path = Path(larger) / series.larger if larger else _DEMO / series.file
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
