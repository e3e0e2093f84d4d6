"""What Kafka has: where its records lie by time, and which datastreams they are of. Looking changes nothing."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from fansipan_cli.errors import CommandError
from fansipan_cli.kafka import kafka_away, topic_partitions
from fansipan_cli.store_replay.plan import Place
from fansipan_common.contracts.topics import MAX_RECORD_BYTES
from fansipan_common.kafka import KafkaConnection, connection_to

_POLL_MS: Final = 1000
_IDLE_POLLS: Final = 10
_OM: Final = "http://www.opengis.net/def/observationType/OGC-OM/2.0/"
_TYPES: Final = {
    bool: _OM + "OM_TruthObservation",
    int: _OM + "OM_Measurement",
    float: _OM + "OM_Measurement",
    str: _OM + "OM_CategoryObservation",
}


@dataclass(frozen=True, slots=True)
class SeenDatastream:
    """A datastream as records name it; the type is that of the first result that was seen."""

    id: int
    key: str
    observation_type: str


class TopicReader:
    """Reads topics of one Kafka. Every method raises `CommandError` when it does not answer."""

    def __init__(self, kafka: KafkaConnection | str) -> None:
        self._kafka = connection_to(kafka)

    async def places(
        self, topics: Sequence[str], stored: Mapping[tuple[str, int], int], since: datetime | None
    ) -> list[Place]:
        """Every partition of the topics, with where records begin that Kafka took at `since` or later.

        Raises:
            CommandError: a topic does not exist.
        """
        numbers = await topic_partitions(self._kafka)
        missing = [topic for topic in topics if topic not in numbers]
        if missing:
            raise CommandError(f"Kafka has no topic {', '.join(missing)}", "run: fansipan topics create")
        partitions = [TopicPartition(topic, number) for topic in topics for number in numbers[topic]]
        async with self._consumer() as consumer:
            firsts = await consumer.beginning_offsets(partitions)
            ends = await consumer.end_offsets(partitions)
            wanted: dict[TopicPartition, int] = {}
            if since is not None:
                found = await consumer.offsets_for_times(
                    dict.fromkeys(partitions, int(since.timestamp() * 1000))
                )
                wanted = {p: ends[p] if (at := found.get(p)) is None else at.offset for p in partitions}
        return [
            Place(
                partition.topic,
                partition.partition,
                first=firsts[partition],
                end=ends[partition],
                stored=stored.get((partition.topic, partition.partition), 0),
                wanted=wanted.get(partition),
                from_beginning=partition in wanted and wanted[partition] <= firsts[partition],
            )
            for partition in partitions
        ]

    async def datastreams(self, places: Sequence[Place]) -> dict[int, SeenDatastream]:
        """The datastreams of the observations that would be taken, by id.

        Raises:
            CommandError: records give one id two keys.
        """
        ends = {TopicPartition(p.topic, p.partition): p.end for p in places if p.records}
        seen: dict[int, SeenDatastream] = {}
        if not ends:
            return seen
        async with self._consumer() as consumer:
            consumer.assign(list(ends))
            for place in places:
                if place.records:
                    consumer.seek(TopicPartition(place.topic, place.partition), place.start)
            idle = 0
            while ends:
                polled = await consumer.getmany(*ends, timeout_ms=_POLL_MS)
                idle = 0 if polled else idle + 1
                if idle > _IDLE_POLLS:
                    raise TimeoutError("no records came")
                for records in polled.values():
                    for record in records:
                        _collect(record.value, seen)
                for partition in list(ends):
                    if await consumer.position(partition) >= ends[partition]:
                        del ends[partition]
        return seen

    @asynccontextmanager
    async def _consumer(self) -> AsyncGenerator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(
            **self._kafka.options(),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=MAX_RECORD_BYTES,
            request_timeout_ms=15_000,
        )
        try:
            await asyncio.wait_for(consumer.start(), 15.0)
            yield consumer
        except (KafkaError, OSError, TimeoutError) as error:
            raise await kafka_away(self._kafka, error) from error
        finally:
            await consumer.stop()


def _collect(value: bytes | None, seen: dict[int, SeenDatastream]) -> None:
    """Take over what a record names. One that cannot be read is left to analytics, which sets it aside."""
    try:
        data = orjson.loads(value or b"")
        names = {int(number): str(key) for number, key in data["datastreams"].items()}
        ids, results = data["datastreamId"], data["result"]
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
        return
    for number, key in names.items():
        known = seen.get(number)
        if known is None:
            seen[number] = SeenDatastream(number, key, _type_of(number, ids, results))
        elif known.key != key:
            raise CommandError(
                f"records name datastream {number} both {known.key} and {key}",
                "it was given away twice: replay only what was published after the newer one, with a later --from",
            )


def _type_of(number: int, ids: list[Any], results: list[Any]) -> str:
    result = results[ids.index(number)] if number in ids[: len(results)] else 0.0
    return _TYPES.get(type(result), _OM + "OM_Observation")
