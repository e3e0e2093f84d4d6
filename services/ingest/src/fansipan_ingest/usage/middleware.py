"""Counts the bytes of each request's body as they come in, and what the request as a whole was refused for."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fansipan_common.api_keys import Principal
from fansipan_ingest.usage.domain import CODE
from fansipan_ingest.usage.meter import UsageMeter

PRINCIPAL: Final = "principal"
"""Under this name of a request's state is who sends it, once that is known and admitted."""
PROBLEM: Final = "problem_code"
"""Under this name is the code of the problem that was answered."""


class CountedRequests:
    """Counts requests of providers; what has no good key is nobody's."""

    def __init__(self, app: ASGIApp, meter: UsageMeter) -> None:
        self._app = app
        self._meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received, status = 0, 0

        async def counting() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
            return message

        async def seeing(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        state = scope.setdefault("state", {})
        try:
            await self._app(scope, counting, seeing)
        finally:
            principal: Principal | None = state.get(PRINCIPAL)
            if principal is not None:
                code = state.get(PROBLEM) or (f"http-{status}" if status > 400 else None)
                refused = {} if code is None or code == CODE or status < 400 else {code: 1}
                self._meter.add(principal, refused=refused, received=received)
