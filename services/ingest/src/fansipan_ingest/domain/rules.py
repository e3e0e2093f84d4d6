"""What makes an item acceptable beyond its form."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rejection(Exception):
    """Why an item was not accepted: a stable code and a sentence that says what to do."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """The times an item may carry, in Unix ms: from `earliest` until `ahead` past the present.

    A clock that was never set says 1970, one that was set wrongly may say 2100; both would otherwise make buckets
    that nobody looks at.
    """

    earliest_ms: int
    ahead_ms: int

    def check(self, millisecond: int, now_ms: int, what: str = "phenomenonTime") -> Rejection | None:
        """The reason to refuse a time, or None."""
        if millisecond < self.earliest_ms:
            earliest = datetime.fromtimestamp(self.earliest_ms / 1000, UTC).date()
            return Rejection("time-too-early", f"{what} is before {earliest}: check the sender's clock")
        if millisecond > now_ms + self.ahead_ms:
            return Rejection(
                "time-in-future",
                f"{what} is more than {self.ahead_ms // 1000} s ahead of the server: check the sender's clock",
            )
        return None


def unix_ms(moment: datetime) -> int:
    """Unix time in ms of an aware datetime, cut (not rounded) to the millisecond."""
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000


def depth_exceeds(value: Any, limit: int) -> bool:
    """Whether JSON nests deeper than `limit` objects or arrays."""
    level = [value]
    for _ in range(limit):
        level = [
            inner
            for outer in level
            for inner in (
                outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ()
            )
        ]
        if not level:
            return False
    return any(isinstance(value, dict | list) for value in level)
