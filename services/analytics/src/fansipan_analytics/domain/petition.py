"""What the events of a petition or feedback say, whatever the order they arrived in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fansipan_analytics.domain.service_event import CaseEvent, in_order, lowest_rating
from fansipan_common.contracts import ServiceEventType as Type
from fansipan_indicators.calendars import WorkingCalendar
from fansipan_indicators.petitions import PetitionFacts, Violation, first_violation


@dataclass(slots=True)
class Petition:
    """The state of a petition.

    Attributes:
        received_at, refused_at, supplement_requested_at, answered_at: the first time that it happened.
        supplement_received_at: the first supplement since the first request; when there is none since, the last before.
        published_at: the first publication since the answer; when there is none since, the last before.
        finished_at: when it was refused, or answered and published: nothing more is owed.
        late_at: it is late when it ends after this (Decision 766, 5.2); None when unknown, or while no clock runs.
        late_clock: the clock that runs out then: `refuse`, `supplement`, `answer` or `publish`.
        rating: the lowest score that a citizen gave.
    """

    agency: str
    last_event_at: datetime
    event_count: int
    area_code: str | None = None
    kind: str | None = None
    channel: str | None = None
    repeated: bool | None = None
    received_at: datetime | None = None
    refused_at: datetime | None = None
    supplement_requested_at: datetime | None = None
    supplement_received_at: datetime | None = None
    answered_at: datetime | None = None
    published_at: datetime | None = None
    finished_at: datetime | None = None
    late_at: datetime | None = None
    late_clock: str | None = None
    rating: int | None = None


def fold_petition(events: Sequence[CaseEvent], calendar: WorkingCalendar) -> Petition:
    """Derive a petition from all its events, of which at least one is no rating, and the ratings of it.

    A field that several events give has the value of the last.
    """
    ordered = in_order(events)
    last = ordered[-1]
    petition = Petition(last.data["agency"], last.time, len(ordered), rating=lowest_rating(events))
    for event in ordered:
        _take_fields(petition, event)
    _take_times(petition, ordered)
    violation = _violation(petition, calendar)
    if violation is not None:
        petition.late_at, petition.late_clock = violation.late_at, str(violation.clock)
    return petition


def _take_fields(petition: Petition, event: CaseEvent) -> None:
    data = event.data
    petition.area_code = data.get("area") or petition.area_code
    petition.kind = data.get("kind") or petition.kind
    petition.channel = data.get("channel") or petition.channel
    if data.get("repeated") is not None:
        petition.repeated = data["repeated"]


def _take_times(petition: Petition, ordered: Sequence[CaseEvent]) -> None:
    def times(kind: Type) -> list[datetime]:
        return [event.time for event in ordered if event.type == kind]

    petition.received_at = _first(times(Type.PETITION_RECEIVED))
    petition.refused_at = _first(times(Type.PETITION_REFUSED))
    petition.supplement_requested_at = _first(times(Type.PETITION_SUPPLEMENT_REQUESTED))
    petition.supplement_received_at = _first_since(
        petition.supplement_requested_at, times(Type.PETITION_SUPPLEMENT_RECEIVED)
    )
    petition.answered_at = _first(times(Type.PETITION_ANSWERED))
    petition.published_at = _first_since(petition.answered_at, times(Type.PETITION_PUBLISHED))
    ends = [] if petition.refused_at is None else [petition.refused_at]
    if petition.answered_at is not None and petition.published_at is not None:
        # Clocks of two systems differ by minutes: what was published "before" its answer is as finished as any other.
        ends.append(max(petition.answered_at, petition.published_at))
    petition.finished_at = min(ends, default=None)


def _first(times: Sequence[datetime]) -> datetime | None:
    return times[0] if times else None


def _first_since(start: datetime | None, times: Sequence[datetime]) -> datetime | None:
    if start is None or not times:
        return _first(times)
    return next((time for time in times if time >= start), times[-1])


def _violation(petition: Petition, calendar: WorkingCalendar) -> Violation | None:
    if petition.received_at is None:
        return None
    facts = PetitionFacts(
        petition.received_at,
        petition.refused_at,
        petition.supplement_requested_at,
        petition.supplement_received_at,
        petition.answered_at,
        petition.published_at,
    )
    try:
        return first_violation(facts, calendar)
    except (
        ValueError,
        OverflowError,
    ):  # a year that no calendar covers is the sender's: it must not stop the store
        return None
