"""A million rows go through the gateway without staying in it, and a client that goes away ends its query."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil
import pyarrow.parquet as pq
import pytest
from tests.support.processes import ServiceProcess, processes

ROWS = 1_000_000
RANGE = {"from": "2025-01-01T00:00:00Z", "to": "2025-02-01T00:00:00Z"}
PATH = "/v1/datastreams/demo/s2/level/observations/export"
MIB = 1 << 20
_FILL = """
INSERT INTO observation (datastream_id, phenomenon_time, result, result_quality)
SELECT 3, '2025-01-01T00:00:00Z'::timestamptz + i * interval '2 seconds', (i::bigint * 7919 % 100000) / 7.0, i % 3
  FROM generate_series(0, $1::int - 1) i
"""
_HELD = """
SELECT count(*) FROM pg_stat_activity
 WHERE application_name = 'fansipan-gateway-exports' AND state <> 'idle' AND datname = current_database()
"""


@pytest.fixture(scope="module")
async def gateway_process(
    world: Any, http: httpx.AsyncClient, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[ServiceProcess]:
    """A gateway of its own that everybody may read, on a database with a datastream of a million rows."""
    connection = await asyncpg.connect(world.url, command_timeout=120.0)
    await connection.execute(_FILL, ROWS)
    await connection.execute("ANALYZE observation")
    await connection.close()
    environment = {"DATABASE_URL": world.url, "FANSIPAN_ANONYMOUS_READ": "true"}
    async with processes(environment, tmp_path_factory.mktemp("logs"), http) as started:
        process = started.start("gateway", FANSIPAN_EXPORT_CONCURRENCY="4")
        await process.ready()
        yield process


async def _held(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(_HELD)
    finally:
        await connection.close()


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
async def test_memory_stays_bounded_for_a_million_rows(
    gateway_process: ServiceProcess, tmp_path: Path, file_format: str
) -> None:
    process = psutil.Process(gateway_process.pid)
    url = gateway_process.url + PATH
    async with httpx.AsyncClient(timeout=60.0, headers={"Accept-Encoding": "identity"}) as client:
        small = {"from": RANGE["from"], "to": "2025-01-01T01:00:00Z", "format": file_format}
        assert (await client.get(url, params=small)).status_code == 200  # what is loaded once is loaded
        before = highest = process.memory_info().rss
        size = lines = 0
        path = tmp_path / "export"
        with path.open("wb") as file:
            async with client.stream("GET", url, params={**RANGE, "format": file_format}) as response:
                assert response.status_code == 200
                async for chunk in response.aiter_bytes(1 << 18):
                    file.write(chunk)
                    size += len(chunk)
                    lines += chunk.count(b"\n")
                    highest = max(highest, process.memory_info().rss)
    print(f"{file_format}: {size / MIB:.1f} MiB, RSS {before / MIB:.0f} -> {highest / MIB:.0f} MiB")  # noqa: T201
    if file_format == "csv":
        assert lines == ROWS + 1
    else:
        with pq.ParquetFile(path) as read:
            assert read.metadata.num_rows == ROWS
            assert read.metadata.num_row_groups == ROWS // 50_000
    # all the rows as Python objects would take more than 200 MiB
    assert highest - before < 80 * MIB


async def test_a_parquet_file_of_many_row_groups_equals_the_table(
    gateway_process: ServiceProcess, world: Any, tmp_path: Path
) -> None:
    path = tmp_path / "export.parquet"
    async with httpx.AsyncClient(timeout=60.0) as client:
        response = await client.get(gateway_process.url + PATH, params={**RANGE, "format": "parquet"})
        path.write_bytes(response.content)
    ours = hashlib.sha256()
    table = pq.read_table(path)
    times = table["phenomenonTime"].cast("int64").to_pylist()
    for ms, result, quality in zip(
        times, table["result"].to_pylist(), table["resultQuality"].to_pylist(), strict=True
    ):
        ours.update(f"{ms} {result!r} {quality}\n".encode())
    stored = hashlib.sha256()
    connection = await asyncpg.connect(world.url)
    async with connection.transaction():
        async for row in connection.cursor(
            "SELECT (extract(epoch FROM phenomenon_time) * 1000)::bigint AS ms, result, result_quality"
            " FROM observation WHERE datastream_id = 3 AND phenomenon_time < '2025-02-01' ORDER BY 1",
            prefetch=20_000,
        ):
            quality = ("good", "suspect", "bad")[row["result_quality"]]
            stored.update(f"{row['ms']} {row['result']!r} {quality}\n".encode())
    await connection.close()
    assert len(times) == ROWS
    assert ours.hexdigest() == stored.hexdigest()


async def test_a_client_that_goes_away_ends_its_query_and_frees_its_place(
    gateway_process: ServiceProcess, world: Any
) -> None:
    url = gateway_process.url + PATH
    # anonymous readers have two places: more go away than there are places
    for _ in range(5):
        async with (
            httpx.AsyncClient(timeout=30.0) as client,
            client.stream("GET", url, params=RANGE) as response,
        ):
            assert response.status_code == 200
            chunks = response.aiter_raw()
            await anext(chunks)
            assert await _held(world.url) >= 1
        async with asyncio.timeout(10.0):
            while await _held(world.url):
                await asyncio.sleep(0.05)


async def test_places_are_limited_and_say_when_to_come_back(gateway_process: ServiceProcess) -> None:
    url = gateway_process.url + PATH
    async with (
        httpx.AsyncClient(timeout=30.0) as client,
        client.stream("GET", url, params=RANGE) as first,
        client.stream("GET", url, params=RANGE) as second,
    ):
        assert (first.status_code, second.status_code) == (200, 200)
        third = await client.get(url, params=RANGE)
        assert (third.status_code, third.json()["code"]) == (503, "exports-busy")
        assert int(third.headers["retry-after"]) > 0
        read = await client.get(gateway_process.url + "/v1/things")
        assert read.status_code == 200  # short reads go on
