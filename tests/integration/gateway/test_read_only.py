"""Read-only mode: it reaches every replica within seconds, survives restarts, and is written down."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import pytest
from pwdlib import PasswordHash
from tests.support.command import run_command

_ADDRESS = "/v1/admin/read-only"


@pytest.fixture(scope="module")
async def admin(world: Any) -> tuple[str, str]:
    connection = await asyncpg.connect(world.url)
    try:
        await connection.execute(
            "INSERT INTO operator (username, password_hash, role) VALUES ('quan-tri', $1, 'admin')",
            PasswordHash.recommended().hash("mật khẩu dài"),
        )
    finally:
        await connection.close()
    return "quan-tri", "mật khẩu dài"


async def within(seconds: float, wanted: Callable[[], Awaitable[bool]]) -> None:
    until = time.monotonic() + seconds
    while not await wanted():
        assert time.monotonic() < until
        await asyncio.sleep(0.1)


async def said(client: httpx.AsyncClient) -> dict[str, Any] | None:
    return (await client.get("/v1/status")).json()["readOnly"]


async def test_changes_are_refused_in_every_replica_and_reading_goes_on(
    world: Any, serve: Any, admin: tuple[str, str]
) -> None:
    async with serve(world.url, anonymous_read=True) as one, serve(world.url, anonymous_read=True) as other:
        begun = await one.put(_ADDRESS, json={"reason": "Nâng cấp cơ sở dữ liệu"}, auth=admin)
        assert begun.status_code == 200, begun.text
        assert begun.json()["readOnly"]["reason"] == "Nâng cấp cơ sở dữ liệu"
        assert await said(one) == begun.json()["readOnly"]

        async def known() -> bool:
            return await said(other) is not None

        await within(15.0, known)
        for client in (one, other):
            for method, path in (
                ("POST", "/v1/maintenance-windows"),
                ("POST", "/sta/v1.1/Things"),
                ("PUT", "/v1/admin/agencies/H1"),
                ("POST", "/v1/provider/demo/api-keys"),
            ):
                refused = await client.request(method, path, json={}, auth=admin)
                assert refused.status_code == 503, (path, refused.text)
                assert refused.json()["code"] == "read-only"
                assert refused.headers["retry-after"] == "60"
            assert (await client.get("/v1/things")).status_code == 200
            batch = {"requests": [
                {"id": "1", "method": "get", "url": "Things(1)"},
                {"id": "2", "method": "delete", "url": "Things(1)"},
                {"id": "3", "method": "get", "url": "Things(1)", "atomicityGroup": "g"},
                {"id": "4", "method": "delete", "url": "Things(1)", "atomicityGroup": "g"},
            ]}  # fmt: skip
            answers = (await client.post("/sta/v1.1/$batch", json=batch, auth=admin)).json()["responses"]
            assert [answer["status"] for answer in answers] == [200, 503, 424, 503]

        async with serve(world.url, anonymous_read=True) as restarted:
            await within(15.0, lambda: _is_read_only(restarted))
        assert (await other.delete(_ADDRESS, auth=admin)).status_code == 204
        assert await said(other) is None
        await within(15.0, lambda: _is_writable(one))
        assert (await one.put("/v1/admin/agencies/H1", json={"name": "Sở"}, auth=admin)).status_code < 300

    rows = await _audited(world.url)
    assert [(row["actor"], row["action"]) for row in rows] == [
        ("quan-tri", "platform.made-read-only"),
        ("quan-tri", "platform.made-writable"),
    ]


async def test_only_admins_say_so(world: Any, serve: Any, admin: tuple[str, str]) -> None:
    async with serve(world.url, anonymous_read=True) as client:
        assert (await client.put(_ADDRESS, json={"reason": "x"})).status_code == 401
        assert (await client.put(_ADDRESS, json={"reason": "x"}, auth=world.operator)).status_code == 403
        past = {"reason": "x", "until": "2001-01-01T00:00:00Z"}
        assert (await client.put(_ADDRESS, json=past, auth=admin)).status_code == 422
        assert (await client.put(_ADDRESS, json={"reason": ""}, auth=admin)).status_code == 400
        assert (await client.get(_ADDRESS, auth=admin)).json() == {"readOnly": None}


async def test_the_command_line_begins_and_ends_it(world: Any, serve: Any, admin: tuple[str, str]) -> None:
    async def run(*arguments: str) -> str:
        ran = await run_command("maintenance", *arguments, DATABASE_URL=world.url)
        assert ran.code == 0, ran.output
        return ran.output

    async with serve(world.url, anonymous_read=True) as client:
        assert "changes may be made" in await run("status")
        await run("on", "--reason", "Khôi phục", "--until", "6s")
        state = json.loads(await run("status", "--output", "json"))["readOnly"]
        assert (state["reason"], state["startedBy"].startswith("cli:")) == ("Khôi phục", True)
        await within(5.0, lambda: _is_read_only(client))
        await within(15.0, lambda: _is_writable(client))  # it ends by itself
        assert "changes may be made" in await run("status")
        await run("on", "--reason", "Khôi phục")
        await within(15.0, lambda: _is_read_only(client))
        assert "changes may be made again" in await run("off")
        assert "it was not read-only" in await run("off")
        await within(15.0, lambda: _is_writable(client))
    wrong = await run_command(
        "maintenance", "on", "--reason", "x", "--until", "2001-01-01T00:00:00Z", DATABASE_URL=world.url
    )
    assert (wrong.code, "is over already" in wrong.output) == (2, True)


async def _is_read_only(client: httpx.AsyncClient) -> bool:
    return await said(client) is not None


async def _is_writable(client: httpx.AsyncClient) -> bool:
    return await said(client) is None


async def _audited(url: str) -> "list[asyncpg.Record]":
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(
            "SELECT actor, action FROM audit_event WHERE object = 'platform/read-only' ORDER BY id"
        )
    finally:
        await connection.close()
