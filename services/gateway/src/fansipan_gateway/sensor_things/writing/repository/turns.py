"""Who writes for a provider waits here for who does already: without a connection, of which there are few."""

import asyncio
from collections.abc import AsyncGenerator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fansipan_common.db import DatabaseAway


@dataclass(slots=True)
class _Queue:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    people: int = 0


class Turns:
    """One at a time, in the order of coming, for each of many.

    Other replicas, and groups of a batch, are not in these queues: the lock in the database is for all.

    Args:
        seconds: to wait at most.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._queues: dict[Hashable, _Queue] = {}

    @asynccontextmanager
    async def of(self, whom: Hashable) -> AsyncGenerator[None]:
        """Have the turn of somebody, for as long as the block takes.

        Raises:
            DatabaseAway: those before took too long.
        """
        queue = self._queues.setdefault(whom, _Queue())
        queue.people += 1
        try:
            try:
                async with asyncio.timeout(self._seconds):
                    await queue.lock.acquire()
            except TimeoutError as error:
                raise DatabaseAway("others write for this provider, and take long; try again") from error
            try:
                yield
            finally:
                queue.lock.release()
        finally:
            queue.people -= 1
            if not queue.people:
                del self._queues[whom]
