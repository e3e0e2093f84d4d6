"""What `from` and `to` mean."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from fansipan_gateway.domain.time_range import BadRange, TimeRange, format_instant, resolve_range

_NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
_DAY = timedelta(days=1)


def test_defaults_are_the_day_before_now() -> None:
    assert resolve_range(None, None, now=_NOW, default_span=_DAY) == TimeRange(_NOW - _DAY, _NOW)


def test_offsets_are_understood() -> None:
    local = datetime(2026, 7, 1, tzinfo=timezone(timedelta(hours=7)))
    resolved = resolve_range(local, local + _DAY, now=_NOW, default_span=_DAY)
    assert resolved.start == datetime(2026, 6, 30, 17, tzinfo=UTC)
    assert resolved.start.tzinfo is UTC


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (_NOW, _NOW),
        (_NOW + _DAY, None),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=7))), None),
        (None, datetime(9999, 12, 31, tzinfo=timezone(timedelta(hours=-7)))),
    ],
)
def test_unusable_ranges(start: datetime | None, end: datetime | None) -> None:
    with pytest.raises(BadRange):
        resolve_range(start, end, now=_NOW, default_span=_DAY)


def test_instants_have_milliseconds() -> None:
    assert format_instant(_NOW) == "2026-07-01T12:00:00.000Z"
    assert format_instant(_NOW.replace(microsecond=5999)) == "2026-07-01T12:00:00.005Z"
