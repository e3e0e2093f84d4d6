"""HTTP/1.1 with bounds on what a stranger may make the server hold.

uvicorn's protocol on httptools is fast and has no bounds of its own before a request is complete: neither on the size
of a head nor on how long a client takes for one (docs/adr/0013). Here each connection has them.
"""

import asyncio
from asyncio import TimerHandle
from enum import Enum, auto
from typing import Any, Final

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS: Final = 20.0
"""From the first byte of a head (or the connection) to its end."""
BODY_PAUSE_SECONDS: Final = 30.0
"""Between two pieces of a body, while we read."""
LARGEST_HEAD: Final = 64 << 10
"""Bytes: request line and headers."""
MOST_HEADERS: Final = 100

_PHRASES: Final = {
    400: "Bad Request",
    408: "Request Timeout",
    431: "Request Header Fields Too Large",
}


class _Phase(Enum):
    """What we wait for from the client."""

    CONNECTED = auto()
    HEAD = auto()
    BODY = auto()
    NOTHING = auto()


class BoundedHttpProtocol(HttpToolsProtocol):
    """Refuses heads that are too large (431), too slow (408) or not HTTP (400); drops bodies that stall."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._phase = _Phase.CONNECTED
        self._head_size = 0
        self._requests = 0  # that the bytes which came in last are of
        self._body_came = False  # in the bytes which came in last
        self._timer: TimerHandle | None = None
        self._refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A client connected; it has so long to send a head."""
        super().connection_made(transport)
        self._arm(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came in; whole requests in them were begun when this returns."""
        if self._refused:
            return
        self._requests = 1 if self._phase in (_Phase.HEAD, _Phase.BODY) else 0
        self._body_came = False
        super().data_received(data)
        if self._refused:
            return
        if self._phase is _Phase.HEAD:
            if self._requests <= 1:  # else some of it is of requests before
                self._head_size += len(data)
            if self._head_size > LARGEST_HEAD:
                self._refuse(
                    431, "header-too-large", f"request line and headers are over {LARGEST_HEAD} bytes"
                )
            elif self._timer is None:
                self._arm(HEAD_SECONDS)
        elif self._phase is _Phase.BODY:
            # Sizes of chunks and what stands behind the last one are collected by the parser, too.
            if self._body_came:
                self._head_size = 0
            elif self._requests <= 1:
                self._head_size += len(data)
            if self._head_size > LARGEST_HEAD:
                self._refuse(400, "bad-request", "the body is made of anything but content")
            else:
                self._arm(BODY_PAUSE_SECONDS)
        else:
            self._disarm()

    def on_message_begin(self) -> None:
        """A head begins."""
        self._phase, self._head_size = _Phase.HEAD, 0
        self._requests += 1
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header is complete, or a trailer: behind the body, where no proxy and none of us has looked at it."""
        if self._phase is _Phase.BODY:
            return
        if len(self.headers) >= MOST_HEADERS:
            self._refuse(431, "header-too-large", f"there are more than {MOST_HEADERS} headers")
            raise ValueError("too many headers")  # which stops the parser
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """A head is complete: the request begins."""
        self._phase, self._head_size = _Phase.BODY, 0
        self._disarm()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        self._body_came = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is complete."""
        self._phase = _Phase.NOTHING
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """The parser stopped: what came is no HTTP, or contradicts itself."""
        self._refuse(400, "bad-request", msg)

    def _too_slow(self) -> None:
        self._timer = None
        if self.transport.is_closing():
            return
        if self._phase is _Phase.BODY:
            if self.flow.read_paused:  # it is us who do not read
                self._arm(BODY_PAUSE_SECONDS)
            else:
                self.transport.close()
        elif self._phase is _Phase.HEAD:
            self._refuse(408, "request-timeout", f"the head of the request took over {HEAD_SECONDS:.0f} s")
        else:
            self.transport.close()

    def _refuse(self, status: int, code: str, detail: str) -> None:
        """Answer and close; what else comes is not looked at."""
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        self._disarm()
        if self._answers_another():
            self.transport.close()
            return
        body = orjson.dumps(
            {
                "type": f"urn:fansipan:problem:{code}",
                "title": _PHRASES[status],
                "status": status,
                "code": code,
                "detail": detail,
            }
        )
        head = (
            f"HTTP/1.1 {status} {_PHRASES[status]}\r\nContent-Type: application/problem+json\r\n"
            f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    def _answers_another(self) -> bool:
        """Whether what we would write would be taken for (a part of) the answer to a request that is being answered."""
        cycle = self.cycle
        if not cycle or cycle.response_complete:  # there is none before the first request
            return False
        return cycle.response_started or self._phase is not _Phase.BODY

    def _arm(self, seconds: float) -> None:
        self._disarm()
        self._timer = self.loop.call_later(seconds, self._too_slow)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
