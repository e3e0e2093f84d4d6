"""Service events: CloudEvents about dossiers, petitions, ratings and usage."""

from collections.abc import Callable
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
    ) -> None:
        self._publisher = publisher
        self._window = window
        self._clock = clock
        self._metrics = metrics

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
            reason = self._window.check(unix_ms(event.time), unix_ms(now), "time") or _content_fault(event)
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
        if good:
            self._metrics.accepted.add(len(good), {"fansipan.target": "service-events"})
        for item in rejected:
            self._metrics.rejected.add(1, {"fansipan.target": "service-events", "error.type": item.code})
        return Answer(len(good), rejected, written)


def _content_fault(event: ServiceEvent) -> Rejection | None:
    return (
        json_fault(event.id, "id", _MAX_DEPTH)
        or json_fault(event.source, "source", _MAX_DEPTH)
        or json_fault(event.data, "data", _MAX_DEPTH)
    )
