"""Waiting until the store has taken everything that is in Kafka now."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from fansipan_cli.database import Connection
from fansipan_cli.errors import CommandError
from fansipan_cli.kafka import kafka_away, topic_partitions
from fansipan_common.kafka import KafkaConnection, connection_to

_CONSUMER: Final = "store"
_PATIENCE_SECONDS: Final = 120.0
_POLL_SECONDS: Final = 0.25

Offsets = dict[tuple[str, int], int]


async def ends_of(kafka: KafkaConnection | str, topics: list[str]) -> Offsets:
    """The end of every partition of the topics that holds something.

    Raises:
        CommandError: Kafka cannot be reached, or lacks a topic.
    """
    known = await topic_partitions(kafka)
    missing = [topic for topic in topics if topic not in known]
    if missing:
        raise CommandError(f"Kafka has no topic {missing[0]}", "run: fansipan topics create")
    partitions = [TopicPartition(topic, number) for topic in topics for number in known[topic]]
    consumer = AIOKafkaConsumer(**connection_to(kafka).options(), request_timeout_ms=15_000)
    try:
        await asyncio.wait_for(consumer.start(), 15.0)
        begins = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
    except (KafkaError, OSError, TimeoutError) as error:
        raise await kafka_away(kafka, error) from error
    finally:
        await consumer.stop()
    return {(p.topic, p.partition): end for p, end in ends.items() if end > begins[p]}


async def wait_until_stored(
    connection: Connection, ends: Offsets, on_progress: Callable[[int], None]
) -> None:
    """Wait until the store is past `ends`; `on_progress` gets how many records are left.

    Raises:
        CommandError: nothing was stored for two minutes.
    """
    least: int | None = None
    moved = time.monotonic()
    while True:
        left = _left(connection, ends)
        on_progress(left)
        if left == 0:
            return
        if least is None or left < least:
            least, moved = left, time.monotonic()
        elif time.monotonic() - moved > _PATIENCE_SECONDS:
            raise CommandError(
                f"{left:,} records wait in Kafka and none was stored for {_PATIENCE_SECONDS:.0f} s",
                "see `fansipan doctor` and the log of analytics (locally: make logs PART=analytics)",
            )
        await asyncio.sleep(_POLL_SECONDS)


def _left(connection: Connection, ends: Offsets) -> int:
    rows = connection.execute(
        "SELECT topic, partition, next_offset FROM consumer_offset WHERE consumer = %s", (_CONSUMER,)
    ).fetchall()
    stored = {(row["topic"], row["partition"]): int(row["next_offset"]) for row in rows}
    return sum(max(0, end - stored.get(place, 0)) for place, end in ends.items())
