"""A provider helps itself: a key is made, something is sent with it and seen, and a receiver gets a signed event."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect
from standardwebhooks import Webhook
from tests.conftest import Addresses
from tests.e2e.conftest import Visit, sign_in
from tests.support.providers import make_key
from tests.support.sending import Sender

_WAIT_MS = 30_000

Got = asyncio.Queue[tuple[dict[str, str], bytes]]


@pytest.fixture
async def receiver() -> AsyncGenerator[tuple[str, Got]]:
    """A real HTTP receiver: its address, and what it got."""
    got: Got = asyncio.Queue()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:] if line)}
        await got.put((headers, await reader.readexactly(int(headers["content-length"]))))
        writer.write(b"HTTP/1.1 204 x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook", got
    server.close()
    await server.wait_closed()


async def _integrator(http: httpx.AsyncClient, addresses: Addresses, provider: str) -> tuple[str, str]:
    """Somebody of the provider, as an admin makes them."""
    username = f"e2e-{secrets.token_hex(4)}"
    base, auth = f"{addresses.gateway}/v1/admin", addresses.operator
    made = await http.post(
        f"{base}/operators",
        json={
            "username": username,
            "role": "integrator",
            "displayName": "Đơn vị thử",
            "generatePassword": True,
        },
        auth=auth,
    )
    assert made.status_code == 201, made.text
    member = await http.put(f"{base}/providers/{provider}/members/{username}", auth=auth)
    assert member.status_code == 204, member.text
    return username, made.json()["generatedPassword"]


async def _secret(page: Page) -> str:
    text = await page.get_by_test_id("secret").inner_text()
    await page.get_by_role("button", name="Tôi đã lưu").click()
    return text


async def test_a_provider_makes_a_key_sends_sees_it_and_is_told(
    visit: Visit, addresses: Addresses, http: httpx.AsyncClient, receiver: tuple[str, Got]
) -> None:
    provider = f"e2e-{secrets.token_hex(4)}"
    make_key(addresses.database, provider)  # makes the provider, too
    username, password = await _integrator(http, addresses, provider)
    page = await visit("/integration?tab=keys")
    await sign_in(page, username, password)

    await page.get_by_role("button", name="Tạo khóa").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Dùng cho").fill("trạm Cam Đường")
    await form.get_by_role("button", name="Tạo").click()
    key = await _secret(page)

    await page.get_by_role("button", name="Gửi thử").click()
    await page.get_by_role("button", name="Điền ví dụ").click()
    await page.get_by_role("button", name="Kiểm tra").click()
    await expect(page.get_by_test_id("findings")).to_contain_text("1 mục sẽ được nhận", timeout=_WAIT_MS)
    reason = page.get_by_test_id("reason-row")
    await expect(reason).to_have_count(1)
    await expect(reason).to_contain_text("Dòng 7")
    await expect(reason).to_contain_text("result-type")

    sender = Sender(http, addresses.ingest, key)
    now = datetime.now(UTC).isoformat()
    answer = await sender.observations(
        [
            {"datastream": f"{provider}/tram/pm2_5", "phenomenonTime": now, "result": 12.5},
            {"datastream": f"{provider}/tram/pm2_5", "phenomenonTime": now, "result": None},
        ]
    )
    assert answer.json()["accepted"] == 1
    await page.get_by_role("button", name="Lượng dùng").click()
    row = page.get_by_test_id("usage-row").filter(has_text="trạm Cam Đường")
    await expect(row).to_contain_text("invalid-item", timeout=_WAIT_MS)
    await expect(page.get_by_test_id("usage-fact").first).to_have_text("1")

    url, got = receiver
    await page.get_by_role("button", name="Webhook").click()
    await page.get_by_role("button", name="Thêm webhook").click()
    await form.get_by_label("Tên", exact=True).fill("Bên nhận")
    await form.get_by_label("Địa chỉ nhận").fill(url)
    await form.get_by_role("button", name="Tạo").click()
    secret = await _secret(page)
    await page.get_by_role("button", name="Gửi tin thử").click()
    headers, body = await asyncio.wait_for(got.get(), 20)
    event: Any = Webhook(secret).verify(body, headers)
    assert event["type"] == "vn.fansipan.webhook.test.v1"
    await expect(page.get_by_test_id("delivery-row").first).to_contain_text("đã gửi", timeout=_WAIT_MS)


async def test_a_figure_that_changes_reaches_a_webhook_of_the_administration(
    addresses: Addresses, http: httpx.AsyncClient, receiver: tuple[str, Got]
) -> None:
    url, got = receiver
    base, auth = f"{addresses.gateway}/v1/admin/webhooks", addresses.operator
    made = await http.post(base, json={"name": "e2e", "url": url, "events": ["indicator-values"]}, auth=auth)
    assert made.status_code == 201, made.text
    await asyncio.sleep(0.5)  # analytics is told within moments that there is one more
    provider = f"e2e-{secrets.token_hex(4)}"
    sender = Sender(http, addresses.ingest, make_key(addresses.database, provider).key)
    for minute in range(3):
        moment = datetime.now(UTC).replace(minute=minute, second=0, microsecond=0).isoformat()
        await sender.store(
            [{"datastream": f"{provider}/tram/water_level", "phenomenonTime": moment, "result": 2.5}]
        )
    async with asyncio.timeout(40):
        while True:
            headers, body = await got.get()
            event: Any = Webhook(made.json()["secret"]).verify(body, headers)
            assert (event["specversion"], event["type"]) == ("1.0", "vn.fansipan.figures.changed.v1")
            if any(f["subject"] == f"thing:{provider}/tram" for f in event["data"]["figures"]):
                break
    removed = await http.delete(f"{base}/{made.json()['id']}", auth=auth)
    assert removed.status_code == 204
