"""Reading the dead-letter topic without a consumer group: looking changes nothing."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from fansipan_cli.dead_letters.identity import LetterId
from fansipan_cli.errors import CommandError
from fansipan_cli.kafka import kafka_away, topic_partitions
from fansipan_common.contracts import DeadLetter, TopicName
from fansipan_common.contracts.topics import MAX_RECORD_BYTES
from fansipan_common.kafka import KafkaConnection, connection_to

_POLL_MS: Final = 1000
_IDLE_POLLS: Final = 10

_Record = ConsumerRecord[Any, Any]


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter and where it lies; `at` is when Kafka took it, ms."""

    id: LetterId
    at_ms: int
    content: DeadLetter


@dataclass(frozen=True, slots=True)
class Filters:
    """Which letters are wanted; None wants all."""

    code: str | None = None
    provider: str | None = None
    since: datetime | None = None

    def want(self, letter: Letter) -> bool:
        """Whether a letter fits; a code fits when one of the items has it."""
        content = letter.content
        return (
            (self.code is None or any(item.code == self.code for item in content.items))
            and (self.provider is None or content.provider == self.provider)
            and (self.since is None or content.received_at >= self.since)
        )


@dataclass(frozen=True, slots=True)
class Listing:
    """Letters, newest first. `complete` is false when older records were not looked at."""

    letters: list[Letter]
    complete: bool


class DeadLetterReader:
    """Reads the topic of one Kafka.

    Every method raises `CommandError` when Kafka does not answer, lacks the topic, or a record is no dead letter.
    """

    def __init__(self, kafka: KafkaConnection | str, prefix: str) -> None:
        self._kafka = connection_to(kafka)
        self._topic = prefix + TopicName.DEAD_LETTER

    async def newest(self, filters: Filters, *, limit: int, scan: int) -> Listing:
        """The newest `limit` letters that fit, among the last `scan` records of each partition."""
        async with self._consumer() as (consumer, partitions):
            begins = await consumer.beginning_offsets(partitions)
            ends = await consumer.end_offsets(partitions)
            starts = {p: max(begins[p], ends[p] - scan) for p in partitions}
            letters = [letter for letter in await self._read(consumer, starts, ends) if filters.want(letter)]
            letters.sort(key=lambda letter: (letter.content.received_at, letter.at_ms), reverse=True)
            return Listing(letters[:limit], all(starts[p] == begins[p] for p in partitions))

    async def one(self, wanted: LetterId) -> Letter:
        """One letter by id."""
        async with self._consumer() as (consumer, partitions):
            partition = TopicPartition(self._topic, wanted.partition)
            if partition in partitions:
                begin = (await consumer.beginning_offsets([partition]))[partition]
                end = (await consumer.end_offsets([partition]))[partition]
                if begin <= wanted.offset < end:
                    found = await self._read(
                        consumer, {partition: wanted.offset}, {partition: wanted.offset + 1}
                    )
                    if found:
                        return found[0]
        raise CommandError(
            f"there is no dead letter {wanted}", "letters are kept for 30 days; see: fansipan dlq list"
        )

    @asynccontextmanager
    async def _consumer(self) -> AsyncGenerator[tuple[AIOKafkaConsumer, list[TopicPartition]]]:
        numbers = (await topic_partitions(self._kafka)).get(self._topic)
        if numbers is None:
            raise CommandError(f"Kafka has no topic {self._topic}", "run: fansipan topics create")
        partitions = [TopicPartition(self._topic, number) for number in numbers]
        consumer = AIOKafkaConsumer(
            **self._kafka.options(),
            enable_auto_commit=False,
            max_partition_fetch_bytes=MAX_RECORD_BYTES,
            request_timeout_ms=15_000,
        )
        try:
            await asyncio.wait_for(consumer.start(), 15.0)
            consumer.assign(partitions)
            yield consumer, partitions
        except (KafkaError, OSError, TimeoutError) as error:
            raise await kafka_away(self._kafka, error) from error
        finally:
            await consumer.stop()

    async def _read(
        self, consumer: AIOKafkaConsumer, starts: dict[TopicPartition, int], ends: dict[TopicPartition, int]
    ) -> list[Letter]:
        open_partitions = {partition for partition, start in starts.items() if start < ends[partition]}
        consumer.assign(list(open_partitions))
        for partition in open_partitions:
            consumer.seek(partition, starts[partition])
        letters: list[Letter] = []
        idle = 0
        while open_partitions:
            polled = await consumer.getmany(*open_partitions, timeout_ms=_POLL_MS)
            idle = 0 if polled else idle + 1
            if idle > _IDLE_POLLS:
                raise TimeoutError("no records came")
            for partition, records in polled.items():
                letters += [_letter(record) for record in records if record.offset < ends[partition]]
            for partition in list(open_partitions):
                if await consumer.position(partition) >= ends[partition]:
                    open_partitions.discard(partition)
        return letters


def _letter(record: _Record) -> Letter:
    place = LetterId(record.partition, record.offset)
    try:
        content = DeadLetter.model_validate_json(record.value or b"")
    except ValidationError as error:
        raise CommandError(
            f"record {place} is no dead letter ({error.error_count()} faults)",
            "who else writes to this topic?",
        ) from error
    return Letter(place, record.timestamp, content)
