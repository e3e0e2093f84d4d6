"""Sessions: cookies, CSRF, fixation, lifetimes, sign-out, and Redis that goes away."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import asyncpg
import httpx
import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from tests.conftest import Addresses
from tests.support.signing_in import (
    audited,
    code_of,
    early_in_a_step,
    make_operator,
    sign_in,
    signed_in,
    who,
)

Serve = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
COOKIE = "fansipan_session"
WINDOW = {"endsAt": "2999-01-01T00:00:00Z", "reason": "test"}


@pytest.fixture
async def client(database_url: str, serve: Serve, addresses: Addresses) -> AsyncGenerator[httpx.AsyncClient]:
    """A browser; its gateway keeps sessions in Redis."""
    async with serve(database_url, redis_url=SecretStr(addresses.redis)) as client:
        yield client


@pytest.fixture
async def redis(addresses: Addresses) -> AsyncGenerator[Redis]:
    """The stack's Redis."""
    client = Redis.from_url(addresses.redis)
    yield client
    await client.aclose()


def _browser(client: httpx.AsyncClient, cookie: str) -> dict[str, str]:
    return {"Cookie": f"{COOKIE}={cookie}"}


async def _keys(redis: Redis) -> set[bytes]:
    return {key async for key in redis.scan_iter("fansipan:session:*")}


async def test_the_cookie_is_opaque_and_out_of_reach_of_scripts(
    own: "asyncpg.Connection[Any]", database_url: str, serve: Serve
) -> None:
    await make_operator(own, "lan")
    for base_url, secure in (("http://gateway", False), ("https://gateway", True)):
        async with serve(database_url, base_url=base_url) as client:
            response = await sign_in(client, "lan")
            header = next(h for h in response.headers.get_list("set-cookie") if h.startswith(COOKIE))
            flags = {part.strip().lower() for part in header.split(";")[1:]}
            assert {"httponly", "samesite=lax", "path=/", "max-age=43200"} <= flags
            assert ("secure" in flags) is secure
            assert response.headers["cache-control"] == "no-store"
            assert "lan" not in header.split(";")[0]
            assert (await client.get("/v1/session")).headers["cache-control"] == "no-store"


async def test_a_session_reads_and_acts_and_every_state_change_needs_its_token(
    client: httpx.AsyncClient, own: "asyncpg.Connection[Any]", database_url: str, serve: Serve
) -> None:
    await make_operator(own, "hoa")
    await make_operator(own, "hai")
    csrf = await signed_in(client, "hoa")
    page = await client.get("/v1/things")
    assert page.status_code == 200
    assert page.headers["cache-control"].startswith("private")
    assert "Cookie" in page.headers["vary"]
    async with serve(database_url) as other:
        of_another = await signed_in(other, "hai")
    for headers in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": csrf["X-CSRF-Token"][:-1] + "_"}, of_another):
        for method, path in (
            ("POST", "/v1/maintenance-windows"),
            ("DELETE", "/v1/session"),
            ("PUT", "/v1/session/password"),
            ("POST", "/v1/session/totp"),
        ):
            body = {"current": "x", "new": "y"} if "password" in path else WINDOW
            response = await client.request(method, path, json=body, headers=headers)
            assert (response.status_code, response.json()["code"]) == (403, "csrf-token-missing"), (
                method,
                path,
            )
    made = await client.post("/v1/maintenance-windows", json=WINDOW, headers=csrf)
    assert made.status_code == 201
    assert made.json()["createdBy"] == "hoa"
    assert await audited(own, "hoa") == ["session.began", "maintenance-window.made"]


async def test_an_id_from_before_signing_in_is_worth_nothing_after(
    client: httpx.AsyncClient, own: "asyncpg.Connection[Any]"
) -> None:
    await make_operator(own, "thu")
    planted = "A" * 43 + ".planted"
    client.cookies.set(COOKIE, planted)
    await signed_in(client, "thu")
    first = next(c.value for c in client.cookies.jar if c.name == COOKIE and c.value != planted)
    client.cookies.clear()
    assert await who(client, headers=_browser(client, planted)) is None
    client.cookies.set(COOKIE, first or "")
    response = await sign_in(client, "thu")
    again = response.cookies[COOKIE]
    client.cookies.clear()
    assert again.split(".")[0] != (first or "").split(".")[0], "a new id at every sign-in"
    assert await who(client, headers=_browser(client, again)) == "thu"
    assert await who(client, headers=_browser(client, first or "")) is None, "the one before has ended"


