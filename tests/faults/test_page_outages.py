"""Parts go away under an open page: it says which, keeps what it knows, asks little, and recovers without a reload."""

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, expect
from tests.conftest import Addresses
from tests.faults.steering import run, wait_ready

from fansipan_local import Stack

_KEY: Final = "demo/outage-station/pm2_5"
_ROW: Final = f'[data-testid="datastream-row"][data-key="{_KEY}"]'
_FIRST_MS: Final = 60_000
_TOLD_MS: Final = 20_000
"""Until the page says what is away: two deadlines of the gateway's own questions, and the page's pause."""
_RECOVERED_MS: Final = 45_000
_LOOKED_AT_SECONDS: Final = 10.0
_MOST_WHEN_HELD_BACK: Final = 12
"""Requests of one page in ten seconds while nothing new can be read: little more than asking whether it is over."""
_MOST_WHEN_ASKING: Final = 40
"""The same when only the live connection or the flow of readings is gone: it asks every few seconds, as it should."""
_RESULTS: Final = (f"{n}.25" for n in itertools.count(11))


@dataclass(slots=True)
class Opened:
    """A page with what it asked for and what went wrong in it."""

    page: Page
    requests: list[str] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)

    def notice(self, kind: str) -> Locator:
        """The line about one kind of outage."""
        return self.page.locator(f'[data-outage="{kind}"]')


@dataclass(slots=True)
class Screens:
    """What operators have open: the overview in Vietnamese, the environment in English."""

    overview: Opened
    environment: Opened

    @property
    def both(self) -> tuple[Opened, Opened]:
        """Both."""
        return self.overview, self.environment

    @property
    def value(self) -> Locator:
        """The newest reading of the test's station, on the overview."""
        return self.overview.page.locator(_ROW).get_by_test_id("datastream-value")


@asynccontextmanager
async def _opened(browser: Browser, address: str) -> AsyncGenerator[Opened]:
    context = await browser.new_context(locale="vi-VN", viewport={"width": 1440, "height": 900})
    opened = Opened(await context.new_page())
    opened.page.on("pageerror", lambda error: opened.crashes.append(str(error)))
    opened.page.on(
        "request", lambda request: opened.requests.append(request.url) if "/v1/" in request.url else None
    )
    await opened.page.goto(address)
    yield opened
    assert opened.crashes == []
    # The same document as in the beginning: nothing was reloaded.
    assert await opened.page.evaluate("performance.getEntriesByType('navigation').length") == 1
    await context.close()


async def _push(http: httpx.AsyncClient, site: Addresses) -> str:
    """Send a reading that differs from all before; returns it as the page writes it."""
    result = next(_RESULTS)
    answer = await http.post(
        f"{site.ingest}/v1/observations?wait=stored",
        headers={"Authorization": f"Bearer {site.key}"},
        json=[{"datastream": _KEY, "phenomenonTime": datetime.now(UTC).isoformat(), "result": float(result)}],
    )
    assert answer.status_code == 202, answer.text
    assert answer.json()["stored"] is True, answer.text
    return result.replace(".", ",")


@pytest.fixture
async def screens(
    fault_stack: Stack, site: Addresses, http: httpx.AsyncClient, browser: Browser
) -> AsyncGenerator[Screens]:
    """Two pages that are open and live, with a reading on one of them."""
    await wait_ready(fault_stack, "gateway", "ingest", "analytics")
    shown = await _push(http, site)
    async with (
        _opened(browser, f"{site.gateway}/") as overview,
        _opened(browser, f"{site.gateway}/environment?lang=en") as environment,
    ):
        opened = Screens(overview, environment)
        await expect(opened.value).to_contain_text(shown, timeout=_FIRST_MS)
        for screen in opened.both:
            await expect(screen.page.get_by_test_id("live-state")).to_have_attribute(
                "data-state", "live", timeout=_FIRST_MS
            )
            await expect(screen.page.get_by_test_id("outages")).to_be_empty()
        yield opened


@dataclass(frozen=True, slots=True)
class Outage:
    """An outage and what is said of it.

    Attributes:
        part: what is stopped.
        kind: as the page names it.
        vietnamese, english: what it says.
        holds_back: whether nothing new can be read meanwhile.
    """

    part: str
    kind: str
    vietnamese: str
    english: str
    holds_back: bool


_OUTAGES: Final = (
    Outage("redis", "redis", "Bộ nhớ nhanh (Redis) không trả lời.", "(Redis) does not answer.", False),
    Outage("ingest", "ingest", "Cổng nhận số đo đang ngừng.", "The door for readings is closed.", False),
    Outage("analytics", "analytics", "tính chỉ số đang ngừng.", "computes figures has stopped.", False),
    Outage("postgres", "database", "Cơ sở dữ liệu không trả lời.", "The database does not answer.", True),
    Outage("gateway", "server", "Máy chủ không trả lời.", "The server does not answer.", True),
)


