"""An administrator closes a day, proves that its figures hold, and sees what was found out since."""

import asyncio
import secrets
from datetime import UTC, date, datetime, time, timedelta

import httpx
from playwright.async_api import Page, StorageState, expect
from tests.conftest import Addresses
from tests.e2e.conftest import Visit
from tests.support.city import City, found

_WAIT_MS = 30_000
_COMMUNE, _NAME = "02686", "Xã A Mú Sung"


async def _open_day(http: httpx.AsyncClient, addresses: Addresses) -> date:
    """A day of 2025 that nobody has closed: closing is for good, and other tests close other periods."""
    answer = await http.get(f"{addresses.gateway}/v1/periods", params={"limit": 100})
    closed = {one["period"] for one in answer.json()["items"]}
    day = date(2025, 3, 11)
    while day.isoformat() in closed:
        day += timedelta(days=1)
    return day


async def _close(page: Page, day: date) -> None:
    """Through the form; once more while something that may change the day's figures still waits."""
    await page.get_by_label("Kỳ", exact=True).fill(day.isoformat())
    await page.get_by_label("Ghi chú").fill("báo cáo ngày")
    await page.get_by_role("button", name="Khóa sổ", exact=True).click()
    dialog = page.get_by_role("dialog", name=f"Khóa sổ: {day:%d/%m/%Y}?")
    await expect(dialog).to_contain_text("Không hoàn tác được.")
    confirm = dialog.get_by_role("button", name="Khóa sổ", exact=True)
    await expect(confirm).to_be_disabled()
    await dialog.get_by_role("textbox").fill(day.isoformat())
    await confirm.click()
    fault = dialog.get_by_role("alert")
    for _ in range(20):
        await expect(dialog.get_by_role("button", name="Đang gửi…")).to_have_count(0)
        if await fault.count() == 0:
            break
        await asyncio.sleep(0.5)
        await confirm.click()
    await expect(dialog).to_have_count(0)


async def test_a_day_is_closed_holds_and_is_restated(
    visit: Visit, city: City, admin: StorageState, addresses: Addresses, http: httpx.AsyncClient
) -> None:
    day = await _open_day(http, addresses)
    noon = datetime.combine(day, time(5), UTC)
    gauge = city.station(f"song-{secrets.token_hex(3)}", _COMMUNE)
    await gauge.stands("water_level", 70.0)
    await gauge.reads("water_level", 80.5, noon)

    async def figures() -> list[object]:
        answer = await http.get(
            f"{addresses.gateway}/v1/indicators/river-alarm-level/values",
            params={"subject": _COMMUNE, "period": "day", "from": day.isoformat(), "to": day.isoformat()},
        )
        return answer.json()["items"]

    await found(figures)
    page = await visit("/admin/periods", admin, refused=f"/v1/periods/{day}/close")
    await _close(page, day)
    await expect(page.get_by_text(f"✓ Đã khóa {day:%d/%m/%Y}")).to_be_visible()

    row = page.get_by_test_id("period-row").filter(has_text=f"{day:%d/%m/%Y}")
    await expect(row).to_contain_text("operator khóa lúc")
    await expect(row).to_contain_text("báo cáo ngày")
    await row.get_by_role("button", name="Kiểm chứng", exact=True).click()
    await expect(row).to_contain_text("số liệu đúng như khi khóa.")
    await expect(row).to_contain_text("0 điều chỉnh sau khóa")

    await gauge.reads("water_level", 82.4, noon)
    for _ in range(20):
        await page.reload()
        await expect(row).to_contain_text("điều chỉnh sau khóa")
        if "0 điều chỉnh" not in await row.inner_text():
            break
        await asyncio.sleep(0.5)
    await row.get_by_role("button", name="điều chỉnh sau khóa").click()
    ledger = page.get_by_role("region", name="Điều chỉnh sau khóa").get_by_role("row")
    entry = ledger.filter(has_text=_NAME).filter(has_text="river-alarm-level")
    await expect(entry).to_contain_text("số liệu được sửa", timeout=_WAIT_MS)
    assert (await entry.get_by_role("cell").all_inner_texts())[1:3] == ["1", "2"]
    await row.get_by_role("button", name="Kiểm chứng", exact=True).click()
    await expect(row).to_contain_text("số liệu đúng như khi khóa.")

    await page.goto(f"/indicators/river-alarm-level?subject={_COMMUNE}&period=day&from={day}&to={day}")
    await expect(page.get_by_test_id("figure-value")).to_have_text("1", timeout=_WAIT_MS)
    await expect(page.get_by_test_id("figure-now")).to_contain_text("đã khóa sổ")
    await expect(page.get_by_test_id("figure-now")).to_contain_text("có điều chỉnh")
