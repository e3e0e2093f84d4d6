"""The sandbox: a request is checked as in earnest, and nothing is published, registered or kept.

It answers what a real request cannot afford to find out: every reason for every item, and what each datastream is or
would be registered as.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, TypeVar, cast

import orjson

from fansipan_common.api_keys import Principal
from fansipan_common.contracts import ObservationItem, ServiceEvent
from fansipan_common.contracts.dead_letter import DeadLetterItem
from fansipan_ingest.domain.parsing import ParsedItems
from fansipan_ingest.domain.registration import NewDatastream, Unit
from fansipan_ingest.domain.rules import Rejection, TimeWindow, unix_ms
from fansipan_ingest.domain.sketch import (
    INVALID,
    Sketch,
    service_event_reasons,
    sketch_observation,
    time_of,
)
from fansipan_ingest.repository.datastreams import DatastreamRef, DatastreamRepository
from fansipan_ingest.repository.features import FeatureRepository
from fansipan_ingest.service.checks import FIELDS, ItemChecks, judge_datastream, unknown_feature
from fansipan_ingest.service.observations import NO_UNITS
from fansipan_ingest.service.service_events import content_faults

_MOST_REASONS: Final = 1_000
_MOST_DATASTREAMS: Final = 1_000
_SHOWN_ITEMS: Final = 100
_FORM: Final = frozenset({"datastream", "phenomenonTime", "result"})
T = TypeVar("T")

Judged = DatastreamRef | NewDatastream | Rejection


@dataclass(slots=True)
class Report:
    """What would become of the items of a request.

    Attributes:
        accepted: items that would be taken.
        refused: index → every reason.
        datastreams: what each name stands for, or would be registered as.
        items: the first of those that would be taken, as they would be stored.
        status: of the answer.
    """

    accepted: int = 0
    refused: dict[int, list[Rejection]] = field(default_factory=dict[int, list[Rejection]])
    datastreams: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    items: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    status: int = 200

    def refuse(self, index: int, reasons: Sequence[Rejection]) -> None:
        """Add what is wrong with an item; several items may come from one place in the request."""
        known = self.refused.setdefault(index, [])
        known += [reason for reason in reasons if reason not in known]

    def joined_with(self, other: "Report") -> "Report":
        """Both parts of a request that holds two kinds of item."""
        whole = Report(
            self.accepted + other.accepted,
            dict(self.refused),
            self.datastreams + other.datastreams,
            self.items + other.items,
        )
        for index, reasons in other.refused.items():
            whole.refuse(index, reasons)
        return whole

    def to_json(self) -> bytes:
        """The body of the answer; long lists are cut, and say so."""
        reasons = [
            {"index": index, "code": reason.code, "detail": reason.detail}
            for index in sorted(self.refused)
            for reason in self.refused[index]
        ]
        return orjson.dumps(
            {
                "dryRun": True,
                "accepted": self.accepted,
                "refused": len(self.refused),
                "rejected": reasons[:_MOST_REASONS],
                "reasonsLeftOut": max(0, len(reasons) - _MOST_REASONS),
                "datastreams": self.datastreams[:_MOST_DATASTREAMS],
                "items": self.items[:_SHOWN_ITEMS],
            }
        )


@dataclass(frozen=True, slots=True)
class _Candidate:
    index: int
    sketch: Sketch
    reasons: list[Rejection]

    @property
    def name(self) -> str | int | None:
        """The datastream that it names; None when that is wrong or missing."""
        item = self.sketch.item
        return item.datastream if item is not None and "datastream" in self.sketch.fields else None


class Sandbox:
    """Checks requests with the rules of the earnest doors.

    Args:
        datastreams: those that there are; none is registered.
        features: those that there are.
        checks: the rules for an observation.
        clock: the time.
    """

    def __init__(
        self,
        datastreams: DatastreamRepository,
        features: FeatureRepository,
        checks: ItemChecks,
        clock: Callable[[], datetime],
    ) -> None:
        self._datastreams = datastreams
        self._features = features
        self._checks = checks
        self._clock = clock

    async def observations(
        self,
        principal: Principal,
        parsed: ParsedItems[ObservationItem],
        units: Mapping[str, Unit] = NO_UNITS,
    ) -> Report:
        """What would become of observations.

        Raises:
            DatabaseAway: it cannot be said which datastreams there are.
        """
        candidates = [
            _Candidate(index, Sketch([], item, FIELDS), [])
            for item, index in zip(parsed.items, parsed.indexes, strict=True)
        ]
        candidates += [_refused(item) for item in parsed.rejected]
        first_result: dict[str | int, Any] = {}
        for candidate in candidates:
            item = candidate.sketch.item
            if candidate.name is not None and item is not None and "result" in candidate.sketch.fields:
                first_result.setdefault(candidate.name, item.result)
        found = await self._datastreams.find(first_result)
        items = [candidate.sketch.item for candidate in candidates]
        features = await self._features.existing(
            {item.feature_id for item in items if item is not None and item.feature_id is not None}
        )
        judged = {
            name: judge_datastream(
                principal, name, result, found.get(name), units.get(name) if isinstance(name, str) else None
            )
            for name, result in first_result.items()
        }
        report = Report()
        now_ms = unix_ms(self._clock())
        counts: dict[str | int, int] = {}
        for candidate in candidates:
            reasons = self._reasons(candidate, judged, features, now_ms)
            if reasons:
                report.refuse(candidate.index, reasons)
            elif (item := candidate.sketch.item) is not None:
                report.accepted += 1
                counts[item.datastream] = counts.get(item.datastream, 0) + 1
                if len(report.items) < _SHOWN_ITEMS:
                    report.items.append(_shown(candidate.index, item))
        report.datastreams = [
            _described(name, each, counts.get(name, 0))
            for name, each in judged.items()
            if not isinstance(each, Rejection)
        ]
        return report

    def _reasons(
        self, candidate: _Candidate, judged: Mapping[str | int, Judged], features: Set[int], now_ms: int
    ) -> list[Rejection]:
        reasons = list(candidate.reasons)
        item = candidate.sketch.item
        if item is None:
            return reasons
        what = None if candidate.name is None else judged.get(candidate.name)
        if isinstance(what, Rejection):
            reasons.append(what)
        known = what if isinstance(what, DatastreamRef | NewDatastream) else None
        reasons += self._checks.reasons(
            item,
            now_ms,
            key="" if known is None else str(known.key),
            observation_type=None if known is None else known.observation_type,
            fields=candidate.sketch.fields,
        )
        if (unknown := unknown_feature(item, features)) is not None:
            reasons.append(unknown)
        return list(dict.fromkeys(reasons))

    def service_events(self, parsed: ParsedItems[ServiceEvent]) -> Report:
        """What would become of service events."""
        report = Report()
        now_ms = unix_ms(self._clock())
        window = replace(self._checks.window, age_ms=None)
        for event, index in zip(parsed.items, parsed.indexes, strict=True):
            reasons = event_reasons(event, window, now_ms)
            if reasons:
                report.refuse(index, reasons)
                continue
            report.accepted += 1
            if len(report.items) < _SHOWN_ITEMS:
                report.items.append(
                    {"index": index, "type": event.type, "subject": event.about, "time": _utc(event.time)}
                )
        for item in parsed.rejected:
            reasons = service_event_reasons(item.payload) if item.code == INVALID else []
            moment = time_of(item.payload)
            late = None if moment is None else window.check(unix_ms(moment), now_ms, "time")
            report.refuse(
                item.index,
                [*(reasons or [Rejection(item.code, item.detail)]), *([] if late is None else [late])],
            )
        return report


def event_reasons(event: ServiceEvent, window: TimeWindow, now_ms: int) -> list[Rejection]:
    """Every reason to refuse an event of a valid form."""
    early_or_late = window.check(unix_ms(event.time), now_ms, "time")
    return [*([] if early_or_late is None else [early_or_late]), *content_faults(event)]


def _refused(item: DeadLetterItem) -> _Candidate:
    """An item that its door could not use: what is wrong with its form, or the door's own reason."""
    own = Rejection(item.code, item.detail)
    payload = item.payload
    if not isinstance(payload, dict) or not _looks_like_observation(cast("dict[str, Any]", payload)):
        return _Candidate(item.index, Sketch([], None, frozenset()), [own])
    sketch = sketch_observation(payload)
    reasons = sketch.reasons if item.code == INVALID and sketch.reasons else [own, *sketch.reasons]
    return _Candidate(item.index, sketch, reasons)


def _looks_like_observation(payload: dict[str, Any]) -> bool:
    """Whether it is one, perhaps an empty one, and not the message of another format that holds some."""
    return not payload or bool(_FORM & payload.keys())


def _shown(index: int, item: ObservationItem) -> dict[str, Any]:
    return {
        "index": index,
        "datastream": item.datastream,
        "phenomenonTime": _utc(item.phenomenon_time),
        "result": item.result,
    }


def _described(name: str | int, what: DatastreamRef | NewDatastream, items: int) -> dict[str, Any]:
    unit = what.unit.ucum if isinstance(what.unit, Unit) else what.unit
    return {
        "datastream": str(what.key) if isinstance(name, int) else name,
        "registered": isinstance(what, DatastreamRef),
        "observationType": what.observation_type,
        "unit": unit,
        "items": items,
    }


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
