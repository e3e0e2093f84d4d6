"""Decision 766/QĐ-TTg through the shipped definitions: examples of each ratio, and published points."""

from collections.abc import Sequence

import pytest
from libs.indicators.tests.unit.golden import (
    at,
    case,
    composite,
    figure_over,
    hours,
    in_effect,
    thing_of,
    value_of,
)

from fansipan_indicators.cases import Case
from fansipan_indicators.formulas import WeightedScore
from fansipan_indicators.periods import parse_period
from fansipan_indicators.scoring import competition_rank, round_half_up

JULY = "2025-07"


def share(key: str, cases: Sequence[Case]) -> tuple[float | None, float | None]:
    figure = figure_over(key, JULY, cases)
    if figure.denominator:
        assert figure.value == pytest.approx((figure.numerator or 0) / figure.denominator * 100)
    return figure.numerator, figure.denominator


# ---------------------------------------------------------------- group 1
@pytest.mark.parametrize("key", ["d766-1", "d766-1.1", "d766-1.2", "d766-1.3", "d766-1.4"])
def test_group_1_is_entered(key: str) -> None:
    entered = thing_of({key: [(at("2025-07-05 08:00"), 14.0), (at("2025-07-31 08:00"), 15.34)]})
    assert value_of(key, JULY, entered) == 15.34
    assert value_of(key, "2025", entered) == 15.34


# ---------------------------------------------------------------- group 2
ON_TIME = [
    case("2025-07-01 09:00", "2025-07-08 16:59", "2025-07-08 17:00"),
    case("2025-07-01 10:00", "2025-07-08 17:00", "2025-07-08 17:00"),  # to the second: on time
    case("2025-07-20 09:00", None, "2025-08-05 17:00"),  # runs, due after the period
    case("2025-07-21 09:00", None, None),  # no time limit, or the citizen owes a supplement
    case("2025-06-20 09:00", "2025-07-02 09:00", "2025-07-03 17:00"),  # carried over
]
LATE = [
    case("2025-07-02 09:00", "2025-07-09 17:01", "2025-07-09 17:00"),
    case("2025-06-02 09:00", "2025-07-04 09:00", "2025-06-30 17:00"),  # carried over, late before
    case("2025-07-03 09:00", None, "2025-07-31 17:00"),  # late by the end of the period
    case(
        "2025-07-04 09:00", "2025-07-08 09:00", "2025-07-07 15:00"
    ),  # asked for a second supplement on the 7th
]
ELSEWHERE = [
    case("2025-06-02 09:00", "2025-06-30 23:59", "2025-06-10 17:00"),  # ended before
    case("2025-08-01 00:00", None, "2025-08-10 17:00"),  # received after
]


def test_2_1_on_time() -> None:
    figure = figure_over("d766-2.1", JULY, [*ON_TIME, *LATE, *ELSEWHERE])
    assert (figure.numerator, figure.denominator) == (5, 9)
    assert round_half_up(figure.value or 0, 2) == 55.56


def test_2_1_judges_what_runs_by_the_end_of_the_period() -> None:
    runs = [case("2025-07-20 09:00", None, "2025-08-05 17:00")]
    assert figure_over("d766-2.1", JULY, runs, now=at("2025-09-01 00:00")).value == 100.0
    assert figure_over("d766-2.1", "2025-08", runs, now=at("2025-09-01 00:00")).value == 0.0


def test_2_1_a_second_supplement_request_counts_from_when_it_was_made() -> None:
    # due on the 5th of August, but a second supplement was asked for on the 2nd: that is when it became late
    asked_twice = [case("2025-07-20 09:00", None, "2025-08-02 10:00")]
    later = at("2025-09-01 00:00")
    assert figure_over("d766-2.1", JULY, asked_twice, now=later).value == 100.0
    assert figure_over("d766-2.1", "2025-08", asked_twice, now=later).value == 0.0


def test_2_1_of_nothing_does_not_apply() -> None:
    figure = figure_over("d766-2.1", JULY, ELSEWHERE)
    assert (figure.value, figure.details["missing"]) == (None, "zero-denominator")


# ---------------------------------------------------------------- group 3
def test_3_1_and_3_2_count_procedures() -> None:
    cases = [
        case("2025-07-01 09:00", procedure="a", onlineService="full", channel="online"),
        case("2025-07-02 09:00", procedure="a", onlineService="full", channel="in-person"),  # counted once
        case("2025-07-03 09:00", procedure="b", onlineService="partial", channel="in-person"),
        case("2025-07-04 09:00", procedure="c", onlineService="none", channel="in-person"),
        case("2025-07-05 09:00", procedure="d", channel="postal"),
        case("2025-06-05 09:00", procedure="e", onlineService="full", channel="online"),
    ]
    assert share("d766-3.1", cases) == (2, 4)
    assert share("d766-3.2", cases) == (1, 2)


