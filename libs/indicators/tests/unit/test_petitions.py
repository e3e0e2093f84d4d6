"""The four clocks of a petition: 2, 5, 15 and 2 working days."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_indicators.calendars import load_calendar
from fansipan_indicators.petitions import Clock, PetitionClocks, PetitionFacts, Violation, first_violation

CALENDAR = load_calendar(Path(__file__).parents[4] / "catalogue" / "calendars" / "lao-cai.yaml")


def at(text: str) -> datetime:
    """A local time in 2026."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))


# Monday, 6 July 2026. No holiday falls into the weeks after it.
RECEIVED = PetitionFacts(at("07-06T09:00"))
REFUSE_BY, SUPPLEMENT_BY, ANSWER_BY = at("07-08T17:00"), at("07-13T17:00"), at("07-27T17:00")


def late(text: str, clock: Clock) -> Violation:
    return Violation(at(text), clock)


def test_unanswered_it_is_late_after_15_working_days() -> None:
    assert first_violation(RECEIVED, CALENDAR) == Violation(ANSWER_BY, Clock.ANSWER)


def test_answered_and_published_in_time_it_is_never_late() -> None:
    facts = replace(RECEIVED, answered_at=ANSWER_BY, published_at=at("07-29T17:00"))
    assert first_violation(facts, CALENDAR) is None


def test_an_answer_a_second_late_is_late() -> None:
    facts = replace(RECEIVED, answered_at=ANSWER_BY + timedelta(seconds=1), published_at=at("07-28T08:00"))
    assert first_violation(facts, CALENDAR) == Violation(ANSWER_BY, Clock.ANSWER)


def test_an_answer_is_published_within_two_working_days() -> None:
    answered = replace(RECEIVED, answered_at=at("07-10T10:00"))
    due = late("07-14T17:00", Clock.PUBLISH)  # over a weekend
    assert first_violation(answered, CALENDAR) == due
    assert first_violation(replace(answered, published_at=at("07-14T17:00")), CALENDAR) is None
    assert first_violation(replace(answered, published_at=at("07-15T08:00")), CALENDAR) == due


def test_a_refusal_in_time_ends_it() -> None:
    assert first_violation(replace(RECEIVED, refused_at=REFUSE_BY), CALENDAR) is None


def test_a_refusal_after_two_working_days_is_late() -> None:
    facts = replace(RECEIVED, refused_at=at("07-09T07:30"))
    assert first_violation(facts, CALENDAR) == Violation(REFUSE_BY, Clock.REFUSE)


def test_the_clock_stands_still_while_the_citizen_owes_a_supplement() -> None:
    assert first_violation(replace(RECEIVED, supplement_requested_at=at("07-07T08:00")), CALENDAR) is None


def test_the_answer_is_due_later_by_the_time_that_the_supplement_took() -> None:
    facts = replace(
        RECEIVED, supplement_requested_at=at("07-07T08:00"), supplement_received_at=at("07-17T10:00")
    )
    assert first_violation(facts, CALENDAR) == late("08-06T19:00", Clock.ANSWER)
    in_time = replace(facts, answered_at=at("08-05T10:00"), published_at=at("08-05T11:00"))
    assert first_violation(in_time, CALENDAR) is None


def test_asking_for_a_supplement_after_five_working_days_is_late() -> None:
    facts = replace(RECEIVED, supplement_requested_at=at("07-14T08:00"))
    assert first_violation(facts, CALENDAR) == Violation(SUPPLEMENT_BY, Clock.SUPPLEMENT)
    answered = replace(facts, answered_at=at("07-15T08:00"), published_at=at("07-15T09:00"))
    assert first_violation(answered, CALENDAR) == Violation(SUPPLEMENT_BY, Clock.SUPPLEMENT)


def test_a_supplement_asked_for_when_the_answer_was_overdue_stops_no_clock() -> None:
    facts = replace(RECEIVED, supplement_requested_at=at("08-03T08:00"))
    patient = PetitionClocks(supplement=60)
    assert first_violation(facts, CALENDAR, patient) == Violation(ANSWER_BY, Clock.ANSWER)


def test_a_supplement_known_before_its_request_pauses_nothing() -> None:
    facts = replace(
        RECEIVED, supplement_requested_at=at("07-10T08:00"), supplement_received_at=at("07-09T08:00")
    )
    assert first_violation(facts, CALENDAR) == Violation(ANSWER_BY, Clock.ANSWER)


def test_of_two_violations_the_first_counts() -> None:
    facts = replace(RECEIVED, supplement_requested_at=at("07-20T08:00"), answered_at=at("07-21T08:00"))
    assert first_violation(facts, CALENDAR) == Violation(SUPPLEMENT_BY, Clock.SUPPLEMENT)


def test_terms_are_configuration() -> None:
    assert first_violation(RECEIVED, CALENDAR, PetitionClocks(answer=10)) == late("07-20T17:00", Clock.ANSWER)


def test_a_time_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="has no offset"):
        first_violation(PetitionFacts(datetime(2026, 7, 6, 9)), CALENDAR)  # noqa: DTZ001 - that is the point


STEPS = st.none() | st.integers(0, 60 * 24 * 60)


@given(STEPS, STEPS, STEPS, STEPS, STEPS)
def test_in_time_means_that_every_clock_was_kept(
    refused: int | None,
    requested: int | None,
    supplemented: int | None,
    answered: int | None,
    published: int | None,
) -> None:
    steps = [
        None if minutes is None else RECEIVED.received_at + timedelta(minutes=minutes)
        for minutes in (refused, requested, supplemented, answered, published)
    ]
    facts = PetitionFacts(RECEIVED.received_at, *steps)
    violation = first_violation(facts, CALENDAR)
    broken = set[Clock]()
    if facts.refused_at is not None and facts.refused_at > REFUSE_BY:
        broken.add(Clock.REFUSE)
    asked, came = facts.supplement_requested_at, facts.supplement_received_at
    if asked is not None and asked > SUPPLEMENT_BY:
        broken.add(Clock.SUPPLEMENT)
    answer_by = ANSWER_BY
    stands_still = False
    if asked is not None and asked <= ANSWER_BY:
        stands_still = came is None
        answer_by += max(timedelta(), came - asked) if came is not None else timedelta()
    if facts.refused_at is None:
        if not stands_still and (facts.answered_at is None or facts.answered_at > answer_by):
            broken.add(Clock.ANSWER)
        if facts.answered_at is not None:
            publish_by = CALENDAR.deadline(facts.answered_at, 2)
            if facts.published_at is None or facts.published_at > publish_by:
                broken.add(Clock.PUBLISH)
    assert (violation is None) == (not broken)
    if violation is not None:
        assert violation.clock in broken
