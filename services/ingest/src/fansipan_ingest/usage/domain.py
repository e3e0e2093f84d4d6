"""What is counted, and when it is too much. Pure."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from fansipan_common.errors import ClientFault

ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
CODE: Final = "quota-exhausted"


class QuotaExhausted(ClientFault):
    """The provider has sent as much as it may."""

    status, code, title = 429, CODE, "Quota exhausted"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is counted."""

    provider_id: int
    day: date
    key_id: str


@dataclass(slots=True)
class Count:
    """What was sent at a place since it was written down last; `refused` by code."""

    last_used_at: datetime
    requests: int = 0
    accepted: int = 0
    bytes: int = 0
    refused: Counter[str] = field(default_factory=Counter[str])


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a provider may send; None: any amount."""

    observations_per_day: int | None = None
    bytes_per_day: int | None = None
    requests_per_minute: int | None = None


@dataclass(slots=True)
class Standing:
    """What is known of a provider: its limits, what all replicas counted, and what this one has on top of it."""

    limits: Limits
    day: date
    minute: datetime
    accepted: int = 0
    bytes: int = 0
    requests: int = 0

    def turn(self, now: datetime) -> None:
        """Begin to count anew with a new day, a new minute."""
        day, minute = day_of(now), minute_of(now)
        if day != self.day:
            self.day, self.accepted, self.bytes = day, 0, 0
        if minute != self.minute:
            self.minute, self.requests = minute, 0

    def refusal(self, now: datetime) -> QuotaExhausted | None:
        """Why a request is not taken, or None."""
        limits = self.limits
        if limits.requests_per_minute is not None and self.requests >= limits.requests_per_minute:
            return QuotaExhausted(
                f"{limits.requests_per_minute} requests a minute are allowed: send more items in each, or slower",
                retry_after=max(1, 60 - now.second),
            )
        if limits.observations_per_day is not None and self.accepted >= limits.observations_per_day:
            return _until_midnight(f"{limits.observations_per_day} observations and events a day", now)
        if limits.bytes_per_day is not None and self.bytes >= limits.bytes_per_day:
            return _until_midnight(f"{limits.bytes_per_day} bytes a day", now)
        return None


def day_of(now: datetime) -> date:
    """The local day."""
    return now.astimezone(ZONE).date()


def minute_of(now: datetime) -> datetime:
    """The beginning of the minute."""
    return now.replace(second=0, microsecond=0)


def _until_midnight(what: str, now: datetime) -> QuotaExhausted:
    local = now.astimezone(ZONE)
    midnight = datetime.combine(local.date() + timedelta(days=1), time(), ZONE)
    seconds = max(1, int((midnight - local).total_seconds()) + 1)
    return QuotaExhausted(
        f"{what} are allowed, and today's are used up: ask who runs the platform, or wait for midnight",
        retry_after=seconds,
    )
