"""The paths that are timed: bare COPY, Kafka → committed, HTTP → readable."""

import asyncio
import io
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg
from aiokafka import AIOKafkaConsumer

from benchmarks.processes import Sampler, Usage
from benchmarks.requests import RawRequests
from benchmarks.workload import RECORD_ROWS, Workload, http_bodies, kafka_values
from fansipan_analytics.domain.copy_format import encode_copy
from fansipan_common.contracts.observation_batch import EVENT_TYPE
from fansipan_common.kafka import BrokerAway, Message, Publisher, cloud_event_headers
from fansipan_common.telemetry import metrics_of
from fansipan_local import Stack

COPY_ROWS = 50_000
_DEADLINE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Timed:
    """Rows per second, and what each process used meanwhile."""

    rows_per_second: float
    usage: Mapping[str, Usage]


async def bare_copy(database: asyncpg.Connection, workload: Workload, ids: list[int]) -> float:
    """Rows per second of COPY alone into a hypertable with the same key, from bytes that are ready to send."""
    columns = workload.columns(ids)
    parts = [
        encode_copy([("int4", columns[0][at]), ("timestamptz", columns[1][at]), ("float8", columns[2][at])])
        for start in range(0, workload.rows, COPY_ROWS)
        for at in [slice(start, start + COPY_ROWS)]
    ]
    began = time.monotonic()
    for part in parts:
        await database.copy_to_table(
            "bare_copy",
            source=io.BytesIO(part),
            columns=["datastream_id", "phenomenon_time", "result"],
            format="binary",
        )
    return workload.rows / (time.monotonic() - began)


async def fill_kafka(
    bootstrap_servers: str,
    topic: str,
    workload: Workload,
    ids: list[int],
    keys: list[str],
    partitions: list[int],
) -> None:
    """Publish the rows as ingest would, with nobody consuming."""
    publisher = Publisher(
        bootstrap_servers, client_id="bench", metrics=metrics_of("bench"), max_in_flight_bytes=1 << 30
    )
    running = asyncio.create_task(publisher.run())
    try:
        while True:
            try:
                await publisher.check()
                break
            except BrokerAway:
                await asyncio.sleep(0.05)
        records = kafka_values(workload, ids, keys, partitions)
        now = datetime.now(UTC)
        headers = cloud_event_headers(event_type=EVENT_TYPE, source="/providers/bench", time=now)
        for start in range(0, len(records), 100):
            await publisher.publish(
                [
                    Message(topic, value, headers, partition=partition)
                    for partition, value in records[start : start + 100]
                ]
            )
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def store_path(stack: Stack, database: asyncpg.Connection, bootstrap_servers: str, topic: str) -> Timed:
    """Rows per second from Kafka to committed, deduplicated and rolled up, once analytics has begun to commit."""
    ends = await end_offsets(bootstrap_servers, topic)
    before = await _stored(database, topic)
    starting = asyncio.create_task(asyncio.to_thread(stack.start, "analytics"))
    async with asyncio.timeout(_DEADLINE_SECONDS):
        while (first := await _stored(database, topic)) == before:
            await asyncio.sleep(0.005)
    sampler = _sampler(stack, "analytics", "postgres", "kafka")
    began = time.monotonic()
    await until_stored(database, topic, ends)
    elapsed = time.monotonic() - began
    usage = sampler.stop()
    await starting
    await asyncio.to_thread(stack.stop, "analytics")
    return Timed((sum(ends) - first) * RECORD_ROWS / elapsed, usage)


async def http_path(
    stack: Stack,
    database: asyncpg.Connection,
    bootstrap_servers: str,
    topic: str,
    workload: Workload,
    keys: list[str],
) -> Timed:
    """Rows per second from the first request to the last row being committed and readable.

    The client sends bodies that were made before, eight at a time, over kept connections; its own work is small.
    """
    requests = RawRequests(
        stack.env["FANSIPAN_INGEST_URL"] + "/v1/observations",
        {"Authorization": f"Bearer {stack.env['FANSIPAN_INGEST_KEY']}", "Content-Type": "application/json"},
        list(http_bodies(workload, keys)),
    )
    sampler = _sampler(stack, "ingest", "analytics", "postgres", "kafka")
    began = time.monotonic()
    await requests.send_all(connections=8, expected=b'"accepted":%d,' % RECORD_ROWS)
    await until_stored(database, topic, await end_offsets(bootstrap_servers, topic))
    elapsed = time.monotonic() - began
    return Timed(workload.rows / elapsed, sampler.stop())


async def end_offsets(bootstrap_servers: str, topic: str) -> list[int]:
    """End offset of each partition of a topic."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap_servers, group_id=None)
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        return [ends[partition] for partition in sorted(ends)]
    finally:
        await consumer.stop()


async def until_stored(database: asyncpg.Connection, topic: str, ends: list[int]) -> None:
    """Wait until the store has come to the given offsets.

    Raises:
        TimeoutError: it has not within five minutes.
    """
    async with asyncio.timeout(_DEADLINE_SECONDS):
        while await _stored(database, topic) < sum(ends):
            await asyncio.sleep(0.01)


async def _stored(database: asyncpg.Connection, topic: str) -> int:
    return await database.fetchval(
        "SELECT coalesce(sum(next_offset), 0)::bigint FROM consumer_offset WHERE topic = $1", topic
    )


def _sampler(stack: Stack, *names: str) -> Sampler:
    sampler = Sampler({name: stack.pid(name) for name in names})
    sampler.start()
    return sampler
