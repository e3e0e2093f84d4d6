"""Open data without a login: figures, files that hold them, and a card in somebody else's page."""

import asyncio
import csv
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

from playwright.async_api import Locator, Page, expect
from tests.conftest import Addresses
from tests.e2e.conftest import Visit
from tests.support.city import HERE, City

_WAIT_MS = 30_000
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


async def _saved(page: Page, link: Locator) -> Path:
    async with page.expect_download() as download:
        await link.click()
    return Path(await (await download.value).path())


@asynccontextmanager
async def _site(html: str) -> AsyncGenerator[str]:
    """Somebody else's web site of one page, while the block lasts."""
    body = html.encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {len(body)}\r\n"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):  # a connection that the browser opened and did not use
            await reader.readuntil(b"\r\n\r\n")
            writer.write(f"{head}connection: close\r\n\r\n".encode() + body)
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://localhost:{server.sockets[0].getsockname()[1]}/"


def _csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def _sheet_rows(path: Path) -> list[list[str]]:
    """Cells of the first sheet of a workbook, as text."""
    with ZipFile(path) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
        shared: list[str] = []
        if "xl/sharedStrings.xml" in book.namelist():
            strings = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
            shared = ["".join(one.itertext()) for one in strings]
    return [
        [
            shared[int("".join(cell.itertext()))] if cell.get("t") == "s" else "".join(cell.itertext())
            for cell in row
        ]
        for row in sheet.iter(f"{_SHEET}row")
    ]


async def test_everybody_finds_and_saves_public_figures(visit: Visit, city: City) -> None:
    page = await visit("/open", accept_downloads=True)
    await expect(page.get_by_role("link", name="CC BY 4.0")).to_be_visible()
    await expect(page.locator('[data-indicator="cases-overdue"]')).to_have_count(0)
    await page.get_by_role("searchbox").fill("bao dong lu")
    card = page.locator('[data-testid="open-card"][data-indicator="river-alarm-level"]')
    await expect(page.get_by_test_id("open-card")).to_have_count(1)
    shown = await card.locator(".card-value").inner_text()

    rows = _csv_rows(await _saved(page, card.get_by_role("link", name="CSV")))
    province = [row for row in rows if row["subjectKey"] == "15"]
    assert float(province[-1]["value"]) == float(shown)
    assert {row["indicator"] for row in rows} == {"river-alarm-level"}
    assert HERE in {row["subjectKey"] for row in rows}
    header, *cells = _sheet_rows(await _saved(page, card.get_by_role("link", name="XLSX")))
    assert header[:4] == ["indicator", "version", "subjectKind", "subjectKey"]
    assert len(cells) == len(rows)
    assert {row[header.index("subjectKey")] for row in cells} == {row["subjectKey"] for row in rows}

    documents = await page.request.get("/openapi.json")
    assert documents.ok


async def test_an_indicators_own_view_saves_what_it_shows(visit: Visit, city: City) -> None:
    page = await visit(f"/indicators/river-alarm-level?subject={HERE}&show=table", accept_downloads=True)
    await expect(page.get_by_test_id("figure-value")).to_have_text("1", timeout=_WAIT_MS)
    files = page.get_by_role("group", name="Tải về")
    rows = _csv_rows(await _saved(page, files.get_by_role("link", name="CSV")))
    assert {row["subjectKey"] for row in rows} == {HERE}
    assert float(rows[-1]["value"]) == 1
    header, *cells = _sheet_rows(await _saved(page, files.get_by_role("link", name="XLSX")))
    assert [row[header.index("period")] for row in cells] == [row["period"] for row in rows]
    picture = await _saved(page, files.get_by_role("button", name="PNG"))
    assert picture.read_bytes().startswith(b"\x89PNG")


async def test_a_card_stands_in_another_page(visit: Visit, city: City, addresses: Addresses) -> None:
    page = await visit("/open?q=bao+dong+lu")
    await page.get_by_role("button", name="Nhúng").click()
    snippet = await page.get_by_role("textbox", name="Chép đoạn mã").input_value()
    assert addresses.gateway in snippet

    other = await page.context.new_page()
    async with _site(f"<!doctype html><h1>Trang của xã</h1>{snippet}") as address:
        await other.goto(address)
        card = other.frame_locator("iframe").get_by_test_id("embed-card")
        await expect(card).to_contain_text("Cấp báo động lũ", timeout=_WAIT_MS)
    await expect(card).to_contain_text("CC BY 4.0")
    box = await card.evaluate("one => [one.scrollWidth - innerWidth, one.scrollHeight - innerHeight]")
    assert max(box) <= 0, "it fits its frame"
