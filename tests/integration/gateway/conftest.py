"""A gateway in this process on a database of the module's own, with a small known world in it."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from pwdlib import PasswordHash
from pydantic import SecretStr

from fansipan_common.security import generate_api_key
from fansipan_gateway.app import build
from fansipan_gateway.settings import GatewaySettings

START = datetime(2026, 7, 1, tzinfo=UTC)
COMMUNE = "02671"

_ENTITIES = """
INSERT INTO provider (key, name) VALUES ('demo', 'Demo'), ('other', 'Other');
INSERT INTO sensor (key, name) VALUES ('s', 'Sensor');
INSERT INTO observed_property (key, name) VALUES ('pm25', 'PM2.5'), ('note', 'Note'), ('level', 'Level');
INSERT INTO thing (provider_id, key, name, area_code) VALUES
    (1, 's1', 'Trạm một', '02671'), (1, 's2', 'Trạm 100% _hai_', NULL), (2, 'x', 'Elsewhere', '02647');
INSERT INTO location (name, location) VALUES ('here', '{"type": "Point", "coordinates": [104.01, 22.42]}');
INSERT INTO thing_location VALUES (1, 1);
INSERT INTO datastream (key, thing_id, sensor_id, observed_property_id, name, observation_type, unit_symbol) VALUES
    ('demo/s1/pm25', 1, 1, 1, 'PM2.5 một', 'measurement', 'µg/m³'),
    ('demo/s1/note', 1, 1, 2, 'Notes', 'text', NULL),
    ('demo/s2/level', 2, 1, 3, 'Level', 'measurement', 'm'),
    ('other/x/level', 3, 1, 3, 'Level elsewhere', 'measurement', 'm'),
    ('demo/s2/empty', 2, 1, 3, 'Nothing yet', 'measurement', 'm');
"""
_SERIES = """
INSERT INTO observation (datastream_id, phenomenon_time, result, result_json, result_quality)
SELECT 1, $1::timestamptz + i * interval '1 minute', 20 + (i * 7919 % 1000) / 50.0, NULL, i % 3
  FROM generate_series(0, 5999) i
UNION ALL
SELECT 2, $1::timestamptz + i * interval '1 minute', NULL, to_jsonb('note "' || i || '"'), NULL
  FROM generate_series(0, 5) i
UNION ALL
SELECT 3, $1::timestamptz + i * interval '3 days', i * 1.5, NULL, 0 FROM generate_series(0, 19) i
UNION ALL
SELECT 4, $1::timestamptz + i * interval '1 hour', i, NULL, NULL FROM generate_series(0, 9) i
"""
_ROLLUP = """
INSERT INTO {table}
SELECT datastream_id, {bucket}, count(*), sum(result), min(result), max(result), first(result, phenomenon_time),
       last(result, phenomenon_time), min(phenomenon_time), max(phenomenon_time)
  FROM observation WHERE result IS NOT NULL AND result_quality IS DISTINCT FROM 2 GROUP BY 1, 2
"""
_LATEST = """
INSERT INTO latest_observation (datastream_id, phenomenon_time, result, result_json, result_quality)
SELECT DISTINCT ON (datastream_id) datastream_id, phenomenon_time, result, result_json, result_quality
  FROM observation ORDER BY datastream_id, phenomenon_time DESC
"""

Serve = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@dataclass(frozen=True, slots=True)
class World:
    """What the database holds, and who may ask."""

    url: str
    reader: str
    writer: str
    stranger: str
    operator: tuple[str, str]


async def _add_key(connection: "asyncpg.Connection[Any]", provider: int, *scopes: str) -> str:
    key = generate_api_key()
    await connection.execute(
        "INSERT INTO api_key (id, provider_id, name, secret_hash, scopes) VALUES ($1, $2, 'test', $3, $4)",
        key.id,
        provider,
        key.secret_hash,
        list(scopes),
    )
    return key.text


@pytest.fixture(scope="module")
async def world(database_url: str) -> World:
    """Three things, five datastreams, 6,036 observations, keys and an operator."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(_ENTITIES)
        await connection.execute(_SERIES, START)
        buckets = {
            "rollup_1m": "date_trunc('minute', phenomenon_time)",
            "rollup_1h": "local_hour(phenomenon_time)",
            "rollup_1d": "local_day(phenomenon_time)",
        }
        for table, bucket in buckets.items():
            await connection.execute(_ROLLUP.format(table=table, bucket=bucket))
        await connection.execute(_LATEST)
        await connection.execute(
            "INSERT INTO operator (username, password_hash, role) VALUES ('mai', $1, 'viewer')",
            PasswordHash.recommended().hash("bí mật"),
        )
        return World(
            url=database_url,
            reader=await _add_key(connection, 1, "read"),
            writer=await _add_key(connection, 1, "write"),
            stranger=await _add_key(connection, 2, "read"),
            operator=("mai", "bí mật"),
        )
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def serve() -> Serve:
    """Run a gateway: `async with serve(url, **settings) as client`."""

    @asynccontextmanager
    async def running(
        url: str,
        *,
        anonymous_read: bool = False,
        web_dist: Path = Path("/nonexistent"),
        base_url: str = "http://gateway",
        **settings: Any,
    ) -> AsyncGenerator[httpx.AsyncClient, None]:
        settings = {"session_secret": SecretStr("s" * 64), "redis_url": None, **settings}
        app = build(
            GatewaySettings(
                database_url=SecretStr(url), anonymous_read=anonymous_read, web_dist=web_dist, **settings
            )
        )
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app, client=("127.0.0.1", 1)), base_url=base_url
            ) as client,
        ):
            yield client

    return running


@pytest.fixture(scope="module")
async def gateway(world: World, serve: Serve) -> AsyncGenerator[httpx.AsyncClient, None]:
    """A gateway that everybody may read."""
    async with serve(world.url, anonymous_read=True) as client:
        yield client


Follow = Callable[..., Awaitable[list[dict[str, Any]]]]


@pytest.fixture(scope="module")
def follow(gateway: httpx.AsyncClient) -> Follow:
    """All items of an address, page by page."""

    async def all_pages(address: str, **parameters: Any) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        response = await gateway.get(address, params=parameters)
        while True:
            assert response.status_code == 200, response.text
            page = response.json()
            items += page["items"]
            if page["next"] is None:
                return items
            response = await gateway.get(page["next"])

    return all_pages
