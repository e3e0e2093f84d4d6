"""Several requests at once, yet in order for each thing: a thing always takes the same lane."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple
from zlib import crc32

from fansipan_cli.errors import CommandError
from fansipan_cli.sending.client import IngestClient, Target

_PATIENCE_OF_A_BATCH = 0.5
"""Seconds a paced item may wait for others to share its request."""


class Outgoing(NamedTuple):
    """An item to send. Items of one `order_key` stay in order; `at_ms` is its time, for pacing."""

    target: Target
    order_key: str
    at_ms: int
    item: dict[str, Any]


@dataclass(slots=True)
class Pace:
    """Lets items go at `speed` times the pace of their own times."""

    speed: float
    monotonic: Callable[[], float] = time.monotonic
    _began: float | None = None
    _first_ms: int = 0

    def wait(self, at_ms: int) -> float:
        """Seconds until an item of time `at_ms` is due; the first is due at once."""
        now = self.monotonic()
        if self._began is None:
            self._began, self._first_ms = now, at_ms
        return max(0.0, self._began + (at_ms - self._first_ms) / 1000 / self.speed - now)


class Sender:
    """Cuts a stream of items into batches and sends them over `lanes` at once.

    Args:
        batch_size: items a request holds at most.
        pace: None sends as fast as ingest takes it.
    """

    def __init__(
        self,
        client: IngestClient,
        *,
        lanes: int,
        batch_size: int,
        pace: Pace | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._pace = pace
        self._sleep = sleep
        self._batch_size = batch_size
        self._lanes = [_Lane(client, batch_size) for _ in range(lanes)]

    async def run(self, items: Iterable[Outgoing]) -> None:
        """Send everything; returns when all is answered.

        Raises:
            CommandError: as `IngestClient.send`; the other lanes are stopped.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for lane in self._lanes:
                    group.create_task(lane.run())
                await self._feed(items)
                for lane in self._lanes:
                    await lane.close()
        except* CommandError as errors:
            raise errors.exceptions[0] from None

    async def _feed(self, items: Iterable[Outgoing]) -> None:
        lanes: dict[str, _Lane] = {}
        flushed = 0.0
        for outgoing in items:
            if self._pace is not None:
                wait = self._pace.wait(outgoing.at_ms)
                if wait > 0.0 or self._pace.monotonic() - flushed > _PATIENCE_OF_A_BATCH:
                    await self._flush()
                    flushed = self._pace.monotonic()
                if wait > 0.0:
                    await self._sleep(wait)
            lane = lanes.get(outgoing.order_key)
            if lane is None:
                lane = lanes[outgoing.order_key] = self._lanes[
                    crc32(outgoing.order_key.encode()) % len(self._lanes)
                ]
            if lane.add(outgoing.target, outgoing.item):
                await lane.flush()
        await self._flush()

    async def _flush(self) -> None:
        for lane in self._lanes:
            await lane.flush()


class _Lane:
    """Batches sent one after the other; at most two wait."""

    def __init__(self, client: IngestClient, batch_size: int) -> None:
        self._client = client
        self._batch_size = batch_size
        self._collecting: dict[Target, list[dict[str, Any]]] = {}
        self._waiting: asyncio.Queue[tuple[Target, list[dict[str, Any]]] | None] = asyncio.Queue(maxsize=2)

    def add(self, target: Target, item: dict[str, Any]) -> bool:
        """Collect an item; true when a batch is full and `flush` is due."""
        batch = self._collecting.setdefault(target, [])
        batch.append(item)
        return len(batch) >= self._batch_size

    async def flush(self) -> None:
        """Hand over what was collected, waiting while two batches wait already."""
        collected, self._collecting = self._collecting, {}
        for target, batch in collected.items():
            await self._waiting.put((target, batch))

    async def close(self) -> None:
        """No more will come."""
        await self._waiting.put(None)

    async def run(self) -> None:
        """Send until closed."""
        while (batch := await self._waiting.get()) is not None:
            await self._client.send(*batch)
