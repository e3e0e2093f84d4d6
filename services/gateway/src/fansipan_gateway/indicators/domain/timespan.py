"""Ranges of periods as callers write them, and how far back "newest" looks."""

from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from fansipan_gateway.domain.time_range import TimeRange, refuse_long, resolve_range
from fansipan_gateway.indicators.domain.faults import BadPeriod
from fansipan_indicators.periods import Period, PeriodKind, parse_period, period_at

LOOK_BACK: Final = {
    PeriodKind.HOUR: timedelta(hours=48),
    PeriodKind.DAY: timedelta(days=60),
    PeriodKind.MONTH: timedelta(days=731),
    PeriodKind.QUARTER: timedelta(days=731),
    PeriodKind.YEAR: timedelta(days=731),
}
"""How old the newest figure of a subject may be: 48 hours, 60 days, 24 months."""

DEFAULT_SPAN: Final = {
    PeriodKind.HOUR: timedelta(hours=48),
    PeriodKind.DAY: timedelta(days=60),
    PeriodKind.MONTH: timedelta(days=731),
    PeriodKind.QUARTER: timedelta(days=5 * 366),
    PeriodKind.YEAR: timedelta(days=20 * 366),
}
MAX_SPAN: Final = {
    PeriodKind.HOUR: timedelta(days=5 * 366),
    PeriodKind.DAY: timedelta(days=50 * 366),
    PeriodKind.MONTH: timedelta(days=300 * 366),
    PeriodKind.QUARTER: timedelta(days=300 * 366),
    PeriodKind.YEAR: timedelta(days=300 * 366),
}
"""How long a range may be: some 44,000 hours, 18,000 days."""

_MOMENT: Final[TypeAdapter[datetime]] = TypeAdapter(AwareDatetime)


def figure_range(start: str | None, end: str | None, kind: PeriodKind, now: datetime) -> TimeRange:
    """The range in which periods must begin.

    `start` and `end` are RFC 3339 times with an offset, or periods: `from=2026-01` means its beginning, `to=2026-11`
    takes November in. Without `end` the running period is the last one; without `start` the default span is taken.

    Raises:
        BadPeriod: a text is neither a time nor a period.
        BadRange: the range is empty.
        TooLongRange: it holds too many periods for one request.
    """
    first = None if start is None else _read("from", start, whole=False)
    last = period_at(kind, now).end if end is None else _read("to", end, whole=True)
    time_range = resolve_range(first, last, now=now, default_span=DEFAULT_SPAN[kind])
    refuse_long(time_range, MAX_SPAN[kind])
    return time_range


def _read(name: str, text: str, *, whole: bool) -> datetime:
    try:
        if "T" in text and len(text) > len("2026-11-21T08"):
            return _MOMENT.validate_python(text).astimezone(UTC)
        period = parse_period(text)
    except (ValidationError, ValueError) as error:
        detail = "" if isinstance(error, ValidationError) else f": {error}"
        raise BadPeriod(
            f"{name}={text[:60]!r} is neither a time with an offset (2026-11-21T08:00:00+07:00) nor a period{detail}"
        ) from error
    return period.end if whole else period.start


def read_period(text: str) -> Period:
    """A period in an address.

    Raises:
        BadPeriod: it is not written as one.
    """
    try:
        return parse_period(text)
    except ValueError as error:
        raise BadPeriod(f"{text[:60]!r}: {error}") from error


def period_before(period: Period) -> Period:
    """The period before one."""
    return period_at(period.kind, period.start - timedelta(microseconds=1))
