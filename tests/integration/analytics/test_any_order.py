"""Services start before what they need, live, say what is missing, and go on by themselves."""

import asyncio
import re

from tests.integration.conftest import Pipeline
from tests.support.processes import free_port

from fansipan_common.contracts import topic_specs
from fansipan_common.kafka import create_topics


async def test_without_kafka_and_database_a_service_lives_and_says_what_is_missing(pipeline: Pipeline):
    nowhere = {
        "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
        "DATABASE_URL": f"postgresql://nobody:hidden-word@127.0.0.1:{free_port()}/nothing",
    }
    started = [pipeline.processes.start(name, **nowhere) for name in ("ingest", "analytics")]
    for process in started:
        parts = await process.ready(503)
        assert parts["kafka"] != "ok"
        assert "database" in parts["database"]
        assert await process.healthy()
    await asyncio.sleep(2.0)
    for process in started:
        parts = await process.ready(503, timeout=5.0)
        assert {name: state for name, state in parts.items() if name.startswith("task:")} == {
            name: "ok" for name in parts if name.startswith("task:")
        }
        assert "hidden-word" not in process.log
        assert await process.terminate() == 0


async def test_topics_that_come_later_need_no_restart(pipeline: Pipeline):
    later = f"later-{pipeline.prefix}"
    process = pipeline.processes.start("analytics", KAFKA_TOPIC_PREFIX=later)
    async with asyncio.timeout(30.0):
        while "fansipan topics create" not in (await process.ready(503))["consumer"]:
            await asyncio.sleep(0.1)
    await create_topics(pipeline.kafka, topic_specs(later))
    await process.ready(timeout=30.0)
    async with asyncio.timeout(30.0):
        while not re.search(r'"partitions": 12, "group": "[^"]*fansipan-store"', process.log):
            await asyncio.sleep(0.1)
    assert await process.terminate() == 0
