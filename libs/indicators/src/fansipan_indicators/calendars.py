"""Working-day calendars: which days and hours count for deadlines (`catalogue/calendars/*.yaml`).

Days off by law come from the `holidays` package (lunar days included); what a year's notices add (days swapped, extra
days off) stands in the YAML. Wall-clock times are those of the calendar's zone.
"""

import hashlib
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib.metadata import version
from itertools import accumulate
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import holidays

from fansipan_indicators.calendar_document import FIRST_YEAR, LAST_YEAR, CalendarDocument, Pause
from fansipan_indicators.documents import Document

_SECOND: Final = 1_000_000
_MINUTE: Final = 60 * _SECOND
_CACHED_YEARS: Final = 32

_Sessions = tuple[tuple[int, int], ...]
"""Office hours of a day: begin and end, in microseconds after midnight."""


@dataclass(frozen=True, slots=True)
class _Year:
    """Tables of one year: everything a question needs is a subtraction or one binary search."""

    first: int  # ordinal of 1 January
    sessions: list[_Sessions]  # by day
    working_before: list[
        int
    ]  # microseconds of office hours before each day, and of the whole year at the end
    working_days: list[int]  # ordinals

    @property
    def working_time(self) -> int:
        return self.working_before[-1]

    def until(self, ordinal: int, clock: int) -> int:
        """Microseconds of office hours from 1 January to a time of day."""
        day = ordinal - self.first
        within = sum(max(0, min(clock, end) - begin) for begin, end in self.sessions[day])
        return self.working_before[day] + within

    def reach(self, working: int) -> tuple[int, int]:
        """The earliest (ordinal, time of day) with so many microseconds (above 0) of office hours before it."""
        day = bisect_left(self.working_before, working) - 1
        left = working - self.working_before[day]
        for begin, end in self.sessions[day]:
            if left <= end - begin:
                return self.first + day, begin + left
            left -= end - begin
        raise AssertionError("the table of office hours contradicts itself")


