"""One replica at a time: who holds the door's session at the broker."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

import asyncpg
import structlog

from fansipan_common.db import AWAY

_log = structlog.get_logger(__name__)

_ASK_SECONDS: Final = 2.0
_TIMEOUT_SECONDS: Final = 5.0
_SERVER_SETTINGS: Final = {
    # The server lets the lock of a holder that vanished go after half a minute, not after two hours.
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}


class SoleTurn:
    """Runs some work in one process of many: the one that holds an advisory lock of PostgreSQL.

    When the holder dies, another takes over within seconds. When the database goes away, the holder works on, since
    nobody else can begin meanwhile; if somebody else has the lock once it is back, the work is cancelled.

    Args:
        url: of the database.
        name: of what is to be done by one at a time.
        application: shown in `pg_stat_activity`.
    """

    def __init__(self, url: str, name: str, *, application: str) -> None:
        self._url = url
        self._application = application
        self._lock = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        self.is_ours = False

    async def run(self, work: Callable[[], Awaitable[None]]) -> None:
        """Wait for our turn, work, and again when it was lost; until cancelled, or until the work fails."""
        task: asyncio.Task[None] | None = None
        connection: asyncpg.Connection[Any] | None = None
        try:
            while task is None or not task.done():
                try:
                    if connection is None:
                        connection = await asyncpg.connect(
                            self._url,
                            timeout=_TIMEOUT_SECONDS,
                            server_settings={**_SERVER_SETTINGS, "application_name": self._application},
                        )
                        self.is_ours = False
                    self.is_ours = self.is_ours or await self._try(connection)
                    if self.is_ours:
                        await connection.execute("SELECT 1", timeout=_TIMEOUT_SECONDS)
                except AWAY as error:
                    _log.warning("the database cannot say whose turn it is", error=str(error))
                    if connection is not None:
                        connection.terminate()
                        connection = None
                else:
                    task = await self._obey(work, task)
                await _pause(task)
            await task
        finally:
            if task is not None:
                await _end(task)
            if connection is not None:
                connection.terminate()

    async def _try(self, connection: "asyncpg.Connection[Any]") -> bool:
        query = "SELECT pg_try_advisory_lock($1)"
        return bool(await connection.fetchval(query, self._lock, timeout=_TIMEOUT_SECONDS))

    async def _obey(
        self, work: Callable[[], Awaitable[None]], task: "asyncio.Task[None] | None"
    ) -> "asyncio.Task[None] | None":
        if self.is_ours and task is None:
            return asyncio.create_task(_run(work), name="sole-turn")
        if not self.is_ours and task is not None:
            _log.warning("another replica took our turn")
            await _end(task)
            return None
        return task


async def _run(work: Callable[[], Awaitable[None]]) -> None:
    await work()


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait([task], timeout=_TIMEOUT_SECONDS)


async def _pause(task: "asyncio.Task[None] | None") -> None:
    if task is None:
        await asyncio.sleep(_ASK_SECONDS)
    else:
        await asyncio.wait([task], timeout=_ASK_SECONDS)
