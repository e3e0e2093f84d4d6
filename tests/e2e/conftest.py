"""A real browser: Debian's Chromium, driven by Playwright."""

import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    Page,
    StorageState,
    ViewportSize,
    async_playwright,
    expect,
)
from tests.conftest import Addresses
from tests.support import city as cities
from tests.support.browsing import Watch

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
_WAIT_MS = 15_000
"""For what a page is to show: machines that run other tests meanwhile are slow."""
expect.set_options(timeout=_WAIT_MS)

Visit = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="session")
async def browser() -> AsyncGenerator[Browser]:
    """Headless Chromium for the session."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.fail("Chromium is not installed: sudo apt-get install chromium")
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=executable, args=_FLAGS)
        yield running
        await running.close()


@pytest.fixture
async def page(browser: Browser) -> AsyncGenerator[Page]:
    """A fresh page; whatever it logs as an error fails the test."""
    context = await browser.new_context(locale="vi-VN", viewport={"width": 1440, "height": 900})
    opened = await context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    yield opened
    await context.close()
    assert problems == []


@pytest.fixture(scope="session")
async def city(http: httpx.AsyncClient, addresses: Addresses) -> cities.City:
    """Stations, dossiers and an alert, so that every view has something to show."""
    return await cities.build(http, addresses)


@pytest.fixture(scope="session")
async def admin(addresses: Addresses) -> StorageState:
    """Cookies of the administrator, signed in once. A test that signs out needs a session of its own."""
    username, password = addresses.operator
    async with httpx.AsyncClient(base_url=addresses.gateway, timeout=30.0) as client:
        answer = await client.post("/v1/session", json={"username": username, "password": password})
        assert answer.status_code == 200, answer.text
        cookies: list[Any] = [
            {"name": one.name, "value": one.value, "domain": "127.0.0.1", "path": "/", "httpOnly": True}
            for one in client.cookies.jar
        ]
    return {"cookies": cookies, "origins": []}


@pytest.fixture
async def visit(browser: Browser, addresses: Addresses) -> AsyncGenerator[Visit]:
    """Open an address in a browser of its own: `visit("/alerts", somebody, refused="/v1/session")`.

    Without `somebody` nobody is signed in. Whatever goes wrong unseen fails the test, except requests whose address
    ends as `refused` says: those are to be refused. Other options are those of a browser context.
    """
    contexts: list[BrowserContext] = []
    watches: list[tuple[Watch, str]] = []

    async def opened(
        address: str, somebody: StorageState | None = None, *, refused: str = "", **options: Any
    ) -> Page:
        settings: dict[str, Any] = {
            "locale": "vi-VN",
            "viewport": DESK,
            "base_url": addresses.gateway,
        } | options
        context = await browser.new_context(**settings, storage_state=somebody)
        contexts.append(context)
        page = await context.new_page()
        watches.append((Watch(page), refused))
        await page.goto(address)
        return page

    yield opened
    for context in contexts:
        await context.close()
    problems = [
        problem
        for watch, refused in watches
        for problem in watch.problems
        if not (refused and refused in problem)
    ]
    assert not problems, "\n".join(problems)


async def sign_in(page: Page, username: str, password: str) -> None:
    """Through the form, as a person does."""
    await page.get_by_role("banner").get_by_role("button", name="Đăng nhập", exact=True).click()
    dialog = page.get_by_role("dialog", name="Đăng nhập")
    await dialog.get_by_label("Tên đăng nhập").fill(username)
    await dialog.get_by_label("Mật khẩu").fill(password)
    await page.keyboard.press("Enter")
