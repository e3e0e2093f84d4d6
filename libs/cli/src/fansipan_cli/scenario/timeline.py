"""Moving recorded times to now by one constant for each source, so that intervals hold."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_ALIGNMENTS: Final = {"day": timedelta(days=1), "week": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Timeline:
    """Recorded time + `shift_ms` = time now. A series that has run out starts again `turn_ms` later.

    The same shift gives the same times on every run: what was sent before is recognised, not doubled.
    """

    shift_ms: int
    turn_ms: int

    def place(self, recorded_ms: int, turn: int = 0) -> int:
        """Where a recorded time lies in the given turn, ms."""
        return recorded_ms + self.shift_ms + turn * self.turn_ms

    def turns(self, first_ms: int, last_ms: int, *, since_ms: int, until_ms: int) -> Iterator[int]:
        """The turns, from 0, in which a series recorded from first to last touches [since, until]."""
        turn = max(0, -(-(since_ms - self.place(last_ms)) // self.turn_ms))
        while self.place(first_ms, turn) <= until_ms:
            yield turn
            turn += 1


def shift_to_end_at(last_ms: int, now_ms: int) -> int:
    """The shift with which the last reading lands one second before now."""
    return now_ms - 1000 - last_ms


def aligned_timeline(
    *,
    first_ms: int,
    last_ms: int,
    now_ms: int,
    hold_back: timedelta,
    align: str,
    clock: ZoneInfo,
    zone: ZoneInfo,
    shift_ms: int | None = None,
) -> Timeline:
    """The timeline that keeps the wall clock (and with `week` the weekday) of the recording.

    The cut between what lies before now and what is still to come falls at most one alignment before the last
    `hold_back` of the recording. `shift_ms` is the shift of an earlier run, which is then kept.
    """
    step = _ms(_ALIGNMENTS[align])
    turn = -(-(last_ms - first_ms + 1) // step) * step
    if shift_ms is None:
        wall = _offset_ms(clock, last_ms) - _offset_ms(zone, now_ms)
        least = now_ms - (last_ms - _ms(hold_back))
        shift_ms = least + (wall - least) % step
    return Timeline(shift_ms, turn)


def _ms(length: timedelta) -> int:
    return length // timedelta(milliseconds=1)


def _offset_ms(zone: ZoneInfo, at_ms: int) -> int:
    offset = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).utcoffset()
    return 0 if offset is None else _ms(offset)
