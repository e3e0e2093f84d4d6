"""An answer that goes on: `text/event-stream` over ASGI, with a bound on how long a client may not read."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final

import structlog
from fastapi import Response
from starlette.types import Receive, Scope, Send

_log = structlog.get_logger(__name__)

MEDIA_TYPE: Final = "text/event-stream"
_SEND_SECONDS: Final = 20.0


class EventStream(Response):
    """Sends chunks as they come, until there are no more, the client has gone, or it does not read for 20 seconds.

    Args:
        chunks: what to send.
        gone: called when the client has closed the connection; `chunks` is to end then.
        done: called once, at the end, whatever ends it.
    """

    media_type = MEDIA_TYPE

    def __init__(
        self, chunks: AsyncGenerator[bytes], *, gone: Callable[[], None], done: Callable[[], None]
    ) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._chunks = chunks
        self._gone = gone
        self._done = done

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        listening = asyncio.create_task(self._listen(receive), name="live-disconnect")
        try:
            await send(
                {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
            )
            async with aclosing(self._chunks):
                async for chunk in self._chunks:
                    async with asyncio.timeout(_SEND_SECONDS):
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            _log.info("a live client does not read; its connection is closed", client=scope.get("client"))
        finally:
            listening.cancel()
            self._done()

    async def _listen(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._gone()
