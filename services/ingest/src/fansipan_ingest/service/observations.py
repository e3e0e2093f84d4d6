"""Observations: from validated items to records, one for each partition."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fansipan_common.api_keys import Principal
from fansipan_common.contracts import ObservationItem, parse_datastream_key
from fansipan_common.contracts.dead_letter import DeadLetterItem
from fansipan_common.contracts.observation import QUALITY_CODES
from fansipan_common.telemetry import Metrics
from fansipan_ingest.domain.parsing import ParsedItems
from fansipan_ingest.domain.registration import MEASUREMENT, NewDatastream, describe, result_fits
from fansipan_ingest.domain.rules import Rejection, TimeWindow, depth_exceeds, unix_ms
from fansipan_ingest.publisher import IngestPublisher, PartitionRows
from fansipan_ingest.repository.datastreams import DatastreamRef, DatastreamRepository
from fansipan_ingest.service.answer import Answer, refuse_when_strict

_Resolved = dict[str | int, DatastreamRef | Rejection]


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

    async def accept(
        self, principal: Principal, parsed: ParsedItems[ObservationItem], *, strict: bool
    ) -> Answer:
        """Publish the acceptable items and list the others.

        Raises:
            Unprocessable: `strict` and an item is not acceptable; nothing is published.
            BrokerAway, BrokerBehind, DatabaseAway: nothing counts as accepted; the same again is harmless.
        """
        partitions = await self._publisher.observation_partitions()
        resolved = await self._resolve(principal, parsed.items)
        now = self._clock()
        rows, refused = self._sort(parsed, resolved, partitions, unix_ms(now))
        rejected = parsed.rejected + refused
        refuse_when_strict(strict, rejected)
        messages = self._publisher.observations(principal.provider_key, rows, now)
        if rejected:
            messages += self._publisher.dead_letters("observations", principal.provider_key, rejected, now)
        written = await self._publisher.publish(messages) if messages else []
        self._count(len(parsed.items) - len(refused), rejected)
        return Answer(len(parsed.items) - len(refused), rejected, written)

    async def _resolve(self, principal: Principal, items: list[ObservationItem]) -> _Resolved:
        first_result: dict[str | int, Any] = {}
        for item in items:
            first_result.setdefault(item.datastream, item.result)
        found = await self._datastreams.find(first_result)
        resolved: _Resolved = {}
        new: list[NewDatastream] = []
        for name, result in first_result.items():
            ref = found.get(name)
            if ref is not None:
                resolved[name] = _permitted(principal, ref)
                continue
            unknown = _unknown(principal, name, result)
            if isinstance(unknown, Rejection):
                resolved[name] = unknown
            else:
                new.append(unknown)
        if new:
            resolved |= await self._datastreams.register(principal.provider_id, new)
        return resolved

    def _sort(
        self, parsed: ParsedItems[ObservationItem], resolved: _Resolved, partitions: int, now_ms: int
    ) -> tuple[dict[int, PartitionRows], list[DeadLetterItem]]:
        """Rows by partition, and the items that are refused. This loop is the hot path of ingest."""
        rows: dict[int, PartitionRows] = {}
        refused: list[DeadLetterItem] = []
        earliest, latest = self._window.earliest_ms, now_ms + self._window.ahead_ms
        for place, item in enumerate(parsed.items):
            ref = resolved[item.datastream]
            result = item.result
            millisecond = unix_ms(item.phenomenon_time)
            if ref.__class__ is Rejection:
                reason: Rejection | None = ref  # type: ignore[assignment]  # its class was just looked at
            elif not earliest <= millisecond <= latest:
                reason = self._window.check(millisecond, now_ms)
            else:
                reason = self._misfit(ref, item)  # type: ignore[arg-type]  # not a Rejection: see above
            if reason is not None:
                refused.append(_dead_letter(parsed, place, item, reason))
                continue
            assert isinstance(ref, DatastreamRef)  # noqa: S101
            partition = ref.thing_hash % partitions
            columns = rows.get(partition)
            if columns is None:
                columns = rows[partition] = PartitionRows()
            row = len(columns.results)
            columns.keys[ref.id] = ref.key
            columns.thing_keys.add(ref.thing_key)
            columns.datastream_ids.append(ref.id)
            columns.phenomenon_ms.append(millisecond)
            columns.results.append(result)
            if item.result_quality is not None:
                columns.quality[row] = QUALITY_CODES[item.result_quality] or 0
            if item.result_time is not None:
                columns.result_ms[row] = unix_ms(item.result_time)
            if item.parameters is not None:
                columns.parameters[row] = item.parameters
        return rows, refused

    def _misfit(self, ref: DatastreamRef, item: ObservationItem) -> Rejection | None:
        result = item.result
        if not (
            (ref.observation_type is MEASUREMENT and result.__class__ is float)
            or result_fits(ref.observation_type, result)
        ):
            kind = ref.observation_type.rsplit("/", 1)[-1]
            return Rejection(
                "result-type",
                f"{ref.key} is an {kind}; a result of type {_json_type(result)} does not fit it",
            )
        for name, value in (("result", result), ("parameters", item.parameters)):
            if isinstance(value, dict) and depth_exceeds(value, self._max_depth):
                return Rejection("too-deep", f"{name} nests deeper than {self._max_depth} levels")
        if item.result_time is not None and unix_ms(item.result_time) < 0:
            return Rejection("time-too-early", "resultTime is before 1970")
        return None

    def _count(self, accepted: int, rejected: list[DeadLetterItem]) -> None:
        if accepted:
            self._metrics.accepted.add(accepted, {"fansipan.target": "observations"})
        for code in {item.code for item in rejected}:
            count = sum(item.code == code for item in rejected)
            self._metrics.rejected.add(count, {"fansipan.target": "observations", "error.type": code})


def _permitted(principal: Principal, ref: DatastreamRef) -> DatastreamRef | Rejection:
    if principal.may_write_to(ref.key):
        return ref
    return Rejection("datastream-forbidden", f"this key may not write to {ref.key}")


def _unknown(principal: Principal, name: str | int, result: Any) -> NewDatastream | Rejection:
    if isinstance(name, int):
        return Rejection("datastream-unknown", f"there is no datastream with id {name}")
    try:
        key = parse_datastream_key(name)
    except ValueError as error:
        return Rejection("datastream-key", str(error))
    if not principal.may_write_to(name):
        return Rejection("datastream-forbidden", f"this key may not write to {name}")
    if not principal.auto_register:
        return Rejection(
            "datastream-unknown",
            f"there is no datastream {name}; register it first, or let the provider register on first use",
        )
    return describe(key, result)


def _dead_letter(
    parsed: ParsedItems[ObservationItem], place: int, item: ObservationItem, reason: Rejection
) -> DeadLetterItem:
    raw = parsed.raw
    payload = (
        raw[place] if raw is not None else item.model_dump(mode="json", by_alias=True, exclude_none=True)
    )
    return DeadLetterItem(
        index=parsed.indexes[place], code=reason.code, detail=reason.detail, payload=payload
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
