"""Signing in and out through the form."""

from playwright.async_api import expect
from tests.conftest import Addresses
from tests.e2e.conftest import Visit, sign_in


async def test_a_wrong_password_is_told_then_the_right_one_opens_the_page(
    visit: Visit, addresses: Addresses
) -> None:
    username, password = addresses.operator
    page = await visit("/", refused="/v1/session")
    menu = page.get_by_role("navigation", name="Các trang").first
    await expect(menu.get_by_role("link", name="Quản trị")).to_have_count(0)

    await sign_in(page, username, "không phải mật khẩu")
    dialog = page.get_by_role("dialog", name="Đăng nhập")
    await expect(dialog.get_by_role("alert")).to_have_text("Sai tên hoặc mật khẩu.")
    await expect(dialog.get_by_label("Tên đăng nhập")).to_have_value(username)

    await dialog.get_by_label("Mật khẩu").fill(password)
    await dialog.get_by_role("button", name="Đăng nhập").click()
    await expect(dialog).to_have_count(0)
    await expect(menu.get_by_role("link", name="Quản trị")).to_be_visible()
    await page.reload()
    await expect(menu.get_by_role("link", name="Quản trị")).to_be_visible()
    [cookie] = [one for one in await page.context.cookies() if one.get("name") == "fansipan_session"]
    assert (cookie.get("httpOnly"), cookie.get("sameSite")) == (True, "Lax")

    account = page.get_by_role("button", name="Tài khoản")
    await account.click()
    await page.get_by_role("button", name="Đăng xuất").click()
    await expect(menu.get_by_role("link", name="Quản trị")).to_have_count(0)
    await expect(page.get_by_role("banner").get_by_role("button", name="Đăng nhập")).to_be_visible()
    assert (await page.evaluate("fetch('/v1/session').then(answer => answer.json())"))["operator"] is None
