"""Rivers and rain: published stages, and rain whose level the decision names, through the shipped definitions."""

from datetime import timedelta

import pytest
from libs.indicators.tests.unit.golden import area_value, band_at, figure_of, hours, thing_of, value_of

from fansipan_indicators.rollups import Thing

HOUR = "2026-11-20T08"
AT = "2026-11-20 08:10"


def gauge(key: str, stage: float) -> Thing:
    return thing_of({"water_level": hours(AT, [stage])}, key=key)


@pytest.mark.parametrize(
    ("key", "stage", "level", "reference", "difference"),
    [
        ("kttv/lao-cai", 80.04, 1, 1, 0.04),
        ("kttv/lao-cai", 79.66, 0, 1, -0.34),
        ("kttv/lao-cai", 78.94, 0, 1, -1.06),
        ("kttv/lao-cai", 80.11, 1, 1, 0.11),
        ("kttv/lao-cai", 86.91, 3, 3, 3.41),
        ("kttv/lao-cai", 87.50, 3, 3, 4.00),  # a bulletin printed +3.50
        ("kttv/bao-ha", 61.09, 3, 3, 4.09),
        ("kttv/yen-bai", 27.03, 0, 1, -2.97),
        ("kttv/yen-bai", 30.76, 1, 1, 0.76),  # printed from BĐ2: -0.24
        ("kttv/yen-bai", 30.80, 1, 1, 0.80),  # a bulletin printed it as below BĐ1
        ("kttv/yen-bai", 31.30, 2, 2, 0.30),
        ("kttv/yen-bai", 34.30, 3, 3, 2.30),
        ("kttv/bao-yen", 71.70, 1, 1, 0.70),
        ("kttv/bao-yen", 72.20, 1, 1, 1.20),
        ("kttv/bao-yen", 76.00, 3, 3, 1.00),
    ],
)
def test_alarm_levels_of_published_stages(
    key: str, stage: float, level: int, reference: int, difference: float
) -> None:
    figure = figure_of("river-alarm-level", HOUR, gauge(key, stage))
    assert figure is not None
    assert (figure.value, figure.details["reference"], figure.details["difference"]) == (
        level,
        reference,
        difference,
    )
    assert band_at("river-alarm-level", HOUR, figure.value) == ["below", "bd1", "bd2", "bd3"][level]


def test_a_level_that_is_not_known_is_not_guessed() -> None:
    figure = figure_of("river-alarm-level", HOUR, gauge("kttv/bao-ha", 56.00))
    assert figure is not None
    assert figure.value is None
    assert figure.details["missing"] == "not-in-source"
    figure = figure_of("river-alarm-level", HOUR, gauge("demo/other", 5.0))
    assert figure is not None
    assert figure.details["missing"] == "missing-attribute"


def test_a_gauge_states_its_own_levels() -> None:
    thing = thing_of(
        {"water_level": hours("2026-11-20 08:00", [2.0, 2.6])},
        attributes={"alarmLevels": {"bd1": 2.5, "bd2": 3.0, "bd3": 3.5}},
    )
    assert value_of("river-alarm-level", "2026-11-20", thing) == 1
    assert area_value("river-alarm-level", HOUR, [thing, gauge("kttv/lao-cai", 86.91)]) == 3


def test_stage_and_rise() -> None:
    thing = thing_of({"water_level": hours("2026-11-20 07:00", [30.76, 31.00, 31.30])})
    assert value_of("river-stage", "2026-11-20T09", thing) == 31.30
    assert value_of("river-stage", "2026-11-20", thing) == 31.30
    assert value_of("river-rise", "2026-11-20T08", thing) == pytest.approx(0.24)
    first = figure_of("river-rise", "2026-11-20T07", thing)
    assert first is not None
    assert first.value is None, "there is no hour before"


def test_rain() -> None:
    thing = thing_of({"rain": hours("2026-11-17 09:00", [1.5] * 72)})
    assert value_of("rain-1h", "2026-11-20T08", thing) == 1.5
    assert value_of("rain-24h", "2026-11-20T08", thing) == 36.0
    assert value_of("rain-72h", "2026-11-20T08", thing) == 108.0


@pytest.mark.parametrize(
    ("amount", "band"),
    [
        (15.9, "light"),
        (16, "moderate"),
        (50, "moderate"),
        (51, "heavy"),
        (100, "heavy"),
        (100.1, "very-heavy"),
    ],
)
def test_classes_of_rain(amount: float, band: str) -> None:
    assert band_at("rain-24h", HOUR, amount) == band


def test_rain_of_few_hours_is_a_lower_bound_that_says_so() -> None:
    figure = figure_of("rain-24h", "2026-11-20T08", thing_of({"rain": hours("2026-11-20 06:00", [40.0] * 3)}))
    assert figure is not None
    assert (figure.value, figure.completeness) == (120.0, 3 / 24)


@pytest.mark.parametrize(
    ("rain", "rainy_days", "zone", "level"),
    [
        (99, 2, "medium", 0),
        (100, 1, "low", 1),
        (200, 2, "medium", 1),
        (250, 3, "low", 1),
        (150, 1, "high", None),  # level 2 in the decision, whose list of areas is not in the catalogue
        (250, 3, "medium", None),
    ],
)
def test_risk_by_rain(rain: float, rainy_days: int, zone: str, level: int | None) -> None:
    before = [0.5] * 24 * rainy_days  # 12 mm a day
    thing = thing_of(
        {
            "rain": [
                *hours("2026-11-20 08:00", [rain]),
                *hours("2026-11-19 08:00", before, -timedelta(hours=1)),
            ]
        },
        attributes={"hazardZone": zone},
    )
    figure = figure_of("rainfall-risk", HOUR, thing)
    assert figure is not None
    assert figure.value == level
    if level is None:
        assert "not in the catalogue" in figure.details["explanation"]
    assert band_at("rainfall-risk", HOUR, figure.value) == {0: "none", 1: "low", None: None}[level]
