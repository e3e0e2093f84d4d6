"""Rate limits: per address, per key, per operator, over all replicas."""

import asyncio
import secrets
from typing import Any

import asyncpg
import httpx
import pytest
from pydantic import SecretStr
from tests.conftest import Addresses

from fansipan_gateway.app import build
from fansipan_gateway.settings import GatewaySettings


def settings_of(world: Any, redis: str | None, **more: Any) -> GatewaySettings:
    values: dict[str, Any] = {
        "database_url": SecretStr(world.url),
        "redis_url": None if redis is None else SecretStr(redis),
        "redis_prefix": f"test-{secrets.token_hex(4)}:",
        "anonymous_read": True,
        "anonymous_requests_per_minute": 5,
        "key_requests_per_minute": 8,
        "operator_requests_per_minute": 1_000,
    }
    return GatewaySettings(**(values | more))


def client_at(app: Any, address: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, client=(address, 1)), base_url="http://gateway"
    )


@pytest.mark.parametrize("redis", ["real", "away", "none"])
async def test_each_client_has_a_count_of_its_own(world: Any, addresses: Addresses, redis: str) -> None:
    url = {"real": addresses.redis, "away": "redis://127.0.0.1:1/0", "none": None}[redis]
    app = build(settings_of(world, url))
    async with app.router.lifespan_context(app), client_at(app, "192.0.2.1") as client:
        left = []
        for _ in range(5):
            answer = await client.get("/v1/things")
            assert answer.status_code == 200
            assert answer.headers["ratelimit-limit"] == "5"
            assert 1 <= int(answer.headers["ratelimit-reset"]) <= 60
            left.append(int(answer.headers["ratelimit-remaining"]))
        assert left == [4, 3, 2, 1, 0]
        refused = await client.get("/v1/things")
        assert (refused.status_code, refused.json()["code"]) == (429, "too-many-requests")
        assert refused.headers["content-type"] == "application/problem+json"
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert refused.headers["ratelimit-remaining"] == "0"

        # a credential that is not good is no way out; a good one is
        bad = await client.get("/v1/things", headers={"Authorization": "Bearer fsp_no"})
        assert bad.status_code == 429
        key = {"Authorization": f"Bearer {world.reader}"}
        for _ in range(8):
            assert (await client.get("/v1/things", headers=key)).status_code == 200
        assert (await client.get("/v1/things", headers=key)).status_code == 429
        operator = await client.get("/v1/things", auth=world.operator)
        assert (operator.status_code, operator.headers["ratelimit-limit"]) == (200, "1000")

        # what keeps the service running is not counted
        for path in ("/healthz", "/readyz", "/metrics", "/openapi.json"):
            answer = await client.get(path)
            assert (answer.status_code, "ratelimit-limit" in answer.headers) == (200, False)

        async with client_at(app, "192.0.2.2") as other:
            assert (await other.get("/v1/things")).status_code == 200
        async with client_at(app, "2001:db8::1") as one, client_at(app, "2001:db8::2") as neighbour:
            for _ in range(5):
                await one.get("/v1/things")
            assert (await neighbour.get("/v1/things")).status_code == 429


async def test_replicas_count_together(world: Any, addresses: Addresses) -> None:
    settings = settings_of(world, addresses.redis)
    one, other = build(settings), build(settings)
    async with (
        one.router.lifespan_context(one),
        other.router.lifespan_context(other),
        client_at(one, "192.0.2.1") as first,
        client_at(other, "192.0.2.1") as second,
    ):
        for client in (first, second, first, second, first):
            assert (await client.get("/v1/things")).status_code == 200
        assert (await first.get("/v1/things")).status_code == 429
        assert (await second.get("/v1/things")).status_code == 429


async def test_too_many_at_once_are_refused_at_once_and_queries_of_any_shape_first(
    world: Any, serve: Any
) -> None:
    """While the database keeps them all waiting: what is refused is answered, what is admitted is not yet."""
    owner = await asyncpg.connect(world.url)
    try:
        async with serve(world.url, anonymous_read=True, max_in_flight=4) as client:
            assert (await client.get("/v1/things")).status_code == 200  # the pool is open
            hold = owner.transaction()
            await hold.start()
            await owner.execute("LOCK TABLE thing IN ACCESS EXCLUSIVE MODE")

            def ask(address: str, count: int) -> list[asyncio.Task[httpx.Response]]:
                return [asyncio.create_task(client.get(f"{address}={n + 1}")) for n in range(count)]

            async def refused(tasks: list[asyncio.Task[httpx.Response]], admitted: int) -> None:
                while sum(task.done() for task in tasks) < len(tasks) - admitted:
                    await asyncio.sleep(0.01)
                answers = [task.result() for task in tasks if task.done()]
                assert len(answers) == len(tasks) - admitted
                assert {(one.status_code, one.json()["code"]) for one in answers} == {(503, "overloaded")}

            async with asyncio.timeout(8.0):  # a statement may take ten seconds
                queries = ask("/sta/v1.1/Things?$top", 5)
                await refused(queries, admitted=1)
                reads = ask("/v1/things?limit", 6)
                await refused(reads, admitted=3)
                assert (await client.get("/healthz")).status_code == 200
                assert (await client.get("/v1/status")).status_code == 200
            await hold.rollback()
            answers = await asyncio.gather(*queries, *reads)
            assert sum(one.status_code == 200 for one in answers) == 4
    finally:
        await owner.close()
