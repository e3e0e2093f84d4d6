"""The consumer: poll → prepare → commit, the next batch being prepared while the last one commits.

Offsets live in the database (`repository/offsets.py`), so the one way out of any fault is the same: drop what is in
hand, begin again where the database says. Only a poison storm ends the task, and with it readiness.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import structlog

from fansipan_analytics.consumer.dead_letters import DeadLetterOffice, PoisonStorm
from fansipan_analytics.consumer.tracing import commit_span
from fansipan_analytics.consuming import Consuming
from fansipan_analytics.domain.records import Poison, Prepared, prepare_observations, prepare_service_event
from fansipan_analytics.repository.offsets import Fenced, load_offsets
from fansipan_analytics.service.store import UNUSABLE, Store
from fansipan_common.contracts import TopicName
from fansipan_common.db import Database
from fansipan_common.kafka import Backlog, Feed, FeedRecord, KafkaConnection, Partition
from fansipan_common.telemetry import Metrics

_log = structlog.get_logger(__name__)

_POLL_RECORDS: Final = 100
_POLL_SECONDS: Final = 0.5
_REPORT_SECONDS: Final = 5.0
_BUSY_ROWS: Final = 2_000
_BUSY_GATHER_SECONDS: Final = 0.2
"""After a batch of so many rows the next one is gathered for so long: what a transaction costs beside its rows (latest
values, minutes that are still open) is then shared by more of them. A quiet consumer commits at once."""


@dataclass(slots=True)
class _Batch:
    """Records in hand, decoded, and how they move the offsets."""

    generation: int
    records: list[FeedRecord] = field(default_factory=list)
    prepared: Prepared = field(default_factory=Prepared)
    poison: list[tuple[FeedRecord, str]] = field(default_factory=list)
    expected: dict[Partition, int] = field(default_factory=dict)
    following: dict[Partition, int] = field(default_factory=dict)


class TopicMadeAnew(Exception):
    """Kafka's records are not those that the offsets in the database are about."""