@pytest.mark.parametrize("outage", _OUTAGES, ids=lambda outage: outage.part)
async def test_a_part_stops_and_comes_back(
    outage: Outage,
    screens: Screens,
    fault_stack: Stack,
    site: Addresses,
    http: httpx.AsyncClient,
    show: Callable[[str], None],
) -> None:
    before = await screens.value.inner_text()
    began = time.monotonic()
    await asyncio.to_thread(fault_stack.stop, outage.part)
    try:
        overview, environment = (screen.notice(outage.kind) for screen in screens.both)
        await expect(overview).to_contain_text(outage.vietnamese, timeout=_TOLD_MS)
        told = time.monotonic() - began
        await expect(environment).to_contain_text(outage.english, timeout=_TOLD_MS)
        await expect(overview).to_contain_text("lúc ")
        await _keeps_what_it_knows(screens, before, outage)
        asked = await _requests_in_a_while(screens, outage)
    finally:
        await run(fault_stack, [outage.part])
    await _has_recovered(screens, outage, began=time.monotonic(), show=show, told=told, asked=asked)
    await wait_ready(fault_stack, "gateway", "ingest", "analytics")
    after = await _push(http, site)
    await expect(screens.value).to_contain_text(after, timeout=_RECOVERED_MS)
    for screen in screens.both:
        await expect(screen.page.get_by_test_id("live-state")).to_have_attribute(
            "data-mode", "streaming", timeout=_RECOVERED_MS
        )


async def test_the_device_loses_its_network(
    screens: Screens, site: Addresses, http: httpx.AsyncClient, show: Callable[[str], None]
) -> None:
    outage = Outage("network", "offline", "đang mất kết nối mạng.", "This device has no network.", True)
    before = await screens.value.inner_text()
    began = time.monotonic()
    for screen in screens.both:
        await screen.page.context.set_offline(True)
    overview, environment = (screen.notice(outage.kind) for screen in screens.both)
    await expect(overview).to_contain_text(outage.vietnamese, timeout=_TOLD_MS)
    told = time.monotonic() - began
    await expect(environment).to_contain_text(outage.english, timeout=_TOLD_MS)
    await _keeps_what_it_knows(screens, before, outage)
    asked = await _requests_in_a_while(screens, outage)
    for screen in screens.both:
        await screen.page.context.set_offline(False)
    await _has_recovered(screens, outage, began=time.monotonic(), show=show, told=told, asked=asked)
    after = await _push(http, site)
    await expect(screens.value).to_contain_text(after, timeout=_RECOVERED_MS)


async def _keeps_what_it_knows(screens: Screens, value: str, outage: Outage) -> None:
    """Nothing becomes blank; figures that are old are marked as such."""
    assert await screens.value.inner_text() == value
    for screen in screens.both:
        page = screen.page
        await expect(page.locator("main h1, main h2").first).to_be_visible()
        await expect(page.locator("main .panel").first).to_be_visible()
        marked = await page.evaluate("document.documentElement.dataset.figures ?? 'now'")
        assert marked == ("old" if outage.holds_back else "now")
        if outage.holds_back:
            await expect(page.get_by_test_id("live-state")).to_have_attribute(
                "data-state", "stale" if outage.kind == "database" else "offline", timeout=_TOLD_MS
            )


async def _requests_in_a_while(screens: Screens, outage: Outage) -> int:
    """Requests of the busier page while an outage lasts; asserts that they are few."""
    before = [len(screen.requests) for screen in screens.both]
    await asyncio.sleep(_LOOKED_AT_SECONDS)
    asked = [len(screen.requests) - count for screen, count in zip(screens.both, before, strict=True)]
    most = _MOST_WHEN_HELD_BACK if outage.holds_back else _MOST_WHEN_ASKING
    assert max(asked) <= most, [screen.requests[-max(asked) :] for screen in screens.both]
    return max(asked)


async def _has_recovered(
    screens: Screens, outage: Outage, *, began: float, show: Callable[[str], None], told: float, asked: int
) -> None:
    for screen in screens.both:
        await expect(screen.notice(outage.kind)).to_have_count(0, timeout=_RECOVERED_MS)
        await expect(screen.page.get_by_test_id("live-state")).to_have_attribute(
            "data-state", "live", timeout=_RECOVERED_MS
        )
        assert await screen.page.evaluate("document.documentElement.dataset.figures ?? 'now'") == "now"
    show(
        f"{outage.part} away: the page says so after {told:.1f} s and sends {asked} requests in"
        f" {_LOOKED_AT_SECONDS:.0f} s; well {time.monotonic() - began:.1f} s after it was back"
    )
