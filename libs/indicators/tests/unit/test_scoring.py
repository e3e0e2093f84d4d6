"""Points, totals and ranks of Decision 766, with the figures that Lào Cai published."""

import math
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_indicators.scoring import Direction, competition_rank, linear_points, round_half_up, total


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        (59.5, 0, 60.0),
        (59.49999, 0, 59.0),
        (0.5, 0, 1.0),
        (2.675, 2, 2.68),
        (1.005, 2, 1.01),
        (86.91 - 83.50, 2, 3.41),
        (-0.5, 0, -1.0),
        (123_456.785, 2, 123_456.79),
    ],
)
def test_a_half_is_rounded_away_from_zero(value: float, digits: int, expected: float) -> None:
    assert round_half_up(value, digits) == expected


def test_rounding_never_shows_minus_zero() -> None:
    assert math.copysign(1, round_half_up(-0.001, 2)) == 1


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_not_rounded(value: float) -> None:
    with pytest.raises(ValueError, match="no number"):
        round_half_up(value)


@given(st.integers(-(10**12), 10**12), st.integers(0, 3))
def test_rounding_equals_that_of_exact_decimals(thousandths: int, digits: int) -> None:
    exact = Decimal(thousandths) / 1000
    expected = exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    assert round_half_up(thousandths / 1000, digits) == float(expected)


@pytest.mark.parametrize(
    ("ratio", "full_at", "maximum", "points"),
    [
        (80, 80, 4, 4),  # 3.1, 3.5, 4.2, 4.3: full points from 80 %
        (79.99, 80, 4, 3.9995),
        (40, 80, 4, 2),
        (0, 80, 4, 0),
        (25, 50, 6, 3),  # 3.3: from 50 %
        (90, 90, 6, 6),  # 5.4: from 90 %
        (104, 80, 4, 4),
    ],
)
def test_points_grow_in_proportion_until_they_are_full(
    ratio: float, full_at: float, maximum: float, points: float
) -> None:
    assert linear_points(ratio, full_at, maximum) == pytest.approx(points, abs=1e-12)


@pytest.mark.parametrize("arguments", [(-1, 80, 4), (50, 0, 4), (50, 80, -4), (math.nan, 80, 4)])
def test_points_need_sensible_numbers(arguments: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="give numbers"):
        linear_points(*arguments)


@given(st.floats(0, 200), st.floats(0, 200), st.floats(1, 100), st.floats(0, 30))
def test_a_better_ratio_never_gives_fewer_points(
    one: float, other: float, full_at: float, maximum: float
) -> None:
    low, high = sorted((one, other))
    assert 0 <= linear_points(low, full_at, maximum) <= linear_points(high, full_at, maximum) <= maximum


def test_total_of_lao_cai_on_31_july_2025() -> None:
    assert total([15.34, 19.14, 15.41, 17.97, 11.10]) == 78.96


def test_total_of_lao_cai_in_september_2023_is_not_the_one_that_was_printed() -> None:
    online, payment = 7.5, 7.0  # their sum 14.5 was misprinted as "4,5/22"
    computed = total([14.2, 18.7, total([online, payment]), 17.7, 13.7])
    assert computed == 78.8
    # 78.7 was published: the groups were rounded to one decimal before they were printed.
    assert abs(computed - 78.7) == pytest.approx(0.1)


def test_the_better_province_ranks_first() -> None:
    # Lào Cai 31/7/2025 and Lâm Đồng 27/11/2025.
    assert competition_rank({"lao-cai": 78.96, "lam-dong": 90.09}, "higher-is-better") == {
        "lam-dong": 1,
        "lao-cai": 2,
    }


def test_ties_share_a_rank_and_the_next_is_skipped() -> None:
    values = {"a": 50.0, "b": 70.0, "c": None, "d": 70.0, "e": 90.0}
    assert competition_rank(values, "higher-is-better") == {"e": 1, "b": 2, "d": 2, "a": 4}
    assert competition_rank(values, "lower-is-better") == {"a": 1, "b": 2, "d": 2, "e": 4}


def test_noise_of_floating_point_breaks_no_tie() -> None:
    assert competition_rank({"a": 0.1 + 0.2, "b": 0.3}, "higher-is-better") == {"a": 1, "b": 1}


def test_figures_that_look_equal_can_share_a_rank() -> None:
    values = {"a": 78.961, "b": 78.964}
    assert competition_rank(values, "higher-is-better") == {"b": 1, "a": 2}
    assert competition_rank(values, "higher-is-better", digits=2) == {"a": 1, "b": 1}


@given(
    st.dictionaries(st.text(max_size=3), st.none() | st.integers(0, 20).map(float)),
    st.sampled_from(["higher-is-better", "lower-is-better"]),
)
def test_a_rank_is_one_more_than_the_number_of_better_subjects(
    values: dict[str, float | None], direction: Direction
) -> None:
    known = {subject: value for subject, value in values.items() if value is not None}
    sign = 1 if direction == "higher-is-better" else -1
    expected = {
        subject: 1 + sum(sign * other > sign * value for other in known.values())
        for subject, value in known.items()
    }
    assert competition_rank(values, direction) == expected
