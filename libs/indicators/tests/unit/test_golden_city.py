"""Traffic, energy, car parks and weather through the shipped definitions."""

import csv
import gzip
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from libs.indicators.tests.unit.golden import ROOT, area_value, band_at, figure_of, hours, thing_of, value_of

HOUR = "2026-11-20T08"
DAY = "2026-11-20"
FIVE = timedelta(minutes=5)


def test_speed_against_reference() -> None:
    slow, free = (
        thing_of(
            {"vehicle_speed": hours("2026-11-20 08:00", speeds, FIVE)},
            key=f"demo/road-{speeds[0]}",
            attributes={"referenceSpeed": 60},
        )
        for speeds in ([20.0, 28.0], [60.0, 60.0])
    )
    assert value_of("traffic-speed-ratio", HOUR, slow) == pytest.approx(40.0)
    assert band_at("traffic-speed-ratio", HOUR, 40.0) == "congested"
    assert band_at("traffic-speed-ratio", HOUR, 50.0) == "slow"
    assert band_at("traffic-speed-ratio", HOUR, 75.0) == "free"
    assert area_value("traffic-speed-ratio", HOUR, [slow, free]) == pytest.approx(70.0)


def test_a_segment_without_a_reference_says_so() -> None:
    figure = figure_of(
        "traffic-speed-ratio", HOUR, thing_of({"vehicle_speed": hours("2026-11-20 08:00", [50.0])})
    )
    assert figure is not None
    assert (figure.value, figure.details["attribute"]) == (None, "referenceSpeed")


def test_share_of_congested_minutes() -> None:
    road = thing_of(
        {"vehicle_speed": hours("2026-11-20 08:00", [29.9, 30.0, 10.0, 55.0], FIVE)},
        attributes={"referenceSpeed": 60},
    )
    other = thing_of(
        {"vehicle_speed": hours("2026-11-20 08:00", [50.0] * 6, FIVE)},
        key="demo/b",
        attributes={"referenceSpeed": 60},
    )
    assert value_of("traffic-congestion-share", HOUR, road) == 50.0  # 29.9 and 10 are below 30 km/h
    assert area_value("traffic-congestion-share", HOUR, [road, other]) == 20.0  # 2 of 10 minutes


def test_vehicles_counted() -> None:
    roads = [
        thing_of({"vehicle_count": hours("2026-11-20 08:00", [3.0, 4.0], FIVE)}, key=f"demo/{key}")
        for key in "ab"
    ]
    assert value_of("traffic-count", HOUR, roads[0]) == 7
    assert area_value("traffic-count", "2026-11", roads) == 14


def test_energy() -> None:
    meters = [
        thing_of(
            {
                "active_power": hours("2026-11-20 08:00", [10.0, 30.0], timedelta(minutes=30)),
                "active_energy": hours("2026-11-20 00:00", [1000.0 + 5 * hour for hour in range(25)]),
            },
            key=f"demo/{key}",
        )
        for key in "ab"
    ]
    assert value_of("energy-load", HOUR, meters[0]) == 20.0
    assert area_value("energy-load", HOUR, meters) == 40.0
    assert value_of("energy-peak", HOUR, meters[0]) == 30.0
    assert value_of("energy-peak", "2026-11", meters[0]) == 30.0
    assert (
        value_of("energy-daily-use", DAY, meters[0]) == 115.0
    )  # 23 hours between the day's first and last reading
    assert area_value("energy-daily-use", DAY, meters) == 230.0


def test_occupancy_of_car_parks() -> None:
    small, large = (
        thing_of(
            {"parking_occupied": hours("2026-11-20 08:00", [occupied])},
            key=f"demo/{places}",
            attributes={"capacity": places},
        )
        for occupied, places in ((65.0, 65), (95.0, 935))
    )
    assert value_of("parking-occupancy", HOUR, small) == 100.0
    assert area_value("parking-occupancy", HOUR, [small, large]) == pytest.approx(16.0)  # 160 of 1,000 places
    assert [band_at("parking-occupancy", HOUR, value) for value in (70, 70.1, 90.1)] == [
        "free",
        "filling",
        "full",
    ]


def test_occupancy_of_a_real_car_park() -> None:
    zone = ZoneInfo("Europe/Copenhagen")
    with gzip.open(ROOT / "demo" / "data" / "aarhus-parking.csv.gz", "rt", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["garage"] == "BRUUNS"]
    # moved by whole weeks; 953 places
    readings = [
        (
            datetime.fromisoformat(row["time_local"]).replace(tzinfo=zone) + timedelta(weeks=600),
            float(row["occupied"]),
        )
        for row in rows
    ]
    thing = thing_of({"parking_occupied": readings}, attributes={"capacity": float(rows[0]["capacity"])})
    for moment, _ in readings[::40]:
        label = moment.astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).strftime("%Y-%m-%d")
        same = [
            value
            for at, value in readings
            if at.astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).strftime("%Y-%m-%d") == label
        ]
        assert value_of("parking-occupancy", label, thing) == pytest.approx(sum(same) / len(same) / 953 * 100)


@pytest.mark.parametrize(
    ("mean", "band"),
    [(12.9, "severe-cold"), (13.0, "severe-cold"), (13.1, "cold"), (15.0, "cold"), (15.1, "normal")],
)
def test_cold_spells(mean: float, band: str) -> None:
    day = thing_of({"temperature": hours(f"{DAY} 00:00", [mean] * 24)})
    value = value_of("temperature-daily-mean", DAY, day)
    assert value == pytest.approx(mean)
    assert band_at("temperature-daily-mean", DAY, round(value or 0, 6)) == band


def test_a_day_with_few_hours_has_no_mean_and_an_area_takes_its_coldest_station() -> None:
    few = thing_of({"temperature": hours(f"{DAY} 00:00", [10.0] * 17)}, key="demo/few")
    assert value_of("temperature-daily-mean", DAY, few) is None
    warm, cold = (
        thing_of({"temperature": hours(f"{DAY} 00:00", [degrees] * 24)}, key=f"demo/{degrees}")
        for degrees in (18.0, 9.0)
    )
    assert area_value("temperature-daily-mean", DAY, [few, warm, cold]) == 9.0
