"""Fan-out: one reader of the ring for a replica, and its clients."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from typing import Final

import structlog
from redis.exceptions import RedisError

from fansipan_common.contracts.live import LiveTopic
from fansipan_common.errors import ServerFault
from fansipan_gateway.live.client import LiveClient
from fansipan_gateway.live.domain import EventId, LiveEvent, Subscription
from fansipan_gateway.live.public import PublicKnowledge
from fansipan_gateway.live.rendering import render, reset_at
from fansipan_gateway.live.repository import BadRing, RingRepository

_log = structlog.get_logger(__name__)

AWAY: Final = (RedisError, OSError, TimeoutError, BadRing)
_TAIL_EVENTS: Final = 1_000
_TAIL_BYTES: Final = 8 << 20
_PAUSE_SECONDS: Final = 0.02
_LONGEST_DELAY: Final = 5.0


class LiveAway(ServerFault):
    """There are no live events now."""

    code, title = "live-away", "No live events"

    def __init__(self) -> None:
        super().__init__("there are no live events now: poll, and try again later", retry_after=5)


class LiveHub:
    """Reads the ring, and gives each event to the clients that it is for.

    Whoever joins gets what comes from then on; who was here before, also what it has missed since, from the last events
    that are kept here or from the ring itself. While the ring cannot be read there are no clients: they poll.

    Args:
        ring: where events come from; None: there is no Redis.
        public: what everybody may see.
        changed: called for every event before a client hears of it, and with RESET when some may have been missed.
    """

    def __init__(
        self, ring: RingRepository | None, public: PublicKnowledge, changed: Callable[[LiveTopic], None]
    ) -> None:
        self._ring = ring
        self._public = public
        self._changed = changed
        self._groups: dict[Subscription, set[LiveClient]] = {}
        self._tail: deque[LiveEvent] = deque()
        self._tail_bytes = 0
        self._tail_after = EventId(0, 0)
        self._position: EventId | None = None
        self._closing = False

    @property
    def available(self) -> bool:
        """Whether events are being read."""
        return self._position is not None

    @property
    def clients(self) -> int:
        """How many clients there are."""
        return sum(map(len, self._groups.values()))

    @property
    def position(self) -> EventId:
        """How far the ring was read.

        Raises:
            LiveAway.
        """
        if self._position is None or self._closing:
            raise LiveAway
        return self._position

    def join(self, subscription: Subscription, after: EventId | None) -> LiveClient:
        """A new client, who gets all events from now on; `missed` gives it those between `after` and now.

        Raises:
            LiveAway.
        """
        client = LiveClient(subscription, self.position, after)
        self._groups.setdefault(subscription, set()).add(client)
        return client

    def leave(self, client: LiveClient) -> None:
        """The client is gone."""
        group = self._groups.get(client.subscription)
        if group is not None:
            group.discard(client)
            if not group:
                del self._groups[client.subscription]

    async def missed(self, client: LiveClient) -> AsyncGenerator[bytes]:
        """What a client missed between its `after` and its joining, or one `reset` when that is not known any more.

        Raises:
            LiveAway.
        """
        if client.after is None or self._ring is None:
            return
        place, until = client.after, client.joined
        public = await self._public.known()
        while place < until:
            if place >= self._tail_after:
                events = [event for event in list(self._tail) if place < event.id <= until]
                place = until
            else:
                try:
                    events = await self._ring.between(place, until)
                    oldest = await self._ring.oldest()
                except AWAY as error:
                    raise LiveAway from error
                if oldest is None or oldest > place:
                    yield reset_at(until)
                    return
                place = events[-1].id if events else until
            chunks = [render(event, client.subscription, public) for event in events]
            together = b"".join(chunk for chunk in chunks if chunk is not None)
            if together:
                yield together

    async def run(self) -> None:
        """Read the ring until cancelled; while Redis is away, try again with back-off."""
        if self._ring is None:
            await asyncio.Event().wait()
            return
        delay = 0.2
        while True:
            try:
                await self._follow(self._ring)
            except AWAY as error:
                if self.available:
                    delay = 0.2
                    _log.warning("live events have ended", error=str(error) or type(error).__name__)
                self._lose()
                await asyncio.sleep(delay)
                delay = min(delay * 2, _LONGEST_DELAY)

    def close(self) -> None:
        """Let all clients go, and take no more: the process is to stop."""
        self._closing = True
        self._end_clients()

    async def _follow(self, ring: RingRepository) -> None:
        self._position = self._tail_after = await ring.newest()
        self._changed(LiveTopic.RESET)
        while True:
            events = await ring.following(self._position)
            if not events:
                continue
            oldest = await ring.oldest()
            if oldest is None or oldest > self._position:  # what comes first may not be what came next
                events.insert(0, LiveEvent(events[0].id, LiveTopic.RESET, {}, 0))
            await self._deliver(events)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _deliver(self, events: list[LiveEvent]) -> None:
        for event in events:
            self._changed(event.topic)
        public = await self._public.known()
        for event in events:
            self._position = event.id
            self._remember(event)
            if event.topic is LiveTopic.MARK:
                continue
            for subscription, clients in self._groups.items():
                chunk = render(event, subscription, public)
                if chunk is not None:
                    for client in clients:
                        client.push(event.id, chunk)

    def _remember(self, event: LiveEvent) -> None:
        self._tail.append(event)
        self._tail_bytes += event.size
        while len(self._tail) > _TAIL_EVENTS or (self._tail_bytes > _TAIL_BYTES and len(self._tail) > 1):
            oldest = self._tail.popleft()
            self._tail_bytes -= oldest.size
            self._tail_after = oldest.id

    def _lose(self) -> None:
        self._position = None
        self._tail.clear()
        self._tail_bytes = 0
        self._changed(LiveTopic.RESET)
        self._end_clients()

    def _end_clients(self) -> None:
        for group in self._groups.values():
            for client in group:
                client.end()
