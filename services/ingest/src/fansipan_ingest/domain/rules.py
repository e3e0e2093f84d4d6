"""What makes an item acceptable beyond its form."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LEAST_INTEGER: Final = -(1 << 63)
_GREATEST_INTEGER: Final = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Rejection(Exception):
    """Why an item was not accepted: a stable code and a sentence that says what to do."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """The times an item may carry, in Unix ms: from `earliest` until `ahead` past the present.

    A clock that was never set says 1970, one that was set wrongly may say 2100; both would otherwise make buckets
    that nobody looks at. With `age_ms` times are refused that lie further back than that, too: where old readings are
    let go, one that came again would not be recognised.
    """

    earliest_ms: int
    ahead_ms: int
    age_ms: int | None = None

    def earliest(self, now_ms: int) -> int:
        """The earliest time that is accepted now."""
        return self.earliest_ms if self.age_ms is None else max(self.earliest_ms, now_ms - self.age_ms)

    def check(self, millisecond: int, now_ms: int, what: str = "phenomenonTime") -> Rejection | None:
        """The reason to refuse a time, or None."""
        if millisecond < self.earliest(now_ms):
            earliest = datetime.fromtimestamp(self.earliest(now_ms) / 1000, UTC).date()
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


def json_fault(value: Any, what: str, max_depth: int) -> Rejection | None:
    """The reason why a JSON value cannot be stored as it is, or None.

    Args:
        value: as a JSON parser gives it.
        what: its name in the answer.
        max_depth: how many objects or arrays may lie in each other.
    """
    level, depth = [value], 0
    while level:
        below: list[Any] = []
        for each in level:
            if isinstance(each, dict | list):
                if depth == max_depth:
                    return Rejection("too-deep", f"{what} nests deeper than {max_depth} levels")
                below += [*each.keys(), *each.values()] if isinstance(each, dict) else each
            elif (reason := _scalar_fault(each, what)) is not None:
                return reason
        level, depth = below, depth + 1
    return None


def _scalar_fault(value: Any, what: str) -> Rejection | None:
    if isinstance(value, str):
        if "\0" in value:
            return Rejection("nul-character", f"{what} holds the character U+0000, which cannot be stored")
    elif isinstance(value, float):
        if not math.isfinite(value):
            return Rejection("number-range", f"{what} holds NaN or a number beyond 64-bit floating point")
    elif isinstance(value, int) and not _LEAST_INTEGER <= value <= _GREATEST_INTEGER:
        return Rejection("number-range", f"{what} holds an integer of more than 64 bits: send it as text")
    return None
