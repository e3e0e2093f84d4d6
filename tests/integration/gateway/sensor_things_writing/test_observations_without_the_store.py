"""Observations that cannot be stored now: the answer says what became of them."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Final

import asyncpg
import httpx
import pytest
from pydantic import SecretStr
from tests.integration.conftest import Pipeline
from tests.support.processes import free_port
from tests.support.sensor_things_writer import ROOT, StaWriter, sta_writer

_SECRET: Final = "s" * 40


@pytest.fixture
async def connection(database_url: str) -> AsyncGenerator["asyncpg.Connection[Any]"]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def _write(client: httpx.AsyncClient, writer: StaWriter) -> list[httpx.Response]:
    body = {"phenomenonTime": "2026-07-01T08:00:00+07:00", "result": 1, **writer.link()}
    arrays = [{**writer.link(), "components": ["result"], "dataArray": [[1], [2]]}]
    auth = ("any", writer.key)
    return [
        await client.post("/Observations", json=body, auth=auth),
        await client.post("/CreateObservations", json=arrays, auth=auth),
    ]


async def test_ingest_that_is_away_or_not_set_up(
    database_url: str, serve: Any, connection: "asyncpg.Connection[Any]", http: httpx.AsyncClient
):
    writer = await sta_writer(http, "http://gateway", database_url, connection)
    base = f"http://gateway{ROOT}"
    away = {"ingest_url": f"http://127.0.0.1:{free_port()}", "internal_secret": SecretStr(_SECRET)}
    for settings, code in ((away, "ingest-away"), ({}, "observations-not-set-up")):
        async with serve(database_url, base_url=base, **settings) as client:
            for answer in await _write(client, writer):
                assert (answer.status_code, answer.json()["code"]) == (503, code), answer.text
                assert answer.json()["message"]
                assert int(answer.headers["retry-after"]) > 0


async def test_a_store_that_takes_too_long(
    pipeline: Pipeline,
    serve: Any,
    connection: "asyncpg.Connection[Any]",
    http: httpx.AsyncClient,
):
    ingest = pipeline.processes.start(
        "ingest", FANSIPAN_INTERNAL_SECRET=_SECRET, FANSIPAN_STORED_TIMEOUT_SECONDS="0.2"
    )
    await ingest.ready()
    writer = await sta_writer(http, "http://gateway", pipeline.database, connection)
    settings = {"ingest_url": ingest.url, "internal_secret": SecretStr(_SECRET)}
    async with serve(pipeline.database, base_url=f"http://gateway{ROOT}", **settings) as client:
        for answer in await _write(client, writer):
            assert (answer.status_code, answer.json()["code"]) == (503, "not-stored-yet"), answer.text
        wrong = {**settings, "internal_secret": SecretStr("t" * 40)}
    async with serve(pipeline.database, base_url=f"http://gateway{ROOT}", **wrong) as client:
        for answer in await _write(client, writer):
            assert (answer.status_code, answer.json()["code"]) == (503, "observations-not-set-up"), (
                answer.text
            )


async def test_a_quota_that_is_used_up(
    pipeline: Pipeline, serve: Any, connection: "asyncpg.Connection[Any]", http: httpx.AsyncClient
):
    writer = await sta_writer(http, "http://gateway", pipeline.database, connection)
    query = "UPDATE provider SET observations_per_day = 0 WHERE id = (SELECT provider_id FROM api_key WHERE id = $1)"
    await connection.execute(query, writer.key.split("_")[1])
    ingest = pipeline.processes.start(
        "ingest", FANSIPAN_INTERNAL_SECRET=_SECRET, FANSIPAN_STORED_TIMEOUT_SECONDS="0.2"
    )
    await ingest.ready()
    settings = {"ingest_url": ingest.url, "internal_secret": SecretStr(_SECRET)}
    async with serve(pipeline.database, base_url=f"http://gateway{ROOT}", **settings) as client:
        async with asyncio.timeout(20.0):  # ingest learns within seconds how much a provider may send
            while (await _write(client, writer))[0].status_code != 429:
                await asyncio.sleep(0.3)
        for answer in await _write(client, writer):
            assert (answer.status_code, answer.json()["code"]) == (429, "quota-exhausted"), answer.text
            assert int(answer.headers["retry-after"]) > 0
