"""A person of a provider drops a file into the page, says what its columns are, and sees what became of each line."""

import secrets
import time
from pathlib import Path

import asyncpg
from playwright.async_api import StorageState, expect
from tests.conftest import Addresses
from tests.e2e.conftest import PHONE, Visit
from tests.support.accessibility import grave_issues
from tests.support.providers import make_key

_WAIT_MS = 30_000
_ROWS = 48


def _sample() -> bytes:
    """Hours of two stations with decimal commas; lines 5 and 9 are wrong."""
    lines = ["Ngày giờ;Trạm;PM2.5 (µg/m³);Nhiệt độ (°C)"]
    for number in range(_ROWS):
        hour, station = number // 2, ("Cốc Lếu", "Cam Đường")[number % 2]
        lines.append(f"05/03/2026 {hour:02d}:00;{station};{20 + number % 7},5;{number % 30},25")
    lines[4] = "05/03/2026 01:00;Cam Đường;hỏng;21,25"
    lines[8] = "40/03/2026 03:00;Cam Đường;21,5;22,25"
    return ("\r\n".join(lines) + "\r\n").encode()


async def _stored(database: str, provider: str, wanted: int) -> list[tuple[str, int, float]]:
    """Count and sum of each datastream, once `wanted` readings are there."""
    connection = await asyncpg.connect(database)
    try:
        until = time.monotonic() + 30.0
        while True:
            rows = await connection.fetch(
                "SELECT d.key, count(*) AS n, sum(o.result) AS sum FROM observation o"
                " JOIN datastream d ON d.id = o.datastream_id WHERE d.key ^@ $1 GROUP BY d.key ORDER BY d.key",
                f"{provider}/",
            )
            if sum(row["n"] for row in rows) >= wanted:
                return [(row["key"], row["n"], row["sum"]) for row in rows]
            assert time.monotonic() < until, rows
    finally:
        await connection.close()


async def test_a_file_is_dropped_mapped_checked_imported_and_its_errors_are_downloaded(
    visit: Visit, admin: StorageState, addresses: Addresses, tmp_path: Path
) -> None:
    provider = f"e2e-{secrets.token_hex(4)}"
    make_key(addresses.database, provider)  # makes the provider, too
    file = tmp_path / "Số liệu tháng 3.csv"
    file.write_bytes(_sample())
    page = await visit(f"/integration?tab=files&provider={provider}", admin)

    await page.get_by_label("Kéo tệp vào đây").set_input_files(file)
    preview = page.get_by_test_id("preview")
    await expect(preview).to_be_visible(timeout=_WAIT_MS)
    await expect(preview.get_by_role("row")).to_have_count(21)
    await expect(page.get_by_label("Cột thời gian")).to_have_value("Ngày giờ")
    await expect(page.get_by_label("Dấu thập phân")).to_have_value(",")
    await expect(page.get_by_label("Cột tên thiết bị")).to_have_value("Trạm")
    await page.get_by_label("Tên trong ô là mã nào").fill("Cốc Lếu = coc-leu\nCam Đường = cam-duong")
    pm = page.get_by_test_id("column-row").filter(has_text="PM2.5")
    checkbox = pm.get_by_role("checkbox")
    if not await checkbox.is_checked():  # a cell that is no number makes the column look like text
        await checkbox.check()
        await pm.get_by_label("Kiểu của").select_option("number")
    await pm.get_by_label("Mã đại lượng của").fill("pm2_5")
    assert await grave_issues(page) == []

    await page.get_by_role("button", name="Kiểm tra, chưa gửi").click()
    report = page.get_by_test_id("check-report")
    await expect(report).to_be_visible(timeout=_WAIT_MS)
    problems = report.get_by_test_id("problem-row")
    await expect(problems).to_have_count(2)
    await expect(problems.filter(has_text="number-invalid")).to_contain_text("5")
    await expect(problems.filter(has_text="time-invalid")).to_contain_text("9")
    assert await grave_issues(page) == []

    await page.get_by_role("button", name="Nhập", exact=True).click()
    await expect(page.get_by_test_id("import-end")).to_contain_text("đã nhập xong", timeout=_WAIT_MS)
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="Tải tệp lỗi").click()
    download = await downloading.value
    assert download.suggested_filename == "Số liệu tháng 3.csv.errors.csv"
    errors = (await download.path()).read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(";")[0] for line in errors[1:]] == ["5", "9"]

    # Of line 5 the temperature is good; of line 9, without a time, nothing is.
    found = await _stored(addresses.database, provider, 2 * _ROWS - 3)
    assert [(key, n) for key, n, _ in found] == [
        (f"{provider}/cam-duong/pm2_5", _ROWS // 2 - 2),
        (f"{provider}/cam-duong/temperature", _ROWS // 2 - 1),
        (f"{provider}/coc-leu/pm2_5", _ROWS // 2),
        (f"{provider}/coc-leu/temperature", _ROWS // 2),
    ]
    row = page.get_by_test_id("import-row")
    await expect(row).to_contain_text("đã nhập xong")
    assert await grave_issues(page) == []

    # On a phone, the next file of the kind: its columns are known already.
    phone = await visit(f"/integration?tab=files&provider={provider}", admin, viewport=PHONE)
    await phone.get_by_label("Kéo tệp vào đây").set_input_files(file)
    await expect(phone.get_by_text("Đã điền theo lần nhập trước")).to_be_visible(timeout=_WAIT_MS)
    width = await phone.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
    await phone.get_by_role("button", name="Hủy tệp này").click()
    await phone.get_by_role("dialog").get_by_role("button", name="Hủy tệp này").click()
    await expect(phone.get_by_test_id("import-end")).to_contain_text("đã hủy", timeout=_WAIT_MS)
