"""Refusing changes in read-only mode, before anything is done for them."""

from collections.abc import Callable
from datetime import datetime

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from fansipan_common.problems import problem_response
from fansipan_gateway.read_only.domain import ReadOnlyNow, changes
from fansipan_gateway.read_only.service import ReadOnlyMode


class RefuseChanges:
    """Answers 503 `read-only` to requests that would change something, while read-only mode holds."""

    def __init__(self, app: ASGIApp, mode: ReadOnlyMode, now: Callable[[], datetime]) -> None:
        self._app = app
        self._mode = mode
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        mode = self._mode.current
        if mode is not None and scope["type"] == "http" and changes(scope["method"], scope["path"]):
            await problem_response(Request(scope), ReadOnlyNow(mode, self._now()))(scope, receive, send)
            return
        await self._app(scope, receive, send)