class StoreConsumer(Consuming):
    """Stores what arrives in `observations.v1` and `service-events.v1`.

    Too many unusable records (`PoisonStorm`) halt it; nothing is skipped.
    """

    def __init__(
        self,
        database: Database,
        store: Store,
        dead_letters: DeadLetterOffice,
        *,
        kafka: KafkaConnection | str,
        group: str,
        topic_prefix: str,
        batch_rows: int,
        release_timeout: float,
        metrics: Metrics,
    ) -> None:
        super().__init__("store", metrics=metrics, halts=(PoisonStorm,))
        self._database = database
        self._store = store
        self._dead_letters = dead_letters
        self._kafka = kafka
        self._group = topic_prefix + group
        self._observations = topic_prefix + TopicName.OBSERVATIONS
        self._service_events = topic_prefix + TopicName.SERVICE_EVENTS
        self._batch_rows = batch_rows
        self._release_timeout = release_timeout
        self._backlog = Backlog(metrics, self._group)
        for topic in (self._observations, self._service_events):
            metrics.missed.add(
                0, {"messaging.destination.name": topic}
            )  # the first loss is then seen as a growth
        self._positions: dict[Partition, int] = {}
        self._generation = 0
        self._last_rows = 0
        self._commit: asyncio.Task[None] | None = None

    async def _consume(self) -> None:
        await self._database.ping()
        self._positions.clear()
        self._store.forget()
        feed = Feed(
            self._kafka,
            group=self._group,
            topics=[self._observations, self._service_events],
            client_id="fansipan-analytics",
            load_offsets=self._begin,
            release=self._release,
        )
        await feed.start()
        self._feed = feed
        reported = time.monotonic()
        try:
            while True:
                batch = await self._next_batch(feed)
                if self._commit is not None:
                    await self._commit
                    self._commit = None
                if batch.records and batch.generation == self._generation:
                    self._commit = asyncio.create_task(self._settle(batch), name="commit")
                if time.monotonic() - reported > _REPORT_SECONDS:
                    reported = time.monotonic()
                    await feed.report(self._positions_committed(batch))
                    await self._notice_replay(batch)
        finally:
            self._feed = None
            await self._finish()
            await feed.stop()

    async def _notice_replay(self, in_hand: _Batch) -> None:
        """While nothing is stored, see whether somebody has moved our offsets; a commit would find out by itself.

        Raises:
            Fenced: so it is.
        """
        if in_hand.records or self._commit is not None:
            return
        generation, here = self._generation, dict(self._positions)
        if await load_offsets(self._database, set(here)) != here and generation == self._generation:
            raise Fenced("the offsets were moved: records are to be taken again")

    def _positions_committed(self, in_hand: _Batch) -> dict[Partition, int]:
        return self._positions | (in_hand.expected if in_hand.generation == self._generation else {})

    async def _finish(self) -> None:
        """Let the commit that is under way end, within the release timeout."""
        commit, self._commit = self._commit, None
        if commit is None:
            return
        done, _ = await asyncio.wait({commit}, timeout=self._release_timeout)
        if not done:
            commit.cancel()
            await asyncio.wait({commit}, timeout=1.0)
        if commit.done() and not commit.cancelled() and commit.exception() is not None:
            _log.warning("last commit failed; its records will be read again", error=repr(commit.exception()))

    async def _begin(self, partitions: set[Partition]) -> Mapping[Partition, int]:
        self._store.forget()
        self._positions = dict(await load_offsets(self._database, partitions))
        self._backlog.assigned(self._positions)
        self._generation += 1
        self._fault = None
        return self._positions

    async def _release(self, _partitions: set[Partition]) -> None:
        commit = self._commit
        if commit is not None:
            await asyncio.wait({commit}, timeout=self._release_timeout)
        self._generation += 1  # whatever else is in hand is dropped and read again by the next owner

    async def _next_batch(self, feed: Feed) -> _Batch:
        """Gather records until there are enough rows, or until no more are there and the last commit has ended."""
        batch = _Batch(self._generation)
        until = time.monotonic() + (_BUSY_GATHER_SECONDS if self._last_rows >= _BUSY_ROWS else 0.0)
        while batch.prepared.rows < self._batch_rows:
            in_flight = self._commit is not None and not self._commit.done()
            gathering = batch.records and (in_flight or time.monotonic() < until)
            wait = 0.01 if gathering or in_flight else 0.0 if batch.records else _POLL_SECONDS
            polled = await feed.poll(timeout=wait, max_records=_POLL_RECORDS)
            if batch.generation != self._generation:
                # Partitions changed hands meanwhile: what was gathered before is read again by whoever owns it now.
                # What was just polled is already behind the new positions, so it must be taken.
                batch = _Batch(self._generation)
            for partition, records in polled.items():
                self._refuse_younger(feed, partition)
                self._backlog.taken(partition, records, feed.end(partition))
                self._take(batch, partition, records)
            if not polled and not in_flight and not gathering:
                break
        self._last_rows = batch.prepared.rows
        return batch

    def _refuse_younger(self, feed: Feed, partition: Partition) -> None:
        """Passing over what is "already stored" would lose everything from a topic that was made anew.

        Raises:
            TopicMadeAnew: Kafka has less than was taken from it.
        """
        end, position = feed.end(partition), self._positions[partition]
        if end is not None and end < position:
            raise TopicMadeAnew(
                f"the store is at {position} of {partition.topic}-{partition.partition}, which ends at {end}:"
                " it was made anew; see fansipan topics replay"
            )

    def _take(self, batch: _Batch, partition: Partition, records: list[FeedRecord]) -> None:
        position = self._positions[partition]
        records = [
            record for record in records if record.offset >= position
        ]  # never twice, whatever was fetched
        if not records:
            return
        if records[0].offset > position:
            missed = records[0].offset - position
            self._metrics.missed.add(missed, {"messaging.destination.name": partition.topic})
            _log.error(
                "kafka no longer has what comes next", partition=str(partition), at=position, missed=missed
            )
        batch.expected.setdefault(partition, position)
        for record in records:
            try:
                batch.prepared.add(self._prepare(record))
            except Poison as poison:
                batch.poison.append((record, str(poison)))
        batch.records += records
        batch.following[partition] = self._positions[partition] = records[-1].offset + 1

    def _prepare(self, record: FeedRecord) -> Prepared:
        if record.topic == self._observations:
            return prepare_observations(record)
        return prepare_service_event(record)

    async def _settle(self, batch: _Batch) -> None:
        """Set aside what is unusable, then commit the rest with the offsets of all."""
        for record, reason in batch.poison:
            await self._dead_letters.set_aside(record, "poison-record", reason)
        with commit_span(batch.records, batch.prepared.rows):
            try:
                await self._store.commit(batch.prepared, batch.expected, batch.following)
            except UNUSABLE as error:
                _log.warning("a record cannot be stored, looking for which", error=str(error))
                await self._settle_one_by_one(batch)
            _log.debug("micro-batch committed", records=len(batch.records), rows=batch.prepared.rows)
        self._backlog.settled(batch.following)
        now = time.time()
        for record in batch.records:
            self._metrics.commit_age.record(max(0.0, now - record.timestamp / 1000))
        for topic, count in Counter(record.topic for record in batch.records).items():
            self._metrics.consumed.add(
                count,
                {
                    "messaging.system": "kafka",
                    "messaging.operation.name": "commit",
                    "messaging.destination.name": topic,
                    "messaging.consumer.group.name": self._group,
                },
            )

    async def _settle_one_by_one(self, batch: _Batch) -> None:
        poison = {id(record) for record, _ in batch.poison}
        position = dict(batch.expected)
        for record in batch.records:
            partition = Partition(record.topic, record.partition)
            expected, following = {partition: position[partition]}, {partition: record.offset + 1}
            position[partition] = record.offset + 1
            if id(record) in poison:
                await self._store.commit(Prepared(), expected, following)
                continue
            try:
                await self._store.commit(self._prepare(record), expected, following)
            except UNUSABLE as error:
                await self._dead_letters.set_aside(record, "unstorable-record", str(error))
                await self._store.commit(Prepared(), expected, following)
