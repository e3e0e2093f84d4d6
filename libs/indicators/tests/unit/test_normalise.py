"""Composites in the manner of the ICT Index: one scale, then a weighted mean."""

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_indicators.normalise import min_max, weighted_mean, z_score

NUMBERS = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))


def test_the_best_gets_one_and_the_worst_zero() -> None:
    assert min_max({"a": 10, "b": 15, "c": 30, "d": None}, "higher-is-better") == {
        "a": 0,
        "b": 0.25,
        "c": 1,
        "d": None,
    }
    assert min_max({"a": 10, "b": 15, "c": 30}, "lower-is-better") == {"a": 1, "b": 0.75, "c": 0}


def test_a_fixed_scale_does_not_move_with_the_others() -> None:
    assert min_max({"a": 25, "b": 50}, "higher-is-better", minimum=0, maximum=100) == {"a": 0.25, "b": 0.5}
    assert min_max({"a": 120, "b": -5}, "higher-is-better", minimum=0, maximum=100) == {"a": 1, "b": 0}
    assert min_max({"a": 20, "b": 40}, "higher-is-better", minimum=0) == {"a": 0.5, "b": 1}


@pytest.mark.parametrize("values", [{"a": 7.0}, {"a": 0.1 + 0.2, "b": 0.3}, {"a": 0.0, "b": 0.0}])
def test_without_a_difference_nobody_is_ahead(values: dict[str, float]) -> None:
    assert set(min_max(values, "higher-is-better").values()) == {0.5}
    assert set(z_score(values, "lower-is-better").values()) == {0.0}


def test_z_score_is_the_distance_from_the_mean_in_deviations_of_the_population() -> None:
    scores = z_score({"a": 2, "b": 4, "c": 4, "d": 4, "e": 5, "f": 5, "g": 7, "h": 9}, "higher-is-better")
    assert scores == pytest.approx(
        {"a": -1.5, "b": -0.5, "c": -0.5, "d": -0.5, "e": 0, "f": 0, "g": 1, "h": 2}
    )
    assert z_score({"a": 2, "b": 4}, "lower-is-better") == {"a": 1, "b": -1}


@given(st.dictionaries(st.text(max_size=3), NUMBERS, min_size=2, max_size=20))
def test_z_scores_agree_with_the_standard_library(values: dict[str, float]) -> None:
    deviation = statistics.pstdev(values.values())
    scores = z_score(values, "higher-is-better")
    if deviation < 1e-3:  # values of three decimals: below it they are all equal
        assert set(scores.values()) == {0.0}
        return
    mean = statistics.fmean(values.values())
    for subject, score in scores.items():
        assert score == pytest.approx((values[subject] - mean) / deviation, rel=1e-6, abs=1e-6)


@given(st.dictionaries(st.text(max_size=3), NUMBERS, min_size=1, max_size=20))
def test_places_keep_the_order_and_mirror_each_other(values: dict[str, float]) -> None:
    up, down = min_max(values, "higher-is-better"), min_max(values, "lower-is-better")
    for one, value in values.items():
        mine, mirrored = up[one], down[one]
        assert mine is not None
        assert mirrored is not None
        assert 0 <= mine <= 1
        assert mine + mirrored == pytest.approx(1)
        for other, others_value in values.items():
            theirs = up[other]
            assert theirs is not None
            assert value >= others_value or mine <= theirs


def test_weights_need_not_add_up_to_one() -> None:
    weights = {"infrastructure": 40.0, "people": 30.0, "applications": 30.0}
    components = {"infrastructure": 0.5, "people": 1.0, "applications": 0.0}
    assert weighted_mean(components, weights, absent="refuse") == pytest.approx(0.5)


def test_a_missing_component_gives_its_weight_to_the_others_or_refuses() -> None:
    weights = {"a": 3.0, "b": 1.0, "c": 4.0}
    assert weighted_mean({"a": 1.0, "b": 0.0, "c": None}, weights, absent="renormalise") == 0.75
    assert weighted_mean({"a": 1.0, "b": 0.0}, weights, absent="renormalise") == 0.75
    assert weighted_mean({"a": 1.0, "b": 0.0, "c": None}, weights, absent="refuse") is None
    assert weighted_mean({"a": None}, weights, absent="renormalise") is None


def test_a_component_without_weight_is_not_missed() -> None:
    assert weighted_mean({"a": 0.4, "b": None}, {"a": 1, "b": 0}, absent="refuse") == 0.4


@pytest.mark.parametrize(
    ("components", "weights", "reason"),
    [
        ({"a": 1.0, "x": 1.0}, {"a": 1.0}, "no weight is given for x"),
        ({"a": 1.0}, {"a": -1.0}, "weights are numbers from 0"),
        ({"a": 1.0}, {"a": 0.0}, "at least one of them above"),
        ({"a": math.nan}, {"a": 1.0}, "a: nan is no number"),
    ],
)
def test_what_makes_no_composite_is_said(
    components: dict[str, float | None], weights: dict[str, float], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        weighted_mean(components, weights, absent="renormalise")


def test_a_scale_that_falls_is_refused() -> None:
    with pytest.raises(ValueError, match="a scale rises"):
        min_max({"a": 1}, "higher-is-better", minimum=5, maximum=5)
