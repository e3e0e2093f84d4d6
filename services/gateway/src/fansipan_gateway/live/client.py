"""One client of live events: what waits for it, bounded."""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Final

from fansipan_gateway.live.domain import EventId, Subscription
from fansipan_gateway.live.rendering import reset_at

_CHUNKS: Final = 1_000
_BYTES: Final = 1 << 20


class LiveClient:
    """What a client has still to be sent. The bytes are shared by all clients with the same subscription.

    A client that reads too slowly gets `reset` in place of what waited for it, so nothing grows.

    Args:
        subscription: what it gets.
        joined: the place in the ring from which on events are pushed to it.
        after: the place up to which it has seen everything; None: it is new.
    """

    def __init__(self, subscription: Subscription, joined: EventId, after: EventId | None) -> None:
        self.subscription = subscription
        self.joined = joined
        self.after = after
        self._seen = joined if after is None else max(joined, after)
        self._chunks: deque[bytes] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether it is to be let go."""
        return self._ended

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits for it."""
        return not self._chunks

    def push(self, place: EventId, chunk: bytes) -> None:
        """Have it sent `chunk`, which is the event at `place`; not when the client has seen that."""
        if place <= self._seen:
            return
        self._seen = place
        if self._chunks and (len(self._chunks) >= _CHUNKS or self._bytes + len(chunk) > _BYTES):
            self._chunks.clear()
            self._bytes = 0
            chunk = reset_at(place)
        self._chunks.append(chunk)
        self._bytes += len(chunk)
        self._wake.set()

    def end(self) -> None:
        """Let it go once it was sent what waits."""
        self._ended = True
        self._wake.set()

    async def take(self, seconds: float) -> bytes:
        """All that waits, as soon as there is something; empty after `seconds` without, or when it has ended."""
        if not self._chunks and not self._ended:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), seconds)
        self._wake.clear()
        waiting = b"".join(self._chunks)
        self._chunks.clear()
        self._bytes = 0
        return waiting
