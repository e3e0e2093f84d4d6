"""The state of a petition follows from its events, whatever the order they arrived in."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_analytics.domain.petition import Petition, fold_petition
from fansipan_analytics.domain.service_event import CaseEvent
from fansipan_common.contracts import ServiceEventType as Type
from fansipan_indicators.calendars import load_calendar
from fansipan_indicators.location import catalogue_folder

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
CALENDAR = load_calendar(catalogue_folder() / "calendars" / "lao-cai.yaml")
KINDS = [kind for kind in Type if kind.startswith("vn.fansipan.petition.")]


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ZONE)


def event(name: str, time: str, /, **data: Any) -> CaseEvent:
    return CaseEvent(
        "/s",
        f"{name}-{time}",
        Type(f"vn.fansipan.{name if '.' in name else f'petition.{name}'}.v1"),
        at(time),
        {"petitionId": "p-1", "agency": "a"} | data,
    )


RECEIVED = event("received", "07-06T09:00", channel="online", kind="roads", repeated=False, area="02671")
ANSWER_BY = at("07-27T17:00")


def petition(*events: CaseEvent) -> Petition:
    return fold_petition([RECEIVED, *events], CALENDAR)


EVENTS = st.lists(
    st.builds(
        lambda kind, hours, number, data: CaseEvent(
            f"/s-{number % 2}", f"e-{number // 2}", kind, at("07-06T09:00") + timedelta(hours=hours), data
        ),
        st.sampled_from([*KINDS, Type.RATING_SUBMITTED]),
        st.integers(0, 600),
        st.integers(0, 1000),
        st.fixed_dictionaries(
            {"agency": st.sampled_from("ab"), "score": st.integers(1, 5)},
            optional={
                "kind": st.sampled_from("xy"),
                "channel": st.just("online"),
                "area": st.just("02671"),
                "repeated": st.booleans(),
            },
        ),
    ),
    max_size=8,
    unique_by=lambda e: (e.source, e.event_id),
).map(lambda events: [RECEIVED, *events])


@given(EVENTS.flatmap(lambda events: st.tuples(st.just(events), st.permutations(events))))
def test_the_order_of_arrival_does_not_matter(orders: tuple[list[CaseEvent], list[CaseEvent]]):
    one, other = (fold_petition(events, CALENDAR) for events in orders)
    assert one == other


@given(EVENTS)
def test_ratings_change_the_rating_and_nothing_else(events: list[CaseEvent]):
    ratings = [each for each in events if each.type == Type.RATING_SUBMITTED]
    others = [each for each in events if each.type != Type.RATING_SUBMITTED]
    rated = fold_petition(events, CALENDAR)
    assert rated.rating == min((each.data["score"] for each in ratings), default=None)
    assert replace(rated, rating=None) == fold_petition(others, CALENDAR)
    assert rated.event_count == len(others)


@given(EVENTS)
def test_an_open_petition_is_late_one_day_or_waits_for_the_citizen(events: list[CaseEvent]):
    folded = fold_petition(events, CALENDAR)
    assert (folded.late_at is None) == (folded.late_clock is None)
    if folded.finished_at is None and folded.late_at is None:
        assert folded.supplement_requested_at is not None
        assert folded.supplement_received_at is None or folded.answered_at is not None


def test_a_plain_life():
    assert petition(
        event("answered", "07-10T10:00"),
        event("published", "07-13T09:00"),
        event("rating.submitted", "07-14T09:00", score=4),
        event("rating.submitted", "07-15T09:00", score=2),
    ) == Petition(
        agency="a",
        last_event_at=at("07-13T09:00"),
        event_count=3,
        area_code="02671",
        kind="roads",
        channel="online",
        repeated=False,
        received_at=at("07-06T09:00"),
        answered_at=at("07-10T10:00"),
        published_at=at("07-13T09:00"),
        finished_at=at("07-13T09:00"),
        rating=2,
    )


@pytest.mark.parametrize(
    ("events", "late_at", "clock", "finished_at"),
    [
        ([], ANSWER_BY, "answer", None),
        ([event("refused", "07-07T10:00")], None, None, at("07-07T10:00")),
        ([event("refused", "07-09T10:00")], at("07-08T17:00"), "refuse", at("07-09T10:00")),
        ([event("supplement-requested", "07-07T08:00")], None, None, None),
        ([event("supplement-requested", "07-14T08:00")], at("07-13T17:00"), "supplement", None),
        (
            [event("supplement-requested", "07-07T08:00"), event("supplement-received", "07-17T10:00")],
            at("08-06T19:00"),
            "answer",
            None,
        ),
        ([event("answered", "07-10T10:00")], at("07-14T17:00"), "publish", None),
        (
            [event("answered", "07-10T10:00"), event("published", "07-15T08:00")],
            at("07-14T17:00"),
            "publish",
            at("07-15T08:00"),
        ),
        # the clock of who publishes is a minute behind that of who answers
        (
            [event("published", "07-10T09:59"), event("answered", "07-10T10:00")],
            None,
            None,
            at("07-10T10:00"),
        ),
        # what was published first was not the answer
        (
            [
                event("published", "07-07T09:00"),
                event("answered", "07-10T10:00"),
                event("published", "07-13T09:00"),
            ],
            None,
            None,
            at("07-13T09:00"),
        ),
        ([event("published", "07-07T09:00")], ANSWER_BY, "answer", None),
    ],
)
def test_the_clocks_of_decision_766(
    events: list[CaseEvent], late_at: datetime | None, clock: str | None, finished_at: datetime | None
):
    folded = petition(*events)
    assert (folded.late_at, folded.late_clock, folded.finished_at) == (late_at, clock, finished_at)


def test_a_second_supplement_does_not_lengthen_the_pause():
    folded = petition(
        event("supplement-requested", "07-07T08:00"),
        event("supplement-received", "07-17T10:00"),
        event("supplement-received", "07-20T10:00"),
    )
    assert folded.supplement_received_at == at("07-17T10:00")


def test_before_it_was_received_no_clock_runs():
    folded = fold_petition([event("answered", "07-10T10:00")], CALENDAR)
    assert (folded.received_at, folded.late_at, folded.answered_at) == (None, None, at("07-10T10:00"))


def test_a_year_that_no_calendar_covers_leaves_open_whether_it_is_late():
    folded = fold_petition([replace(RECEIVED, time=datetime(1980, 1, 1, tzinfo=ZONE))], CALENDAR)
    assert (folded.late_at, folded.kind) == (None, "roads")
