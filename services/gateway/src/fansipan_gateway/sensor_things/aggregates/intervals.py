"""Intervals of a calendar, in any time zone, also where clocks are put forward and back."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

_DAY: Final = 86_400
_DURATION: Final = re.compile(
    r"P(?:(?P<years>\d{1,3})Y|(?P<months>\d{1,3})M|(?P<weeks>\d{1,3})W|(?P<days>\d{1,3})D"
    r"|T(?=\d)(?:(?P<hours>\d{1,2})H)?(?:(?P<minutes>\d{1,4})M)?(?:(?P<seconds>\d{1,5})S)?)"
)
_FIRST_MONDAY: Final = date(1, 1, 1)
_LAST_YEAR: Final = 9_990


@dataclass(frozen=True, slots=True)
class Interval:
    """Either months, days or seconds of the clock; the others are 0.

    Months are counted from January of the year 1 (so that quarters and half years are those of the calendar), days
    from its first day, which is a Monday, seconds from midnight: they divide a day.
    """

    months: int = 0
    days: int = 0
    seconds: int = 0


def parse_interval(text: str) -> Interval:
    """An ISO 8601 duration: `PT5M`, `PT1H`, `P1D`, `P1W`, `P1M`, `P1Y`.

    Raises:
        ValueError: it is none, mixes units, or does not divide a day.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(
            "it is one of years, months, weeks, days, or of clock time: P1Y, P3M, P1W, P1D, PT15M"
        )
    given = {name: int(value) for name, value in match.groupdict().items() if value is not None}
    months = 12 * given.get("years", 0) + given.get("months", 0)
    days = 7 * given.get("weeks", 0) + given.get("days", 0)
    seconds = 3_600 * given.get("hours", 0) + 60 * given.get("minutes", 0) + given.get("seconds", 0)
    if not (months or days or seconds):
        raise ValueError("it is longer than nothing")
    if seconds and _DAY % seconds:
        raise ValueError("hours, minutes and seconds divide a day: PT6H, PT1H, PT20M, PT5M, PT30S")
    if seconds == _DAY:
        return Interval(days=1)
    return Interval(months, days, seconds)


class TooManyIntervals(ValueError):
    """There are more than are computed at once."""


def edges_of(
    interval: Interval, zone: tzinfo, start: datetime, end: datetime, *, at_most: int
) -> list[datetime]:
    """Where intervals end and begin, in UTC and ascending: `start`, those of the calendar in between, `end`.

    Intervals at both ends are cut by them. A day is from midnight to midnight, so one of 23 or 25 hours where clocks
    are put forward or back. Of an hour that comes twice both are intervals, if they are no longer than what is
    repeated.

    Raises:
        TooManyIntervals: there are more than `at_most`.
    """
    edges = [start]
    for edge in _calendar(interval, zone, start):
        if edge >= end:
            break
        if edge > edges[-1]:
            edges.append(edge)
            if len(edges) > at_most:
                raise TooManyIntervals
    edges.append(end)
    return edges


def _calendar(interval: Interval, zone: tzinfo, start: datetime) -> Iterator[datetime]:
    """Edges of the calendar from before `start` on, ascending."""
    local = start.astimezone(zone)
    if interval.months:
        yield from _months(interval.months, zone, local)
        return
    number = local.date().toordinal() - 2  # clocks may be put back over midnight
    if interval.days:
        number -= (number - _FIRST_MONDAY.toordinal()) % interval.days
    while number <= date(_LAST_YEAR, 1, 1).toordinal():
        if number >= 1:
            midnight = datetime.combine(date.fromordinal(number), time())
            if interval.seconds:
                yield from _moments(midnight, zone, interval.seconds, start)
            else:
                yield _at(midnight, zone)
        number += interval.days or 1


def _months(step: int, zone: tzinfo, local: datetime) -> Iterator[datetime]:
    number = max(0, (local.year - 1) * 12 + local.month - 2)
    number -= number % step
    while number // 12 < _LAST_YEAR:
        yield _at(datetime(number // 12 + 1, number % 12 + 1, 1), zone)  # noqa: DTZ001 - the zone follows
        number += step


def _moments(midnight: datetime, zone: tzinfo, seconds: int, start: datetime) -> Iterator[datetime]:
    """Edges within a day, ascending; those before `start` may be left out."""
    begin, step = _at(midnight, zone), timedelta(seconds=seconds)
    end = _at(midnight + timedelta(days=1), zone)
    if end - begin == timedelta(days=1):
        first = max(0, (start - begin) // step)
        yield from (begin + number * step for number in range(first, _DAY // seconds))
        return
    moments: set[datetime] = set()
    for number in range(_DAY // seconds):
        wall = midnight + number * step
        once, again = _at(wall, zone), _at(wall, zone, fold=1)
        moments.add(once)
        if again > once and step <= again - once:
            moments.add(again)
    yield from sorted(moments)


def _at(wall: datetime, zone: tzinfo, fold: int = 0) -> datetime:
    """When clocks show a time first (or again); a time that is skipped is that much after the skip."""
    return wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
