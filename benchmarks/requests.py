"""A client that costs next to nothing, so that the two cores are the platform's: ready bytes over kept connections."""

import asyncio
from collections.abc import Iterator
from urllib.parse import urlsplit

_ANSWER_SECONDS = 60.0


async def answer_to(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Head and body of the next answer; it must state its length."""
    async with asyncio.timeout(_ANSWER_SECONDS):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        return head, await reader.readexactly(length)


class RawRequests:
    """POST requests, made to bytes before the clock runs.

    Args:
        url: `http://host:port/path`.
        headers: of every request.
        bodies: one for each request.
    """

    def __init__(self, url: str, headers: dict[str, str], bodies: list[bytes]) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n{lines}"
        self._requests = [f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body for body in bodies]

    async def send_all(self, *, connections: int, expected: bytes) -> None:
        """Send every request once, `connections` at a time.

        Raises:
            RuntimeError: an answer is not 202 with `expected` in its body.
        """
        waiting = iter(self._requests)
        async with asyncio.TaskGroup() as group:
            for _ in range(connections):
                group.create_task(self._connection(waiting, expected))

    async def _connection(self, waiting: Iterator[bytes], expected: bytes) -> None:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            for request in waiting:
                writer.write(request)
                head, body = await answer_to(reader)
                if not head.startswith(b"HTTP/1.1 202 ") or expected not in body:
                    raise RuntimeError(f"{head!r} {body[:500]!r}")
        finally:
            writer.close()
