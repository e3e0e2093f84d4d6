"""How long to wait before the same is sent again."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential back-off with full jitter; a server's Retry-After is the least that is waited.

    Attributes:
        first, most: seconds of the first and of the longest step.
        patience: seconds after which a batch is given up, counted from its first failure.
        draw: a number in [0, 1).
    """

    first: float = 0.25
    most: float = 15.0
    patience: float = 600.0
    draw: Callable[[], float] = field(default=random.random)

    def delay(self, attempt: int, retry_after: float | None) -> float:
        """Seconds to wait after the failed attempt number `attempt`, from 0."""
        step = min(self.most, self.first * 2 ** min(attempt, 16))
        jittered = step * (0.5 + self.draw() / 2)
        return jittered if retry_after is None else retry_after + jittered * 0.1


def parse_retry_after(text: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for (a number or an HTTP date), at most five minutes; None without one."""
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - now).total_seconds()
    return min(300.0, max(0.0, seconds)) if seconds == seconds else None  # noqa: PLR0124 - nan is no number
