"""The page by keyboard alone, with the dialogs that open over it, and on a phone."""

import re

from playwright.async_api import Page, StorageState, expect
from tests.e2e.conftest import PHONE, Visit
from tests.support.accessibility import grave_issues
from tests.support.city import HERE, City

_WAIT_MS = 30_000


async def test_the_first_key_skips_to_the_content(visit: Visit, city: City) -> None:
    page = await visit("/")
    await expect(page.get_by_test_id("indicator-cards")).to_be_visible(timeout=_WAIT_MS)
    await page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Đến nội dung chính")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("main")).to_be_focused()


async def test_the_search_finds_without_tone_marks_and_gives_the_focus_back(visit: Visit, city: City) -> None:
    page = await visit("/")
    opener = page.get_by_role("banner").get_by_role("button", name="Tìm")
    await opener.focus()
    search = page.get_by_test_id("command-search")
    await page.keyboard.press("/")
    await expect(search).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(search).to_have_count(0)
    await expect(opener).to_be_focused()

    await page.keyboard.press("Control+k")
    await search.fill("cam duong")
    found = page.get_by_role("dialog").get_by_role("option")
    await expect(found.first).to_contain_text("Phường Cam Đường")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("indicator-subject")).to_have_value(HERE)
    await page.keyboard.press("Control+k")
    await search.fill("canh bao")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/alerts"))


async def test_a_drawer_opens_closes_and_gives_the_focus_back(visit: Visit, city: City) -> None:
    page = await visit(f"/?area={HERE}")
    card = page.locator('[data-testid="indicator-card"][data-indicator="river-alarm-level"]')
    await expect(card).to_be_visible(timeout=_WAIT_MS)
    await card.focus()
    await page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog", name="Vì sao có số này?")
    await expect(page.get_by_test_id("explained-value")).to_have_text("1")
    for _ in range(30):
        await page.keyboard.press("Tab")
        inside: bool = await page.evaluate(
            "document.activeElement === document.body || document.activeElement.closest('dialog') !== null"
        )
        assert inside, "the focus stays in the drawer"
    await page.keyboard.press("Escape")
    await expect(drawer).to_have_count(0)
    await expect(card).to_be_focused()


async def test_every_view_is_reached_on_a_phone(visit: Visit, city: City, admin: StorageState) -> None:
    page = await visit("/", admin, viewport=PHONE, has_touch=True)
    bottom = page.get_by_role("navigation", name="Các trang").last
    for name, path in (
        ("Môi trường", "/environment"),
        ("Dịch vụ công", "/services"),
        ("Cảnh báo", "/alerts"),
    ):
        await bottom.get_by_role("link", name=name).tap()
        await _arrived(page, path)
    for name, path in (
        ("Thiết bị", "/things"),
        ("Dữ liệu mở", "/open"),
        ("Quản trị", "/admin/providers"),
        ("Tài khoản của tôi", "/account"),
        ("Màn hình lớn", "/wall"),
    ):
        await bottom.get_by_role("button", name="Thêm").tap()
        await page.get_by_role("dialog", name="Thêm").get_by_role("link", name=name).tap()
        await _arrived(page, path)
        await expect(page.get_by_role("dialog")).to_have_count(0)


async def _arrived(page: Page, path: str) -> None:
    await expect(page).to_have_url(re.compile(path))
    await expect(page.locator(".loading-bar")).to_have_count(0, timeout=_WAIT_MS)


async def test_axe_finds_no_serious_issue_in_dialogs(visit: Visit, city: City, admin: StorageState) -> None:
    issues: list[str] = []
    nobody = await visit("/open", reduced_motion="reduce")
    await nobody.get_by_role("banner").get_by_role("button", name="Đăng nhập").click()
    issues += await grave_issues(nobody)
    page = await visit("/admin/providers?provider=e2e-city", admin, reduced_motion="reduce")
    for button in ("Tìm", "Thêm nhà cung cấp", "Sửa", "Ngừng", "Tạo khóa"):
        await page.get_by_role("button", name=button, exact=button != "Tìm").first.click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        issues += [f"{button}: {issue}" for issue in await grave_issues(page)]
        await page.keyboard.press("Escape")
    await page.goto("/admin/operators")
    await page.get_by_role("button", name="Thêm tài khoản").click()
    issues += await grave_issues(page)
    await page.goto("/alerts?tab=maintenance")
    await page.get_by_role("button", name="Tài khoản").click()
    issues += await grave_issues(page)
    await page.set_viewport_size(PHONE)
    await page.get_by_role("button", name="Thêm", exact=True).last.click()
    issues += await grave_issues(page)
    assert not issues, "\n".join(issues)
