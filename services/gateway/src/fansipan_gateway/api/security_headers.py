"""Headers that tell a browser what our pages may do."""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Charts write style attributes into their tooltips: these alone may be inline. Scripts and style sheets are our files.
_CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; font-src 'self' data:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors "
)
_NOBODY: Final = "'none'"
# Cards with one public figure are made for the pages of others. Cookies do not go along (SameSite=Lax), and there is
# nothing in them to press that changes anything.
_EMBED: Final = "/embed/"
_EVERYBODY: Final = "*"
_PERMISSIONS: Final = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
_A_YEAR: Final = "max-age=31536000"


def frame_ancestors(path: str) -> str:
    """Who may show the page at a path in a frame, as the content security policy says it."""
    return _EVERYBODY if path.startswith(_EMBED) else _NOBODY


class SecurityHeaders:
    """Adds the content security policy and its companions to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its answer back with the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = _CONTENT_SECURITY_POLICY + frame_ancestors(scope["path"])
                if not scope["path"].startswith(_EMBED):
                    headers["X-Frame-Options"] = "DENY"
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = _A_YEAR
                headers["Permissions-Policy"] = _PERMISSIONS
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "same-origin"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
            await send(message)

        await self._app(scope, receive, send_with_headers)
