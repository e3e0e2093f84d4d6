"""A proxy for TCP that resets connections while data pass, as a bad network or a failing load balancer does."""

import asyncio
import random
import socket
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

_CHUNK = 64 * 1024
_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: closing resets


class ResettingProxy:
    """Passes data on to a port of this machine.

    Args:
        target: the port.
        rng: decides when.

    Attributes:
        share: of pieces of data at which a connection is reset, with the piece lost; 0 at first.
        resets: how often that was done.
    """

    def __init__(self, target: int, rng: random.Random) -> None:
        self._target = target
        self._rng = rng
        self.share = 0.0
        self._passing: set[asyncio.Task[None]] = set()
        self.resets = 0

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection, until either side ends it or it is reset."""
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        ways = [
            asyncio.create_task(self._one_way(reader, back)),
            asyncio.create_task(self._one_way(there, writer)),
        ]
        self._passing.update(ways)
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in (writer, back):
                _end_at_once(each)
            for way in ways:
                way.cancel()
                self._passing.discard(way)

    async def _one_way(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(_CHUNK):
                if self._rng.random() < self.share:
                    self.resets += 1
                    return
                writer.write(piece)
                await writer.drain()

    def end(self) -> None:
        """Pass nothing on any more."""
        for way in self._passing:
            way.cancel()


def _end_at_once(writer: asyncio.StreamWriter) -> None:
    bare: socket.socket | None = writer.get_extra_info("socket")
    if bare is not None:
        with suppress(OSError):  # it is closed already
            bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    writer.transport.abort()


@asynccontextmanager
async def resetting_proxy(
    target: int, rng: random.Random, *, port: int = 0
) -> AsyncGenerator[tuple[int, ResettingProxy]]:
    """A proxy and its port, for as long as the block takes."""
    proxy = ResettingProxy(target, rng)
    server = await asyncio.start_server(proxy.pass_on, "127.0.0.1", port)
    try:
        yield server.sockets[0].getsockname()[1], proxy
    finally:
        server.close()
        proxy.end()
