"""Periods of the local calendar: hour, day, month, quarter, year of Asia/Ho_Chi_Minh.

A period is written as people write it: `2026-11-21T08`, `2026-11-21`, `2026-11`, `2026-Q4`, `2026`.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
"""The zone in which periods are cut. It has had no summer time since 1975, so every hour has 60 minutes."""

_PATTERN: Final = re.compile(
    r"(?P<year>\d{4})(-Q(?P<quarter>[1-4])|-(?P<month>\d\d)(-(?P<day>\d\d)(T(?P<hour>\d\d))?)?)?", re.ASCII
)


class PeriodKind(StrEnum):
    """Lengths of a period."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """One period. `start` is aware, in UTC, and the true beginning of a period of its kind."""

    kind: PeriodKind
    start: datetime
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.kind.value, self.start)))

    def __hash__(self) -> int:
        return self._hash  # periods are looked up far more often than they are made

    @property
    def end(self) -> datetime:
        """Its end, exclusive, in UTC."""
        return _end_of(self.kind, self.start)

    @property
    def label(self) -> str:
        """How it is written."""
        local = self.start.astimezone(ZONE)
        match self.kind:
            case PeriodKind.HOUR:
                return local.strftime("%Y-%m-%dT%H")
            case PeriodKind.DAY:
                return local.strftime("%Y-%m-%d")
            case PeriodKind.MONTH:
                return local.strftime("%Y-%m")
            case PeriodKind.QUARTER:
                return f"{local.year:04d}-Q{(local.month + 2) // 3}"
            case PeriodKind.YEAR:
                return f"{local.year:04d}"

    @property
    def following(self) -> "Period":
        """The period after this one."""
        return _one_period(self.kind, self.end)


@lru_cache(maxsize=20_000)
def _one_period(kind: PeriodKind, start: datetime) -> Period:
    """The same object each time: dictionaries find it without comparing."""
    return Period(kind, start)


@lru_cache(maxsize=20_000)
def _end_of(kind: PeriodKind, start: datetime) -> datetime:
    match kind:
        case PeriodKind.HOUR:
            return start + timedelta(hours=1)
        case PeriodKind.DAY:
            return start + timedelta(days=1)
        case PeriodKind.MONTH:
            return _months_later(start.astimezone(ZONE), 1)
        case PeriodKind.QUARTER:
            return _months_later(start.astimezone(ZONE), 3)
        case PeriodKind.YEAR:
            return _months_later(start.astimezone(ZONE), 12)


def _months_later(local: datetime, months: int) -> datetime:
    years, month = divmod(local.month - 1 + months, 12)
    return local.replace(year=local.year + years, month=month + 1).astimezone(UTC)


def period_at(kind: PeriodKind, moment: datetime) -> Period:
    """The period of a kind that holds an (aware) moment."""
    local = moment.astimezone(ZONE).replace(minute=0, second=0, microsecond=0)
    match kind:
        case PeriodKind.HOUR:
            pass
        case PeriodKind.DAY:
            local = local.replace(hour=0)
        case PeriodKind.MONTH:
            local = local.replace(hour=0, day=1)
        case PeriodKind.QUARTER:
            local = local.replace(hour=0, day=1, month=(local.month - 1) // 3 * 3 + 1)
        case PeriodKind.YEAR:
            local = local.replace(hour=0, day=1, month=1)
    return _one_period(kind, local.astimezone(UTC))


def parse_period(text: str) -> Period:
    """Read a period as it is written.

    Raises:
        ValueError: it is not written as a period, or there is no such day or hour.
    """
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise ValueError("a period is written 2026-11-21T08 (hour), 2026-11-21, 2026-11, 2026-Q4 or 2026")
    parts = {name: int(value) for name, value in match.groupdict().items() if value is not None}
    if "quarter" in parts:
        kind, parts["month"] = PeriodKind.QUARTER, parts.pop("quarter") * 3 - 2
    elif "hour" in parts:
        kind = PeriodKind.HOUR
    elif "day" in parts:
        kind = PeriodKind.DAY
    elif "month" in parts:
        kind = PeriodKind.MONTH
    else:
        kind = PeriodKind.YEAR
    try:
        local = datetime(
            parts["year"], parts.get("month", 1), parts.get("day", 1), parts.get("hour", 0), tzinfo=ZONE
        )
    except ValueError as error:
        raise ValueError(f"there is no period {text}: {error}") from error
    if not 1970 <= local.year <= 2200:
        raise ValueError("periods lie between 1970 and 2200")
    return Period(kind, local.astimezone(UTC))


def periods_between(kind: PeriodKind, first: datetime, last: datetime) -> list[Period]:
    """All periods of a kind from the one that holds `first` to the one that holds `last`, both inside."""
    period, found = period_at(kind, first), []
    while period.start <= last:
        found.append(period)
        period = period.following
    return found
