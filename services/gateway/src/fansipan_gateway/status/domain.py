"""What is said of a part, and of readings that do not come."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

_FAILURES: Final = 2
_WATCHED: Final = timedelta(hours=1)
_LEAST_SILENCE: Final = timedelta(minutes=2)
_LONGER: Final = 3
_LEAST_PAUSES: Final = 3
_MOST_PAUSES: Final = 2_000


class State(StrEnum):
    """How a part is.

    Attributes:
        OK: it answers and is ready.
        UNREADY: it answers, and says that it cannot do its work.
        AWAY: it does not answer.
        UNKNOWN: it was not asked yet.
    """

    OK = "ok"
    UNREADY = "unready"
    AWAY = "away"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PartStatus:
    """What is known of a part.

    Attributes:
        part: its name.
        state: how it is.
        ok_at: when it was last found well; None: not since this gateway began.
    """

    part: str
    state: State = State.UNKNOWN
    ok_at: datetime | None = None


class PartRecord:
    """What one part answered, one time after another. It is away, or unready, only when it was so twice in a row: one
    slow answer is no outage."""

    def __init__(self, part: str) -> None:
        self._status = PartStatus(part)
        self._failures = 0

    @property
    def status(self) -> PartStatus:
        """What is known now."""
        return self._status

    def note(self, found: State, now: datetime) -> None:
        """It was found so."""
        if found is State.OK:
            self._failures = 0
            self._status = PartStatus(self._status.part, State.OK, now)
            return
        self._failures += 1
        if self._failures >= _FAILURES:
            self._status = PartStatus(self._status.part, found, self._status.ok_at)


class Arrivals:
    """When readings were stored, and whether that they are not is unusual.

    Unusual is a silence three times as long as the longest pause of the hour before it, and of two minutes at least.
    With fewer than three pauses seen it is not known what is usual, and nothing is called unusual.
    """

    def __init__(self) -> None:
        self._newest: datetime | None = None
        self._pauses: deque[tuple[datetime, timedelta]] = deque(maxlen=_MOST_PAUSES)

    @property
    def newest(self) -> datetime | None:
        """When the newest reading was stored, as far as is known."""
        return self._newest

    def note(self, newest: datetime | None) -> None:
        """The newest reading was stored then."""
        if newest is None or newest == self._newest:
            return
        if self._newest is not None and newest > self._newest:
            self._pauses.append((newest, newest - self._newest))
            while self._pauses[0][0] < newest - _WATCHED:
                self._pauses.popleft()
        self._newest = newest

    def is_unusually_quiet(self, now: datetime) -> bool:
        """Whether readings should have come by now."""
        if self._newest is None or len(self._pauses) < _LEAST_PAUSES:
            return False
        longest = max(pause for _, pause in self._pauses)
        return now - self._newest > max(_LEAST_SILENCE, _LONGER * longest)
