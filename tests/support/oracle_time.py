"""Periods and working days for the oracle, reckoned by hand."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

AHEAD = timedelta(hours=7)
"""Việt Nam is seven hours ahead of UTC, all year."""

FIRST_DAY, LAST_DAY = date(2025, 12, 1), date(2026, 2, 13)
DAYS_OFF = {date(2026, 1, 1), date(2026, 1, 2)}
WORKED_SATURDAYS = {date(2026, 1, 10)}
CLOSING = time(17)

MONTHS = {"month": 1, "quarter": 3, "year": 12}


class Span(NamedTuple):
    """A period: its kind, and where it begins and ends (outside), in UTC."""

    kind: str
    start: datetime
    end: datetime


def wall(moment: datetime) -> datetime:
    """What a clock in Việt Nam shows."""
    return moment.astimezone(UTC).replace(tzinfo=None) + AHEAD


def moment(shown: datetime) -> datetime:
    """When a clock in Việt Nam shows this."""
    return (shown - AHEAD).replace(tzinfo=UTC)


def span_at(kind: str, at: datetime) -> Span:
    """The period of a kind that holds a moment."""
    shown = wall(at)
    if kind == "hour":
        start = shown.replace(minute=0, second=0, microsecond=0)
        return Span(kind, moment(start), moment(start + timedelta(hours=1)))
    midnight = datetime.combine(shown.date(), time())
    if kind == "day":
        return Span(kind, moment(midnight), moment(midnight + timedelta(days=1)))
    length = MONTHS[kind]
    first = (midnight.month - 1) // length * length + 1
    years, after = divmod(first - 1 + length, 12)
    start = midnight.replace(month=first, day=1)
    return Span(kind, moment(start), moment(start.replace(year=start.year + years, month=after + 1)))


def spans(kind: str, first: datetime, last: datetime) -> list[Span]:
    """The periods of a kind from the one that holds `first` to the one that holds `last`."""
    found = [span_at(kind, first)]
    while found[-1].end <= last:
        found.append(span_at(kind, found[-1].end))
    return found


def is_working_day(day: date) -> bool:
    """Whether offices work. The oracle knows the days of one winter only, and says so elsewhere."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"the oracle knows no working days of {day}")
    return day in WORKED_SATURDAYS or (day.weekday() < 5 and day not in DAYS_OFF)


def due(start: datetime, working_days: int) -> datetime:
    """Closing time of the last of so many working days after the day of receipt.

    What comes after closing time or on a day off is received on the next working day.
    """
    shown = wall(start)
    day = shown.date()
    if is_working_day(day) and shown.time() > CLOSING:
        day += timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    for _ in range(working_days):
        day += timedelta(days=1)
        while not is_working_day(day):
            day += timedelta(days=1)
    return moment(datetime.combine(day, CLOSING))


def moved(limit: datetime, since: datetime, until: datetime) -> datetime:
    """A time limit after a pause of the wall clock; one that begins after the limit does not move it."""
    return limit if since > limit else limit + (until - since)
