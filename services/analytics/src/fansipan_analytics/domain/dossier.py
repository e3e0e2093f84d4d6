"""What the events of a dossier say, whatever the order they arrived in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter

from fansipan_analytics.domain.due_time import DueTime
from fansipan_analytics.domain.service_event import CaseEvent, in_order, lowest_rating
from fansipan_common.contracts import ServiceEventType as Type
from fansipan_common.contracts.moment import Moment
from fansipan_indicators.calendars import WorkingCalendar
from fansipan_indicators.cases import DOSSIER_ATTRIBUTES

_MOMENT: Final[TypeAdapter[datetime]] = TypeAdapter(Moment)
_FINISHING: Final[Mapping[str, str]] = {
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


@dataclass(slots=True)
class Dossier:
    """The state of a dossier.

    Attributes:
        state: `announced` (not received yet), `in-progress`, `awaiting-supplement`, `processed`, `returned`,
            `rejected` or `withdrawn`.
        finished_at: when it was processed, else returned, else rejected or withdrawn (Decision 766, 2.1).
        paused_seconds: how long the citizen owed a supplement, in closed spells before the end.
        awaiting_since: since when a supplement is owed; None when none is.
        late_at: it is late when it ends after this (Decision 766, 2.1); None when unknown, or while the clock stands
            still.
        rating: the lowest score that a citizen gave.
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
    late_at: datetime | None = None
    rating: int | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


def fold_dossier(events: Sequence[CaseEvent], calendar: WorkingCalendar) -> Dossier:
    """Derive a dossier from all its events, of which at least one is no rating, and the ratings of it.

    Events are taken in the order they happened; at one instant, in the order of a dossier's life. A field that several
    events give has the value of the last.
    """
    ordered = in_order(events)
    last = ordered[-1]
    dossier = Dossier("announced", last.data["agency"], last.time, len(ordered))
    dossier.finished_at = _end(ordered)
    dossier.rating = lowest_rating(events)
    due = DueTime()
    for event in ordered:
        _take_fields(dossier, due, event)
        _take_step(dossier, due, event)
    dossier.due_at = due.due_at
    dossier.late_at = due.late_at(
        calendar, owed_since=dossier.awaiting_since, finished_at=dossier.finished_at
    )
    return dossier


def _end(ordered: Sequence[CaseEvent]) -> datetime | None:
    for kinds in _END_PRECEDENCE:
        times = [event.time for event in ordered if event.type in kinds]
        if times:
            return min(times)
    return None


def _take_fields(dossier: Dossier, due: DueTime, event: CaseEvent) -> None:
    data = event.data
    dossier.agency = data["agency"]
    dossier.procedure = data.get("procedure") or dossier.procedure
    dossier.area_code = data.get("area") or dossier.area_code
    dossier.channel = data.get("channel") or dossier.channel
    dossier.result_code = data.get("resultCode") or dossier.result_code
    if data.get("resultFile") is not None:
        dossier.result_file = data["resultFile"]
    if data.get("dueAt") is not None:
        due.state(_MOMENT.validate_python(data["dueAt"]), event.time)
    dossier.attributes |= {name: data[name] for name in DOSSIER_ATTRIBUTES if data.get(name) is not None}


def _take_step(dossier: Dossier, due: DueTime, event: CaseEvent) -> None:
    match event.type:
        case Type.DOSSIER_RECEIVED:
            if dossier.received_at is None:
                dossier.received_at = event.time
            if dossier.state == "announced":
                dossier.state = "in-progress"
        case Type.DOSSIER_SUPPLEMENT_REQUESTED:
            dossier.supplement_count += 1
            due.requests.append(event.time)
            if dossier.state not in _FINISHING.values():
                dossier.state = "awaiting-supplement"
                dossier.awaiting_since = dossier.awaiting_since or event.time
        case Type.DOSSIER_SUPPLEMENT_RECEIVED:
            _resume(dossier, due, event.time)
            if dossier.state == "awaiting-supplement":
                dossier.state = "in-progress"
        case Type.DOSSIER_PAID:
            dossier.paid_at = event.time
            dossier.paid_online = event.data.get("onlinePayment") is not None
        case _:
            _resume(dossier, due, event.time)
            dossier.state = _FINISHING[event.type]


def _resume(dossier: Dossier, due: DueTime, at: datetime) -> None:
    if dossier.awaiting_since is None:
        return
    until = at if dossier.finished_at is None else min(at, dossier.finished_at)
    dossier.paused_seconds += (until - dossier.awaiting_since).total_seconds()
    due.pauses.append((dossier.awaiting_since, until))
    dossier.awaiting_since = None
