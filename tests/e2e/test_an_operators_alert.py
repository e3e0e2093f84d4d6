"""An alert from its opening to its end, in the alerts view."""

import re
import secrets

import httpx
from playwright.async_api import StorageState, expect
from tests.conftest import Addresses
from tests.e2e.conftest import Visit
from tests.support.city import City

_WAIT_MS = 30_000
_COMMUNE = "02683"


async def test_it_is_taken_on_given_to_somebody_talked_about_and_ended(
    visit: Visit, city: City, admin: StorageState, addresses: Addresses, http: httpx.AsyncClient
) -> None:
    operator, _ = addresses.operator
    page = await visit(f"/alerts?area={_COMMUNE}&rule=river-reaches-alarm-level", admin)
    await expect(page.get_by_text("Không có cảnh báo nào khớp.")).to_be_visible()

    gauge = city.station(f"song-{secrets.token_hex(3)}", _COMMUNE)
    await gauge.stands("water_level", 80.2)
    line = page.get_by_test_id("alert-line").filter(has_text=gauge.name)
    await expect(line).to_be_visible(timeout=_WAIT_MS)
    await expect(line).to_contain_text("chưa ai nhận")

    await line.get_by_role("button", name="Sông đạt mức báo động").click()
    drawer = page.get_by_test_id("alert-drawer")
    state = page.get_by_test_id("alert-state")
    note = drawer.get_by_label("Ghi chú")
    await note.fill("đội trực đang đến")
    await drawer.get_by_role("button", name="Nhận xử lý").click()
    await expect(state).to_have_attribute("data-alert-state", "acknowledged")
    await drawer.get_by_role("button", name="Giao cho tôi").click()
    await expect(drawer).to_contain_text(f"giao cho {operator}")
    await drawer.get_by_role("button", name="Gửi ghi chú").click()
    await expect(drawer.get_by_role("alert")).to_have_text("Hãy viết ghi chú trước khi gửi.")
    await note.fill("nước đang rút")
    await drawer.get_by_role("button", name="Gửi ghi chú").click()
    await expect(drawer.locator('[data-kind="commented"]')).to_contain_text("nước đang rút")
    await note.fill("đã rút")
    await drawer.get_by_role("button", name="Kết thúc").click()
    await expect(state).to_have_attribute("data-alert-state", "resolved")

    history = drawer.get_by_test_id("alert-event")
    await expect(history).to_have_count(5)
    whats = ["Kết thúc", "Ghi chú", "Giao việc", "Nhận xử lý", "Mở"]
    for event, (what, who) in zip(
        await history.all(), [*((what, operator) for what in whats[:-1]), ("Mở", "hệ thống")], strict=True
    ):
        await expect(event).to_contain_text(f"{what} · {who}")
        await expect(event.locator("time")).to_have_text(re.compile(r"^\d\d:\d\d:\d\d \d\d/\d\d/\d{4}$"))

    await page.keyboard.press("Escape")
    await expect(line).to_have_count(0)
    await page.get_by_label("Trạng thái").select_option("ended")
    await expect(line).to_contain_text("đã kết thúc")
    alert = await line.get_attribute("data-alert")
    told = (await http.get(f"{addresses.gateway}/v1/alerts/{alert}", auth=addresses.operator)).json()
    assert (told["state"], told["assignee"], [event["actor"] for event in told["history"]]) == (
        "resolved",
        operator,
        ["system", *[operator] * 4],
    )
