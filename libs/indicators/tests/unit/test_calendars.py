"""Working days and hours of Lào Cai: holidays, swaps, deadlines, pauses; and the same counted minute by minute."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_indicators.calendar_document import CalendarDocument
from fansipan_indicators.calendars import WorkingCalendar, load_calendar
from fansipan_indicators.documents import CatalogueError

CALENDARS = Path(__file__).parents[4] / "catalogue" / "calendars"
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
WEEK = [
    {"days": ["mon", "tue", "wed", "thu", "fri"], "hours": ["07:30-11:30", "13:30-17:00"]},
]
MINIMAL = {"id": "plain", "zone": "Asia/Ho_Chi_Minh", "officeHours": WEEK}
DAY_SECONDS = 7.5 * 3600


def _working_pause() -> WorkingCalendar:
    document = {**MINIMAL, "holidays": {"country": "VN"}, "pause": "working"}
    return WorkingCalendar(CalendarDocument.model_validate(document))


def at(text: str) -> datetime:
    """A local time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


# Hypothesis draws moments around Tết, the swaps of 2026 and two turns of the year.
MOMENTS = st.integers(0, 756 * 24 * 3600).map(
    lambda seconds: at("2024-12-20T00:00") + timedelta(seconds=seconds)
)
LAO_CAI = load_calendar(CALENDARS / "lao-cai.yaml")
WORKING = _working_pause()


@pytest.mark.parametrize(
    ("first", "last"),
    [
        # Tết: Giáp Thìn, Ất Tỵ, Bính Ngọ
        ("2024-02-08", "2024-02-14"),
        ("2025-01-25", "2025-02-02"),
        ("2026-02-14", "2026-02-22"),
        # Giỗ Tổ: in 2026 a Sunday, made up for on Monday
        ("2024-04-18", "2024-04-18"),
        ("2025-04-07", "2025-04-07"),
        ("2026-04-25", "2026-04-27"),
        # 2/9 has two days; in 2026 with the swapped Monday
        ("2024-08-31", "2024-09-03"),
        ("2025-08-30", "2025-09-02"),
        ("2026-08-29", "2026-09-02"),
        # 30/4 and 1/5, in 2025 with the swapped Friday
        ("2025-04-30", "2025-05-04"),
        ("2026-04-30", "2026-05-03"),
        ("2026-01-01", "2026-01-04"),
        ("2026-11-24", "2026-11-24"),
    ],
)
def test_known_days_off(first: str, last: str) -> None:
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    days = [begin + timedelta(days=place) for place in range((end - begin).days + 1)]
    assert [day for day in days if LAO_CAI.is_working_day(day)] == []
    assert LAO_CAI.is_working_day(begin - timedelta(days=1)) == (begin.weekday() not in (0, 6))
    assert LAO_CAI.is_working_day(end + timedelta(days=1)) == (end.weekday() not in (4, 5))


@pytest.mark.parametrize("day", ["2025-04-26", "2026-01-10", "2026-08-22"])
def test_swapped_saturdays_are_worked_with_the_hours_of_the_day_they_stand_for(day: str) -> None:
    saturday = date.fromisoformat(day)
    assert saturday.weekday() == 5
    assert LAO_CAI.is_working_day(saturday)
    assert LAO_CAI.working_seconds(at(f"{day}T00:00"), at(f"{day}T23:59")) == DAY_SECONDS


@pytest.mark.parametrize(("year", "days"), [(2025, 250), (2026, 249)])
def test_working_days_of_a_year(year: int, days: int) -> None:
    # 261 weekdays, less 11 days off by law (12 in 2026); a swap takes one and gives one
    assert LAO_CAI.working_days_between(date(year - 1, 12, 31), date(year, 12, 31)) == days


