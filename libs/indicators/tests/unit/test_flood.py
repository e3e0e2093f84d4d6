"""Alarm levels at the province's river stations: every stage that a bulletin printed, computed anew."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_indicators.flood import AlarmLevels, Language, alarm_level, describe, rate_of_rise

# Derived from published differences; no bulletin at hand confirms BĐ2 of Lào Cai (82.00) and Bảo Yên (73.00).
LAO_CAI = AlarmLevels(80.00, 82.00, 83.50)
BAO_HA = AlarmLevels(None, None, 57.00)
YEN_BAI = AlarmLevels(30.00, 31.00, 32.00)
BAO_YEN = AlarmLevels(71.00, 73.00, 75.00)


@pytest.mark.parametrize(
    ("levels", "stage", "level", "text"),
    [
        (LAO_CAI, 80.04, 1, "trên BĐ1 0,04 m"),
        (LAO_CAI, 79.66, 0, "dưới BĐ1 0,34 m"),
        (LAO_CAI, 78.94, 0, "dưới BĐ1 1,06 m"),
        (LAO_CAI, 80.11, 1, "trên BĐ1 0,11 m"),
        (LAO_CAI, 86.91, 3, "trên BĐ3 3,41 m"),
        (BAO_HA, 61.09, 3, "trên BĐ3 4,09 m"),
        (YEN_BAI, 27.03, 0, "dưới BĐ1 2,97 m"),
        (YEN_BAI, 31.30, 2, "trên BĐ2 0,30 m"),
        (YEN_BAI, 34.30, 3, "trên BĐ3 2,30 m"),
        (YEN_BAI, 33.69, 3, "trên BĐ3 1,69 m"),
        (YEN_BAI, 30.18, 1, "trên BĐ1 0,18 m"),
        (YEN_BAI, 29.60, 0, "dưới BĐ1 0,40 m"),
        (BAO_YEN, 71.70, 1, "trên BĐ1 0,70 m"),
        (BAO_YEN, 72.20, 1, "trên BĐ1 1,20 m"),
        (BAO_YEN, 70.61, 0, "dưới BĐ1 0,39 m"),
        (BAO_YEN, 76.00, 3, "trên BĐ3 1,00 m"),
    ],
)
def test_published_stages(levels: AlarmLevels, stage: float, level: int, text: str) -> None:
    alarm = alarm_level(stage, levels)
    assert alarm.level == level
    assert describe(alarm) == text


def test_a_bulletin_may_measure_from_a_level_that_is_not_reached() -> None:
    alarm = alarm_level(30.76, YEN_BAI, reference=2)
    assert (alarm.level, alarm.difference) == (1, -0.24)
    assert describe(alarm) == "dưới BĐ2 0,24 m"


def test_slips_of_bulletins_are_corrected() -> None:
    # printed: 87.50 m "trên BĐ3 3,50 m"
    assert describe(alarm_level(87.50, LAO_CAI)) == "trên BĐ3 4,00 m"
    # printed: 30.80 m "dưới mức báo động 1 là 0,20 m"; it is 0.20 m below BĐ2
    assert describe(alarm_level(30.80, YEN_BAI)) == "trên BĐ1 0,80 m"
    assert describe(alarm_level(30.80, YEN_BAI, reference=2)) == "dưới BĐ2 0,20 m"


def test_differences_are_exact_centimetres() -> None:
    assert 86.91 - 83.50 != 3.41  # what floating point makes of it
    assert alarm_level(86.91, LAO_CAI).difference == 3.41


@pytest.mark.parametrize(("language", "text"), [("vi", "ở mức BĐ2"), ("en", "at BĐ2")])
def test_a_level_is_reached_at_its_stage(language: Language, text: str) -> None:
    alarm = alarm_level(31.00, YEN_BAI)
    assert alarm.level == 2
    assert describe(alarm, language) == text


def test_a_stage_counts_as_it_is_read_to_the_centimetre() -> None:
    alarm = alarm_level(79.996, LAO_CAI)
    assert (alarm.level, alarm.difference) == (1, 0.0)


def test_english_text() -> None:
    assert describe(alarm_level(86.91, LAO_CAI), "en") == "3.41 m above BĐ3"
    assert describe(alarm_level(79.66, LAO_CAI), "en") == "0.34 m below BĐ1"


@pytest.mark.parametrize(
    ("levels", "stage", "level", "at_least", "text"),
    [
        (AlarmLevels(80, None, 83.5), 81.0, None, 1, "1.00 m above BĐ1; not all alarm levels are known"),
        (AlarmLevels(80, None, 83.5), 79.0, 0, 0, "1.00 m below BĐ1"),
        (AlarmLevels(80, None, 83.5), 84.0, 3, 3, "0.50 m above BĐ3"),
        (BAO_HA, 55.0, None, 0, "2.00 m below BĐ3; not all alarm levels are known"),
        (AlarmLevels(30, 31, None), 40.0, None, 2, "9.00 m above BĐ2; not all alarm levels are known"),
        (AlarmLevels(None, 31, 32), 31.5, 2, 2, "0.50 m above BĐ2"),
        (AlarmLevels(), 31.5, None, 0, "alarm levels not known"),
    ],
)
def test_an_unknown_level_is_not_guessed(
    levels: AlarmLevels, stage: float, level: int | None, at_least: int, text: str
) -> None:
    alarm = alarm_level(stage, levels)
    assert (alarm.level, alarm.at_least) == (level, at_least)
    assert describe(alarm, "en") == text


def test_the_vietnamese_text_names_the_gap_too() -> None:
    assert describe(alarm_level(55.0, BAO_HA)) == "dưới BĐ3 2,00 m; chưa biết đủ các mức báo động"
    assert describe(alarm_level(55.0, AlarmLevels())) == "chưa có mức báo động"


def test_levels_that_do_not_rise_are_refused() -> None:
    with pytest.raises(ValueError, match="alarm levels rise"):
        AlarmLevels(31, 31, 32)
    with pytest.raises(ValueError, match="no number"):
        AlarmLevels(bd1=math.nan)


def test_an_unknown_level_is_no_reference() -> None:
    with pytest.raises(ValueError, match="BĐ1 of this station is not known"):
        alarm_level(61.09, BAO_HA, reference=1)


@given(st.integers(2000, 4000), st.integers(0, 500))
def test_higher_water_never_lowers_the_alarm(centimetres: int, more: int) -> None:
    lower, higher = (
        alarm_level(stage / 100, YEN_BAI).at_least for stage in (centimetres, centimetres + more)
    )
    assert lower <= higher


@pytest.mark.parametrize(
    ("now", "earlier", "hours", "rate"), [(31.30, 30.76, 2, 0.27), (29.10, 29.60, 4, -0.125), (80, 80, 1, 0)]
)
def test_rate_of_rise(now: float, earlier: float, hours: float, rate: float) -> None:
    assert rate_of_rise(now, earlier, hours) == rate


@pytest.mark.parametrize("hours", [0, -1])
def test_a_rate_needs_time(hours: float) -> None:
    with pytest.raises(ValueError, match="needs time"):
        rate_of_rise(31, 30, hours)
