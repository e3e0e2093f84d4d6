"""Cut the demo's data out of the full public series: fewer stations, shorter windows, sorted by time.

    python demo/prepare.py FOLDER

FOLDER holds the series as `demo/README.md` lists them (air_quality/, hydrology/, traffic/, parking/, weather/,
public_services/). The result, `demo/data/*.csv.gz`, is the same byte for byte every time. No value is altered; rows
and columns are left out, and two derived columns of the service requests are said in `demo/README.md`.
"""

import csv
import gzip
import io
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

Row = dict[str, str]

BEIJING: Final = ("Dongsi", "Changping", "Dingling", "Shunyi")
AUDE: Final = (
    "Y111201001",
    "Y112203001",
    "Y114115101",
    "Y115201001",
    "Y142203001",
    "Y142201001",
    "Y145201001",
    "Y161202001",
)
ORBIEU: Final = ("Y152401001", "Y152402001", "Y156401001", "Y158402001")
SEGMENTS: Final = (
    "158446",
    "158624",
    "158954",
    "179064",
    "180844",
    "180980",
    "181197",
    "182657",
    "192600",
    "197572",
    "197626",
    "201589",
)


def main() -> int:
    """Write every file of `demo/data`; returns the exit code."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.stderr.write("usage: python demo/prepare.py FOLDER\n")
        return 2
    source, target = Path(sys.argv[1]), Path(__file__).resolve().parent / "data"
    target.mkdir(exist_ok=True)
    for name, columns, rows in _files(source):
        size = _write(target / name, columns, rows)
        sys.stdout.write(f"{name:24} {size:>9,} bytes\n")
    return 0


def _files(source: Path) -> Iterable[tuple[str, list[str], list[Row]]]:
    columns = ["station", "time", "pm2_5", "pm10", "so2", "no2", "co", "o3"]
    columns += ["temperature", "pressure", "rain", "wind_speed"]
    yield (
        "beijing-air.csv.gz",
        columns,
        _read(
            source / "air_quality" / "beijing_10_stations_hourly.csv.gz",
            lambda row: row["station"] in BEIJING and row["time"] >= "2016-03-01",
        ),
    )
    yield (
        "hanoi-pm25.csv.gz",
        ["station", "time", "pm2_5", "qc"],
        _read(
            source / "air_quality" / "hanoi_us_embassy_pm25_hourly.csv.gz",
            lambda row: "2018" <= row["time"] < "2019" and row["pm2_5"] != "",
        ),
    )
    yield (
        "aude-river.csv.gz",
        ["station", "time", "level_mm"],
        _read(
            source / "hydrology" / "occitanie_river_level.csv.gz",
            lambda row: row["station"] in AUDE + ORBIEU and row["time"] < "2020-02-08",
        ),
    )
    yield (
        "aarhus-traffic.csv.gz",
        ["segment", "time", "vehicle_count", "avg_speed_kmh", "avg_travel_time_s"],
        _read(
            source / "traffic" / "aarhus_traffic_5min.csv.gz",
            lambda row: (
                row["segment"] in SEGMENTS
                and row["time"] >= "2014-09-01"
                and (row["vehicle_count"], row["avg_speed_kmh"]) != ("0", "0")  # nothing was measured
            ),
        ),
    )
    yield (
        "aarhus-parking.csv.gz",
        ["garage", "time_local", "occupied", "capacity"],
        _read(
            source / "parking" / "aarhus_parking.csv.gz",
            lambda row: row["time_local"] >= "2014-09",
            "time_local",
        ),
    )
    yield (
        "aarhus-weather.csv.gz",
        ["time_local", "temperature", "humidity", "wind_speed"],
        _read(
            source / "weather" / "aarhus_weather.csv.gz",
            lambda row: row["time_local"] >= "2014-09",
            "time_local",
        ),
    )
    columns = [
        "case_id",
        "opened_at",
        "due_at",
        "closed_at",
        "channel",
        "agency",
        "procedure",
        "outcome",
        "place",
    ]
    yield "boston-311.csv.gz", columns, _cases(source / "public_services" / "boston_311_2011_07_11.csv.gz")


def _cases(path: Path) -> list[Row]:
    """Two months of service requests; `procedure` is the category and `place` the neighbourhood, both as slugs."""
    rows = _read(path, lambda row: row["opened_at"] >= "2011-10", "opened_at")
    for row in rows:
        row["procedure"] = _slug(row["category"])
        row["place"] = _slug(row["neighborhood"])
    return rows


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _read(path: Path, wanted: Callable[[Row], bool], time: str = "time") -> list[Row]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if wanted(row)]
    return sorted(rows, key=lambda row: row[time])


def _write(path: Path, columns: list[str], rows: list[Row]) -> int:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    data = gzip.compress(text.getvalue().encode(), compresslevel=9, mtime=0)
    path.write_bytes(data)
    return len(data)


if __name__ == "__main__":
    raise SystemExit(main())