def test_3_3_online_with_the_result_that_is_due() -> None:
    cases = [
        case("2025-07-01 09:00", channel="online"),
        case("2025-07-02 09:00", channel="online", paperResultRequired=True, resultFile=True),
        case("2025-07-03 09:00", channel="online", paperResultRequired=True),
        case("2025-07-04 09:00", channel="in-person", resultFile=True),
    ]
    assert share("d766-3.3", cases) == (2, 4)


def test_3_5_and_3_6_payment() -> None:
    cases = [
        case("2025-07-01 09:00", procedure="a", hasFee=True, paid=True, paidOnline=True),
        case("2025-07-02 09:00", procedure="a", hasFee=True, paid=True, paidOnline=False),
        case("2025-07-03 09:00", procedure="b", hasFee=True, paid=False),
        case("2025-07-04 09:00", procedure="c", hasFee=False, paidOnline=True),
    ]
    assert share("d766-3.5", cases) == (1, 2)
    assert share("d766-3.6", cases) == (1, 3)
    assert figure_over("d766-3.6", JULY, cases[3:]).value is None


# ---------------------------------------------------------------- group 4
def test_4_1_and_4_2_look_at_dossiers_with_a_result() -> None:
    cases = [
        case(
            "2025-07-01 09:00",
            "2025-07-02 09:00",
            state="processed",
            paperResultRequired=True,
            resultFile=True,
        ),
        case(
            "2025-06-01 09:00", "2025-07-03 09:00", state="returned", paperResultRequired=True, digitised=True
        ),
        case("2025-07-01 10:00", "2025-07-04 09:00", state="returned", resultFile=True, digitised=True),
        case(
            "2025-07-01 11:00",
            "2025-07-04 10:00",
            state="rejected",
            paperResultRequired=True,
            resultFile=True,
        ),
        case("2025-07-01 12:00", None, state="in-progress", paperResultRequired=True),
    ]
    assert share("d766-4.1", cases) == (1, 2)
    assert share("d766-4.2", cases) == (1, 3)


def test_4_3_to_4_5_look_at_dossiers_received() -> None:
    cases = [
        case("2025-07-01 09:00", procedure="a", componentsReused=True, identityVerified=True),
        case("2025-07-02 09:00", procedure="a", fromNationalStore=True, resultFile=True),
        case("2025-07-03 09:00", procedure="b", resultFile=True),
        case("2025-07-04 09:00", procedure="c", componentsReused=False),
    ]
    assert share("d766-4.3", cases) == (1, 4)
    assert share("d766-4.4", cases) == (2, 4)
    assert share("d766-4.5a", cases) == (1, 3)
    assert share("d766-4.5b", cases) == (1, 4)


# ---------------------------------------------------------------- group 5
PETITIONS = [
    case("2025-07-01 09:00", "2025-07-05 09:00", None, kind="petition", rating=5),
    case("2025-07-02 09:00", "2025-07-30 09:00", "2025-07-23 17:00", kind="petition"),  # late
    case("2025-07-03 09:00", "2025-07-04 09:00", None, kind="petition", repeated=True),
    case(
        "2025-07-03 10:00", "2025-07-30 10:00", "2025-07-24 17:00", kind="petition", repeated=True, rating=1
    ),
    case("2025-06-25 09:00", None, "2025-08-16 17:00", kind="petition", rating=2),
]


def test_5_1_to_5_3_petitions() -> None:
    assert figure_over("d766-5.1", JULY, PETITIONS).value == 4
    assert share("d766-5.2", PETITIONS) == (3, 5)
    assert share("d766-5.3", PETITIONS) == (1, 5)  # late, repeated and disliked is taken off once


@pytest.mark.parametrize(
    ("on_time", "disliked", "value"),
    [(97.5, 1.5, 96.0), (40.0, 70.0, 0.0), (None, 1.0, None), (90.0, None, None)],
)
def test_5_4_satisfaction(on_time: float | None, disliked: float | None, value: float | None) -> None:
    assert composite("d766-5.4", JULY, {"d766-2.1": on_time, "cases-disliked-share": disliked}).value == value


