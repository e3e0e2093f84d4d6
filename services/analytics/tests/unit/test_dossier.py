"""The state of a dossier follows from its events, whatever the order they arrived in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_analytics.domain.dossier import Dossier
from fansipan_analytics.domain.dossier import fold_dossier as fold_with
from fansipan_analytics.domain.service_event import CaseEvent
from fansipan_common.contracts import ServiceEventType as Type
from fansipan_indicators.calendar_document import CalendarDocument
from fansipan_indicators.calendars import WorkingCalendar

START = datetime(2026, 7, 1, 8, tzinfo=UTC)
CALENDAR = WorkingCalendar(
    CalendarDocument.model_validate(
        {
            "id": "plain",
            "zone": "Asia/Ho_Chi_Minh",
            "officeHours": [{"days": ["mon", "tue", "wed", "thu", "fri"], "hours": ["07:30-17:00"]}],
        }
    )
)
KINDS = [kind for kind in Type if kind.startswith("vn.fansipan.dossier.")]


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def fold_dossier(events: list[CaseEvent]) -> Dossier:
    return fold_with(events, CALENDAR)


def event(kind: str, hours: float, event_id: str = "", **data: Any) -> CaseEvent:
    return CaseEvent(
        "/s",
        event_id or f"{kind}-{hours}",
        Type(f"vn.fansipan.dossier.{kind}.v1"),
        at(hours),
        {"dossierId": "d-1", "agency": "a"} | data,
    )


RECEIVED = event(
    "received", 0, procedure="p-1", channel="online", area="02671", dueAt="2026-07-08T17:00:00+07:00"
)

EVENTS = st.lists(
    st.builds(
        lambda kind, hours, number, data: CaseEvent(
            f"/s-{number % 2}", f"e-{number // 2}", kind, at(hours), {"dossierId": "d-1", **data}
        ),
        st.sampled_from(KINDS),
        st.integers(0, 5),
        st.integers(0, 1000),
        st.fixed_dictionaries(
            {"agency": st.sampled_from("ab")},
            optional={
                "procedure": st.sampled_from("pq"),
                "channel": st.just("online"),
                "area": st.just("02671"),
                "dueAt": st.sampled_from(["2026-07-08T17:00:00Z", "2026-07-09t17:00:00.1234567z"]),
                "hasFee": st.booleans(),
                "resultCode": st.sampled_from("rs"),
                "onlinePayment": st.just(1),
            },
        ),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda e: (e.source, e.event_id),
)
RATINGS = st.lists(
    st.builds(
        lambda number, hours, score: CaseEvent(
            "/ratings",
            f"r-{number}",
            Type.RATING_SUBMITTED,
            at(hours),
            {"dossierId": "d-1", "agency": "a", "score": score},
        ),
        st.integers(0, 1000),
        st.integers(-5, 10),
        st.integers(1, 5),
    ),
    max_size=3,
)


@given(
    st.tuples(EVENTS, RATINGS)
    .map(lambda both: both[0] + both[1])
    .flatmap(lambda events: st.tuples(st.just(events), st.permutations(events)))
)
def test_the_order_of_arrival_does_not_matter(orders: tuple[list[CaseEvent], list[CaseEvent]]):
    one, other = map(fold_dossier, orders)
    assert one == other


@given(EVENTS, RATINGS)
def test_a_rating_changes_the_rating_and_nothing_else(events: list[CaseEvent], ratings: list[CaseEvent]):
    rated = fold_dossier(ratings + events)
    assert rated.rating == min((each.data["score"] for each in ratings), default=None)
    assert replace(rated, rating=None) == fold_dossier(events)


@given(EVENTS)
def test_what_holds_of_every_dossier(events: list[CaseEvent]):
    dossier = fold_dossier(events)
    assert dossier.event_count == len(events)
    assert dossier.last_event_at == max(each.time for each in events)
    assert dossier.paused_seconds >= 0
    kinds = {each.type for each in events}
    finished = {Type.DOSSIER_PROCESSED, Type.DOSSIER_RETURNED, Type.DOSSIER_REJECTED, Type.DOSSIER_WITHDRAWN}
    assert (dossier.finished_at is not None) == bool(kinds & finished)
    assert (dossier.state in {"processed", "returned", "rejected", "withdrawn"}) == bool(kinds & finished)
    assert (dossier.received_at is not None) == (Type.DOSSIER_RECEIVED in kinds)
    if dossier.finished_at is not None:
        first = min(each.time for each in events)
        assert dossier.paused_seconds <= (dossier.finished_at - first).total_seconds()


def test_a_plain_life():
    dossier = fold_dossier([RECEIVED, event("processed", 48, resultCode="granted", resultFile=True)])
    assert dossier == Dossier(
        state="processed",
        agency="a",
        last_event_at=at(48),
        event_count=2,
        procedure="p-1",
        area_code="02671",
        channel="online",
        received_at=at(0),
        due_at=datetime(2026, 7, 8, 10, tzinfo=UTC),
        late_at=datetime(2026, 7, 8, 10, tzinfo=UTC),
        finished_at=at(48),
        result_code="granted",
        result_file=True,
    )


def test_before_it_was_received_it_is_announced():
    dossier = fold_dossier([event("paid", 1, onlinePayment=1, amountVnd=5)])
    assert (dossier.state, dossier.paid_at, dossier.paid_online) == ("announced", at(1), True)
    assert dossier.received_at is None


@pytest.mark.parametrize(
    ("events", "state", "paused_hours", "since"),
    [
        ([event("supplement-requested", 1)], "awaiting-supplement", 0, at(1)),
        ([event("supplement-requested", 1), event("supplement-received", 5)], "in-progress", 4, None),
        (
            [event("supplement-requested", 1), event("supplement-requested", 3)],
            "awaiting-supplement",
            0,
            at(1),
        ),
        (
            [
                event("supplement-requested", 1),
                event("supplement-received", 5),
                event("supplement-requested", 10),
                event("supplement-received", 11),
            ],
            "in-progress",
            5,
            None,
        ),
        ([event("supplement-requested", 1), event("withdrawn", 4)], "withdrawn", 3, None),
        ([event("processed", 2), event("supplement-requested", 3)], "processed", 0, None),
        ([event("supplement-received", 3)], "in-progress", 0, None),
    ],
)
def test_the_clock_stands_still_while_a_supplement_is_owed(
    events: list[CaseEvent], state: str, paused_hours: float, since: datetime | None
):
    dossier = fold_dossier([RECEIVED, *events])
    assert dossier.state == state
    assert dossier.paused_seconds == paused_hours * 3600
    assert dossier.awaiting_since == since


@pytest.mark.parametrize(
    ("events", "end", "state"),
    [
        ([event("processed", 5), event("returned", 9)], at(5), "returned"),
        ([event("returned", 9)], at(9), "returned"),
        ([event("rejected", 3), event("processed", 5)], at(5), "processed"),
        ([event("rejected", 3), event("returned", 4)], at(4), "returned"),
        ([event("withdrawn", 3), event("rejected", 2)], at(2), "withdrawn"),
        ([event("processed", 5), event("processed", 7)], at(5), "processed"),
    ],
)
def test_the_end_by_decision_766(events: list[CaseEvent], end: datetime, state: str):
    dossier = fold_dossier([RECEIVED, *events])
    assert (dossier.finished_at, dossier.state) == (end, state)


def test_of_several_values_the_last_counts_and_absent_ones_change_nothing():
    dossier = fold_dossier(
        [
            RECEIVED,
            event("supplement-received", 2, dueAt="2026-07-09T17:00:00+07:00", agency="b"),
            event("processed", 3),
        ]
    )
    assert dossier.due_at == datetime(2026, 7, 9, 10, tzinfo=UTC)
    assert (dossier.agency, dossier.procedure) == ("a", "p-1")


def test_a_null_changes_nothing():
    dossier = fold_dossier([RECEIVED, event("processed", 3, procedure=None, area=None, resultFile=None)])
    assert (dossier.procedure, dossier.area_code, dossier.result_file) == ("p-1", "02671", None)
    dossier = fold_dossier(
        [RECEIVED, event("processed", 3, resultFile=False), event("returned", 4, resultFile=None)]
    )
    assert dossier.result_file is False
