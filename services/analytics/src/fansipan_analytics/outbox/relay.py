"""The relay: what the outbox holds is published to Kafka, put into the queue of webhooks, and told on Redis.

At least once: rows are deleted in the transaction that waited for Kafka's acknowledgement. Then, once and no more, they
are appended to the ring of live events. Redis is speed only: who missed something there reads the database.
"""

import asyncio
from contextlib import suppress
from typing import Final

import asyncpg

from fansipan_analytics.rounds import Rounds
from fansipan_analytics.webhooks.queue import WebhookQueue
from fansipan_common.contracts import TopicName
from fansipan_common.contracts.live import LIVE_TOPICS
from fansipan_common.db import Database
from fansipan_common.kafka import Message, Publisher, cloud_event_headers
from fansipan_common.live import LiveRing
from fansipan_common.telemetry import Metrics

_SOURCE: Final = "/services/analytics"
_TAKEN: Final = 200
_TAKE: Final = """
WITH taken AS (
    DELETE FROM outbox WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
    RETURNING id, topic, key, type, data::text AS data, created_at
)
SELECT * FROM taken ORDER BY id
"""


class Relay(Rounds):
    """Publishes the outbox. Any number of replicas share it."""

    def __init__(
        self,
        database: Database,
        publisher: Publisher,
        ring: LiveRing,
        *,
        topic_prefix: str,
        interval: float,
        metrics: Metrics,
        webhooks: WebhookQueue,
    ) -> None:
        super().__init__("relay", interval=interval, metrics=metrics)
        self._database = database
        self._publisher = publisher
        self._ring = ring
        self._topic_prefix = topic_prefix
        self._webhooks = webhooks
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """There is something to publish."""
        self._wake.set()

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)
        self._wake.clear()

    async def _round(self) -> None:
        while await self.publish_some() == _TAKEN:
            pass

    async def publish_some(self) -> int:
        """Publish the oldest events; returns how many.

        Raises:
            BrokerAway, BrokerBehind: Kafka did not acknowledge; the events stay.
        """
        async with self._database.connection() as connection, connection.transaction():
            rows = await connection.fetch(_TAKE, _TAKEN)
            if not rows:
                return 0
            await self._webhooks.enqueue(connection, rows)
            await self._publisher.publish([self._message(row) for row in rows])
        await self._ring.append([(LIVE_TOPICS[TopicName(row["topic"])], row["data"]) for row in rows])
        return len(rows)

    def _message(self, row: asyncpg.Record) -> Message:
        headers = cloud_event_headers(
            event_type=row["type"],
            source=_SOURCE,
            time=row["created_at"],
            event_id=f"outbox-{row['id']}",
            subject=row["key"],
        )
        return Message(
            self._topic_prefix + row["topic"], row["data"].encode(), headers, key=row["key"].encode()
        )
