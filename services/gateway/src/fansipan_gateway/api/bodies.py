"""Bodies of requests: read whole, bounded in size and time, before anybody asks who sends them."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fansipan_common.errors import ClientFault, PayloadTooLarge, RequestTimeout
from fansipan_common.problems import problem_response

_READ_SECONDS: Final = 15.0
_DRAIN_SECONDS: Final = 1.0
_DRAIN_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """The largest body of some addresses.

    Attributes:
        bytes: as it comes in.
        begins, ends: of the paths it is for.
    """

    bytes: int
    begins: str = "/"
    ends: str = ""

    def holds_for(self, path: str) -> bool:
        """Whether it is for this path."""
        return path.startswith(self.begins) and path.endswith(self.ends)


BODY_LIMITS: Final = (
    BodyLimit(1 << 20, "/v1/indicators/", "/what-if"),  # names up to a thousand dossiers
    BodyLimit(512 << 10, "/v1/admin/"),  # a dead letter; hundreds of areas and agencies
    BodyLimit(1 << 20, "/v1/provider/", "/sandbox"),  # what ingest takes of the gateway
    BodyLimit(4 << 20, "/v1/provider/", "/content"),  # a piece of a file
    BodyLimit(1 << 20, "/v1/provider/", "/mapping"),  # keys of thousands of things
    BodyLimit(4 << 20, "/sta/v1.1/$batch"),  # a hundred requests
    BodyLimit(4 << 20, "/sta/", "/CreateObservations"),  # ten thousand observations
    BodyLimit(1 << 20, "/sta/"),  # entities with all that is made with them
    BodyLimit(64 << 10),
)
"""The first that is for a path holds."""


class BoundedBodies:
    """Refuses a body that is too large (413) or does not come in time (408); hands others on whole.

    Args:
        app: what answers.
        limits: the first that is for a path holds; the last is for all.
        seconds: a body may take from its first to its last byte.
    """

    def __init__(
        self, app: ASGIApp, limits: Sequence[BodyLimit] = BODY_LIMITS, seconds: float = _READ_SECONDS
    ) -> None:
        self._app = app
        self._limits = limits
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, and pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        if length == "0" and "transfer-encoding" not in headers:
            await self._app(scope, receive, send)
            return
        try:
            body = await self._read(scope["path"], headers, receive)
        except ClientDisconnect:
            return
        except ClientFault as fault:
            await problem_response(Request(scope), fault)(scope, receive, send)
            return
        await self._app(scope, _Replay(body, receive), send)

    async def _read(self, path: str, headers: Headers, receive: Receive) -> bytes:
        limit = next(each for each in self._limits if each.holds_for(path)).bytes
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > limit:
            if "expect" not in headers:  # who asks first sends nothing yet
                await _drain(receive)
            raise _too_large(limit)
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._seconds):
                async for chunk in _chunks(receive):
                    size += len(chunk)
                    if size > limit:
                        break
                    chunks.append(chunk)
        except TimeoutError:
            raise RequestTimeout(
                f"the body took over {self._seconds:.0f} s", headers={"Connection": "close"}
            ) from None
        if size > limit:
            await _drain(receive)
            raise _too_large(limit)
        return b"".join(chunks)


class _Replay:
    """Gives a body that was read to who asks for it, and then what else the client does."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        """The next event."""
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


async def _chunks(receive: Receive) -> AsyncGenerator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def _drain(receive: Receive) -> None:
    """Read on for a moment, so that a client that sends before it reads gets the answer, not a reset."""
    size = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_SECONDS):
            async for chunk in _chunks(receive):
                size += len(chunk)
                if size > _DRAIN_BYTES:
                    return


def _too_large(limit: int) -> PayloadTooLarge:
    return PayloadTooLarge(
        f"the body is over {limit} bytes", extra={"maxBytes": limit}, headers={"Connection": "close"}
    )