@pytest.mark.parametrize(
    ("received", "days", "due"),
    [
        ("2026-11-16T09:00", 5, "2026-11-23T17:00"),
        ("2026-11-16T00:10", 5, "2026-11-23T17:00"),  # before the office opens: that day
        ("2026-11-16T12:00", 5, "2026-11-23T17:00"),  # at noon: that day
        ("2026-11-16T17:00", 5, "2026-11-23T17:00"),  # as it closes: that day
        ("2026-11-16T17:00:01", 5, "2026-11-25T17:00"),  # after: the next; the 24th is a holiday
        ("2026-11-21T10:00", 1, "2026-11-25T17:00"),  # on a Saturday: received on Monday the 23rd
        ("2026-11-16T09:00", 0, "2026-11-16T17:00"),
        ("2026-11-21T10:00", 0, "2026-11-23T17:00"),
        ("2026-02-13T08:00", 1, "2026-02-23T17:00"),  # over Tết
        ("2026-08-21T08:00", 1, "2026-08-22T17:00"),  # the swapped Saturday counts
        ("2026-08-28T16:00", 1, "2026-09-03T17:00"),
        ("2025-12-31T08:00", 2, "2026-01-06T17:00"),  # over the turn of the year
    ],
)
def test_deadlines(received: str, days: int, due: str) -> None:
    assert LAO_CAI.deadline(at(received), days) == at(due)


def test_a_deadline_is_in_local_time_whatever_the_offset_given() -> None:
    due = LAO_CAI.deadline(datetime(2026, 11, 16, 2, tzinfo=UTC), 1)
    assert due.isoformat() == "2026-11-17T17:00:00+07:00"


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-11-16T08:00", "2026-11-16T10:30", 2.5),
        ("2026-11-16T11:00", "2026-11-16T14:00", 1.0),
        ("2026-11-16T18:00", "2026-11-17T07:00", 0.0),
        ("2026-11-20T16:00", "2026-11-25T08:30", 9.5),
        ("2025-12-31T16:00", "2026-01-05T08:30", 2.0),
        ("2026-11-16T10:30", "2026-11-16T08:00", -2.5),
    ],
)
def test_working_time(start: str, end: str, hours: float) -> None:
    assert LAO_CAI.working_seconds(at(start), at(end)) == hours * 3600


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-11-16T08:00", 2, "2026-11-16T10:00"),
        ("2026-11-16T08:00", 3.5, "2026-11-16T11:30"),
        ("2026-11-16T08:00", 4, "2026-11-16T14:00"),
        ("2026-11-21T10:00", 1, "2026-11-23T08:30"),
        ("2026-11-21T10:00", 0, "2026-11-21T10:00"),
        ("2025-12-31T16:00", 2, "2026-01-05T08:30"),
    ],
)
def test_adding_working_time(start: str, hours: float, end: str) -> None:
    assert LAO_CAI.add_working_time(at(start), hours * 3600) == at(end)


def test_an_elapsed_pause_moves_the_deadline_by_the_wall_clock() -> None:
    due = LAO_CAI.resume(at("2026-11-20T17:00"), at("2026-11-17T08:00"), at("2026-11-19T10:30"))
    assert due == at("2026-11-22T19:30")


def test_a_working_pause_leaves_the_working_time_that_was_left() -> None:
    # asked on Tuesday 08:00 with 3 days 7 h 30 min less 30 min left; it comes on Saturday
    due = WORKING.resume(at("2026-11-20T17:00"), at("2026-11-17T08:00"), at("2026-11-21T10:00"))
    assert WORKING.working_seconds(at("2026-11-21T10:00"), due) == 4 * DAY_SECONDS - 1800
    assert due == at("2026-11-27T16:30")  # the 24th is a holiday


@pytest.mark.parametrize("calendar", [LAO_CAI, WORKING], ids=["elapsed", "working"])
def test_a_pause_after_the_deadline_changes_nothing(calendar: WorkingCalendar) -> None:
    due = at("2026-11-20T17:00")
    assert calendar.resume(due, due + timedelta(seconds=1), due + timedelta(days=9)) == due


