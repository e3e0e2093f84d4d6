"""Replicas of analytics share the partitions; one may leave and another join while data flows."""

import asyncio
import re

import asyncpg
import httpx
from tests.integration.conftest import Pipeline
from tests.support.processes import ServiceProcess
from tests.support.providers import make_key
from tests.support.rollups import assert_rollups_equal_raw
from tests.support.sending import Sender


def items(batch: int) -> list[dict[str, object]]:
    return [
        {
            "datastream": f"acme/thing-{n % 24}/x",
            "phenomenonTime": f"2026-07-01T{batch // 60 % 24:02d}:{batch % 60:02d}:{n % 60:02d}.{n:03d}+07:00",
            "result": float(n * batch % 1009),
        }
        for n in range(200)
    ]


async def share(process: ServiceProcess, least: int, most: int) -> None:
    """Wait until a replica says that it owns a part of the 12 partitions."""
    async with asyncio.timeout(30.0):
        while True:
            counts = re.findall(r'"partitions": (\d+), "group": "[^"]*fansipan-store"', process.log)
            if counts and least <= int(counts[-1]) <= most:
                return
            await asyncio.sleep(0.1)


async def test_members_come_and_go_and_every_row_is_stored_once(
    pipeline: Pipeline, own: "asyncpg.Connection", http: httpx.AsyncClient
):
    key = make_key(pipeline.database, "acme")
    ingest = pipeline.processes.start("ingest")
    first, second = pipeline.processes.start("analytics"), pipeline.processes.start("analytics")
    await asyncio.gather(ingest.ready(), first.ready(), second.ready())
    await asyncio.gather(share(first, 1, 11), share(second, 1, 11))
    sender = Sender(http, ingest.url, key.key)
    sent: dict[tuple[str, str], object] = {}
    steady = asyncio.Event()

    async def push() -> None:
        batch = 0
        while not steady.is_set() or batch < 60:
            answer = await sender.observations(items(batch))
            assert answer.status_code == 202, answer.text
            assert answer.json()["accepted"] == 200
            for item in items(batch):
                sent[str(item["datastream"]), str(item["phenomenonTime"])] = item["result"]
            batch += 1
            await asyncio.sleep(0.02)

    async def change_members() -> None:
        assert await first.terminate() == 0
        await share(second, 12, 12)
        third = pipeline.processes.start("analytics")
        await third.ready()
        await share(third, 1, 11)
        steady.set()

    async with asyncio.timeout(90.0):
        await asyncio.gather(push(), change_members())
    answer = await sender.observations(items(0), wait="stored")
    assert answer.json()["stored"]
    async with asyncio.timeout(30.0):
        while await own.fetchval("SELECT count(*) FROM observation") < len(sent):
            await asyncio.sleep(0.1)
    rows = await own.fetch(
        "SELECT d.key, o.phenomenon_time, o.result FROM observation o JOIN datastream d ON d.id = o.datastream_id"
    )
    assert len(rows) == len(sent)
    assert sum(row["result"] for row in rows) == sum(float(str(value)) for value in sent.values())
    assert await own.fetchval("SELECT count(*) FROM observation_history") == 0
    await assert_rollups_equal_raw(own)
