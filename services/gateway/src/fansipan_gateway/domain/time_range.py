"""Half-open ranges of time: `from` is inside, `to` is not."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from fansipan_common.errors import ClientFault

_EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


class BadRange(ClientFault):
    """The range of time cannot be used."""

    code, title = "invalid-range", "Invalid time range"


class TooLongRange(ClientFault):
    """The range is longer than one answer may look over; `maxDays` is how long it may be."""

    code, title = "range-too-long", "Time range too long"


@dataclass(frozen=True, slots=True)
class TimeRange:
    """From `start` (inside) to `end` (outside), both in UTC."""

    start: datetime
    end: datetime


def resolve_range(
    start: datetime | None, end: datetime | None, *, now: datetime, default_span: timedelta
) -> TimeRange:
    """The range a caller means: `end` is now unless given, `start` is `default_span` before `end` unless given.

    Both must carry an offset.

    Raises:
        BadRange: it is empty or backwards, or outside the years 1900-2199.
    """
    end = now if end is None else end
    for name, moment in (("from", start), ("to", end)):
        if moment is not None and not _EARLIEST <= moment < _LATEST:
            raise BadRange(f"{name} must lie in the years 1900 to 2199")
    start = end - default_span if start is None else start
    if start >= end:
        raise BadRange(
            f"from ({start.isoformat()}) must be before to ({end.isoformat()}); without to, to is now",
        )
    return TimeRange(start.astimezone(UTC), end.astimezone(UTC))


def refuse_long(time_range: TimeRange, longest: timedelta, *, series: int = 1) -> None:
    """Refuse a range that, times the number of series read over it, is longer than `longest`.

    Raises:
        TooLongRange: it is; says how to split.
    """
    span = time_range.end - time_range.start
    if span * series <= longest:
        return
    each = longest // series
    todo = f"split the range into parts of at most {each.days} days"
    if series > 1:
        todo += f", or ask for fewer than {series} series at once"
    raise TooLongRange(
        f"{span.days} days × {series} series is more than {longest.days} days: {todo}",
        extra={"maxDays": each.days},
    )


def format_instant(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: `2026-07-01T00:00:00.000Z`. `moment` must be in UTC."""
    return moment.isoformat(timespec="milliseconds")[:23] + "Z"
