"""A real browser: Debian's Chromium, driven by Playwright."""

import shutil
from collections.abc import AsyncGenerator

import pytest
from playwright.async_api import Browser, Page, async_playwright

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


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
