"""Being told of changes by PostgreSQL (LISTEN, NOTIFY)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import structlog

from fansipan_common.db import AWAY

_log = structlog.get_logger(__name__)


class Listener:
    """Calls back on every NOTIFY of a channel, over one connection that is re-made with back-off when it is lost.

    `on_notify` is also called after each (re)connect, since notifications may have been missed before it.
    """

    def __init__(self, url: str, channel: str, on_notify: Callable[[], Awaitable[None]]) -> None:
        self._url = url
        self._channel = channel
        self._on_notify = on_notify

    async def run(self) -> None:
        """Listen until cancelled."""
        delay = 0.2
        while True:
            try:
                connection = await asyncpg.connect(self._url, timeout=5.0)
            except AWAY as error:
                _log.warning(
                    "listener cannot connect", channel=self._channel, error=str(error), retry_in=delay
                )
                await asyncio.sleep(delay)
                delay = min(delay * 2, 5.0)
                continue
            delay = 0.2
            try:
                await self._listen(connection)
            except AWAY as error:
                _log.warning("listener lost its connection", channel=self._channel, error=str(error))
            finally:
                connection.terminate()

    async def _listen(self, connection: "asyncpg.Connection[Any]") -> None:
        wake = asyncio.Event()
        connection.add_termination_listener(lambda _c: wake.set())
        await connection.add_listener(self._channel, lambda *_args: wake.set())
        wake.set()
        while not connection.is_closed():
            try:
                await asyncio.wait_for(wake.wait(), 15.0)
            except TimeoutError:
                await connection.execute("SELECT 1", timeout=5.0)  # notices a dead peer
                continue
            wake.clear()
            await self._on_notify()
