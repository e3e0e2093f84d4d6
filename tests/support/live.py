"""A client of Server-Sent Events that costs little, so that one process can be thousands of them."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

_CONNECT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Event:
    """One event, as an `EventSource` would dispatch it."""

    id: str
    name: str
    data: Any


class Refused(Exception):
    """The answer is not 200."""

    def __init__(self, status: int, headers: str, body: bytes) -> None:
        super().__init__(f"{status} {body[:300]!r}")
        self.status = status
        self.headers = headers
        self.body = body


class EventSource:
    """Reads a stream, and remembers the last id as browsers do.

    Args:
        address: path and query of `/v1/live`.
        headers: of the request.
    """

    def __init__(self, address: str, headers: Mapping[str, str] | None = None) -> None:
        self._address = address
        self._headers = dict(headers or {})
        self.last_id = ""
        self.events: list[Event] = []
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None

    async def open(self, base: str) -> None:
        """Connect to a gateway; with the last id, if there is one.

        Raises:
            Refused: the answer is not 200.
        """
        url = urlsplit(base)
        reader, writer = await asyncio.wait_for(
            asyncio.open_connection(url.hostname, url.port), _CONNECT_SECONDS
        )
        headers = self._headers | ({"Last-Event-ID": self.last_id} if self.last_id else {})
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"GET {self._address} HTTP/1.1\r\nHost: {url.netloc}\r\n{lines}\r\n".encode())
        async with asyncio.timeout(_CONNECT_SECONDS):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status = int(head.split(" ", 2)[1])
        if status != 200:
            length = int(head.lower().split("content-length:")[1].split("\r\n")[0])
            body = await reader.readexactly(length)
            writer.close()
            raise Refused(status, head, body)
        self._writer = writer
        self._reading = asyncio.create_task(self._read(reader))

    @property
    def ended(self) -> bool:
        """Whether the server has ended the stream."""
        return self._reading is None or self._reading.done()

    async def wait_for(self, count: int, seconds: float = 20.0) -> list[Event]:
        """Wait until there are so many events; returns all."""
        async with asyncio.timeout(seconds):
            while len(self.events) < count:
                await asyncio.sleep(0.01)
        return self.events

    async def close(self) -> None:
        """Drop the connection; `open` goes on after the last id."""
        reading, self._reading = self._reading, None
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = None
        if reading is not None:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading

    async def _read(self, reader: asyncio.StreamReader) -> None:
        pending = b""
        try:
            while size := int(await reader.readline() or b"0", 16):
                pending += await reader.readexactly(size)
                await reader.readexactly(2)
                *blocks, pending = pending.split(b"\n\n")
                for block in blocks:
                    self._take(block)
        except (ConnectionError, asyncio.IncompleteReadError):
            return

    def _take(self, block: bytes) -> None:
        fields = dict(line.split(b": ", 1) for line in block.split(b"\n") if line and line[:1] != b":")
        if b"id" in fields:
            self.last_id = fields[b"id"].decode()
        if b"data" in fields:
            name = fields.get(b"event", b"message").decode()
            self.events.append(Event(self.last_id, name, orjson.loads(fields[b"data"])))
