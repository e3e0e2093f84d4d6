"""Waiting for others without a connection, of which there are few."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fansipan_common.errors import FansipanError


@dataclass(slots=True)
class _Queue:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    people: int = 0


class Turns:
    """One at a time, in the order of coming, for each of many. Other replicas are not in these queues.

    Args:
        seconds: to wait at most.
        fault: what is raised when that is over.
    """

    def __init__(self, seconds: float, fault: Callable[[], FansipanError]) -> None:
        self._seconds = seconds
        self._fault = fault
        self._queues: dict[Hashable, _Queue] = {}

    @asynccontextmanager
    async def of(self, whom: Hashable) -> AsyncGenerator[None]:
        """Have the turn of somebody, for as long as the block takes.

        Raises:
            The fault: those before took too long.
        """
        queue = self._queues.setdefault(whom, _Queue())
        queue.people += 1
        try:
            try:
                async with asyncio.timeout(self._seconds):
                    await queue.lock.acquire()
            except TimeoutError as error:
                raise self._fault() from error
            try:
                yield
            finally:
                queue.lock.release()
        finally:
            queue.people -= 1
            if not queue.people:
                del self._queues[whom]