def test_a_pause_does_not_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="cannot end at"):
        LAO_CAI.resume(at("2026-11-20T17:00"), at("2026-11-18T08:00"), at("2026-11-17T08:00"))


def test_times_without_offset_and_years_beyond_the_calendar_are_refused() -> None:
    with pytest.raises(ValueError, match="has no offset"):
        LAO_CAI.deadline(datetime(2026, 11, 16, 9), 1)  # noqa: DTZ001 - that is the point
    with pytest.raises(ValueError, match="covers 1995 to 2099, not 1970"):
        LAO_CAI.deadline(datetime(1970, 1, 1, tzinfo=UTC), 1)
    with pytest.raises(ValueError, match="not 2100"):
        LAO_CAI.add_working_time(at("2099-12-31T10:00"), 1e9)
    with pytest.raises(ValueError, match="lies ahead"):
        LAO_CAI.deadline(at("2026-11-16T09:00"), -1)
    with pytest.raises(ValueError, match="not taken away"):
        LAO_CAI.add_working_time(at("2026-11-16T09:00"), -1)


@given(MOMENTS, MOMENTS, st.integers(0, 60), st.integers(0, 60))
def test_a_later_receipt_or_more_days_never_give_an_earlier_deadline(
    one: datetime, other: datetime, few: int, many: int
) -> None:
    earlier, later = sorted((one, other))
    few, many = sorted((few, many))
    assert LAO_CAI.deadline(earlier, few) <= LAO_CAI.deadline(later, few)
    assert LAO_CAI.deadline(earlier, few) <= LAO_CAI.deadline(earlier, many)
    assert (LAO_CAI.deadline(earlier, few) == LAO_CAI.deadline(earlier, many)) == (few == many)


@given(MOMENTS, st.integers(0, 300))
def test_deadline_equals_counting_day_by_day(received: datetime, days: int) -> None:
    day = received.date()
    closes = received.replace(hour=17, minute=0, second=0)
    if not LAO_CAI.is_working_day(day) or received > closes:
        day += timedelta(days=1)
        while not LAO_CAI.is_working_day(day):
            day += timedelta(days=1)
    counted_from = day
    for _ in range(days):
        day += timedelta(days=1)
        while not LAO_CAI.is_working_day(day):
            day += timedelta(days=1)
    assert LAO_CAI.deadline(received, days) == at(f"{day}T17:00")
    assert LAO_CAI.working_days_between(counted_from, day) == days
    assert LAO_CAI.working_days_between(day, counted_from) == -days


@given(MOMENTS, MOMENTS, MOMENTS)
def test_working_time_adds_up(one: datetime, two: datetime, three: datetime) -> None:
    parts = LAO_CAI.working_seconds(one, two) + LAO_CAI.working_seconds(two, three)
    assert parts == LAO_CAI.working_seconds(one, three)


@given(MOMENTS, st.integers(0, 6 * 24 * 60))
def test_working_time_equals_counting_minute_by_minute(start: datetime, minutes: int) -> None:
    start = start.replace(second=0)
    counted = 0
    for place in range(minutes):
        moment = start + timedelta(minutes=place)
        clock = moment.strftime("%H:%M")
        if LAO_CAI.is_working_day(moment.date()) and (
            "07:30" <= clock < "11:30" or "13:30" <= clock < "17:00"
        ):
            counted += 60
    assert LAO_CAI.working_seconds(start, start + timedelta(minutes=minutes)) == counted


@given(MOMENTS, st.integers(1, 60 * 24 * 3600))
def test_added_working_time_is_found_again_and_no_earlier_moment_has_it(
    start: datetime, seconds: int
) -> None:
    end = LAO_CAI.add_working_time(start, seconds)
    assert LAO_CAI.working_seconds(start, end) == seconds
    assert LAO_CAI.working_seconds(start, end - timedelta(seconds=1)) < seconds


