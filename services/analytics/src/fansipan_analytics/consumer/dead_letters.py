"""Records that can never be used are set aside, confirmed by Kafka, before the offset moves past them."""

import base64
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import structlog

from fansipan_analytics.domain.records import Record
from fansipan_common.contracts import DeadLetter, TopicName
from fansipan_common.contracts.dead_letter import EVENT_TYPE, DeadLetterItem
from fansipan_common.kafka import Message, Publisher, cloud_event_headers
from fansipan_common.telemetry import Metrics

_log = structlog.get_logger(__name__)
_WINDOW_SECONDS: Final = 60.0
_KEPT_BYTES: Final = 8 * 1024 * 1024
_REMEMBERED: Final = 10_000


class PoisonStorm(Exception):
    """So many unusable records that the fault is likelier ours, or a broken producer's: somebody must look."""


class DeadLetterOffice:
    """Publishes unusable records to the dead-letter topic.

    Args:
        max_per_minute: beyond this the consumer halts with nothing committed, instead of setting a topic aside.
    """

    def __init__(
        self,
        publisher: Publisher,
        *,
        topic_prefix: str,
        max_per_minute: int,
        metrics: Metrics,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._publisher = publisher
        self._topic_prefix = topic_prefix
        self._max_per_minute = max_per_minute
        self._metrics = metrics
        self._monotonic = monotonic
        self._recent: deque[float] = deque()
        self._done: dict[tuple[str, int, int], None] = {}
        for code in ("poison-record", "unstorable-record"):
            metrics.dead_lettered.add(0, {"error.type": code})  # the first is then seen as a growth

    async def set_aside(self, record: Record, code: str, reason: str) -> None:
        """Publish one unusable record with the reason and wait for the acknowledgement.

        A record that is read again, because what came with it could not be committed, is not published again.

        Raises:
            PoisonStorm: there were too many within a minute.
            BrokerAway, BrokerBehind: not acknowledged.
        """
        place = (record.topic, record.partition, record.offset)
        if place in self._done:
            return
        now = self._monotonic()
        while self._recent and self._recent[0] < now - _WINDOW_SECONDS:
            self._recent.popleft()
        if len(self._recent) >= self._max_per_minute:
            raise PoisonStorm(
                f"more than {self._max_per_minute} unusable records within a minute, the last at"
                f" {record.topic}/{record.partition}/{record.offset}: {reason}. Nothing was skipped. Find out who"
                " publishes them; then restart analytics, with a higher FANSIPAN_MAX_POISON_PER_MINUTE if they"
                " are to be set aside"
            )
        self._recent.append(now)
        is_event = record.topic == self._topic_prefix + TopicName.SERVICE_EVENTS
        received_at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
        value = record.value or b""
        detail = reason
        if len(value) > _KEPT_BYTES:
            detail += f" (the first {_KEPT_BYTES} of its {len(value)} bytes are kept here)"
        letter = DeadLetter(
            origin="kafka",
            target="service-events" if is_event else "observations",
            received_at=received_at,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            items=[
                DeadLetterItem(
                    index=0,
                    code=code,
                    detail=detail,
                    payload_base64=base64.b64encode(value[:_KEPT_BYTES]).decode(),
                )
            ],
        )
        await self._publisher.publish(
            [
                Message(
                    self._topic_prefix + TopicName.DEAD_LETTER,
                    letter.model_dump_json(by_alias=True, exclude_none=True).encode(),
                    cloud_event_headers(
                        event_type=EVENT_TYPE, source="/services/analytics", time=received_at
                    ),
                )
            ]
        )
        self._done[place] = None
        if len(self._done) > _REMEMBERED:
            del self._done[next(iter(self._done))]
        self._metrics.dead_lettered.add(1, {"error.type": code})
        _log.warning(
            "record set aside",
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            reason=reason,
        )
