"""Recorded times are moved by one constant; on a kept wall clock, and turn after turn."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_cli.scenario.timeline import Timeline, aligned_timeline, shift_to_end_at

pytestmark = pytest.mark.unit

HOUR = 3_600_000
DAY = 24 * HOUR
LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def _aligned(now_ms: int, *, align: str = "week", shift_ms: int | None = None) -> Timeline:
    return aligned_timeline(
        first_ms=_ms("2014-09-01T00:00:00Z"),
        last_ms=_ms("2014-09-30T23:55:00Z"),
        now_ms=now_ms,
        hold_back=timedelta(days=7),
        align=align,
        clock=COPENHAGEN,
        zone=LOCAL,
        shift_ms=shift_ms,
    )


def test_the_last_reading_lands_just_before_now() -> None:
    shift = shift_to_end_at(5_000, 100_000)

    assert Timeline(shift, 1).place(5_000) == 99_000


@pytest.mark.parametrize("align", ["day", "week"])
@given(now=st.integers(_ms("2020-01-01T00:00:00Z"), _ms("2040-01-01T00:00:00Z")))
def test_the_cut_leaves_the_held_back_part_and_less_than_one_alignment_more(align: str, now: int) -> None:
    timeline = _aligned(now, align=align)

    ahead = timeline.place(_ms("2014-09-30T23:55:00Z")) - now

    step = DAY if align == "day" else 7 * DAY
    assert 7 * DAY <= ahead < 7 * DAY + step


@given(now=st.integers(_ms("2020-01-01T00:00:00Z"), _ms("2040-01-01T00:00:00Z")))
def test_rush_hour_stays_at_its_hour_and_weekday(now: int) -> None:
    recorded = datetime(2014, 9, 16, 7, 30, tzinfo=COPENHAGEN)

    placed = _aligned(now).place(round(recorded.timestamp() * 1000))

    local = datetime.fromtimestamp(placed / 1000, UTC).astimezone(LOCAL)
    assert (local.hour, local.minute, local.weekday()) == (7, 30, recorded.weekday())


def test_a_kept_shift_gives_the_same_times_on_every_run() -> None:
    first = _aligned(_ms("2026-11-21T10:00:00Z"))

    later = _aligned(_ms("2027-03-01T10:00:00Z"), shift_ms=first.shift_ms)

    assert later == first


def test_turns_follow_each_other_without_touching() -> None:
    first, last = _ms("2014-09-01T00:00:00Z"), _ms("2014-09-30T23:55:00Z")
    timeline = _aligned(_ms("2026-11-21T10:00:00Z"))

    assert timeline.place(first, 1) > timeline.place(last, 0)
    assert timeline.turn_ms % (7 * DAY) == 0


def test_the_turns_of_a_window_are_those_that_touch_it() -> None:
    timeline = Timeline(shift_ms=0, turn_ms=10)

    assert list(timeline.turns(0, 8, since_ms=-50, until_ms=-1)) == []
    assert list(timeline.turns(0, 8, since_ms=-50, until_ms=9)) == [0]
    assert list(timeline.turns(0, 8, since_ms=8, until_ms=10)) == [0, 1]
    assert list(timeline.turns(0, 8, since_ms=9, until_ms=25)) == [1, 2]