async def test_a_changed_cookie_is_as_none(
    client: httpx.AsyncClient, own: "asyncpg.Connection[Any]", redis: Redis
) -> None:
    await make_operator(own, "minh")
    await signed_in(client, "minh")
    cookie = client.cookies[COOKIE]
    client.cookies.clear()
    session_id, sealed = cookie.split(".", 1)
    await redis.delete(*await _keys(redis))  # so that the sealed copy is asked
    flipped = sealed[:-2] + ("A" if sealed[-2] != "A" else "B") + sealed[-1]
    for bad in (f"{session_id}.{flipped}", f"{'B' * 43}.{sealed}", session_id, f".{sealed}", "x" * 9_000):
        assert await who(client, headers=_browser(client, bad)) is None, bad
        assert (await client.get("/v1/things", headers=_browser(client, bad))).status_code == 401
    assert await who(client, headers=_browser(client, cookie)) == "minh"


async def test_another_secret_and_another_replica(
    client: httpx.AsyncClient, own: "asyncpg.Connection[Any]", database_url: str, serve: Serve
) -> None:
    await make_operator(own, "son")
    csrf = await signed_in(client, "son")
    headers = _browser(client, client.cookies[COOKIE])
    async with serve(database_url) as replica:
        assert await who(replica, headers=headers) == "son"
        assert (
            await replica.post("/v1/maintenance-windows", json=WINDOW, headers=headers | csrf)
        ).status_code == 201
    async with serve(database_url, session_secret=SecretStr("t" * 64)) as stranger:
        assert await who(stranger, headers=headers) is None


async def test_the_secret_is_changed_and_nobody_notices(
    client: httpx.AsyncClient, own: "asyncpg.Connection[Any]", database_url: str, serve: Serve
) -> None:
    """First every replica knows the new secret, too; then it makes with it; then the old one goes."""
    await make_operator(own, "ha")
    await early_in_a_step()
    old, new = "s" * 64, "n" * 64
    csrf = await signed_in(client, "ha")
    secret = (await client.post("/v1/session/totp", headers=csrf)).json()["secret"]
    begun = await client.put("/v1/session/totp", json={"code": code_of(secret, steps=-1)}, headers=csrf)
    csrf = {"X-CSRF-Token": begun.json()["csrfToken"]}
    before = await own.fetchval("SELECT totp_secret FROM operator WHERE username = 'ha'")
    headers = _browser(client, client.cookies[COOKIE])
    async with serve(database_url, session_secret=SecretStr(f"{old} {new}")) as first:
        assert await who(first, headers=headers) == "ha"
    async with serve(database_url, session_secret=SecretStr(f"{new}\n{old}")) as second:
        assert await who(second, headers=headers) == "ha"
        made = await second.post("/v1/maintenance-windows", json=WINDOW, headers=headers | csrf)
        assert made.status_code == 201, "a token from before is good"
        renewed = await sign_in(second, "ha", code=code_of(secret))
        assert renewed.status_code == 200
        of_new = _browser(second, second.cookies[COOKIE])
    after = await own.fetchval("SELECT totp_secret FROM operator WHERE username = 'ha'")
    assert after != before
    async with serve(database_url, session_secret=SecretStr(new)) as third:
        assert await who(third, headers=headers) is None
        assert await who(third, headers=of_new) == "ha"
        again = await sign_in(third, "ha", code=code_of(secret, steps=1))
        assert again.status_code == 200, "the second factor was encrypted anew when it was used"


