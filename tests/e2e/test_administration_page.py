"""Keys and operators: made, used for what they allow, taken away; and the trail of it."""

import asyncio
import secrets
from datetime import UTC, datetime

import httpx
from playwright.async_api import Page, StorageState, expect
from tests.conftest import Addresses
from tests.e2e.conftest import Visit, sign_in
from tests.support.city import HERE, City
from tests.support.sending import Sender

_WAIT_MS = 30_000


async def _secret(page: Page) -> str:
    """Read what is shown once, and put it away."""
    shown = page.get_by_test_id("secret")
    text = await shown.inner_text()
    await page.keyboard.press("Escape")
    await expect(shown).to_be_visible()
    await page.get_by_role("button", name="Tôi đã lưu").click()
    await expect(shown).to_have_count(0)
    assert text not in await page.content()
    return text


async def _trail(page: Page, **filters: str) -> list[str]:
    """What the audit trail says was done, newest first."""
    await page.goto("/admin/audit?" + "&".join(f"{name}={value}" for name, value in filters.items()))
    rows = page.get_by_test_id("audit-row")
    await expect(rows.first).to_be_visible()
    return [
        " ".join((await row.get_by_role("cell").nth(1).inner_text()).split()[:-1]) for row in await rows.all()
    ]


async def test_a_key_is_shown_once_works_and_is_refused_once_revoked(
    visit: Visit, admin: StorageState, addresses: Addresses, http: httpx.AsyncClient
) -> None:
    provider = f"e2e-{secrets.token_hex(4)}"
    page = await visit("/admin/providers", admin)
    await page.get_by_role("button", name="Thêm nhà cung cấp").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Mã", exact=True).fill(provider)
    await form.get_by_label("Tên", exact=True).fill("Đơn vị thử nghiệm")
    await form.get_by_label("Tự đăng ký").check()
    await form.get_by_role("button", name="Tạo").click()
    await page.get_by_role("button", name="Tạo khóa").click()
    await form.get_by_label("Dùng cho").fill("trạm Cam Đường")
    await form.get_by_role("button", name="Tạo").click()
    key = await _secret(page)
    row = page.get_by_test_id("key-row")
    await expect(row).to_contain_text("đang dùng")

    sender = Sender(http, addresses.ingest, key)

    async def send() -> httpx.Response:
        now = datetime.now(UTC).isoformat()
        return await sender.observations(
            [{"datastream": f"{provider}/tram/pm2_5", "phenomenonTime": now, "result": 12.5}]
        )

    accepted = await send()
    assert (accepted.status_code, accepted.json()["accepted"]) == (202, 1)

    await row.get_by_role("button", name="Thu hồi").click()
    await expect(form).to_contain_text("Không hoàn tác được.")
    await form.get_by_role("button", name="Thu hồi").click()
    await expect(row).to_contain_text("đã thu hồi")
    refused = await send()
    for _ in range(50):
        if refused.status_code == 401:
            break
        await asyncio.sleep(0.1)
        refused = await send()
    assert (refused.status_code, refused.headers["content-type"]) == (401, "application/problem+json")

    assert await _trail(page, object=f"provider/{provider}") == ["Thêm nhà cung cấp"]
    assert (await _trail(page, actor="operator", action="api-key"))[:2] == [
        "Thu hồi khóa API",
        "Tạo khóa API",
    ]


async def test_an_operator_of_one_commune_sees_that_commune(
    visit: Visit, city: City, admin: StorageState, addresses: Addresses
) -> None:
    username = f"e2e-{secrets.token_hex(4)}"
    page = await visit("/admin/operators", admin)
    await page.get_by_role("button", name="Thêm tài khoản").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Tên đăng nhập").fill(username)
    await form.get_by_label("Họ tên").fill("Lò Thị Mai")
    await form.get_by_label("điều hành viên").check()
    await form.get_by_label("Xã, phường").select_option(HERE)
    await form.get_by_role("button", name="Tạo").click()
    password = await _secret(page)
    row = page.get_by_test_id("operator-row").filter(has_text=username)
    await expect(row).to_contain_text("Phường Cam Đường")

    theirs = await visit("/things?q=tram-khi")
    await expect(theirs.get_by_text("tram-khi-xa").first).to_be_visible(timeout=_WAIT_MS)
    await sign_in(theirs, username, password)
    await expect(theirs.get_by_role("button", name="Tài khoản Lò Thị Mai")).to_be_visible()
    await expect(theirs.get_by_text("tram-khi-xa")).to_have_count(0)
    await expect(theirs.get_by_text("tram-khi", exact=True).first).to_be_visible(timeout=_WAIT_MS)
    await theirs.goto("/alerts")
    await expect(theirs.get_by_test_id("alert-line").filter(has_text="tram-song")).to_be_visible()
    for place in await theirs.get_by_test_id("alert-line").locator("td.col-wide").all():
        assert await place.inner_text() in ("Phường Cam Đường", "", "Nhận xử lý")
    await theirs.goto("/admin/operators")
    await expect(theirs.get_by_text("Phần này cần tài khoản quản trị viên.")).to_be_visible()

    await row.get_by_role("combobox").select_option("disable")
    await form.get_by_role("button", name="Ngừng tài khoản").click()
    await expect(row).to_contain_text("đã ngừng")
    await theirs.goto("/things?q=tram-khi")
    await expect(theirs.get_by_role("banner").get_by_role("button", name="Đăng nhập")).to_be_visible()

    done = ["Ngừng tài khoản", "Đăng nhập", "Tạo tài khoản"]
    assert await _trail(page, object=f"operator/{username}") == done
    assert await _trail(page, actor=username) == ["Đăng nhập"]
