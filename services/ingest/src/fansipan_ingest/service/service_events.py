"""Service events: CloudEvents about dossiers, petitions, ratings and usage."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from fansipan_common.api_keys import Principal
from fansipan_common.contracts import ServiceEvent
from fansipan_common.contracts.dead_letter import DeadLetterItem
from fansipan_common.telemetry import Metrics
from fansipan_ingest.domain.parsing import ParsedItems
from fansipan_ingest.domain.rules import Rejection, TimeWindow, json_fault, unix_ms
from fansipan_ingest.publisher import IngestPublisher
from fansipan_ingest.service.answer import Answer, refuse_when_strict
from fansipan_ingest.usage.meter import UsageMeter

_MAX_DEPTH: Final = 2
"""The data of an event is an object of plain values."""


class ServiceEventService:
    """Accepts service events for one provider at a time."""

    def __init__(
        self,
        publisher: IngestPublisher,
        *,
        window: TimeWindow,
        clock: Callable[[], datetime],
        metrics: Metrics,
        meter: UsageMeter,
    ) -> None:
        self._publisher = publisher
        self._window = window
        self._clock = clock
        self._metrics = metrics
        self._meter = meter

    async def accept(
        self, principal: Principal, parsed: ParsedItems[ServiceEvent], *, strict: bool
    ) -> Answer:
        """Publish the acceptable events and list the others.

        Raises:
            Unprocessable: `strict` and an event is not acceptable; nothing is published.
            BrokerAway, BrokerBehind: nothing counts as accepted; the same again is harmless.
        """
        now = self._clock()
        good: list[ServiceEvent] = []
        rejected = list(parsed.rejected)
        for place, event in enumerate(parsed.items):
            reason = self._window.check(unix_ms(event.time), unix_ms(now), "time") or next(
                content_faults(event), None
            )
            if reason is None:
                good.append(event)
                continue
            rejected.append(
                DeadLetterItem(
                    index=parsed.indexes[place],
                    code=reason.code,
                    detail=reason.detail,
                    payload=parsed.sent(place),
                )
            )
        refuse_when_strict(strict, rejected)
        messages = self._publisher.service_events(principal.provider_key, good)
        if rejected:
            messages += self._publisher.dead_letters("service-events", principal.provider_key, rejected, now)
        written = await self._publisher.publish(messages) if messages else []
        refused = Counter(item.code for item in rejected)
        self._meter.add(principal, accepted=len(good), refused=refused)
        if good:
            self._metrics.accepted.add(len(good), {"fansipan.target": "service-events"})
        for code, count in refused.items():
            self._metrics.rejected.add(count, {"fansipan.target": "service-events", "error.type": code})
        return Answer(len(good), rejected, written)


def content_faults(event: ServiceEvent) -> Iterator[Rejection]:
    """What of an event cannot be stored as it is."""
    for value, what in ((event.id, "id"), (event.source, "source"), (event.data, "data")):
        fault = json_fault(value, what, _MAX_DEPTH)
        if fault is not None:
            yield fault
