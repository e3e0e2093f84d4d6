"""Observations: from validated items to records, one for each partition."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, cast

from fansipan_common.api_keys import Principal
from fansipan_common.contracts import ObservationItem, parse_datastream_key
from fansipan_common.contracts.dead_letter import DeadLetterItem, Origin
from fansipan_common.telemetry import Metrics
from fansipan_ingest.domain.parsing import ParsedItems
from fansipan_ingest.domain.plain import PlainItems
from fansipan_ingest.domain.registration import MEASUREMENT, NewDatastream, Unit, describe, result_fits
from fansipan_ingest.domain.rules import Rejection, TimeWindow, json_fault, unix_ms
from fansipan_ingest.publisher import IngestPublisher
from fansipan_ingest.repository.datastreams import DatastreamRef, DatastreamRepository
from fansipan_ingest.rows import AcceptedRows
from fansipan_ingest.service.answer import Answer, refuse_when_strict

Resolved = dict[str | int, DatastreamRef | Rejection]
"""What each datastream name of a request stands for."""

NO_UNITS: Final[Mapping[str, Unit]] = MappingProxyType({})


class ObservationService:
    """Accepts observations for one provider at a time."""

    def __init__(
        self,
        datastreams: DatastreamRepository,
        publisher: IngestPublisher,
        *,
        window: TimeWindow,
        max_depth: int,
        clock: Callable[[], datetime],
        metrics: Metrics,
    ) -> None:
        self._datastreams = datastreams
        self._publisher = publisher
        self._window = window
        self._max_depth = max_depth
        self._clock = clock
        self._metrics = metrics

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
            or items.phenomenon_ms.min() < self._window.earliest_ms
            or items.phenomenon_ms.max() > unix_ms(now) + self._window.ahead_ms
        ):
            return None
        rows = AcceptedRows(known, items.phenomenon_ms.tolist(), items.results)
        partitions = await self._publisher.observation_partitions()
        written = await self._publisher.publish(
            self._publisher.observations(principal.provider_key, rows, partitions, now)
        )
        self._count(len(rows), [])
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
        now = self._clock()
        rows, refused = self._sort(parsed, resolved, unix_ms(now))
        rejected = parsed.rejected + refused
        refuse_when_strict(strict, rejected)
        messages = self._publisher.observations(principal.provider_key, rows, partitions, now)
        if rejected:
            messages += self._publisher.dead_letters(
                "observations", principal.provider_key, rejected, now, origin=origin
            )
        written = await self._publisher.publish(messages) if messages else []
        self._count(len(rows), rejected)
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
            ref = found.get(name)
            unit = units.get(name) if isinstance(name, str) else None
            if ref is not None:
                own = principal.may_write_to(ref.key)
                resolved[name] = (unit and _other_unit(ref, unit)) or ref if own else _forbidden(ref.key)
                continue
            unknown = _unknown(principal, name, result, unit)
            if isinstance(unknown, Rejection):
                resolved[name] = unknown
            else:
                new.append(unknown)
        if new:
            resolved |= await self._datastreams.register(principal.provider_id, new)
        return resolved

    def _sort(
        self, parsed: ParsedItems[ObservationItem], resolved: Resolved, now_ms: int
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
                else self._window.check(millisecond, now_ms) or self._misfit(ref, item, now_ms)
            )
            if reason is not None:
                refused.append(_dead_letter(parsed, place, reason))
                continue
            assert isinstance(ref, DatastreamRef)  # noqa: S101 - a Rejection is a reason
            rows.add(ref, millisecond, item)
        return rows, refused

    def _misfit(self, ref: DatastreamRef, item: ObservationItem, now_ms: int) -> Rejection | None:
        result = item.result
        if not result_fits(ref.observation_type, result):
            kind = ref.observation_type.rsplit("/", 1)[-1]
            return Rejection(
                "result-type",
                f"{ref.key} is an {kind}; a result of type {_json_type(result)} does not fit it",
            )
        if item.result_time is not None:
            reason = self._window.check(unix_ms(item.result_time), now_ms, "resultTime")
            if reason is not None:
                return reason
        return json_fault(result, "result", self._max_depth) or json_fault(
            item.parameters, "parameters", self._max_depth
        )

    def _count(self, accepted: int, rejected: list[DeadLetterItem]) -> None:
        if accepted:
            self._metrics.accepted.add(accepted, {"fansipan.target": "observations"})
        for code in {item.code for item in rejected}:
            count = sum(item.code == code for item in rejected)
            self._metrics.rejected.add(count, {"fansipan.target": "observations", "error.type": code})


def _forbidden(key: str) -> Rejection:
    return Rejection("datastream-forbidden", f"this key may not write to {key}")


def _other_unit(ref: DatastreamRef, unit: Unit) -> Rejection | None:
    """Results in another unit than the datastream's would be wrong numbers. Where none is known, any is taken."""
    if ref.unit is None or ref.unit == unit.ucum:
        return None
    return Rejection(
        "unit-mismatch", f"{ref.key} is measured in {ref.unit}; these results are in {unit.ucum}"
    )


def _unknown(
    principal: Principal, name: str | int, result: Any, unit: Unit | None
) -> NewDatastream | Rejection:
    if isinstance(name, int):
        return Rejection("datastream-unknown", f"there is no datastream with id {name}")
    try:
        key = parse_datastream_key(name)
    except ValueError as error:
        return Rejection("datastream-key", str(error))
    if not principal.may_write_to(name):
        return _forbidden(name)
    if not principal.auto_register:
        return Rejection(
            "datastream-unknown",
            f"there is no datastream {name}; register it first, or let the provider register on first use",
        )
    return describe(key, result, unit)


def _dead_letter(parsed: ParsedItems[ObservationItem], place: int, reason: Rejection) -> DeadLetterItem:
    return DeadLetterItem(
        index=parsed.indexes[place], code=reason.code, detail=reason.detail, payload=parsed.sent(place)
    )


def _json_type(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case _:
            return "object"
