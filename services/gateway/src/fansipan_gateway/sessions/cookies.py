"""Cookies that any part of a request may set, put on its answer whatever that is."""

from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_JAR: Final = "fansipan.cookies"


class CookieJar:
    """Cookies of one answer: HttpOnly, SameSite=Lax, and Secure when the request came by https."""

    def __init__(self, *, secure: bool) -> None:
        self._secure = secure
        self._cookies: dict[str, str] = {}

    def put(self, name: str, value: str, *, lifetime: timedelta, path: str = "/") -> None:
        """Set a cookie."""
        cookie: SimpleCookie = SimpleCookie({name: value})
        morsel = cookie[name]
        morsel["max-age"] = int(lifetime.total_seconds())
        morsel["path"] = path
        morsel["httponly"] = True
        morsel["samesite"] = "lax"
        if self._secure:
            morsel["secure"] = True
        self._cookies[name] = morsel.OutputString()

    def drop(self, name: str, *, path: str = "/") -> None:
        """Make the browser forget a cookie."""
        self.put(name, "", lifetime=timedelta(0), path=path)

    @property
    def headers(self) -> list[str]:
        """Values of Set-Cookie."""
        return list(self._cookies.values())


def jar_of(request: Request) -> CookieJar:
    """Where cookies of the answer to this request are put."""
    jar = request.scope.get(_JAR)
    if not isinstance(jar, CookieJar):
        raise TypeError("the middleware SessionCookies is not installed")
    return jar


class SessionCookies:
    """Gives every request a jar, and every answer what was put into it; such an answer is never cached."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its answer back with its cookies."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        jar = CookieJar(secure=scope["scheme"] == "https")
        scope[_JAR] = jar

        async def send_with_cookies(message: Message) -> None:
            if message["type"] == "http.response.start" and jar.headers:
                headers = MutableHeaders(scope=message)
                for value in jar.headers:
                    headers.append("Set-Cookie", value)
                headers["Cache-Control"] = "no-store"
            await send(message)

        await self._app(scope, receive, send_with_cookies)
