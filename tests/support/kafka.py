"""Reading and writing topics directly."""

import asyncio
from collections.abc import Sequence
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from fansipan_common.contracts import TopicName, topic_specs


class DeadLetters:
    """The dead-letter topic of one prefix."""

    def __init__(self, bootstrap_servers: str, prefix: str = "") -> None:
        self._bootstrap_servers = bootstrap_servers
        self._prefix = prefix

    async def of(self, provider: str) -> list[dict[str, Any]]:
        """The rejected items of a provider, in the order they were published."""
        return [
            item
            for letter in await self.all()
            if letter.get("provider") == provider
            for item in letter["items"]
        ]

    async def all(self) -> list[dict[str, Any]]:
        """Every letter."""
        values = await read_topic(self._bootstrap_servers, self._prefix, TopicName.DEAD_LETTER)
        return [orjson.loads(value) for value in values]


async def read_topic(bootstrap_servers: str, prefix: str, name: TopicName) -> list[bytes]:
    """The values of one of our topics, from its beginning to its present end."""
    return [record.value or b"" for record in await read_records(bootstrap_servers, prefix, name)]


async def read_records(
    bootstrap_servers: str, prefix: str, name: TopicName
) -> list["ConsumerRecord[Any, Any]"]:
    """As `read_topic`: whole records."""
    [spec] = [spec for spec in topic_specs(prefix) if spec.name == prefix + name]
    partitions = [TopicPartition(spec.name, number) for number in range(spec.partitions)]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        async with asyncio.timeout(20.0):
            consumer.assign(partitions)
            ends = await consumer.end_offsets(partitions)
            found: list[ConsumerRecord[Any, Any]] = []
            while any([await consumer.position(p) < ends[p] for p in partitions]):
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    found += records
            return found
    finally:
        await consumer.stop()


async def publish(
    bootstrap_servers: str,
    topic: str,
    records: Sequence[tuple[bytes | None, Sequence[tuple[str, bytes]]]],
    *,
    partition: int = 0,
) -> list[int]:
    """Write (value, headers) records to one partition; returns their offsets."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap_servers, acks="all")
    await producer.start()
    try:
        return [
            (
                await producer.send_and_wait(topic, value, key=b"key", partition=partition, headers=headers)
            ).offset
            for value, headers in records
        ]
    finally:
        await producer.stop()
