"""A consumer-group member whose positions come from the database, not from Kafka.

Contract: `poll` may block up to its timeout and never commits. On assignment the feed asks `load_offsets` where to
begin; on revocation it awaits `release`, which must be bounded. Kafka's own committed offsets are only a report for
lag monitors (`report`).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from fansipan_common.contracts.topics import MAX_RECORD_BYTES
from fansipan_common.kafka.connection import KafkaConnection, connection_to
from fansipan_common.tasks import ended

_log = structlog.get_logger(__name__)

Partition = TopicPartition
FeedRecord = ConsumerRecord[Any, Any]

_SILENCE_SECONDS: Final = 15.0
_STOP_SECONDS: Final = 15.0
_ANSWER_SECONDS: Final = 5.0
_UNANSWERED_AT_MOST: Final = 3


class FeedStalled(Exception):
    """Kafka has records for us, or answers others, and our consumer gets none: a part of it has ended unseen."""


class Feed(ConsumerRebalanceListener):
    """Records of the assigned partitions, in order within each.

    Args:
        load_offsets: partitions → next offset of each, from the database.
        release: called before partitions are given up; flushes or drops what is in hand.
        silence: seconds without a record after which Kafka is asked whether it has none.
    """

    def __init__(
        self,
        kafka: KafkaConnection | str,
        *,
        group: str,
        topics: list[str],
        client_id: str,
        load_offsets: Callable[[set[Partition]], Awaitable[Mapping[Partition, int]]],
        release: Callable[[set[Partition]], Awaitable[None]],
        silence: float = _SILENCE_SECONDS,
    ) -> None:
        self._kafka = connection_to(kafka)
        self._topics = topics
        self._load_offsets = load_offsets
        self._release = release
        self._assigned: set[Partition] = set()
        self._seek_failed: BaseException | None = None
        self._group = group
        self._silence = silence
        self._silent_since: float | None = None
        self._waiting: dict[Partition, int] = {}
        self._unanswered = 0
        self._consumer = AIOKafkaConsumer(
            **self._kafka.options(),
            group_id=group,
            client_id=client_id,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=2 * 1024 * 1024,
            fetch_max_bytes=MAX_RECORD_BYTES,
            fetch_max_wait_ms=250,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=3_000,
            max_poll_interval_ms=300_000,
            request_timeout_ms=15_000,
            retry_backoff_ms=100,
            rebalance_timeout_ms=20_000,
            metadata_max_age_ms=10_000,  # so soon are topics found that are made after us
        )

    async def start(self) -> None:
        """Connect, retrying with back-off until Kafka is there."""
        delay = 0.2
        while True:
            try:
                await self._consumer.start()
                break
            except (KafkaError, OSError) as error:
                reason = await self._kafka.why_away() or str(error)
                _log.warning("kafka cannot be reached", error=reason, retry_in=delay)
                await asyncio.sleep(delay)
                delay = min(delay * 2, 5.0)
        self._consumer.subscribe(topics=self._topics, listener=self)

    async def stop(self) -> None:
        """Leave the group, so that others take over at once."""
        fault = await ended(self._consumer.stop(), _STOP_SECONDS)
        if fault is not None:  # it had a fault before, or met one now, and leaves its connections open
            _log.warning("consumer did not stop cleanly", error=repr(fault.__cause__ or fault))
            await self._consumer._client.close()  # pyright: ignore[reportPrivateUsage]

    async def poll(self, *, timeout: float, max_records: int) -> dict[Partition, list[FeedRecord]]:
        """Records that are there, waiting at most `timeout` seconds for the first.

        Raises:
            FeedStalled: no more would ever come.
        """
        if self._seek_failed is not None:
            raise self._seek_failed
        polled = await self._consumer.getmany(timeout_ms=int(timeout * 1000), max_records=max_records)
        # aiokafka fetches as soon as it knows the assignment, from wherever Kafka thinks we are. What comes before the
        # database has said where to begin is dropped: the seek that follows fetches it again.
        records = {partition: records for partition, records in polled.items() if partition in self._assigned}
        await self._listen_into(silent=not records)
        return records

    async def _listen_into(self, *, silent: bool) -> None:
        """Ask Kafka, when there was nothing for a while, whether it has nothing.

        A task of aiokafka that meets what it does not foresee ends, and nobody is told.
        """
        now = time.monotonic()
        if not silent or not self._assigned:
            self._silent_since, self._waiting, self._unanswered = None, {}, 0
            return
        if self._silent_since is None or now - self._silent_since < self._silence:
            self._silent_since = self._silent_since or now
            return
        self._silent_since = now
        try:
            waiting = await asyncio.wait_for(self._behind(), _ANSWER_SECONDS)
        except (KafkaError, TimeoutError) as error:
            if await self._kafka.why_away() is not None:
                return  # it is away for all
            self._unanswered += 1
            if self._unanswered >= _UNANSWERED_AT_MOST:
                raise FeedStalled(f"Kafka answers, but not our consumer: {error!r}") from error
            return
        self._unanswered = 0
        stalled = [at for at, position in waiting.items() if self._waiting.get(at) == position]
        if stalled:
            raise FeedStalled(
                f"Kafka has records of {len(stalled)} partitions, and our consumer did not fetch any for"
                f" {self._silence:.0f} s"
            )
        self._waiting = waiting

    async def _behind(self) -> dict[Partition, int]:
        """The position in each partition that has records behind it."""
        ends = await self._consumer.end_offsets(list(self._assigned))
        positions = {partition: await self._consumer.position(partition) for partition in ends}
        return {at: position for at, position in positions.items() if ends[at] > position}

    @property
    def assigned(self) -> set[Partition]:
        """The partitions this member owns now."""
        return set(self._assigned)

    @property
    def missing_topics(self) -> list[str]:
        """Those of its topics that Kafka does not have."""
        return [topic for topic in self._topics if not self._consumer.partitions_for_topic(topic)]

    def seek(self, offsets: Mapping[Partition, int]) -> None:
        """Go on from other offsets, for those partitions that are still assigned."""
        for partition, offset in offsets.items():
            if partition in self._assigned:
                self._consumer.seek(partition, offset)

    def end(self, partition: Partition) -> int | None:
        """The offset behind the newest record, as far as it is known."""
        return self._consumer.highwater(partition) if partition in self._assigned else None

    def lag(self, offsets: Mapping[Partition, int]) -> dict[Partition, int]:
        """Records between the given offsets and the end of each partition, as far as it is known."""
        marks = {partition: self._consumer.highwater(partition) for partition in offsets}
        return {p: max(0, mark - offsets[p]) for p, mark in marks.items() if mark is not None}

    async def report(self, offsets: Mapping[Partition, int]) -> None:
        """Tell Kafka how far we are, for its lag tools; a failure only means they see older figures."""
        mine = {partition: offset for partition, offset in offsets.items() if partition in self._assigned}
        if not mine:
            return
        try:
            await asyncio.wait_for(self._consumer.commit(mine), 5.0)
        except (KafkaError, TimeoutError) as error:
            _log.info("offsets not reported to kafka", error=repr(error))

    async def on_partitions_revoked(self, revoked: list[Partition]) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - aiokafka awaits it
        """Flush or drop what is in hand before another member takes the partitions."""
        self._assigned -= set(revoked)
        if revoked:
            await self._release(set(revoked))

    async def on_partitions_assigned(self, assigned: list[Partition]) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - aiokafka awaits it
        """Begin where the database says."""
        partitions = set(assigned)
        try:
            offsets = await self._load_offsets(partitions)
        except Exception as error:
            self._seek_failed = error  # without offsets nothing may be read: poll() raises it
            raise
        self._assigned = partitions
        for partition, offset in offsets.items():
            self._consumer.seek(partition, offset)
        _log.info("partitions assigned", partitions=len(partitions), group=self._group)
