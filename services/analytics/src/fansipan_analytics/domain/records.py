"""From the records of Kafka to a micro-batch."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import orjson
from pydantic import ValidationError

from fansipan_analytics.domain.service_event import EventFacts, EventKey
from fansipan_common.contracts import ObservationBatch, ServiceEvent
from fansipan_common.contracts.observation_batch import EVENT_TYPE, MalformedBatch, decode_columns


class Record(Protocol):
    """What is used of a Kafka record."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class Poison(Exception):
    """A record that no retry will make usable: a fault of whoever published it."""


@dataclass(slots=True)
class Prepared:
    """What the records of one transaction hold, in order of arrival within each partition."""

    batches: list[ObservationBatch] = field(default_factory=list)
    events: list[tuple[EventKey, EventFacts]] = field(default_factory=list)
    rows: int = 0

    def add(self, other: "Prepared") -> None:
        """Append what another holds."""
        self.batches += other.batches
        self.events += other.events
        self.rows += other.rows


def prepare_observations(record: Record) -> Prepared:
    """Decode a record of `observations.v1`.

    Raises:
        Poison: it is none.
    """
    kind = _text(record, "ce_type")
    if kind != EVENT_TYPE:
        raise Poison(f"ce_type is {kind!r}, not {EVENT_TYPE}")
    try:
        batch = decode_columns(record.value)
    except MalformedBatch as error:
        raise Poison(str(error)) from None
    return Prepared(batches=[batch], rows=len(batch))


def prepare_service_event(record: Record) -> Prepared:
    """Decode a record of `service-events.v1`.

    Raises:
        Poison: it is none, or not valid.
    """
    provider = _text(record, "ce_provider")
    if not provider:
        raise Poison("header ce_provider is missing")
    attributes = {
        name: _text(record, f"ce_{name}") for name in ("specversion", "id", "source", "type", "time")
    }
    try:
        event = ServiceEvent.model_validate({**attributes, "data": orjson.loads(record.value or b"")})
    except (ValidationError, orjson.JSONDecodeError) as error:
        raise Poison(f"not a service event: {error}") from None
    facts = EventFacts(event.type, _milliseconds(event.time), event.about, event.data)
    return Prepared(events=[((provider, event.source, event.id), facts)], rows=1)


def _milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _text(record: Record, name: str) -> str | None:
    for key, value in record.headers:
        if key == name:
            return value.decode("utf-8", "replace")
    return None
