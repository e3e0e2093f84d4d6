"""The YAML of a working-day calendar, validated: `catalogue/calendars/<id>.yaml`."""

from collections import Counter
from datetime import date
from itertools import pairwise
from typing import Annotated, Final, Literal, Self, get_args
from zoneinfo import ZoneInfo

import holidays
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

FIRST_YEAR: Final = 1995
"""The Labour Code of 1994, whose days off the `holidays` package begins with, was in force from 1995."""

LAST_YEAR: Final = 2099
"""The package's table of lunar years ends here."""

Pause = Literal["elapsed", "working"]
"""By what a deadline moves while a citizen owes a supplement: time on the wall clock, or working time."""

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: Final[tuple[Weekday, ...]] = get_args(Weekday)


def _known_zone(key: str) -> str:
    try:
        ZoneInfo(key)
    except (KeyError, ValueError, OSError) as error:  # unknown, malformed, or a folder of zones
        raise ValueError(f"{key!r} is no time zone; write one like Asia/Ho_Chi_Minh") from error
    return key


def _known_country(code: str) -> str:
    try:
        holidays.country_holidays(code)  # asking for the list of all countries would load them all
    except NotImplementedError as error:
        raise ValueError(
            f"the holidays package knows no country {code!r}; write an ISO 3166 code like VN"
        ) from error
    return code


def _covered(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"{day} is not in the years {FIRST_YEAR} to {LAST_YEAR}")
    return day


Day = Annotated[date, AfterValidator(_covered)]
Session = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
"""A stretch of office hours, `07:30-11:30`."""

Reason = Annotated[str, Field(min_length=1, max_length=500)]
"""The law or notice that says so: a deadline that it moved must be explainable."""


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class OfficeHours(_Part):
    """Office hours of some weekdays, in order."""

    days: Annotated[list[Weekday], Field(min_length=1)]
    hours: Annotated[list[Session], Field(min_length=1)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        edges = [edge for session in self.sessions() for edge in session]
        if any(earlier >= later for earlier, later in pairwise(edges)):
            raise ValueError(f"office hours stand in order and do not touch: {', '.join(self.hours)}")
        return self

    def sessions(self) -> list[tuple[int, int]]:
        """Begin and end of each stretch, in minutes after midnight."""
        return [(_minutes(begin), _minutes(end)) for begin, end in (text.split("-") for text in self.hours)]


class PublicHolidays(_Part):
    """Days off by the law of a country, as the `holidays` package knows them."""

    country: Annotated[str, AfterValidator(_known_country)]


class DayOff(_Part):
    """A day on which nobody works."""

    date: Day
    reason: Reason


class SwappedDay(_Part):
    """A day off that is worked, for a day of `daysOff` that is not. It has the office hours of that day's weekday."""

    date: Day
    instead_of: Day
    reason: Reason


class CalendarDocument(_Part):
    """A calendar. `workingDays` wins over everything, then come days off, then the week."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    zone: Annotated[str, AfterValidator(_known_zone)]
    office_hours: Annotated[list[OfficeHours], Field(min_length=1)]
    holidays: PublicHolidays | None = None
    extra_holidays: list[DayOff] = Field(default_factory=list)
    working_days: list[SwappedDay] = Field(default_factory=list)
    days_off: list[DayOff] = Field(default_factory=list)
    pause: Pause = "elapsed"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        week = Counter(day for entry in self.office_hours for day in entry.days)
        if twice := [day for day, count in week.items() if count > 1]:
            raise ValueError(f"officeHours names {', '.join(twice)} more than once")
        entries = [entry.date for entry in (*self.extra_holidays, *self.working_days, *self.days_off)]
        if repeated := [day for day, count in Counter(entries).items() if count > 1]:
            raise ValueError(f"{repeated[0]} is listed more than once")
        off = {entry.date for entry in self.days_off}
        for swap in self.working_days:
            if swap.instead_of not in off:
                raise ValueError(f"{swap.date} is worked for {swap.instead_of}: list that day in daysOff")
            if not self.sessions(swap.instead_of.weekday()):
                raise ValueError(f"{swap.instead_of} has no office hours that {swap.date} could take over")
        return self

    def sessions(self, weekday: int) -> list[tuple[int, int]]:
        """Office hours of a weekday (0 is Monday), in minutes after midnight; empty when it is a day off."""
        name = WEEKDAYS[weekday]
        return next((entry.sessions() for entry in self.office_hours if name in entry.days), [])


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
