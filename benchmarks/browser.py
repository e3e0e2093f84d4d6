"""What a person feels, measured inside Chromium: when a view can be used, how many bytes came, what blocks the page."""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from playwright.async_api import Browser, BrowserContext, CDPSession, Page, async_playwright

_FLAGS: Final = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
_QUIET_MS: Final = 1_000
_PATIENCE_SECONDS: Final = 60.0

# Runs before the page's own scripts. `whole` is the time at which the view had its content and nothing said "loading",
# if that held for 200 ms; what comes later (the next poll) does not count. A hidden loading bar is none.
_WATCH: Final = """
(() => {
  const bench = { tasks: [], whole: null, since: null }
  window.__bench = bench
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) bench.tasks.push([startTime, duration])
  }).observe({ type: 'longtask', buffered: true })
  const look = () => {
    const main = document.querySelector('main')
    const has = main !== null && main.querySelector('.panel, table, .wall-page > *, form, section') !== null
    const loading = [...document.querySelectorAll('.loading-bar')].some((bar) => bar.offsetParent !== null)
    const now = performance.now()
    if (!has || loading) bench.since = null
    else bench.since ??= now
    if (bench.since !== null && now - bench.since >= 200) bench.whole = bench.since
    else requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
})()
"""


@dataclass(frozen=True, slots=True)
class Opening:
    """How a view opened.

    Attributes:
        whole_ms: from the start of navigation until its content was drawn and nothing was loading.
        interactive_ms: the same, or the end of the last long task (over 50 ms) before a quiet second, if that is later.
        longest_task_ms: of all until then.
        code_bytes: HTML, scripts and style sheets, as they came over the line (compressed).
        other_bytes: fonts, images and data, likewise.
    """

    whole_ms: float
    interactive_ms: float
    longest_task_ms: float
    code_bytes: int
    other_bytes: int


@dataclass(slots=True)
class _Traffic:
    """Bytes over the line by kind of request, as the browser counted them."""

    code: int = 0
    other: int = 0

    async def listen(self, session: CDPSession) -> None:
        """Count from now on."""
        kinds: dict[str, str] = {}

        def began(event: dict[str, Any]) -> None:
            kinds[event["requestId"]] = event["type"]

        def ended(event: dict[str, Any]) -> None:
            size = int(event["encodedDataLength"])
            if kinds.get(event["requestId"]) in ("Document", "Script", "Stylesheet"):
                self.code += size
            else:
                self.other += size

        session.on("Network.responseReceived", began)
        session.on("Network.loadingFinished", ended)
        await session.send("Network.enable")


@asynccontextmanager
async def chromium() -> AsyncGenerator[Browser]:
    """Debian's Chromium, headless."""
    executable = shutil.which("chromium")
    if executable is None:
        raise RuntimeError("Chromium is not installed: sudo apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=_FLAGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def reader(browser: Browser, gateway: str, operator: tuple[str, str]) -> AsyncGenerator[BrowserContext]:
    """A browser with an empty cache, of an operator who is signed in."""
    context = await browser.new_context(locale="vi-VN", viewport={"width": 1440, "height": 900})
    await context.add_init_script(_WATCH)
    answer = await context.request.post(
        f"{gateway}/v1/session", data={"username": operator[0], "password": operator[1]}
    )
    if not answer.ok:
        raise RuntimeError(f"cannot sign in: {answer.status} {await answer.text()}")
    yield context
    await context.close()


async def opening(context: BrowserContext, address: str) -> tuple[Page, Opening]:
    """Open a view, wait until it can be used, and say how that went.

    Raises:
        TimeoutError: it cannot be used after a minute.
    """
    page = await context.new_page()
    traffic = _Traffic()
    await traffic.listen(await context.new_cdp_session(page))
    await page.goto(address, wait_until="commit")
    whole = await _when_whole(page)
    tasks = await quiet_tasks(page)
    interactive = max([whole, *(start + duration for start, duration in tasks)])
    longest = max([0.0, *(duration for _, duration in tasks)])
    return page, Opening(whole, interactive, longest, traffic.code, traffic.other)


async def _when_whole(page: Page) -> float:
    await _until(page, "window.__bench?.whole != null")
    return float(await page.evaluate("window.__bench.whole"))


async def quiet_tasks(page: Page) -> list[tuple[float, float]]:
    """The long tasks of the page (start and duration, ms) up to the first second that has none."""
    await _until(
        page,
        f"""performance.now() - Math.max(
          window.__bench.whole, ...window.__bench.tasks.map(([start, duration]) => start + duration)
        ) >= {_QUIET_MS}""",
    )
    return [
        (float(start), float(duration)) for start, duration in await page.evaluate("window.__bench.tasks")
    ]


async def _until(page: Page, condition: str) -> None:
    """Wait until a condition holds. The page's policy forbids to evaluate text inside it, so it is asked from here."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not await page.evaluate(condition):
            await asyncio.sleep(0.1)
