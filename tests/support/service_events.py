"""Service events for tests of the store: made by hand, committed without Kafka."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fansipan_analytics.domain.records import Prepared
from fansipan_analytics.domain.service_event import EventFacts, EventKey
from fansipan_analytics.repository.offsets import load_offsets
from fansipan_analytics.service.store import Store
from fansipan_common.db import Database
from fansipan_common.kafka import Partition
from fansipan_common.telemetry import metrics_of
from fansipan_indicators.calendars import WorkingCalendar

START = datetime(2026, 7, 6, 2, tzinfo=UTC)  # a Monday, 9:00 in Việt Nam
PARTITION = Partition("service-events.v1", 0)

Event = tuple[EventKey, EventFacts]


def event(name: str, event_id: str, subject: str, hours: float = 0, /, **data: Any) -> Event:
    """An event of the provider `p`: `dossier.received`, `petition.answered`, `rating.submitted` (of a dossier) …"""
    noun = name.split(".", maxsplit=1)[0]
    about = {"petition": "petitionId", "usage": "service"}.get(noun, "dossierId")
    if "petitionId" in data:
        about = "petitionId"
    facts = EventFacts(
        f"vn.fansipan.{name}.v1",
        START + timedelta(hours=hours),
        subject,
        {"agency": "a", about: subject} | data,
    )
    return ("p", "/s", event_id), facts


class EventMember:
    """A member of the consumer group that owns one partition of service events."""

    def __init__(self, database: Database, calendar: WorkingCalendar) -> None:
        self._database = database
        self._store = Store(database, calendar, metrics=metrics_of("test"))

    async def commit(self, *events: Event) -> None:
        """Store events in one transaction."""
        offset = (await load_offsets(self._database, {PARTITION}))[PARTITION]
        await self._store.commit(
            Prepared(events=list(events), rows=len(events)), {PARTITION: offset}, {PARTITION: offset + 1}
        )
