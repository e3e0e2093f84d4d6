"""Remembered answers, on a real Redis and a real PostgreSQL: one query for a stampede, and never anything old."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from tests.conftest import Addresses

from fansipan_common.contracts.live import LiveTopic
from fansipan_common.db import Database
from fansipan_common.live import LiveRing
from fansipan_common.redis import Speedup
from fansipan_gateway.app import build
from fansipan_gateway.settings import GatewaySettings
from fansipan_gateway.wiring.forgetting import Forgetting

OpenGateway = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
ADDRESS = "/v1/latest?datastream=demo/s1/pm25"
_LISTENERS = 2  # of the registry and of the catalogue
_LOOKED_AT = ("read_only_mode", "file_import")  # by background tasks, whoever asks


class Queries:
    """Counts what is sent to the database through `Database`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds: float = 0.0) -> None:
        self.count = 0
        for name in ("fetch", "fetchrow"):
            monkeypatch.setattr(Database, name, self._counting(getattr(Database, name), seconds))

    def _counting(self, method: Any, seconds: float) -> Any:
        async def counted(database: Database, query: str, *args: object) -> Any:
            self.count += not any(table in query for table in _LOOKED_AT)
            await asyncio.sleep(seconds)
            return await method(database, query, *args)

        return counted


@pytest.fixture
def prefix() -> str:
    return f"test-{secrets.token_hex(4)}:"


@pytest.fixture
def open_gateway(
    world: Any, addresses: Addresses, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> OpenGateway:
    """Starts replicas that share a Redis; all are ended with the test.

    A replica that listens says first that all may have changed, and forgets what it remembered: that is over.
    """
    told: list[Forgetting] = []
    forget = Forgetting.forget

    async def noted(self: Forgetting) -> None:
        await forget(self)
        told.append(self)

    monkeypatch.setattr(Forgetting, "forget", noted)

    @asynccontextmanager
    async def opened(**settings: Any) -> AsyncGenerator[httpx.AsyncClient]:
        defaults: dict[str, Any] = {
            "database_url": SecretStr(world.url),
            "redis_url": SecretStr(addresses.redis),
            "redis_prefix": prefix,
            "anonymous_read": True,
        }
        app = build(GatewaySettings(**(defaults | settings)))
        before = len(told)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app, client=("127.0.0.1", 1)), base_url="http://gateway"
            ) as client,
        ):
            async with asyncio.timeout(20.0):
                while len(told) < before + _LISTENERS:
                    await asyncio.sleep(0.01)
            yield client

    return opened


@pytest.fixture
async def ring(addresses: Addresses, prefix: str) -> AsyncGenerator[LiveRing]:
    redis = Speedup(addresses.redis, timeout=10.0)
    yield LiveRing(redis, prefix)
    await redis.close()


@pytest.fixture
async def own_row(world: Any) -> AsyncGenerator["asyncpg.Connection[Any]"]:
    connection = await asyncpg.connect(world.url)
    before = await connection.fetchval("SELECT result FROM latest_observation WHERE datastream_id = 1")
    yield connection
    await connection.execute("UPDATE latest_observation SET result = $1 WHERE datastream_id = 1", before)
    await connection.close()


