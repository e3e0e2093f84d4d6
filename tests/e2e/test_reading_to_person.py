"""A reading goes in, a person sees it."""

from datetime import UTC, datetime

import httpx
from playwright.async_api import Page, expect
from tests.conftest import Addresses

_KEY = "demo/e2e-station/pm2_5"
_ROW = f'[data-testid="datastream-row"][data-key="{_KEY}"]'
_LIVE_MS = 20_000


async def _push(http: httpx.AsyncClient, addresses: Addresses, result: float) -> None:
    answer = await http.post(
        f"{addresses.ingest}/v1/observations?wait=stored",
        headers={"Authorization": f"Bearer {addresses.key}"},
        json=[{"datastream": _KEY, "phenomenonTime": datetime.now(UTC).isoformat(), "result": result}],
    )
    assert answer.status_code == 202, answer.text
    assert answer.json() == {"accepted": 1, "duplicatesPossible": False, "rejected": [], "stored": True}


async def test_a_new_reading_appears_on_the_open_page(
    page: Page, http: httpx.AsyncClient, addresses: Addresses
) -> None:
    await _push(http, addresses, 41.5)
    await page.goto(f"{addresses.gateway}/?q=e2e-station")
    row = page.locator(_ROW)
    await expect(row.get_by_test_id("datastream-value")).to_contain_text("41,5", timeout=_LIVE_MS)
    await row.click()
    await expect(page.get_by_test_id("chosen-value")).to_contain_text("41,5")
    await expect(page.get_by_test_id("chart")).to_be_visible(timeout=_LIVE_MS)

    await _push(http, addresses, 78.96)

    await expect(row.get_by_test_id("datastream-value")).to_contain_text("78,96", timeout=_LIVE_MS)
    await expect(page.get_by_test_id("chosen-value")).to_contain_text("78,96", timeout=_LIVE_MS)
    await expect(page.get_by_test_id("live-state")).to_have_attribute("data-state", "live")


async def test_the_page_speaks_english_when_asked(
    page: Page, http: httpx.AsyncClient, addresses: Addresses
) -> None:
    await _push(http, addresses, 12.25)
    await page.goto(f"{addresses.gateway}/?q=e2e-station")
    value = page.locator(_ROW).get_by_test_id("datastream-value")
    await expect(value).to_contain_text("12,25", timeout=_LIVE_MS)

    await page.get_by_test_id("language-switch").locator('[data-language="en"]').click()

    await expect(value).to_contain_text("12.25")
    await expect(page.locator("html")).to_have_attribute("lang", "en")


async def test_the_page_fits_a_phone(page: Page, http: httpx.AsyncClient, addresses: Addresses) -> None:
    await _push(http, addresses, 9.75)
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto(f"{addresses.gateway}/?q=e2e-station")
    await expect(page.locator(_ROW)).to_be_visible(timeout=_LIVE_MS)

    overflow = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )

    assert overflow <= 0
