"""Replicas of a service behind one address, replaced one by one as a Deployment does it."""

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

# As in deploy/k8s, but shorter: how long connections still reach a pod that was deleted, and when it is told to stop.
_PROPAGATION_SECONDS: Final = 0.4
_PRE_STOP_SECONDS: Final = 1.0
GRACE_SECONDS: Final = 60.0


class Balancer:
    """Spreads TCP connections over endpoints, as the Service of Kubernetes does: whoever has one keeps it.

    It knows nothing of HTTP, tries nothing again, and a connection that an endpoint refuses is closed.
    """

    def __init__(self) -> None:
        self.url = ""
        self._endpoints: list[str] = []
        self._turns = itertools.count()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen on a free port of this machine."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Stop listening, and end all connections."""
        if self._server is not None:
            self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def add(self, url: str) -> None:
        """An endpoint became ready."""
        self._endpoints.append(url)

    def remove(self, url: str) -> None:
        """Send no new connections there."""
        self._endpoints.remove(url)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        if not self._endpoints:
            writer.close()
            return
        url = urlsplit(self._endpoints[next(self._turns) % len(self._endpoints)])
        try:
            with suppress(OSError, asyncio.CancelledError):  # one side is gone, or all is closed
                there, back = await asyncio.open_connection(url.hostname, url.port)
                try:
                    await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))
                finally:
                    back.close()
        finally:
            writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


@asynccontextmanager
async def balancer() -> AsyncGenerator[Balancer]:
    """A balancer for as long as the block lasts."""
    running = Balancer()
    await running.start()
    try:
        yield running
    finally:
        await running.close()


@dataclass(frozen=True, slots=True)
class Replica:
    """One running process of a service.

    Attributes:
        url: where it listens.
        stop: sends SIGTERM and waits until it has ended.
    """

    url: str
    stop: Callable[[], Awaitable[object]]


async def retire(replica: Replica, behind: Balancer | None) -> float:
    """Delete a pod: endpoints hear of it, preStop waits, then SIGTERM; returns the seconds from there to its end."""

    async def spread() -> None:
        await asyncio.sleep(_PROPAGATION_SECONDS)
        if behind is not None:
            behind.remove(replica.url)

    await asyncio.gather(spread(), asyncio.sleep(_PRE_STOP_SECONDS if behind is not None else 0.0))
    began = time.monotonic()
    await replica.stop()
    took = time.monotonic() - began
    assert took < GRACE_SECONDS, f"{replica.url} took {took:.0f} s to stop: it would have been killed"
    return took


async def replace_all(
    replicas: list[Replica], fresh: Callable[[int], Awaitable[Replica]], behind: Balancer | None
) -> list[float]:
    """Replace replicas one by one, each only once its successor is ready; returns how long each took to stop (s).

    Args:
        replicas: those there are.
        fresh: makes the successor of the replica of a number, ready to serve.
        behind: who sends them requests, if anybody does.
    """
    took: list[float] = []
    for number, replica in enumerate(replicas):
        successor = await fresh(number)
        if behind is not None:
            behind.add(successor.url)
        took.append(await retire(replica, behind))
    return took