async def result_of(client: httpx.AsyncClient, address: str = ADDRESS, **headers: str) -> float:
    answer = await client.get(address, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"][0]["result"]


async def test_two_hundred_misses_at_once_are_one_query(
    open_gateway: OpenGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_gateway() as gateway:
        await gateway.get(ADDRESS.replace("pm25", "note"))  # connections and names are there
        await gateway.get("/v1/datastreams/demo/s1/pm25")
        queries = Queries(monkeypatch, seconds=0.05)
        answers = await asyncio.gather(*(gateway.get("/v1/things?area=15") for _ in range(200)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert queries.count == 1


async def test_a_stampede_on_several_replicas_is_one_query(
    open_gateway: OpenGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with AsyncExitStack() as opened:
        replicas = [await opened.enter_async_context(open_gateway(cache_seconds=10)) for _ in range(3)]
        for replica in replicas:
            await replica.get("/v1/things?area=02671")
        queries = Queries(monkeypatch, seconds=0.1)
        counts: list[int] = []
        for limit in range(100, 105):
            before = queries.count
            answers = await asyncio.gather(
                *(replica.get(f"/v1/things?area=15&limit={limit}") for replica in replicas for _ in range(50))
            )
            assert {answer.status_code for answer in answers} == {200}
            counts.append(queries.count - before)
    # On a busy machine Redis may not answer in time; then each replica asks once by itself, never more.
    assert 1 in counts
    assert max(counts) <= len(replicas)


async def test_what_changed_is_seen_at_once_on_every_replica(
    open_gateway: OpenGateway, ring: LiveRing, own_row: "asyncpg.Connection[Any]"
) -> None:
    async with open_gateway(cache_seconds=10) as one, open_gateway(cache_seconds=10) as other:
        await asyncio.sleep(0.5)
        await ring.append([(LiveTopic.MARK, "")])  # the first entry of a writer says that some may be missing
        await asyncio.sleep(0.2)
        before = [await result_of(one), await result_of(other)]
        await own_row.execute("UPDATE latest_observation SET result = 4711 WHERE datastream_id = 1")
        assert [await result_of(one), await result_of(other)] == before, "it is remembered"
        await ring.append([(LiveTopic.OBSERVATIONS, '{"ids": [1], "ms": [0], "results": [4711]}')])
        await asyncio.sleep(0.3)
        assert [await result_of(one), await result_of(other)] == [4711, 4711]


async def test_a_lost_change_is_seen_within_a_second(
    open_gateway: OpenGateway, own_row: "asyncpg.Connection[Any]"
) -> None:
    async with open_gateway() as gateway:
        before = await result_of(gateway)
        await own_row.execute("UPDATE latest_observation SET result = result + 1 WHERE datastream_id = 1")
        await asyncio.sleep(1.05)
        assert await result_of(gateway) == before + 1


async def test_answers_do_not_cross_visibilities(open_gateway: OpenGateway, world: Any) -> None:
    def bearer(key: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {key}"}

    async with open_gateway(anonymous_read=False) as gateway:
        for _ in range(2):
            own = await gateway.get("/v1/datastreams", headers=bearer(world.reader))
            others = await gateway.get("/v1/datastreams", headers=bearer(world.stranger))
            assert {item["key"].split("/")[0] for item in own.json()["items"]} == {"demo"}
            assert {item["key"].split("/")[0] for item in others.json()["items"]} == {"other"}
            nobody = await gateway.get("/v1/datastreams")
            assert nobody.status_code == 401
        everything = await gateway.get("/v1/datastreams", auth=world.operator)
        assert {item["key"].split("/")[0] for item in everything.json()["items"]} == {"demo", "other"}


async def test_errors_are_not_remembered(
    open_gateway: OpenGateway, own_row: "asyncpg.Connection[Any]", monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_gateway() as gateway:
        queries = Queries(monkeypatch)
        for number in (1, 2):
            answer = await gateway.get("/v1/things/demo/nobody")
            assert (answer.status_code, queries.count) == (404, number)


async def test_a_remembered_answer_has_its_validator(open_gateway: OpenGateway) -> None:
    async with open_gateway() as gateway:
        first = await gateway.get("/v1/things")
        assert first.headers["cache-status"] == "fansipan; fwd=miss"
        again = await gateway.get("/v1/things", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["cache-status"] == "fansipan; hit"
        whole = await gateway.get("/v1/things")
        assert (whole.status_code, whole.content) == (200, first.content)


async def test_a_redis_that_is_away_costs_time_only(
    open_gateway: OpenGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_gateway(redis_url=SecretStr("redis://127.0.0.1:1/0")) as gateway:
        await gateway.get("/v1/things?area=02671")
        queries = Queries(monkeypatch, seconds=0.05)
        answers = await asyncio.gather(*(gateway.get("/v1/things?area=15") for _ in range(200)))
        assert {answer.status_code for answer in answers} == {200}
        assert queries.count == 1
        assert (await gateway.get("/v1/live")).json()["code"] == "live-away"


async def test_shared_answers_leave_nothing_behind(
    open_gateway: OpenGateway, addresses: Addresses, prefix: str
) -> None:
    async with open_gateway() as gateway, Redis.from_url(addresses.redis) as redis:
        await gateway.get("/v1/things")
        keys = [key async for key in redis.scan_iter(f"{prefix}answer:*")]
        assert len(keys) == 1
        assert 0 < await redis.pttl(keys[0]) <= 1_000
