"""Taking observations back: records as others, so that they keep their place in the order of their thing."""

from collections.abc import Callable
from datetime import datetime

from fansipan_common.api_keys import Principal
from fansipan_common.contracts import MAX_MILLISECOND
from fansipan_common.contracts.dead_letter import DeadLetterItem
from fansipan_common.contracts.observation import ObservationName
from fansipan_common.telemetry import Metrics
from fansipan_ingest.domain.parsing import ParsedItems
from fansipan_ingest.domain.rules import Rejection, unix_ms
from fansipan_ingest.publisher import IngestPublisher
from fansipan_ingest.repository.datastreams import DatastreamRef, DatastreamRepository
from fansipan_ingest.rows import AcceptedRows
from fansipan_ingest.service.answer import Answer, refuse_when_strict


class ObservationDeletions:
    """Accepts names of observations to take back, for one provider at a time."""

    def __init__(
        self,
        datastreams: DatastreamRepository,
        publisher: IngestPublisher,
        *,
        clock: Callable[[], datetime],
        metrics: Metrics,
    ) -> None:
        self._datastreams = datastreams
        self._publisher = publisher
        self._clock = clock
        self._metrics = metrics

    async def accept(
        self, principal: Principal, parsed: ParsedItems[ObservationName], *, strict: bool
    ) -> Answer:
        """Publish that the named observations are taken back; what is not there is no fault.

        Refused names leave no dead letters: they held no data that could be lost.

        Raises:
            Unprocessable: `strict` and a name is not acceptable; nothing is published.
            BrokerAway, BrokerBehind, DatabaseAway, NewerSchemaNeeded: nothing counts as accepted; the same again is
                harmless.
        """
        await self._datastreams.may_lose_observations()
        partitions = await self._publisher.observation_partitions()
        found = await self._datastreams.find({item.datastream for item in parsed.items})
        rows = AcceptedRows()
        rejected = list(parsed.rejected)
        for place, item in enumerate(parsed.items):
            ref = found.get(item.datastream)
            reason = _fault(principal, item, ref)
            if reason is not None:
                rejected.append(
                    DeadLetterItem(
                        index=parsed.indexes[place],
                        code=reason.code,
                        detail=reason.detail,
                        payload=parsed.sent(place),
                    )
                )
            elif ref is not None:
                rows.take_back(ref, unix_ms(item.phenomenon_time))
        refuse_when_strict(strict, rejected)
        messages = self._publisher.observations(principal.provider_key, rows, partitions, self._clock())
        written = await self._publisher.publish(messages) if messages else []
        if len(rows):
            self._metrics.accepted.add(len(rows), {"fansipan.target": "observation-deletions"})
        return Answer(len(rows), rejected, written)


def _fault(principal: Principal, item: ObservationName, ref: DatastreamRef | None) -> Rejection | None:
    if ref is None:
        return Rejection("datastream-unknown", f"there is no datastream {item.datastream}")
    if not principal.may_write_to(ref.key):
        return Rejection("datastream-forbidden", f"this key may not write to {ref.key}")
    if not 0 <= unix_ms(item.phenomenon_time) <= MAX_MILLISECOND:
        return Rejection(
            "time-too-early", "nothing is stored at this phenomenonTime, before 1970 or after 2109"
        )
    return None
