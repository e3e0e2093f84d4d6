"""The live part: the readings that were held back, stamped now, at a pace one can watch; then from the start again."""

from collections import deque

from fansipan_cli.demo.plan import Planned
from fansipan_cli.replay.recordings import Series
from fansipan_cli.sending import Outgoing

_SECONDS_BETWEEN_READINGS = 12
"""About how often each thing gets a new reading."""


class SeriesTap:
    """Gives the readings of a series one after the other, beginning after what lies before now."""

    def __init__(self, planned: Planned, series: Series, now_ms: int) -> None:
        self._series = series
        self._next = self._first_after(planned, now_ms)
        things = len({reading.thing for reading in series.readings})
        self._per_second = max(1, things) / _SECONDS_BETWEEN_READINGS
        self._owed = 0.0

    def draw(self, seconds: float, now_ms: int) -> list[Outgoing]:
        """The observations due after `seconds` more, stamped `now_ms`; of each thing at most one reading."""
        self._owed = min(self._owed + seconds * self._per_second, 2 * self._per_second + 1)
        drawn: list[Outgoing] = []
        things: set[str] = set()
        while self._owed >= 1:
            reading = self._series.readings[self._next]
            if reading.thing in things:
                break
            things.add(reading.thing)
            self._owed -= 1
            self._next = (self._next + 1) % len(self._series.readings)
            order_key = f"{self._series.provider}/{reading.thing}"
            drawn += [Outgoing("observations", order_key, now_ms, item) for item in reading.items(now_ms)]
        return drawn

    def _first_after(self, planned: Planned, now_ms: int) -> int:
        turn_ms = planned.timeline.turn_ms
        recorded = (now_ms - planned.timeline.place(self._series.first_ms)) % turn_ms + self._series.first_ms
        for place, reading in enumerate(self._series.readings):
            if reading.at_ms > recorded:
                return place
        return 0


class LiveFeed:
    """What is new since the last tick, of all recordings. Service events come when they are due."""

    def __init__(self, planned: list[Planned], now_ms: int) -> None:
        self._taps = [
            SeriesTap(one, one.recording, now_ms) for one in planned if isinstance(one.recording, Series)
        ]
        events = [outgoing for one in planned for outgoing in one.future_events(now_ms)]
        self._events = deque(sorted(events, key=lambda outgoing: outgoing.at_ms))

    def tick(self, seconds: float, now_ms: int) -> tuple[list[Outgoing], list[Outgoing]]:
        """Observations and service events to send now, `seconds` after the last tick."""
        observations = [outgoing for tap in self._taps for outgoing in tap.draw(seconds, now_ms)]
        events: list[Outgoing] = []
        while self._events and self._events[0].at_ms <= now_ms:
            events.append(self._events.popleft())
        return observations, events