class WorkingCalendar:
    """Counts working days and working time. `digest` is another when what it says may be: deadlines rest on it.

    All times taken must be aware; all times given are in the calendar's zone. Years from 1995 (the first whose days off
    the `holidays` package knows for Việt Nam under the Labour Code) to 2099 (the last it knows lunar days of).

    Raises (every method): ValueError: a time is naive, or a year lies outside.
    """

    def __init__(self, document: CalendarDocument) -> None:
        self.id: Final = document.id
        self.digest: Final = _digest(document)
        self.zone: Final = ZoneInfo(document.zone)
        self.pause: Final[Pause] = document.pause
        self._week: Final[list[_Sessions]] = [
            tuple((begin * _MINUTE, end * _MINUTE) for begin, end in document.sessions(weekday))
            for weekday in range(7)
        ]
        self._country: Final = document.holidays.country if document.holidays else None
        self._off: Final = {entry.date for entry in (*document.extra_holidays, *document.days_off)}
        self._swapped_in: Final = {entry.date: entry.instead_of for entry in document.working_days}
        self._year = lru_cache(maxsize=_CACHED_YEARS)(self._build_year)

    def is_working_day(self, day: date) -> bool:
        """Whether the office works on a day."""
        year = self._year(day.year)
        return bool(year.sessions[day.toordinal() - year.first])

    def working_days_between(self, start: date, end: date) -> int:
        """Working days after `start` up to `end`, `end` included; negative when `end` comes first.

        So `working_days_between(received, due)` is the number of days that a deadline gave.
        """
        if end < start:
            return -self.working_days_between(end, start)
        year, last = self._year(start.year), self._year(end.year)
        found = -bisect_right(year.working_days, start.toordinal())
        while year.first != last.first:
            found += len(year.working_days)
            year = self._following(year)
        return found + bisect_right(last.working_days, end.toordinal())

    def deadline(self, start: datetime, working_days: int) -> datetime:
        """When something received at `start` is due: at the close of office hours of the last day.

        Days are counted from the day after receipt. What comes after office hours or on a day off counts as received
        on the next working day. With 0 days it is due at the close of the day of receipt.

        Raises:
            ValueError: `working_days` is negative.
        """
        if working_days < 0:
            raise ValueError(f"a deadline lies ahead: {working_days} working days were given")
        ordinal, clock = self._local(start)
        year = self._year(date.fromordinal(ordinal).year)
        sessions = year.sessions[ordinal - year.first]
        in_time = bool(sessions) and clock <= sessions[-1][1]
        # the place of the day of receipt among the working days of the year, then of the day that it is due
        place = bisect_left(year.working_days, ordinal + (not in_time)) + working_days
        while place >= len(year.working_days):
            place -= len(year.working_days)
            year = self._following(year)
        due = year.working_days[place]
        return self._moment(due, year.sessions[due - year.first][-1][1])

    def working_seconds(self, start: datetime, end: datetime) -> float:
        """Office hours between two moments, in seconds; negative when `end` comes first."""
        return self._working(self._local(start), self._local(end)) / _SECOND

    def add_working_time(self, start: datetime, seconds: float) -> datetime:
        """The earliest moment from `start` on with so many seconds of office hours in between; with 0 it is `start`.

        Raises:
            ValueError: `seconds` is negative.
        """
        if seconds < 0:
            raise ValueError(f"working time is added, not taken away: {seconds} s were given")
        return self._add(start, round(seconds * _SECOND))

    def resume(self, due: datetime, paused_from: datetime, paused_until: datetime) -> datetime:
        """A deadline after a pause, in which a citizen owed a supplement.

        With `pause: elapsed` it moves by the time that the pause took on the wall clock, wherever that leads. With
        `pause: working` the working time that was left when the pause began is left again when it ends. A pause never
        makes a deadline earlier, one that began after the deadline changes nothing, and one of no length neither.

        Raises:
            ValueError: the pause ends before it begins.
        """
        if _aware(paused_until) < _aware(paused_from):
            raise ValueError(f"a pause from {paused_from} cannot end at {paused_until}")
        local_due = _aware(due).astimezone(self.zone)
        if paused_from > due or paused_until == paused_from:
            return local_due
        if self.pause == "elapsed":
            length = paused_until.astimezone(UTC) - paused_from.astimezone(UTC)
            return (due.astimezone(UTC) + length).astimezone(self.zone)
        left = self._working(self._local(paused_from), self._local(due))
        return max(local_due, self._add(paused_until, left))

    def _add(self, start: datetime, microseconds: int) -> datetime:
        if microseconds == 0:
            return _aware(start).astimezone(self.zone)
        ordinal, clock = self._local(start)
        year = self._year(date.fromordinal(ordinal).year)
        wanted = year.until(ordinal, clock) + microseconds
        while wanted > year.working_time:
            wanted -= year.working_time
            year = self._following(year)
        return self._moment(*year.reach(wanted))

    def _working(self, start: tuple[int, int], end: tuple[int, int]) -> int:
        if end < start:
            return -self._working(end, start)
        year = self._year(date.fromordinal(start[0]).year)
        last = self._year(date.fromordinal(end[0]).year)
        found = -year.until(*start)
        while year.first != last.first:
            found += year.working_time
            year = self._following(year)
        return found + last.until(*end)

    def _local(self, moment: datetime) -> tuple[int, int]:
        local = _aware(moment).astimezone(self.zone)
        seconds = (local.hour * 60 + local.minute) * 60 + local.second
        return local.toordinal(), seconds * _SECOND + local.microsecond

    def _moment(self, ordinal: int, clock: int) -> datetime:
        midnight = datetime.combine(date.fromordinal(ordinal), time())
        return (midnight + timedelta(microseconds=clock)).replace(tzinfo=self.zone)

    def _following(self, year: _Year) -> _Year:
        return self._year(date.fromordinal(year.first).year + 1)

    def _build_year(self, year: int) -> _Year:
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise ValueError(f"calendar {self.id} covers {FIRST_YEAR} to {LAST_YEAR}, not {year}")
        first, end = date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()
        by_law = set(holidays.country_holidays(self._country, years=year)) if self._country else set[date]()
        sessions = [self._sessions_on(date.fromordinal(ordinal), by_law) for ordinal in range(first, end)]
        return _Year(
            first,
            sessions,
            [0, *accumulate(sum(end - begin for begin, end in day) for day in sessions)],
            [first + place for place, day in enumerate(sessions) if day],
        )

    def _sessions_on(self, day: date, by_law: set[date]) -> _Sessions:
        if (instead_of := self._swapped_in.get(day)) is not None:
            return self._week[instead_of.weekday()]
        return () if day in self._off or day in by_law else self._week[day.weekday()]


def load_calendar(path: Path) -> WorkingCalendar:
    """Read a calendar of the catalogue.

    Raises:
        CatalogueError: it cannot be read, is no YAML, or does not fit; with file, line and reason.
    """
    return WorkingCalendar(Document(path).read_as(CalendarDocument))


def _digest(document: CalendarDocument) -> str:
    """SHA-256 of the document and of the version of the package that knows the days off by law; hexadecimal."""
    return hashlib.sha256(f"{version('holidays')}\n{document.model_dump_json()}".encode()).hexdigest()


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no offset; a deadline needs to know which clock it is on")
    return moment
