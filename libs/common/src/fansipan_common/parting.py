"""Leaving connections so that no client sends a request into one that is just being closed.

HTTP/1.1 has no way to call off an idle connection: a client that sends at the moment we close gets no answer, and
does not know whether what it sent was done. So when a service is told to stop it goes on answering for a while, and
says with every answer that it is the last on its connection (RFC 9112, 9.6). Clients that work come back elsewhere, by
themselves; only what has been silent all the while is closed.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import uvicorn

_TICK_SECONDS: Final = 0.05
_LAST: Final = (b"connection", b"close")


class PartingServer(uvicorn.Server):
    """uvicorn's server, which takes its leave before it stops.

    Args:
        config: of uvicorn.
        seconds: how long to go on answering; less when all connections have ended.
        parting: called when it begins.
    """

    def __init__(self, config: uvicorn.Config, *, seconds: float, parting: Callable[[], None]) -> None:
        super().__init__(config)
        self._seconds = seconds
        self._parting = parting

    async def main_loop(self) -> None:
        """Serve until told to stop, and then a little longer."""
        await super().main_loop()
        self._parting()
        state = self.server_state
        state.default_headers = [*state.default_headers, _LAST]  # of what is asked from now on
        connections: set[Any] = state.connections
        for connection in connections:
            if connection.cycle is not None:  # None before the first request
                connection.cycle.keep_alive = False  # of what is being answered
        loop = asyncio.get_running_loop()
        until = loop.time() + self._seconds
        while connections and loop.time() < until and not self.force_exit:
            await asyncio.sleep(_TICK_SECONDS)
