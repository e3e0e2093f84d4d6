"""Service events: CloudEvents about dossiers, petitions, ratings and usage."""

from collections.abc import Callable
from datetime import datetime

from fansipan_common.api_keys import Principal
from fansipan_common.contracts import ServiceEvent
from fansipan_common.contracts.dead_letter import DeadLetterItem
from fansipan_common.telemetry import Metrics
from fansipan_ingest.domain.parsing import ParsedItems
from fansipan_ingest.domain.rules import TimeWindow, unix_ms
from fansipan_ingest.publisher import IngestPublisher
from fansipan_ingest.service.answer import Answer, refuse_when_strict


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
            reason = self._window.check(unix_ms(event.time), unix_ms(now), "time")
            if reason is None:
                good.append(event)
                continue
            raw = parsed.raw
            payload = raw[place] if raw is not None else event.model_dump(mode="json", exclude_none=True)
            rejected.append(
                DeadLetterItem(
                    index=parsed.indexes[place], code=reason.code, detail=reason.detail, payload=payload
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
