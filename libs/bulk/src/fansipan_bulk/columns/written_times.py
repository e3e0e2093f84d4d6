"""One written time at a time: whatever the usual layouts do not cover."""

import re
from dataclasses import dataclass
from datetime import date as calendar_day
from typing import Final, Literal

from fansipan_bulk.mapping import TimeFormat

_YEAR_FIRST: Final = re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})", re.ASCII)
_COMPACT: Final = re.compile(r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?=$|[T ])", re.ASCII)
_DAY_FIRST: Final = re.compile(r"(?P<d>\d{1,2})[-/.](?P<m>\d{1,2})[-/.](?P<y>\d{4})", re.ASCII)
_MONTH_FIRST: Final = re.compile(r"(?P<m>\d{1,2})[-/.](?P<d>\d{1,2})[-/.](?P<y>\d{4})", re.ASCII)
_TIME: Final = re.compile(
    r"(?:T|t|,?[ ]+)(?P<H>\d{1,2})(?:[:hg](?P<M>\d{1,2})?(?:[:mp](?P<S>\d{1,2})(?:[.,](?P<f>\d{1,9}))?s?)?)?"
    r"[ ]*(?P<half>AM|PM|SA|CH|am|pm|sa|ch)?[ ]*(?P<o>Z|z|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
_TIME_FIRST: Final = re.compile(r"(?P<time>\d{1,2}[:hg]\d{1,2}(?::\d{1,2})?)[ ,]+(?P<date>\d.*)", re.ASCII)
_EPOCH: Final = calendar_day(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Written:
    """Milliseconds since 1970: of UTC where the offset is known, else of the wall clock."""

    ms: int
    offset_known: bool


def read_written(text: str, written: TimeFormat) -> Written | Literal["missing", "invalid"]:
    """A date with or without time. `24:00` is midnight at the end of the day; `23h30` and `11:30 CH` are read."""
    if not text:
        return "missing"
    swapped = _TIME_FIRST.fullmatch(text)
    if swapped is not None:
        text = f"{swapped['date']} {swapped['time']}"
    for pattern in (_YEAR_FIRST, _COMPACT, _MONTH_FIRST if written == "month-first" else _DAY_FIRST):
        date = pattern.match(text)
        if date is not None:
            if pattern is _DAY_FIRST and written == "iso":
                return "invalid"  # which of the two is the month has to be said
            return _joined(date, text[date.end() :])
    return "invalid"


def read_hour(text: str) -> int | None:
    """Milliseconds since midnight of a time of day: `23`, `23:00`, `23h30`, `24`. None when it is none."""
    time = _TIME.fullmatch(" " + text)
    if time is None or time["o"] is not None:
        return None
    return _of_day(time)


def _joined(date: re.Match[str], rest: str) -> Written | Literal["invalid"]:
    try:
        day = calendar_day(int(date["y"]), int(date["m"]), int(date["d"])) - _EPOCH
    except ValueError:
        return "invalid"
    ms = day.days * 86_400_000
    if not rest.strip():
        return Written(ms, False)
    time = _TIME.fullmatch(rest)
    of_day = None if time is None else _of_day(time)
    if time is None or of_day is None:
        return "invalid"
    offset = time["o"]
    if offset is None:
        return Written(ms + of_day, False)
    return Written(ms + of_day - _offset_ms(offset), True)


def _of_day(time: re.Match[str]) -> int | None:
    hour, minute, second = int(time["H"]), int(time["M"] or 0), int(time["S"] or 0)
    half = (time["half"] or "").upper()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half in ("PM", "CH") else 0)
    if minute > 59 or second > 59 or hour > 24 or (hour == 24 and (minute or second)):
        return None
    fraction = int((time["f"] or "0").ljust(3, "0")[:3])
    if hour == 24 and fraction:
        return None
    return ((hour * 60 + minute) * 60 + second) * 1000 + fraction


def _offset_ms(offset: str) -> int:
    if offset in "Zz":
        return 0
    digits = offset[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return (-1 if offset[0] == "-" else 1) * minutes * 60_000
