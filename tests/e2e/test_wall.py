"""The screen on the wall: one page after the other, and keys for who walks up to it."""

from playwright.async_api import expect
from tests.e2e.conftest import Visit
from tests.support.city import City

_ROUND_MS = 15_000


async def test_pages_take_turns_by_themselves(visit: Visit, city: City) -> None:
    page = await visit("/wall?pages=environment,alerts&every=5")
    wall = page.get_by_test_id("wall")
    await expect(wall).to_have_attribute("data-page", "environment")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Môi trường")
    await expect(wall).to_have_attribute("data-page", "alerts", timeout=_ROUND_MS)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Cảnh báo")
    await expect(wall).to_have_attribute("data-page", "environment", timeout=_ROUND_MS)


async def test_keys_step_pause_and_leave(visit: Visit, city: City) -> None:
    page = await visit("/wall?every=600")
    wall = page.get_by_test_id("wall")
    await expect(wall).to_have_attribute("data-page", "overview")
    for shown in ("services", "environment", "alerts", "overview"):
        await page.keyboard.press("ArrowRight")
        await expect(wall).to_have_attribute("data-page", shown)
    await page.keyboard.press("ArrowLeft")
    await expect(wall).to_have_attribute("data-page", "alerts")
    await page.keyboard.press("Space")
    await expect(page.get_by_text("đang dừng")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("navigation", name="Các trang").first).to_be_visible()
