"""A line that a logger sent with a comma for a point: an operator corrects it in the page, and the value is there."""

import asyncio
from typing import Any

import httpx
from playwright.async_api import StorageState, expect
from tests.conftest import Addresses
from tests.e2e.conftest import Visit
from tests.support.providers import make_key


async def test_a_line_is_corrected_in_the_page_and_stored(
    addresses: Addresses, http: httpx.AsyncClient, admin: StorageState, visit: Visit
):
    credentials = make_key(addresses.database, "e2e-logger")
    answer = await http.post(
        f"{addresses.ingest}/api/v2/write?precision=s",
        content=b"air,station=tram-1 pm2_5=23,4 1782867600",
        headers={"authorization": f"Token {credentials.key}"},
    )
    assert answer.status_code == 400
    letter = await first_letter(http, addresses, credentials.provider)

    page = await visit(f"/admin/dead-letters?letter={letter}", admin)
    drawer = page.get_by_test_id("dead-letter-drawer")
    await expect(drawer.get_by_text("Influx line protocol")).to_be_visible()
    await expect(drawer.get_by_text("precision: s")).to_be_visible()
    await drawer.get_by_test_id("edit-payload").click()
    await drawer.get_by_test_id("payload-edit").fill("air,station=tram-1 pm2_5=23.4 1782867600")
    await drawer.get_by_role("button", name="Gửi bản đã sửa").click()
    await page.get_by_role("dialog").last.get_by_role("button", name="Gửi lại", exact=True).click()
    await expect(drawer.get_by_text("đã sửa nội dung")).to_be_visible()

    stream = f"{credentials.provider}/air:station:tram-1/pm2_5"
    async with asyncio.timeout(15):
        while not (items := await latest(http, addresses, stream)):
            await asyncio.sleep(0.1)
    assert [item["result"] for item in items] == [23.4]


async def first_letter(http: httpx.AsyncClient, addresses: Addresses, provider: str) -> int:
    """The id of a provider's newest dead letter, once there is one."""
    async with asyncio.timeout(15):
        while True:
            answer = await http.get(
                f"{addresses.gateway}/v1/admin/dead-letters",
                params={"provider": provider},
                auth=addresses.operator,
            )
            if items := answer.json()["items"]:
                return int(items[0]["id"])
            await asyncio.sleep(0.1)


async def latest(http: httpx.AsyncClient, addresses: Addresses, stream: str) -> list[dict[str, Any]]:
    """The newest reading of a datastream, if there is one."""
    answer = await http.get(
        f"{addresses.gateway}/v1/latest", params={"datastream": stream}, auth=addresses.operator
    )
    return answer.json()["items"] if answer.status_code == 200 else []
