"""What the events of a dossier say, whatever the order they arrived in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter

from fansipan_common.contracts import ServiceEventType as Type
from fansipan_common.contracts.moment import Moment

DOSSIER_PREFIX: Final = "vn.fansipan.dossier."

_MOMENT: Final[TypeAdapter[datetime]] = TypeAdapter(Moment)
_FINISHING: Final = {
    Type.DOSSIER_PROCESSED: "processed",
    Type.DOSSIER_RETURNED: "returned",
    Type.DOSSIER_REJECTED: "rejected",
    Type.DOSSIER_WITHDRAWN: "withdrawn",
}
_END_PRECEDENCE: Final = (
    (Type.DOSSIER_PROCESSED,),
    (Type.DOSSIER_RETURNED,),
    (Type.DOSSIER_REJECTED, Type.DOSSIER_WITHDRAWN),
)
"""Decision 766, sub-indicator 2.1: the end is "processed", else "result returned", else "stopped/refused"."""

_ORDER: Final = {kind: place for place, kind in enumerate(Type)}
_ATTRIBUTES: Final = (
    "onlineService",
    "hasFee",
    "paperResultRequired",
    "digitised",
    "componentsReused",
    "fromNationalStore",
    "identityVerified",
)


@dataclass(frozen=True, slots=True)
class DossierEvent:
    """One event of a dossier: its CloudEvents id and type, when it happened, and its data as sent."""

    event_id: str
    type: str
    time: datetime
    data: Mapping[str, Any]


@dataclass(slots=True)
class Dossier:
    """The state of a dossier.

    Attributes:
        state: `announced` (not received yet), `in-progress`, `awaiting-supplement`, `processed`, `returned`,
            `rejected` or `withdrawn`.
        finished_at: when it was processed, else returned, else rejected or withdrawn (Decision 766, 2.1).
        paused_seconds: how long the citizen owed a supplement, in closed spells before the end.
        awaiting_since: since when a supplement is owed; None when none is.
    """

    state: str
    agency: str
    last_event_at: datetime
    event_count: int
    procedure: str | None = None
    area_code: str | None = None
    channel: str | None = None
    received_at: datetime | None = None
    due_at: datetime | None = None
    finished_at: datetime | None = None
    supplement_count: int = 0
    paused_seconds: float = 0.0
    awaiting_since: datetime | None = None
    paid_at: datetime | None = None
    paid_online: bool | None = None
    result_code: str | None = None
    result_file: bool | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


def fold_dossier(events: Sequence[DossierEvent]) -> Dossier:
    """Derive a dossier from all its events; at least one.

    Events are taken in the order they happened; at one instant, in the order of a dossier's life. A field that several
    events give has the value of the last.
    """
    ordered = sorted(events, key=lambda e: (e.time, _ORDER[Type(e.type)], e.event_id))
    last = ordered[-1]
    dossier = Dossier("announced", last.data["agency"], last.time, len(ordered))
    dossier.finished_at = _end(ordered)
    for event in ordered:
        _take_fields(dossier, event)
        _take_step(dossier, event)
    return dossier


def _end(ordered: Sequence[DossierEvent]) -> datetime | None:
    for kinds in _END_PRECEDENCE:
        times = [event.time for event in ordered if event.type in kinds]
        if times:
            return min(times)
    return None


def _take_fields(dossier: Dossier, event: DossierEvent) -> None:
    data = event.data
    dossier.agency = data["agency"]
    dossier.procedure = data.get("procedure", dossier.procedure)
    dossier.area_code = data.get("area", dossier.area_code)
    dossier.channel = data.get("channel", dossier.channel)
    dossier.result_code = data.get("resultCode", dossier.result_code)
    dossier.result_file = data.get("resultFile", dossier.result_file)
    if data.get("dueAt") is not None:
        dossier.due_at = _MOMENT.validate_python(data["dueAt"])
    dossier.attributes |= {name: data[name] for name in _ATTRIBUTES if data.get(name) is not None}


def _take_step(dossier: Dossier, event: DossierEvent) -> None:
    match event.type:
        case Type.DOSSIER_RECEIVED:
            if dossier.received_at is None:
                dossier.received_at = event.time
            if dossier.state == "announced":
                dossier.state = "in-progress"
        case Type.DOSSIER_SUPPLEMENT_REQUESTED:
            dossier.supplement_count += 1
            if dossier.state not in _FINISHING.values():
                dossier.state = "awaiting-supplement"
                dossier.awaiting_since = dossier.awaiting_since or event.time
        case Type.DOSSIER_SUPPLEMENT_RECEIVED:
            _resume(dossier, event.time)
            if dossier.state == "awaiting-supplement":
                dossier.state = "in-progress"
        case Type.DOSSIER_PAID:
            dossier.paid_at = event.time
            dossier.paid_online = event.data.get("onlinePayment") is not None
        case _:
            _resume(dossier, event.time)
            dossier.state = _FINISHING[Type(event.type)]


def _resume(dossier: Dossier, at: datetime) -> None:
    if dossier.awaiting_since is None:
        return
    until = at if dossier.finished_at is None else min(at, dossier.finished_at)
    dossier.paused_seconds += max(0.0, (until - dossier.awaiting_since).total_seconds())
    dossier.awaiting_since = None
