"""Rate limits of all under `/v1/` and `/sta/`; health, status, documentation and the page are not counted."""

from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fansipan_common.errors import FansipanError
from fansipan_common.problems import problem_response
from fansipan_gateway.access.identification import client_of, identify, identity_of
from fansipan_gateway.access.service import Access
from fansipan_gateway.limits.domain import Rates, TooManyRequests, Verdict
from fansipan_gateway.limits.service import Limiter

_COUNTED: Final = ("/v1/", "/sta/")
_NOT_COUNTED: Final = "/v1/status"
"""Answered from memory; who asks is not found out, because that may need a part that is away."""


class RateLimits:
    """Answers 429 to a client that asks too often, and tells every client what it has left.

    Operators and API keys are counted by themselves, everybody else by address; so is who shows a credential that is
    not good.
    """

    def __init__(self, app: ASGIApp, access: Access, limiter: Limiter, rates: Rates) -> None:
        self._app = app
        self._access = access
        self._limiter = limiter
        self._rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith(_COUNTED) or path == _NOT_COUNTED:
            await self._app(scope, receive, send)
            return
        try:
            reader = await identify(self._access, scope)
        except FansipanError:
            reader = None  # the door will say so
        verdict = await self._limiter.hit(identity_of(reader, client_of(scope)), self._rates.of(reader))

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_told(verdict)]
            await send(message)

        if verdict.allowed:
            await self._app(scope, receive, send_with_headers)
            return
        refusal = TooManyRequests(
            f"{verdict.limit} requests a minute are allowed; wait {verdict.reset} s",
            retry_after=verdict.reset,
        )
        await problem_response(Request(scope), refusal)(scope, receive, send_with_headers)


def _told(verdict: Verdict) -> list[tuple[bytes, bytes]]:
    return [
        (b"ratelimit-limit", b"%d" % verdict.limit),
        (b"ratelimit-remaining", b"%d" % verdict.remaining),
        (b"ratelimit-reset", b"%d" % verdict.reset),
    ]