# ---------------------------------------------------------------- points
def test_points_of_group_2() -> None:
    assert composite("d766-2", JULY, {"d766-2.1": 95.7}).value == pytest.approx(19.14)  # Lào Cai, 31/7/2025
    assert composite("d766-2", JULY, {}).value is None


def test_points_of_group_3_are_full_from_a_threshold_on() -> None:
    full = {"d766-3.1": 80.0, "d766-3.2": 100.0, "d766-3.3": 50.0, "d766-3.5": 80.0, "d766-3.6": 100.0}
    assert composite("d766-3", JULY, full).value == pytest.approx(22)
    assert composite("d766-3", JULY, full | {"d766-3.3": 25.0}).value == pytest.approx(20)  # 25 · 4 / 50
    assert composite("d766-3", JULY, full | {"d766-3.1": 60.0}).value == pytest.approx(21)
    assert composite("d766-3", JULY, full | {"d766-3.3": 100.0}).value == pytest.approx(22)


def test_a_part_that_does_not_apply_is_spread_over_the_others() -> None:
    without_fees = {"d766-3.1": 80.0, "d766-3.2": 50.0, "d766-3.3": 50.0, "d766-3.5": None, "d766-3.6": None}
    figure = composite("d766-3", JULY, without_fees)
    assert figure.value == pytest.approx(10 / 12 * 22)
    assert figure.completeness == pytest.approx(3 / 5)


def test_points_of_group_4() -> None:
    parts = {f"d766-4.{part}": 40.0 for part in ("1", "2", "3", "4", "5a", "5b")}
    assert composite("d766-4", JULY, parts).value == pytest.approx(
        2 * 4.4 * 0.4 + 2 * 4.4 * 0.5 + 2 * 2.2 * 0.4
    )


def test_points_of_group_5() -> None:
    assert composite(
        "d766-5", JULY, {"d766-5.2": 50.0, "d766-5.3": 100.0, "d766-5.4": 45.0}
    ).value == pytest.approx(12)
    of_a_procedure = composite("d766-5", JULY, {"d766-5.4": 90.0})  # petitions name no procedure
    assert of_a_procedure.value == pytest.approx(18)


def total(*groups: float | None) -> float | None:
    figure = composite("d766-total", JULY, {f"d766-{place}": value for place, value in enumerate(groups, 1)})
    return None if figure.value is None else round_half_up(figure.value, 2)


def test_published_totals() -> None:
    lao_cai = total(15.34, 19.14, 15.41, 17.97, 11.10)
    assert lao_cai == 78.96  # 31/7/2025, rank 6 of 34
    assert (
        total(14.2, 18.7, 14.5, 17.7, 13.7) == 78.8
    )  # September 2023; published as 78.7, from unrounded points
    ranks = competition_rank({"lao-cai": lao_cai, "lam-dong": 90.09, "nobody": None}, "higher-is-better")
    assert ranks == {"lam-dong": 1, "lao-cai": 2}


def test_the_total_of_the_province_needs_every_group() -> None:
    assert total(None, 19.14, 15.41, 17.97, 11.10) is None


def test_the_computable_total_leaves_out_what_does_not_apply() -> None:
    groups = {"d766-2": 19.14, "d766-3": 15.41, "d766-4": 17.97, "d766-5": 11.10}
    assert composite("d766-total-computed", JULY, groups).value == pytest.approx(63.62)
    assert composite("d766-total-computed", JULY, groups).denominator == 82
    of_an_agency = composite("d766-total-computed", JULY, groups | {"d766-5": None})
    assert of_an_agency.value == pytest.approx((19.14 + 15.41 + 17.97) / 64 * 82)


@pytest.mark.parametrize(("group", "maximum"), [(2, 20), (3, 22), (4, 22), (5, 18)])
def test_the_parts_of_a_group_have_its_maximum(group: int, maximum: float) -> None:
    formula = in_effect(f"d766-{group}", parse_period(JULY)).version.formula
    whole = in_effect("d766-total", parse_period(JULY)).version.formula
    assert isinstance(formula, WeightedScore)
    assert isinstance(whole, WeightedScore)
    assert sum(part.maximum for part in formula.components) == pytest.approx(maximum)
    assert [part.maximum for part in whole.components if part.indicator == f"d766-{group}"] == [maximum]


def test_group_1_reaches_the_total_as_it_was_entered() -> None:
    entered = thing_of({"d766-1": hours("2025-07-31 08:00", [15.34])})
    assert composite("d766-total", JULY, {"d766-1": value_of("d766-1", JULY, entered)}).numerator == 15.34