async def test_redis_may_lose_everything_and_what_ended_stays_ended(
    client: httpx.AsyncClient, own: "asyncpg.Connection[Any]", redis: Redis
) -> None:
    await make_operator(own, "yen")
    before = await _keys(redis)
    csrf = await signed_in(client, "yen")
    cookie = client.cookies[COOKIE]
    (key,) = await _keys(redis) - before
    assert cookie.split(".")[0].encode() not in key, "whoever reads Redis cannot take a session over"
    await redis.delete(key)
    assert await who(client) == "yen"
    assert key in await _keys(redis), "it is put back"
    assert (await client.delete("/v1/session", headers=csrf)).status_code == 204
    assert COOKIE not in client.cookies
    assert key not in await _keys(redis)
    answers = await asyncio.gather(*(who(client, headers=_browser(client, cookie)) for _ in range(5)))
    assert answers == [None] * 5
    assert key not in await _keys(redis)


@pytest.mark.parametrize("redis_url", [None, SecretStr("redis://127.0.0.1:1/0")])
async def test_without_redis_sessions_live_in_the_cookie(
    own: "asyncpg.Connection[Any]", database_url: str, serve: Serve, redis_url: SecretStr | None
) -> None:
    name = "quan" if redis_url is None else "quy"
    await make_operator(own, name)
    async with serve(database_url, redis_url=redis_url) as client:
        csrf = await signed_in(client, name)
        cookie = client.cookies[COOKIE]
        assert (await client.post("/v1/maintenance-windows", json=WINDOW, headers=csrf)).status_code == 201
        assert (await client.delete("/v1/session", headers=csrf)).status_code == 204
        assert await who(client, headers=_browser(client, cookie)) is None, "signed out is signed out"
        assert await who(client) is None


async def test_a_session_ends_when_its_time_is_over(
    own: "asyncpg.Connection[Any]", database_url: str, serve: Serve, addresses: Addresses
) -> None:
    await make_operator(own, "tam")
    for redis_url in (None, SecretStr(addresses.redis)):
        async with serve(database_url, redis_url=redis_url, session_hours=1.5 / 3600) as client:
            await signed_in(client, "tam")
            headers = _browser(client, client.cookies[COOKIE])
            assert await who(client, headers=headers) == "tam"
            await asyncio.sleep(1.7)
            assert await who(client, headers=headers) is None


async def test_signing_out_everywhere_and_what_administrators_change_end_sessions_at_once(
    client: httpx.AsyncClient,
    own: "asyncpg.Connection[Any]",
    database_url: str,
    serve: Serve,
    addresses: Addresses,
) -> None:
    await make_operator(own, "vinh")
    async with serve(database_url, redis_url=SecretStr(addresses.redis)) as desk:
        await asyncio.sleep(0.3)  # the listener connects
        await signed_in(desk, "vinh")
        csrf = await signed_in(client, "vinh")
        assert (await client.delete("/v1/session?everywhere=true", headers=csrf)).status_code == 204
        await _is_out(desk)
        for change in ("session_epoch = session_epoch + 1, role = 'viewer'", "disabled_at = now()"):
            await signed_in(desk, "vinh")
            assert await who(desk) == "vinh"
            await own.execute(f"UPDATE operator SET {change} WHERE username = 'vinh'")
            await _is_out(desk)
    assert (await audited(own, "vinh"))[:3] == ["session.began", "session.began", "session.ended"]


async def _is_out(browser: httpx.AsyncClient) -> None:
    async with asyncio.timeout(8.0):  # well before the ten seconds an operator is remembered
        while await who(browser) is not None:
            await asyncio.sleep(0.05)


async def test_another_site_signs_nobody_in(
    client: httpx.AsyncClient, own: "asyncpg.Connection[Any]"
) -> None:
    await make_operator(own, "ngoc")
    refused = await sign_in(client, "ngoc", **{"Sec-Fetch-Site": "cross-site"})
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf-token-missing")
    form = await client.post(
        "/v1/session",
        content='{"username": "ngoc", "password": "một mật khẩu dài"}'.encode(),
        headers={"Content-Type": "text/plain"},
    )
    assert form.status_code in (400, 415), "a form of another site can send text, but no JSON"


async def test_the_database_away_is_said(serve: Serve) -> None:
    async with serve("postgresql://nobody@127.0.0.1:1/none", anonymous_read=True) as client:
        assert (await client.get("/v1/session")).status_code == 200
        response = await sign_in(client, "lan")
        assert (response.status_code, response.json()["code"]) == (503, "database-away")
