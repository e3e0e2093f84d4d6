"""Flash flood and landslide risk: clause 1 of article 46, and honesty about the rest."""

from typing import get_args

import pytest

from fansipan_indicators.rainfall_risk import RISK_BANDS, Area, Zone, rainfall_risk

LEVEL_1 = [
    # area 1 is that of Lào Cai
    (100, 1, "low", 1),
    (150, 2, "medium", 1),
    (200, 1, "low", 1),
    (200.1, 3, "low", 1),
    (400, 9, "low", 1),
    (150, 1, "medium", 2),
    (300, 3, "low", 2),
    (150, 2, "high", 3),
    (300, 3, "medium", 3),
    (500, 3, "low", 3),
    (150, 2, "very-high", 4),
    (300, 3, "high", 4),
    (500, 3, "medium", 4),
]


@pytest.mark.parametrize(("rain", "days", "zone", "area"), LEVEL_1)
def test_cases_of_level_1(rain: float, days: int, zone: Zone, area: Area) -> None:
    risk = rainfall_risk(rain, days, zone, area)
    assert risk.level == 1
    assert "46.1" in risk.reason


@pytest.mark.parametrize(
    ("rain", "days", "zone", "area"),
    [
        (150, 2, "high", 1),  # clause 2 names zones of high hazard; its list of areas was not retrieved
        (150, 2, "low", 2),
        (150, 3, "low", 1),  # 100-200 mm after more than two days
        (150, 0, "low", 1),
        (250, 2, "low", 1),
        (450, 5, "low", 1),
        (450, 5, "very-high", 4),
    ],
)
def test_a_level_is_not_guessed(rain: float, days: int, zone: Zone, area: Area) -> None:
    risk = rainfall_risk(rain, days, zone, area)
    assert risk.level is None
    assert "not in the catalogue" in risk.reason
    assert f"{zone} hazard, area {area}" in risk.reason


@pytest.mark.parametrize("zone", get_args(Zone))
@pytest.mark.parametrize("area", get_args(Area))
def test_less_than_100_mm_reaches_no_level(zone: Zone, area: Area) -> None:
    assert rainfall_risk(99.9, 5, zone, area).level == 0


@pytest.mark.parametrize(("rain", "days"), [(-1, 1), (150, -1), (float("nan"), 1)])
def test_nonsense_is_refused(rain: float, days: int) -> None:
    with pytest.raises(ValueError, match="number"):
        rainfall_risk(rain, days, "low", 1)


def test_five_levels_in_the_decisions_colours() -> None:
    assert [(band.level, band.colour_vi) for band in RISK_BANDS] == [
        (1, "xanh dương nhạt"),
        (2, "vàng nhạt"),
        (3, "da cam"),
        (4, "đỏ"),
        (5, "tím"),
    ]
