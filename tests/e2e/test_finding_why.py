"""From a number down to readings, dossiers, definition and law; and a link that shows somebody else the same."""

from playwright.async_api import StorageState, expect
from tests.conftest import Addresses
from tests.e2e.conftest import Visit
from tests.support.city import HERE, City

_WAIT_MS = 30_000


async def test_a_flood_level_leads_to_the_readings_and_the_law(
    visit: Visit, city: City, admin: StorageState
) -> None:
    page = await visit(f"/indicators/river-alarm-level?subject={HERE}", admin)
    await expect(page.get_by_test_id("figure-value")).to_have_text("1", timeout=_WAIT_MS)
    await page.get_by_role("region", name="Diễn biến").get_by_role("button", name="Vì sao").click()

    why = page.get_by_test_id("explanation")
    await expect(page.get_by_test_id("explained-value")).to_have_text("1")
    await expect(why).to_contain_text("Quyết định 05/2020/QĐ-TTg")
    await expect(why).to_contain_text("Định nghĩa bản 1, áp dụng từ 20/03/2020")
    await why.get_by_role("button", name="tram-song").click()
    await expect(why.get_by_role("cell", name="80,6").first).to_be_visible()
    await page.go_back()
    await expect(why.get_by_role("button", name="tram-song")).to_be_visible()


async def test_a_count_of_dossiers_leads_to_the_dossiers(
    visit: Visit, city: City, admin: StorageState
) -> None:
    page = await visit("/indicators/cases-received?subject=agency:e2e-so-tu-phap&period=year", admin)
    await expect(page.get_by_test_id("figure-value")).to_have_text("3", timeout=_WAIT_MS)
    await page.get_by_role("region", name="Diễn biến").get_by_role("button", name="Vì sao").click()
    why = page.get_by_test_id("explanation")
    for dossier in ("e2e-1", "e2e-2", "e2e-3"):
        await expect(why).to_contain_text(dossier)


async def test_the_copied_link_shows_the_same_to_somebody_else(
    visit: Visit, city: City, addresses: Addresses
) -> None:
    page = await visit("/indicators/river-alarm-level", permissions=["clipboard-read", "clipboard-write"])
    picker = page.get_by_test_id("subject-picker")
    await picker.fill("cam duong")
    await page.keyboard.press("Enter")
    await expect(picker).to_have_attribute("placeholder", "Phường Cam Đường")
    await page.get_by_role("button", name="ngày", exact=True).click()
    await page.get_by_role("button", name="Bảng", exact=True).click()
    await page.get_by_test_id("language-switch").get_by_role("button", name="EN").click()
    await page.get_by_label("From", exact=True).fill("01/01/2026")
    await page.get_by_role("region", name="Table").get_by_role("button").first.click()
    await expect(page.get_by_test_id("explained-value")).to_have_text("1")
    seen = await page.get_by_test_id("explanation").inner_text()
    shown_address = page.url
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Copy link").click()
    copied: str = await page.evaluate("navigator.clipboard.readText()")
    assert copied == page.url

    other = await visit(copied)
    await expect(other.locator("html")).to_have_attribute("lang", "en")
    await expect(other.get_by_test_id("subject-picker")).to_have_value("Cam Duong Ward")
    for pressed in ("day", "Table"):
        await expect(other.get_by_role("button", name=pressed, exact=True)).to_have_attribute(
            "aria-pressed", "true"
        )
    await expect(other.get_by_label("From", exact=True)).to_have_value("01/01/2026")
    await other.goto(shown_address)
    await expect(other.get_by_test_id("explained-value")).to_have_text("1")
    assert await other.get_by_test_id("explanation").inner_text() == seen
