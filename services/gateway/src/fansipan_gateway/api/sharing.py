"""What scripts of other sites may read in a browser: what everybody may read, and only without credentials."""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SAFE: Final = ("GET", "HEAD")
_ALWAYS: Final = ("/v1/open-data/", "/openapi.json")
"""The same for everybody, so caches need not keep one with the header and one without."""
_READ: Final = "/v1/"
_NEVER: Final = ("/v1/session", "/v1/admin/")
_CREDENTIALS: Final = frozenset({b"authorization", b"cookie"})
_SHOWN: Final = (
    "ETag, Content-Disposition, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, "
    "Cache-Status, Age"
)


class PublicReads:
    """Lets other sites read (CORS, `*`) the answers to requests that carry no cookie and no Authorization.

    They get what anybody gets by asking. There are no preflights, so other sites can neither send credentials nor
    change anything; and no `Access-Control-Allow-Credentials`, so a browser hands them nothing that was for a person.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its answer back, opened where it is public."""
        if scope["type"] != "http" or not _is_public(scope):
            await self._app(scope, receive, send)
            return

        async def send_opened(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Access-Control-Allow-Origin"] = "*"
                headers["Access-Control-Expose-Headers"] = _SHOWN
            await send(message)

        await self._app(scope, receive, send_opened)


def _is_public(scope: Scope) -> bool:
    path = scope["path"]
    if scope["method"] not in _SAFE:
        return False
    return path.startswith(_ALWAYS) or (
        path.startswith(_READ)
        and not path.startswith(_NEVER)
        and not any(name in _CREDENTIALS for name, _ in scope["headers"])
    )
