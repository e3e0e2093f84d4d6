"""A service whose consumer has died must not look healthy."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
from aiokafka import AIOKafkaProducer
from tests.conftest import Addresses

from fansipan_common.contracts.topics import topic_specs
from fansipan_common.kafka.admin import create_topics
from fansipan_db import migrate
from fansipan_local import Ports

NAME = "faults_dead_consumer"
PREFIX = "dead-consumer."
TOPIC = f"{PREFIX}observations.v1"
LIMIT = 3


async def test_dead_consumer_turns_readyz_red(site: Addresses, owner: "asyncpg.Connection[Any]") -> None:
    await owner.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
    await owner.execute(f"CREATE DATABASE {NAME}")
    database = site.database.rsplit("/", 1)[0] + "/" + NAME
    await asyncio.to_thread(migrate, database)
    await create_topics(site.kafka, topic_specs(PREFIX))
    port = Ports.free().analytics
    async with (
        _analytics(site, database, port) as process,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=5.0) as client,
    ):
        await _answers(client, 200, within=30.0)

        await _publish_garbage(site.kafka, LIMIT + 1)
        published = time.monotonic()
        parts = await _answers(client, 503, within=5.0)

        assert time.monotonic() - published <= 5.0
        assert parts["task:store"].startswith("PoisonStorm"), parts
        assert parts["task:cascade"] == "ok", parts
        assert (await client.get("/healthz")).status_code == 200
        assert process.returncode is None
    connection = await asyncpg.connect(database, timeout=10.0)
    try:
        passed = await connection.fetchval(
            "SELECT sum(next_offset) FROM consumer_offset WHERE topic = $1", TOPIC
        )
    finally:
        await connection.close()
    assert passed <= LIMIT, "the record that halted the consumer was skipped"


@asynccontextmanager
async def _analytics(site: Addresses, database: str, port: int) -> AsyncGenerator[asyncio.subprocess.Process]:
    """An analytics process of the test's own: its topics, its database."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "fansipan_analytics",
        env={
            **os.environ,
            "KAFKA_BOOTSTRAP_SERVERS": site.kafka,
            "KAFKA_TOPIC_PREFIX": PREFIX,
            "DATABASE_URL": database,
            "FANSIPAN_PORT": str(port),
            "FANSIPAN_MAX_POISON_PER_MINUTE": str(LIMIT),
            "FANSIPAN_LOG_LEVEL": "error",
        },
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 30.0)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise


async def _answers(client: httpx.AsyncClient, status: int, *, within: float) -> dict[str, str]:
    """Wait until /readyz answers `status`; returns its parts."""
    deadline = time.monotonic() + within
    last = "nothing"
    while time.monotonic() < deadline:
        try:
            answer = await client.get("/readyz")
        except httpx.TransportError as error:
            last = repr(error)
        else:
            if answer.status_code == status:
                return answer.json()["parts"]
            last = answer.text
        await asyncio.sleep(0.05)
    raise AssertionError(f"/readyz does not answer {status} within {within:.0f} s, but {last}")


async def _publish_garbage(bootstrap: str, count: int) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    try:
        for number in range(count):
            await producer.send_and_wait(TOPIC, b"garbage %d" % number, partition=0)
    finally:
        await producer.stop()