@pytest.mark.parametrize("calendar", [LAO_CAI, WORKING], ids=["elapsed", "working"])
@given(due=MOMENTS, paused_from=MOMENTS, pause=st.integers(0, 30 * 24 * 3600), more=st.integers(0, 10**6))
def test_a_pause_never_makes_a_deadline_earlier(
    calendar: WorkingCalendar, due: datetime, paused_from: datetime, pause: int, more: int
) -> None:
    until = paused_from + timedelta(seconds=pause)
    assert calendar.resume(due, paused_from, paused_from) == due
    resumed = calendar.resume(due, paused_from, until)
    assert resumed >= due
    assert calendar.resume(due, paused_from, until + timedelta(seconds=more)) >= resumed
    if paused_from <= due and pause:
        assert resumed >= until


@given(due=MOMENTS, paused_from=MOMENTS, pause=st.integers(1, 30 * 24 * 3600))
def test_a_working_pause_keeps_what_was_left(due: datetime, paused_from: datetime, pause: int) -> None:
    due = WORKING.deadline(due, 0)
    if paused_from >= due:
        return
    until = paused_from + timedelta(seconds=pause)
    resumed = WORKING.resume(due, paused_from, until)
    assert WORKING.working_seconds(until, resumed) == WORKING.working_seconds(paused_from, due)


def test_questions_may_span_all_years() -> None:
    calendar = WorkingCalendar(CalendarDocument.model_validate(MINIMAL))
    assert calendar.working_days_between(date(1995, 1, 1), date(2099, 12, 31)) == sum(
        (date(1995, 1, 1) + timedelta(days=place)).weekday() < 5 for place in range(1, 38_351)
    )


@pytest.mark.parametrize(
    ("change", "line", "reason"),
    [
        ("zone: Asia/Lao_Cai", 2, "no time zone"),
        ('officeHours: [{days: [mon], hours: ["11:00-09:00"]}]', 1, "stand in order"),
        ('officeHours: [{days: [mon], hours: ["07:30-25:00"]}]', 3, "match pattern"),
        (
            'officeHours: [{days: [mon], hours: ["08:00-09:00"]}, {days: [mon], hours: ["10:00-11:00"]}]',
            1,
            "mon",
        ),
        ("officeHours: []", 3, "at least 1 item"),
        ("holidays: {country: XX}", 4, "knows no country 'XX'"),
        ("daysOff: [{date: 2026-01-02}]", 4, "reason is missing"),
        ("daysOff: [{date: 1970-01-02, reason: x}]", 4, "not in the years 1995 to 2099"),
        ("daysOff: [{date: 2026-01-02, reason: x}, {date: 2026-01-02, reason: y}]", 1, "more than once"),
        (
            "workingDays: [{date: 2026-01-10, insteadOf: 2026-01-02, reason: x}]",
            1,
            "list that day in daysOff",
        ),
        ("pause: never", 4, "elapsed"),
        ("swaps: []", 4, "swaps is not known here"),
    ],
)
def test_mistakes_are_named_with_file_and_reason(tmp_path: Path, change: str, line: int, reason: str) -> None:
    lines = {
        "id": "id: plain",
        "zone": "zone: Asia/Ho_Chi_Minh",
        "officeHours": 'officeHours: [{days: [mon, tue], hours: ["07:30-11:30"]}]',
    }
    lines[change.partition(":")[0]] = change
    path = tmp_path / "plain.yaml"
    path.write_text("\n".join(lines.values()), encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        load_calendar(path)
    [finding] = caught.value.findings
    assert reason in finding.reason
    assert finding.path == path
    if line > 1:
        assert finding.line == line


def test_a_swap_needs_a_day_with_office_hours() -> None:
    swap = {"date": "2026-01-10", "insteadOf": "2026-01-04", "reason": "x"}
    off = {"date": "2026-01-04", "reason": "x"}
    with pytest.raises(ValueError, match="has no office hours"):
        CalendarDocument.model_validate({**MINIMAL, "workingDays": [swap], "daysOff": [off]})
