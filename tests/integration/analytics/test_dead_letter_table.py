"""Dead letters reach the database each once, whatever is read again, and leave it after a while."""

import asyncio
import time
from typing import Any

import asyncpg
import orjson
from tests.integration.conftest import Pipeline
from tests.support.kafka import publish
from tests.support.processes import ServiceProcess

from fansipan_common.contracts import TopicName


def letter(count: int, first: int = 0) -> bytes:
    return orjson.dumps(
        {
            "origin": "http",
            "target": "observations",
            "receivedAt": "2026-07-01T01:00:00Z",
            "provider": "p",
            "items": [
                {"index": n, "code": "result-type", "detail": "no", "payload": n}
                for n in range(first, first + count)
            ],
        }
    )


async def rows(own: "asyncpg.Connection[Any]") -> list[tuple[Any, ...]]:
    found = await own.fetch(
        "SELECT partition, record_offset, item, code, payload FROM dead_letter ORDER BY partition, record_offset, item"
    )
    return [tuple(row) for row in found]


async def wait_for(own: "asyncpg.Connection[Any]", count: int) -> list[tuple[Any, ...]]:
    until = time.monotonic() + 20.0
    while len(found := await rows(own)) != count:
        assert time.monotonic() < until, f"{len(found)} rows instead of {count} after 20 s"
        await asyncio.sleep(0.05)
    return found


async def start(pipeline: Pipeline, **environment: str) -> ServiceProcess:
    process = pipeline.processes.start("analytics", **environment)
    assert await process.ready()
    return process


async def test_each_item_is_kept_once_and_only_for_a_while(
    pipeline: Pipeline, own: "asyncpg.Connection[Any]"
):
    topic = pipeline.prefix + TopicName.DEAD_LETTER
    trace = [("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    await publish(pipeline.kafka, topic, [(letter(3), trace), (b"\xffgarbage", [])], partition=1)
    process = await start(pipeline)
    parts = await process.ready()
    assert (parts["dead-letters"], parts["task:dead-letters"]) == ("ok", "ok")
    await publish(pipeline.kafka, topic, [(letter(2, 10), [])], partition=2)
    kept = await wait_for(own, 6)
    assert [row[:4] for row in kept] == [
        (1, 0, 0, "result-type"),
        (1, 0, 1, "result-type"),
        (1, 0, 2, "result-type"),
        (1, 1, 0, "unreadable-dead-letter"),
        (2, 0, 0, "result-type"),
        (2, 0, 1, "result-type"),
    ]
    assert [row[4] for row in kept][4:] == ["10", "11"]
    assert (
        await own.fetchval("SELECT count(*) FROM dead_letter WHERE traceparent = $1", trace[0][1].decode())
        == 3
    )

    # killed, and the offsets set back: everything is read again, nothing is doubled
    process.kill()
    await own.execute("UPDATE consumer_offset SET next_offset = 0 WHERE consumer = 'dead-letters'")
    await publish(pipeline.kafka, topic, [(letter(1, 20), [])], partition=1)
    process = await start(pipeline)
    again = await wait_for(own, 7)
    assert [row for row in again if row[4] != "20"] == kept
    offsets = await own.fetch(
        "SELECT partition, next_offset FROM consumer_offset WHERE consumer = 'dead-letters' ORDER BY partition"
    )
    assert [tuple(row) for row in offsets] == [(0, 0), (1, 3), (2, 1)]
    assert await process.terminate() == 0

    # what is old leaves, and of the rest the newest few are kept
    await own.execute("UPDATE dead_letter SET stored_at = now() - interval '91 days' WHERE partition = 2")
    process = await start(pipeline, FANSIPAN_DEAD_LETTERS_KEPT="3")
    left = await wait_for(own, 3)
    assert {row[0] for row in left} == {1}
    newest = await own.fetch("SELECT payload FROM dead_letter ORDER BY id DESC LIMIT 1")
    assert newest[0]["payload"] == "20"
    assert await process.terminate() == 0
