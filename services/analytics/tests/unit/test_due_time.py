"""From when on a dossier is late (Decision 766, 2.1): pauses, due times that are stated anew, a second request."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_analytics.domain.dossier import fold_dossier
from fansipan_analytics.domain.service_event import CaseEvent
from fansipan_common.contracts import ServiceEventType as Type
from fansipan_indicators.calendar_document import CalendarDocument
from fansipan_indicators.calendars import WorkingCalendar

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def calendar(pause: str) -> WorkingCalendar:
    hours = [{"days": ["mon", "tue", "wed", "thu", "fri"], "hours": ["07:30-11:30", "13:30-17:00"]}]
    return WorkingCalendar(
        CalendarDocument.model_validate(
            {"id": "plain", "zone": "Asia/Ho_Chi_Minh", "officeHours": hours, "pause": pause}
        )
    )


ELAPSED, WORKING = calendar("elapsed"), calendar("working")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-07-{text}").replace(tzinfo=ZONE)


def event(kind: str, time: str, due: datetime | str | None = None) -> CaseEvent:
    data: dict[str, Any] = {"dossierId": "d-1", "agency": "a"}
    if due is not None:
        data["dueAt"] = due.isoformat() if isinstance(due, datetime) else due
    return CaseEvent("/s", f"{kind}-{time}", Type(f"vn.fansipan.dossier.{kind}.v1"), at(time), data)


def late_at(*events: CaseEvent, by: WorkingCalendar = ELAPSED) -> datetime | None:
    return fold_dossier([RECEIVED, *events], by).late_at


DUE = at("08T17:00")  # a Wednesday, a week after
RECEIVED = event("received", "01T09:00", DUE)
ASKED = event("supplement-requested", "02T09:00")
CAME = event("supplement-received", "04T09:00")  # a Saturday


def test_without_a_pause_it_is_late_after_the_due_time():
    assert late_at() == DUE
    assert late_at(event("processed", "09T08:00")) == DUE


def test_a_pause_moves_the_due_time_by_the_calendar():
    assert late_at(ASKED, CAME) == at("10T17:00")
    assert late_at(ASKED, CAME, by=WORKING) == at("10T15:30")  # 36 hours were left on Thursday at 9


def test_the_clock_stands_still_while_a_supplement_is_owed():
    assert late_at(ASKED) is None


def test_what_was_late_before_it_was_asked_for_a_supplement_stays_late():
    assert late_at(event("supplement-requested", "09T08:00")) == DUE
    late = [event("supplement-requested", "09T08:00"), event("supplement-received", "20T08:00")]
    assert late_at(*late) == DUE


def test_it_may_end_while_a_supplement_is_owed():
    assert late_at(ASKED, event("rejected", "20T09:00")) == DUE + timedelta(days=18)


def test_a_due_time_stated_with_the_supplement_has_its_pause_in_it():
    assert late_at(ASKED, event("supplement-received", "04T09:00", at("09T17:00"))) == at("09T17:00")


def test_a_due_time_stated_before_a_pause_ended_is_moved_by_it():
    restated = event("received", "03T09:00", at("09T17:00"))
    assert late_at(ASKED, restated, CAME) == at("11T17:00")


def test_who_asks_a_second_time_is_late_from_then_on():
    again = event("supplement-requested", "06T10:00")
    assert late_at(ASKED, CAME, again) == at("06T10:00")
    assert late_at(ASKED, CAME, again, event("supplement-received", "07T10:00")) == at("06T10:00")
    assert late_at(ASKED, again, event("processed", "07T10:00")) == at("06T10:00")
    overdue = event("supplement-received", "04T09:00", at("05T17:00"))
    assert late_at(ASKED, overdue, again) == at("05T17:00")


def test_a_second_request_after_the_end_changes_nothing():
    ended = event("processed", "05T09:00")
    assert late_at(ASKED, CAME, ended, event("supplement-requested", "06T10:00")) == at("10T17:00")


def test_without_a_due_time_nothing_is_late():
    events = [event("received", "01T09:00"), ASKED, event("supplement-requested", "06T10:00")]
    assert fold_dossier(events, ELAPSED).late_at is None


@pytest.mark.parametrize("pause", [ELAPSED, WORKING])
@pytest.mark.parametrize(
    "due", ["9999-12-31T23:59:59-11:00", "2098-12-31T23:59:59Z", "0001-01-01T00:00:00+07:00"]
)
def test_a_due_time_of_any_year_is_folded(pause: WorkingCalendar, due: str):
    received = event("received", "01T09:00", due)
    assert fold_dossier([received], pause).due_at == datetime.fromisoformat(due)
    folded = fold_dossier([received, ASKED, CAME], pause)
    if folded.late_at is not None:
        assert folded.due_at is not None
        assert folded.late_at >= folded.due_at


HOURS = st.integers(0, 14 * 24)


@given(HOURS, HOURS, HOURS)
def test_in_time_is_what_ended_in_time_less_what_the_citizen_took(asked: int, came: int, ended: int):
    """The same judgement in another way: the time on the wall clock without the pause, against the due time."""
    times = {"supplement-requested": asked, "supplement-received": came, "processed": ended}
    events = [
        CaseEvent(
            "/s",
            kind,
            Type(f"vn.fansipan.dossier.{kind}.v1"),
            at("01T10:00") + timedelta(hours=hours),
            {"dossierId": "d-1", "agency": "a"},
        )
        for kind, hours in times.items()
    ]
    dossier = fold_dossier([RECEIVED, *events], ELAPSED)
    assert dossier.finished_at is not None
    assert dossier.late_at is not None
    in_time = dossier.finished_at - timedelta(seconds=dossier.paused_seconds) <= DUE
    assert (dossier.finished_at <= dossier.late_at) == in_time
