"""What ingest writes to Kafka: observation batches, service events, dead letters."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import numpy as np
import orjson

from fansipan_common.contracts import DeadLetter, ServiceEvent, TopicName
from fansipan_common.contracts.dead_letter import EVENT_TYPE as DEAD_LETTER_TYPE
from fansipan_common.contracts.dead_letter import DeadLetterItem, Origin
from fansipan_common.contracts.observation_batch import EVENT_TYPE as OBSERVATIONS_TYPE
from fansipan_common.contracts.observation_batch import encode_columns
from fansipan_common.kafka import Message, Publisher, Written, cloud_event_headers
from fansipan_common.kafka.headers import Headers
from fansipan_ingest.rows import AcceptedRows

_DEAD_LETTERS_A_RECORD: Final = 500


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

    def observations(
        self, provider: str, rows: AcceptedRows, partitions: int, now: datetime
    ) -> list[Message]:
        """One record for each partition that has rows. It has a key when all its rows are of one thing."""
        hashes = np.array([ref.thing_hash for ref in rows.refs], np.int64)
        placed = hashes % partitions
        messages: list[Message] = []
        for partition in np.unique(placed).tolist():
            mine = np.flatnonzero(placed == partition).tolist()
            refs = [rows.refs[row] for row in mine]
            ids = [ref.id for ref in refs]
            things = {ref.thing_key for ref in refs}
            messages.append(
                Message(
                    self._observations,
                    encode_columns(
                        datastream_keys=dict(zip(ids, [ref.key for ref in refs], strict=True)),
                        datastream_ids=ids,
                        phenomenon_ms=[rows.phenomenon_ms[row] for row in mine],
                        result=[rows.results[row] for row in mine],
                        result_quality=_dense(rows.quality, mine),
                        result_ms=_dense(rows.result_ms, mine),
                        parameters=_dense(rows.parameters, mine),
                        feature_ids=_dense(rows.features, mine),
                        deleted=_dense(rows.deleted, mine),
                    ),
                    cloud_event_headers(
                        event_type=OBSERVATIONS_TYPE, source=f"/providers/{provider}", time=now
                    ),
                    key=things.pop() if len(things) == 1 else None,
                    partition=partition,
                )
            )
        return messages

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
        provider: str | None,
        items: list[DeadLetterItem],
        now: datetime,
        *,
        origin: Origin = "http",
    ) -> list[Message]:
        """Records of refused items, at most 500 each."""
        messages: list[Message] = []
        for start in range(0, len(items), _DEAD_LETTERS_A_RECORD):
            letter = DeadLetter(
                origin=origin,
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
                    key=None if provider is None else provider.encode(),
                )
            )
        return messages


def _dense(sparse: dict[int, Any], rows: list[int]) -> list[Any] | None:
    """The values of some rows, None where one has none; None when none of them has one."""
    if not sparse:
        return None
    values = [sparse.get(row) for row in rows]
    return values if any(value is not None for value in values) else None
