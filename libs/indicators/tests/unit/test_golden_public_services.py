"""Backlog, channels and satisfaction over cases, through the shipped definitions."""

from libs.indicators.tests.unit.golden import at, case, figure_over

NOVEMBER = "2026-11"
CASES = [
    case("2026-10-05 09:00", "2026-10-09 10:00", "2026-10-12 17:00", channel="online"),  # all over before
    case(
        "2026-10-20 09:00", "2026-11-03 10:00", "2026-10-30 17:00", channel="in-person"
    ),  # carried over, late
    case(
        "2026-10-28 09:00", None, "2026-11-20 17:00", channel="online"
    ),  # carried over, overdue since the 20th
    case("2026-11-02 09:00", "2026-11-04 10:00", "2026-11-10 17:00", channel="online"),
    case("2026-11-10 09:00", None, "2026-12-20 17:00", channel="postal"),  # runs, in time
    case("2026-11-30 23:59", None, None, channel="online"),  # the last minute of the month; no time limit
    case("2026-12-01 00:00", None, "2026-12-05 17:00", channel="online"),  # next month
    case(None, "2026-11-05 10:00", None),  # its receipt is not known yet
]


def test_received_and_finished() -> None:
    assert figure_over("cases-received", NOVEMBER, CASES).value == 4 - 1
    assert figure_over("cases-received", "2026-10", CASES).value == 3
    assert figure_over("cases-received", "2026-Q4", CASES).value == 7
    assert figure_over("cases-received", "2026-11-30", CASES).value == 1
    assert figure_over("cases-finished", NOVEMBER, CASES).value == 2
    assert figure_over("cases-finished", "2026", CASES).value == 3


def test_backlog_at_the_end_of_a_period() -> None:
    assert figure_over("cases-open", "2026-10", CASES).value == 2
    assert figure_over("cases-open", NOVEMBER, CASES).value == 3
    assert figure_over("cases-overdue", "2026-10", CASES).value == 1  # late on the 30th, ended in November
    assert figure_over("cases-overdue", NOVEMBER, CASES).value == 1
    assert figure_over("cases-overdue", "2026-11-20", CASES).value == 1  # late from 17:00 on
    assert figure_over("cases-overdue", "2026-11-19", CASES).value == 0


def test_a_running_period_is_judged_now() -> None:
    noon = at("2026-11-20 12:00")
    evening = at("2026-11-20 17:01")
    assert figure_over("cases-overdue", "2026-11-20", CASES[:5], now=noon).value == 0
    assert figure_over("cases-overdue", "2026-11-20", CASES[:5], now=evening).value == 1


def test_share_submitted_online() -> None:
    figure = figure_over("cases-online-share", NOVEMBER, CASES)
    assert (figure.numerator, figure.denominator) == (2, 3)
    assert figure_over("cases-online-share", "2025-01", CASES).value is None, "nothing was received"


def test_satisfaction() -> None:
    ratings = [
        case(day, kind="rating", weight=score, score=score)
        for day, score in (("2026-11-03 10:00", 5), ("2026-11-04 10:00", 2), ("2026-10-04 10:00", 1))
    ]
    assert figure_over("satisfaction-mean", NOVEMBER, ratings).value == 3.5
    assert figure_over("satisfaction-mean", "2026-Q4", ratings).value == 8 / 3
    assert figure_over("satisfaction-mean", "2026-09", ratings).value is None


def test_share_of_disliked_dossiers() -> None:
    cases = [
        case("2026-10-20 09:00", "2026-11-03 10:00", rating=2),  # carried over
        case("2026-11-02 09:00", "2026-11-04 10:00", rating=3),
        case("2026-11-02 09:30", "2026-11-04 10:00"),
        case("2026-11-02 10:00", None, rating=1),
    ]
    assert figure_over("cases-disliked-share", NOVEMBER, cases).value == 50.0
