"""Observations: from validated items to records, one for each partition."""

from collections import Counter
from collections.abc import Callable, Mapping, Set
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, cast

from fansipan_common.api_keys import Principal
from fansipan_common.contracts import ObservationItem
from fansipan_common.contracts.dead_letter import DeadLetterItem, Origin
from fansipan_common.telemetry import Metrics
from fansipan_ingest.domain.parsing import ParsedItems
from fansipan_ingest.domain.plain import PlainItems
from fansipan_ingest.domain.registration import MEASUREMENT, NewDatastream, Unit
from fansipan_ingest.domain.rules import Rejection, unix_ms
from fansipan_ingest.publisher import IngestPublisher
from fansipan_ingest.repository.datastreams import DatastreamRef, DatastreamRepository
from fansipan_ingest.repository.features import FeatureRepository
from fansipan_ingest.rows import AcceptedRows
from fansipan_ingest.service.answer import Answer, refuse_when_strict
from fansipan_ingest.service.checks import ItemChecks, judge_datastream, unknown_feature
from fansipan_ingest.usage.meter import UsageMeter

Resolved = dict[str | int, DatastreamRef | Rejection]
"""What each datastream name of a request stands for."""

NO_UNITS: Final[Mapping[str, Unit]] = MappingProxyType({})


class ObservationService:
    """Accepts observations for one provider at a time."""

    def __init__(
        self,
        datastreams: DatastreamRepository,
        features: FeatureRepository,
        publisher: IngestPublisher,
        *,
        checks: ItemChecks,
        clock: Callable[[], datetime],
        metrics: Metrics,
        meter: UsageMeter,
    ) -> None:
        self._datastreams = datastreams
        self._features = features
        self._publisher = publisher
        self._checks = checks
        self._window = checks.window
        self._clock = clock
        self._metrics = metrics
        self._meter = meter

    async def accept_plain(self, principal: Principal, items: PlainItems) -> Answer | None:
        """Publish a plain request if every datastream is known and every item acceptable; None if it is not so.

        Raises:
            BrokerAway, BrokerBehind: nothing counts as accepted; the same again is harmless.
        """
        refs = self._datastreams.cached(items.datastreams)
        if None in refs or principal.datastream_prefixes:
            return None
        known = cast("list[DatastreamRef]", refs)
        now = self._clock()
        if (
            {ref.provider for ref in known} != {principal.provider_key}
            or {ref.observation_type for ref in known} != {MEASUREMENT}
            or items.phenomenon_ms.min() < self._window.earliest(unix_ms(now))
            or items.phenomenon_ms.max() > unix_ms(now) + self._window.ahead_ms
        ):
            return None
        rows = AcceptedRows(known, items.phenomenon_ms.tolist(), items.results)
        partitions = await self._publisher.observation_partitions()
        written = await self._publisher.publish(
            self._publisher.observations(principal.provider_key, rows, partitions, now)
        )
        self._count(principal, len(rows), [])
        return Answer(len(rows), [], written)

    async def accept(
        self,
        principal: Principal,
        parsed: ParsedItems[ObservationItem],
        *,
        strict: bool,
        units: Mapping[str, Unit] = NO_UNITS,
        origin: Origin = "http",
    ) -> Answer:
        """Publish the acceptable items and list the others.

        Args:
            principal: who sends.
            parsed: the items, and what was refused before.
            strict: refuse all when one is not acceptable.
            units: what the results of a datastream are in, where the sender says so.
            origin: the door they came through.

        Raises:
            Unprocessable: `strict` and an item is not acceptable; nothing is published.
            BrokerAway, BrokerBehind, DatabaseAway: nothing counts as accepted; the same again is harmless.
        """
        partitions = await self._publisher.observation_partitions()
        resolved = await self._resolve(principal, parsed.items, units)
        features = await self._features.existing(
            {item.feature_id for item in parsed.items if item.feature_id is not None}
        )
        now = self._clock()
        rows, refused = self._sort(parsed, resolved, features, unix_ms(now))
        rejected = parsed.rejected + refused
        refuse_when_strict(strict, rejected)
        messages = self._publisher.observations(principal.provider_key, rows, partitions, now)
        if rejected:
            messages += self._publisher.dead_letters(
                "observations", principal.provider_key, rejected, now, origin=origin
            )
        written = await self._publisher.publish(messages) if messages else []
        self._count(principal, len(rows), rejected)
        return Answer(len(rows), rejected, written)

    async def _resolve(
        self, principal: Principal, items: list[ObservationItem], units: Mapping[str, Unit]
    ) -> Resolved:
        first_result: dict[str | int, Any] = {}
        for item in items:
            first_result.setdefault(item.datastream, item.result)
        found = await self._datastreams.find(first_result)
        resolved: Resolved = {}
        new: list[NewDatastream] = []
        for name, result in first_result.items():
            unit = units.get(name) if isinstance(name, str) else None
            judged = judge_datastream(principal, name, result, found.get(name), unit)
            if isinstance(judged, NewDatastream):
                new.append(judged)
            else:
                resolved[name] = judged
        if new:
            resolved |= await self._datastreams.register(principal.provider_id, new)
        return resolved

    def _sort(
        self, parsed: ParsedItems[ObservationItem], resolved: Resolved, features: Set[int], now_ms: int
    ) -> tuple[AcceptedRows, list[DeadLetterItem]]:
        """The acceptable rows, and the items that are refused, looking at one item after the other."""
        rows = AcceptedRows()
        refused: list[DeadLetterItem] = []
        for place, item in enumerate(parsed.items):
            ref = resolved[item.datastream]
            millisecond = unix_ms(item.phenomenon_time)
            reason = (
                ref
                if isinstance(ref, Rejection)
                else next(
                    self._checks.reasons(item, now_ms, key=ref.key, observation_type=ref.observation_type),
                    None,
                )
                or unknown_feature(item, features)
            )
            if reason is not None:
                refused.append(_dead_letter(parsed, place, reason))
                continue
            assert isinstance(ref, DatastreamRef)  # noqa: S101 - a Rejection is a reason
            rows.add(ref, millisecond, item)
        return rows, refused

    def _count(self, principal: Principal, accepted: int, rejected: list[DeadLetterItem]) -> None:
        if accepted:
            self._metrics.accepted.add(accepted, {"fansipan.target": "observations"})
        refused = Counter(item.code for item in rejected)
        self._meter.add(principal, accepted=accepted, refused=refused)
        for code, count in refused.items():
            self._metrics.rejected.add(count, {"fansipan.target": "observations", "error.type": code})


def _dead_letter(parsed: ParsedItems[ObservationItem], place: int, reason: Rejection) -> DeadLetterItem:
    return DeadLetterItem(
        index=parsed.indexes[place], code=reason.code, detail=reason.detail, payload=parsed.sent(place)
    )
