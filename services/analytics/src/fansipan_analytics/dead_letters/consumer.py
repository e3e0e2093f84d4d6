"""Keeps the records of `dead-letter.v1` in the database, each once, for a while.

Like the store: the offsets lie in the database and move in the transaction that stores, so the way out of any fault is
to begin again where the database says. Nothing here is ever published: a record that is no dead letter becomes a row.
"""

import asyncio
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import structlog

from fansipan_analytics.consuming import Consuming
from fansipan_analytics.domain.dead_letter import DeadLetterRow, rows_of
from fansipan_analytics.repository.dead_letters import CONSUMER, DeadLetterRepository
from fansipan_analytics.repository.offsets import load_offsets
from fansipan_common.contracts import TopicName
from fansipan_common.db import Database
from fansipan_common.kafka import Backlog, Feed, FeedRecord, KafkaConnection, Partition
from fansipan_common.telemetry import Metrics

_log = structlog.get_logger(__name__)
_POLL_RECORDS: Final = 20
"""A record holds up to 500 items of 64 KiB."""
_POLL_SECONDS: Final = 0.5
_REPORT_SECONDS: Final = 5.0
_CLEAN_SECONDS: Final = 60.0


class DeadLetterConsumer(Consuming):
    """Fills `dead_letter`, and deletes what was kept for long enough.

    Args:
        database: where the offsets are.
        repository: where the letters go.
        kafka, group, topic_prefix: where the letters are.
        keep: how long a letter is kept.
        keep_rows: how many are kept at most, the newest.
    """

    def __init__(
        self,
        database: Database,
        repository: DeadLetterRepository,
        *,
        kafka: KafkaConnection | str,
        group: str,
        topic_prefix: str,
        keep: timedelta,
        keep_rows: int,
        metrics: Metrics,
    ) -> None:
        super().__init__("dead-letters", metrics=metrics)
        self._database = database
        self._repository = repository
        self._kafka = kafka
        self._group = topic_prefix + group
        self._topic = topic_prefix + TopicName.DEAD_LETTER
        self._keep = keep
        self._keep_rows = keep_rows
        self._backlog = Backlog(metrics, self._group)
        self._positions: dict[Partition, int] = {}
        self._storing = asyncio.Lock()

    async def _consume(self) -> None:
        await self._database.ping()
        self._positions.clear()
        feed = Feed(
            self._kafka,
            group=self._group,
            topics=[self._topic],
            client_id="fansipan-dead-letters",
            load_offsets=self._begin,
            release=self._release,
        )
        await feed.start()
        self._feed = feed
        reported = cleaned = float("-inf")
        try:
            while True:
                polled = await feed.poll(timeout=_POLL_SECONDS, max_records=_POLL_RECORDS)
                if polled:
                    await self._store(polled)
                now = time.monotonic()
                if now - reported > _REPORT_SECONDS:
                    reported = now
                    await feed.report(self._positions)
                if now - cleaned > _CLEAN_SECONDS:
                    deleted = await self._repository.forget(older_than=self._keep, beyond=self._keep_rows)
                    cleaned = now if deleted == 0 else cleaned
        finally:
            self._feed = None
            await feed.stop()

    async def _begin(self, partitions: set[Partition]) -> Mapping[Partition, int]:
        self._positions = await load_offsets(self._database, partitions, CONSUMER)
        self._backlog.assigned(self._positions)
        self._fault = None
        return self._positions

    async def _release(self, partitions: set[Partition]) -> None:
        async with self._storing:  # one transaction, bounded by the statement timeout
            for partition in partitions:
                self._positions.pop(partition, None)

    async def _store(self, polled: Mapping[Partition, list[FeedRecord]]) -> None:
        """Store what was polled of the partitions that are still ours; of others the next owner reads it."""
        rows: list[tuple[Partition, int, DeadLetterRow]] = []
        expected: dict[Partition, int] = {}
        following: dict[Partition, int] = {}
        async with self._storing:
            for partition, records in polled.items():
                position = self._positions.get(partition)
                new = [] if position is None else [record for record in records if record.offset >= position]
                if not new or position is None:
                    continue
                self._backlog.taken(partition, new, None if self._feed is None else self._feed.end(partition))
                if new[0].offset > position:
                    missed = new[0].offset - position
                    self._metrics.missed.add(missed, {"messaging.destination.name": partition.topic})
                    _log.error("kafka no longer has these dead letters", at=position, missed=missed)
                expected[partition], following[partition] = position, new[-1].offset + 1
                rows += [(partition, record.offset, row) for record in new for row in rows_of(record)]
            if following:
                await self._repository.store(rows, expected, following)
                self._positions |= following
                self._backlog.settled(following)
