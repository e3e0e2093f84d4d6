"""A reading goes in, and the figure changes on the open pages through the live connection."""

import logging
import time

from playwright.async_api import Locator, Page, expect
from tests.e2e.conftest import Visit
from tests.support.city import City

_LOG = logging.getLogger(__name__)
_COMMUNE = "02680"
_PLACES = 100.0
_BUSY_MS = 30_000
_SECONDS = 5.0
"""From the request of the provider to what the person reads; without the live connection it would be a minute."""


async def _live(page: Page) -> None:
    state = page.get_by_test_id("live-state")
    await expect(state).to_have_attribute("data-mode", "streaming", timeout=_BUSY_MS)
    await page.evaluate("window.neverReloaded = true")


async def _changes(value: Locator, before: str) -> float:
    await expect(value).not_to_have_text(before, timeout=_BUSY_MS)
    return time.monotonic()


async def test_a_figure_changes_on_the_overview_and_on_its_own_view(visit: Visit, city: City) -> None:
    car_park = city.station("bai-do-xe", _COMMUNE)
    await car_park.stands("parking_occupied", 20.0, capacity=_PLACES)
    overview = await visit(f"/?area={_COMMUNE}")
    view = await visit(f"/indicators/parking-occupancy?subject={_COMMUNE}")
    card = overview.locator('[data-indicator="parking-occupancy"]').get_by_test_id("indicator-value")
    figure = view.get_by_test_id("figure-value")
    await expect(card).to_have_text("20,0", timeout=_BUSY_MS)
    await expect(figure).to_have_text("20,0", timeout=_BUSY_MS)
    await _live(overview)
    await _live(view)

    seconds: list[tuple[float, float]] = []
    for vehicles in (60.0, 90.0, 99.0):
        before = await card.inner_text()
        began = time.monotonic()
        await car_park.reads("parking_occupied", vehicles)
        on_overview = await _changes(card, before)
        on_view = await _changes(figure, before)
        await expect(figure).to_have_text(await card.inner_text(), timeout=_BUSY_MS)
        seconds.append((on_overview - began, on_view - began))

    _LOG.info("seconds from POST to overview and indicator: %s", seconds)
    assert min(overview for overview, _ in seconds) < _SECONDS, seconds
    assert min(indicator for _, indicator in seconds) < _SECONDS, seconds
    for page in (overview, view):
        assert await page.evaluate("window.neverReloaded"), "it is the page that was opened"
