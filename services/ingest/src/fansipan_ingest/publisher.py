"""What ingest writes to Kafka: observation batches, service events, dead letters."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

import orjson

from fansipan_common.contracts import DeadLetter, ServiceEvent, TopicName
from fansipan_common.contracts.dead_letter import EVENT_TYPE as DEAD_LETTER_TYPE
from fansipan_common.contracts.dead_letter import DeadLetterItem
from fansipan_common.contracts.observation_batch import EVENT_TYPE as OBSERVATIONS_TYPE
from fansipan_common.contracts.observation_batch import encode_columns
from fansipan_common.kafka import Message, Publisher, Written, cloud_event_headers
from fansipan_common.kafka.headers import Headers

_DEAD_LETTERS_A_RECORD: Final = 500


@dataclass(slots=True)
class PartitionRows:
    """Rows of one request for one partition, as columns of equal length."""

    keys: dict[int, str] = field(default_factory=dict)
    thing_keys: set[bytes] = field(default_factory=set)
    datastream_ids: list[int] = field(default_factory=list)
    phenomenon_ms: list[int] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)
    quality: dict[int, int] = field(default_factory=dict)
    result_ms: dict[int, int] = field(default_factory=dict)
    parameters: dict[int, dict[str, Any]] = field(default_factory=dict)


class IngestPublisher:
    """Turns what was accepted into CloudEvents in Kafka binary mode and publishes them in one go."""

    def __init__(self, publisher: Publisher, *, topic_prefix: str) -> None:
        self._publisher = publisher
        self._observations = topic_prefix + TopicName.OBSERVATIONS
        self._service_events = topic_prefix + TopicName.SERVICE_EVENTS
        self._dead_letters = topic_prefix + TopicName.DEAD_LETTER

    async def observation_partitions(self) -> int:
        """How many partitions the observations topic has."""
        return await self._publisher.partitions(self._observations)

    async def publish(self, messages: Sequence[Message]) -> list[Written]:
        """Publish; returns where the data records went (dead letters left out), once all are acknowledged."""
        written = await self._publisher.publish(messages)
        return [record for record in written if record.topic != self._dead_letters]

    def observations(self, provider: str, rows: dict[int, PartitionRows], now: datetime) -> list[Message]:
        """One record a partition. It has a key when all its rows are of one thing."""
        return [
            Message(
                self._observations,
                encode_columns(
                    datastream_keys=columns.keys,
                    datastream_ids=columns.datastream_ids,
                    phenomenon_ms=columns.phenomenon_ms,
                    result=columns.results,
                    result_quality=_dense(columns.quality, len(columns.results)),
                    result_ms=_dense(columns.result_ms, len(columns.results)),
                    parameters=_dense(columns.parameters, len(columns.results)),
                ),
                cloud_event_headers(event_type=OBSERVATIONS_TYPE, source=f"/providers/{provider}", time=now),
                key=next(iter(columns.thing_keys)) if len(columns.thing_keys) == 1 else None,
                partition=partition,
            )
            for partition, columns in rows.items()
        ]

    def service_events(self, provider: str, events: Iterable[ServiceEvent]) -> list[Message]:
        """One record an event, keyed by what it is about, so that the events of a dossier keep their order."""
        messages: list[Message] = []
        for event in events:
            about = event.about
            headers: Headers = [
                *cloud_event_headers(
                    event_type=event.type,
                    source=event.source,
                    time=event.time,
                    event_id=event.id,
                    subject=about,
                ),
                ("ce_provider", provider.encode()),
            ]
            messages.append(
                Message(
                    self._service_events,
                    orjson.dumps(event.data),
                    headers,
                    key=f"{provider}/{about}".encode(),
                )
            )
        return messages

    def dead_letters(
        self,
        target: Literal["observations", "service-events"],
        provider: str,
        items: list[DeadLetterItem],
        now: datetime,
    ) -> list[Message]:
        """Records of refused items, at most 500 each."""
        messages: list[Message] = []
        for start in range(0, len(items), _DEAD_LETTERS_A_RECORD):
            letter = DeadLetter(
                origin="http",
                target=target,
                received_at=now,
                provider=provider,
                items=items[start : start + _DEAD_LETTERS_A_RECORD],
            )
            messages.append(
                Message(
                    self._dead_letters,
                    letter.model_dump_json(by_alias=True, exclude_none=True).encode(),
                    cloud_event_headers(event_type=DEAD_LETTER_TYPE, source="/services/ingest", time=now),
                    key=provider.encode(),
                )
            )
        return messages


def _dense(sparse: dict[int, Any], size: int) -> list[Any] | None:
    return [sparse.get(row) for row in range(size)] if sparse else None
