"""How far the store has come, for callers that wait until what they sent is readable."""

import asyncio
from collections.abc import Iterable
from typing import Final

from fansipan_common.db import Database, DatabaseAway
from fansipan_common.kafka import Written

_POLL_SECONDS: Final = 0.02
_STORE: Final = "store"


class StoreProgress:
    """One poller for all waiters: it asks for the store's offsets only while somebody waits."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._offsets: dict[tuple[str, int], int] = {}
        self._waiting = 0
        self._wanted = asyncio.Event()
        self._moved = asyncio.Condition()

    async def run(self) -> None:
        """Poll until cancelled; a database that is away is asked again, more slowly."""
        while True:
            await self._wanted.wait()
            pause = _POLL_SECONDS
            try:
                rows = await self._database.fetch(
                    "SELECT topic, partition, next_offset FROM consumer_offset WHERE consumer = $1", _STORE
                )
            except DatabaseAway:
                pause = 0.5
            else:
                self._offsets = {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
                async with self._moved:
                    self._moved.notify_all()
            await asyncio.sleep(pause)

    async def wait(self, written: Iterable[Written], timeout: float) -> bool:
        """Whether all records were stored within `timeout` seconds."""
        wanted: dict[tuple[str, int], int] = {}
        for record in written:
            place = (record.topic, record.partition)
            wanted[place] = max(wanted.get(place, -1), record.offset)
        self._waiting += 1
        self._wanted.set()
        try:
            async with asyncio.timeout(timeout), self._moved:
                await self._moved.wait_for(
                    lambda: all(self._offsets.get(place, 0) > offset for place, offset in wanted.items())
                )
        except TimeoutError:
            return False
        else:
            return True
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._wanted.clear()
