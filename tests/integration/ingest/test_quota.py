"""Quotas and usage on the real stack: every door counts; what is too much is 429 with a time to come again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import pytest
from tests.conftest import Addresses
from tests.support.providers import Credentials
from tests.support.sending import Sender

TIME = "2026-07-01T08:00:00+07:00"
ROUND = 6.0
"""Seconds within which a limit is known and a count written down, with room for a slow machine."""

Usage = Callable[[], Awaitable[dict[str, Any]]]


def item(provider: str, minute: int, **more: Any) -> dict[str, Any]:
    return {
        "datastream": f"{provider}/t/x",
        "phenomenonTime": f"2026-07-01T08:{minute:02}:00+07:00",
        "result": 1.5,
        **more,
    }


async def limit(owner: "asyncpg.Connection[Any]", provider: str, **limits: int | None) -> None:
    for name, value in limits.items():
        assert name in ("observations_per_day", "bytes_per_day", "requests_per_minute")
        await owner.execute(f"UPDATE provider SET {name} = $2 WHERE key = $1", provider, value)


@pytest.fixture
def usage(http: httpx.AsyncClient, addresses: Addresses, credentials: Credentials) -> Usage:
    """Today's usage of the provider by key, as an admin sees it at the gateway."""

    async def read() -> dict[str, Any]:
        answer = await http.get(
            f"{addresses.gateway}/v1/provider/{credentials.provider}/usage", auth=addresses.operator
        )
        assert answer.status_code == 200, answer.text
        return {each["keyId"]: each for each in answer.json()["items"]}

    return read


async def soon(check: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(ROUND):
        while not await check():
            await asyncio.sleep(0.1)


async def test_what_is_sent_is_counted_by_key_and_shown(
    sender: Sender, credentials: Credentials, usage: Usage, http: httpx.AsyncClient, addresses: Addresses
):
    provider = credentials.provider
    await sender.observations([item(provider, 1), item(provider, 2), item(provider, 3, result=None), 5])
    await sender.observations(b"{", headers={"content-type": "application/json"})
    line = await http.post(
        f"{addresses.ingest}/api/v2/write",
        content=b"air temperature=21.5 1782867600000000000",
        headers={"authorization": f"Token {credentials.key}"},
    )
    assert line.status_code == 204, line.text

    async def counted() -> bool:
        return (await usage()).get(credentials.key_id, {}).get("requests") == 3

    await soon(counted)
    [(key, row)] = (await usage()).items()
    assert key == credentials.key_id
    assert (row["accepted"], row["keyName"]) == (3, "test")
    assert row["refused"] == {"invalid-item": 2, "bad-request": 1}
    assert row["bytes"] > 300
    assert row["lastUsedAt"].startswith("20")


async def test_after_the_days_observations_it_is_429_until_midnight(
    sender: Sender, credentials: Credentials, owner: "asyncpg.Connection[Any]", usage: Usage
):
    provider = credentials.provider
    await limit(owner, provider, observations_per_day=3)
    first = await sender.observations([item(provider, 1), item(provider, 2)])
    assert first.status_code == 202  # what the meter has to learn yet is let through
    answer = first

    async def refused() -> bool:
        nonlocal answer
        answer = await sender.observations([item(provider, 3)])
        return answer.status_code == 429

    await soon(refused)
    assert answer.json()["code"] == "quota-exhausted"
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert 0 < int(answer.headers["retry-after"]) <= 24 * 3600 + 1
    dry = await sender.observations([item(provider, 4)], dryRun="true")
    assert dry.status_code == 429

    async def shown() -> bool:
        return (await usage())[credentials.key_id]["refused"].get("quota-exhausted", 0) >= 1

    await soon(shown)
    await limit(owner, provider, observations_per_day=None)

    async def taken_again() -> bool:
        return (await sender.observations([item(provider, 5)])).status_code == 202

    await soon(taken_again)


async def test_requests_of_a_minute_are_bounded_and_influx_clients_are_told_in_their_way(
    sender: Sender,
    credentials: Credentials,
    owner: "asyncpg.Connection[Any]",
    http: httpx.AsyncClient,
    addresses: Addresses,
):
    provider = credentials.provider
    await limit(owner, provider, requests_per_minute=2)

    async def write() -> httpx.Response:
        return await http.post(
            f"{addresses.ingest}/api/v2/write",
            content=b"air temperature=21.5 1782867600000000000",
            headers={"authorization": f"Token {credentials.key}"},
        )

    answer = await write()

    async def refused() -> bool:
        nonlocal answer
        answer = await write()
        return answer.status_code == 429

    await soon(refused)
    assert answer.json()["code"] == "too many requests"
    assert 1 <= int(answer.headers["retry-after"]) <= 60
