"""Watching a page of Chromium: what it complains about, and when it has come to rest."""

import asyncio
import time
from typing import Final

from playwright.async_api import ConsoleMessage, Page, Request, Response, expect

_REST_SECONDS: Final = 0.25
_WAIT_SECONDS: Final = 30.0
_ENDLESS: Final = "/v1/live"
# A page that moves on no longer wants what it had asked for.
_GIVEN_UP: Final = "net::ERR_ABORTED"


class Watch:
    """Listens to a page from its beginning. `problems` are errors of scripts and of the console, requests that
    failed, and answers from 400 on, each with its address."""

    def __init__(self, page: Page) -> None:
        self.problems: list[str] = []
        self._page = page
        self._open: set[Request] = set()
        self._changed = time.monotonic()
        page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        page.on("console", self._said)
        page.on("request", self._asked)
        page.on("requestfinished", self._ended)
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    async def rest(self) -> None:
        """Wait until nothing is loading and no request is under way, the live connection aside."""
        await expect(self._page.locator(".loading-bar")).to_have_count(0, timeout=_WAIT_SECONDS * 1000)
        deadline = time.monotonic() + _WAIT_SECONDS
        while self._open or time.monotonic() - self._changed < _REST_SECONDS:
            if time.monotonic() > deadline:
                raise AssertionError(f"still under way: {[request.url for request in self._open]}")
            await asyncio.sleep(0.05)
        await expect(self._page.locator(".loading-bar")).to_have_count(0)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.problems.append(f"console: {message.text} {message.location.get('url', '')}")

    def _asked(self, request: Request) -> None:
        if _ENDLESS not in request.url:
            self._open.add(request)
            self._changed = time.monotonic()

    def _ended(self, request: Request) -> None:
        self._open.discard(request)
        self._changed = time.monotonic()

    def _failed(self, request: Request) -> None:
        self._ended(request)
        if request.failure != _GIVEN_UP:
            self.problems.append(f"{request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.problems.append(f"{response.request.method} {response.url}: {response.status}")
