"""Times and contents that ingest lets through."""

import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_ingest.domain.rules import TimeWindow, json_fault, unix_ms

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=ZONES)  # noqa: DTZ001


def exact_ms(moment: datetime) -> int:
    utc = moment.astimezone(UTC)
    seconds = Decimal((utc - datetime(1970, 1, 1, tzinfo=UTC)).days * 86_400) + Decimal(
        utc.hour * 3600 + utc.minute * 60 + utc.second
    )
    return int(((seconds * 1_000_000 + utc.microsecond) / 1000).to_integral_value(ROUND_FLOOR))


@given(TIMES)
def test_milliseconds_are_cut_not_rounded(moment: datetime):
    assert unix_ms(moment) == exact_ms(moment)


WINDOW = TimeWindow(earliest_ms=1000, ahead_ms=500)


@pytest.mark.parametrize(
    ("millisecond", "code"),
    [(999, "time-too-early"), (1000, None), (10_500, None), (10_501, "time-in-future")],
)
def test_the_window_of_times(millisecond: int, code: str | None):
    reason = WINDOW.check(millisecond, now_ms=10_000, what="resultTime")
    assert (None if reason is None else reason.code) == code
    assert reason is None or reason.detail.startswith("resultTime is")


def test_readings_may_be_so_old():
    window = TimeWindow(earliest_ms=1000, ahead_ms=500, age_ms=2000)
    assert [window.earliest(now) for now in (1500, 3000, 9000)] == [1000, 1000, 7000]
    early = window.check(6999, now_ms=9000)
    assert early is not None
    assert early.code == "time-too-early"
    assert window.check(7000, now_ms=9000) is None


def nested(depth: int) -> Any:
    value: Any = 1
    for level in range(depth):
        value = {"a": value} if level % 2 else [value]
    return value


@given(st.integers(0, 12), st.integers(0, 12))
def test_depth(depth: int, limit: int):
    reason = json_fault(nested(depth), "result", limit)
    assert (reason is not None) == (depth > limit)
    assert reason is None or reason.code == "too-deep"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("a\0b", "nul-character"),
        ({"a\0": 1}, "nul-character"),
        ({"a": [{"b": "\0"}]}, "nul-character"),
        (1 << 64, "number-range"),
        ([-(1 << 63) - 1], "number-range"),
        ({"a": math.inf}, "number-range"),
        ({"a": math.nan}, "number-range"),
    ],
)
def test_what_cannot_be_stored_as_it_is(value: Any, code: str):
    reason = json_fault(value, "parameters", 8)
    assert reason is not None
    assert reason.code == code
    assert reason.detail.startswith("parameters holds")


@pytest.mark.parametrize(
    "value", [None, True, "", "đường", (1 << 64) - 1, -(1 << 63), 1.5, {}, [], {"a": [1, {"b": None}]}]
)
def test_what_can_be_stored(value: Any):
    assert json_fault(value, "parameters", 8) is None
