"""How well things report, through the shipped definitions."""

from datetime import timedelta

import pytest
from libs.indicators.tests.unit.golden import area_value, at, hours, in_effect, shipped, thing_of, value_of

from fansipan_indicators.formulas import DataHealth, Statistic
from fansipan_indicators.periods import parse_period

DAY = "2026-11-20"
EARLIER = hours("2026-11-10 00:00", [1.0])
"""A thing that began to report ten days before."""


def test_availability() -> None:
    thing = thing_of({"pm2_5": [*EARLIER, *hours(f"{DAY} 00:00", [5.0] * 18)]}, key="demo/a")
    other = thing_of({"pm2_5": [*EARLIER, *hours(f"{DAY} 00:00", [5.0] * 6)]}, key="demo/b")
    assert value_of("sensor-availability", DAY, thing) == 75.0
    assert area_value("sensor-availability", DAY, [thing, other]) == 50.0
    assert value_of("sensor-availability", DAY, thing, now=at(f"{DAY} 18:00")) == 100.0, "the day still runs"


def test_completeness() -> None:
    thing = thing_of({"pm2_5": [*EARLIER, *hours(f"{DAY} 00:00", [5.0] * 12, timedelta(hours=2))]})
    assert value_of("sensor-completeness", DAY, thing) == 50.0  # one an hour is expected


@pytest.mark.parametrize(("now", "share"), [("10:00", 100.0), ("10:59", 50.0)])
def test_freshness(now: str, share: float) -> None:
    thing = thing_of(
        {
            "pm2_5": [*EARLIER, *hours(f"{DAY} 08:30", [5.0])],
            "pm10": [*EARLIER, *hours(f"{DAY} 10:00", [9.0])],
        }
    )
    assert value_of("sensor-freshness", f"{DAY}T10", thing, now=at(f"{DAY} {now}")) == share


def test_stuck_values() -> None:
    half = timedelta(minutes=30)
    thing = thing_of(
        {
            "pm2_5": hours(
                f"{DAY} 00:00", [7.0, 7.0, 7.0, 8.0, 7.0, 9.0, 7.0, 7.1], half
            ),  # the first of four hours
            "rain": hours(f"{DAY} 00:00", [0.0] * 8, half),  # it may well not rain for a day
        }
    )
    assert value_of("sensor-stuck-share", DAY, thing) == 25.0


def test_readings_out_of_range() -> None:
    thing = thing_of({"temperature": hours(f"{DAY} 00:00", [20.0] * 9 + [85.0])})
    thing.series["temperature"].outside = {at(f"{DAY} 09:00"): 1}
    assert value_of("sensor-out-of-range-share", DAY, thing) == 10.0
    formula = in_effect("sensor-out-of-range-share", parse_period(DAY)).version.formula
    assert isinstance(formula, DataHealth)
    assert not formula.ranges["temperature"].minimum <= 85.0 <= formula.ranges["temperature"].maximum


def test_what_people_enter_is_no_silent_sensor() -> None:
    entered = {
        pair.version.formula.observed_property
        for pair in shipped()
        if isinstance(pair.version.formula, Statistic) and pair.version.formula.observed_property == pair.key
    }
    assert "d766-1" in entered
    for pair in shipped():
        formula = pair.version.formula
        if isinstance(formula, DataHealth) and formula.measure != "outOfRange":
            assert entered <= set(formula.ignore), pair.key
