"""Service events as they come out of Kafka and out of the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from fansipan_common.contracts import ServiceEventType as Type

EventKey = tuple[str, str, str]
"""Identity of a service event: (provider key, CloudEvents source, CloudEvents id)."""

StoredKey = tuple[int, str, str]
"""The same in the database: (provider id, CloudEvents source, CloudEvents id)."""

SubjectKind = Literal["dossier", "petition"]

CaseKey = tuple[SubjectKind, int, str]
"""A case that several events tell of: (kind, provider id, the provider's opaque id)."""

_LIFE: Final[Mapping[str, int]] = {kind: place for place, kind in enumerate(Type)}
_DOSSIER_PREFIX: Final = "vn.fansipan.dossier."
_PETITION_PREFIX: Final = "vn.fansipan.petition."

CASE_TYPES: Final = [str(kind) for kind in Type if kind != Type.USAGE_COUNTED]
"""Types of event that tell of a dossier or a petition."""


@dataclass(frozen=True, slots=True)
class EventFacts:
    """What an event says; two with one identity that say the same are one event sent twice."""

    type: str
    time: datetime
    subject: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """One event of a dossier or a petition: its CloudEvents identity and type, when it happened, its data as sent."""

    source: str
    event_id: str
    type: str
    time: datetime
    data: Mapping[str, Any]


def subject_kind(event_type: str, data: Mapping[str, Any]) -> SubjectKind | None:
    """What an event's subject is; None when it is a service whose uses are counted."""
    if event_type.startswith(_DOSSIER_PREFIX):
        return "dossier"
    if event_type.startswith(_PETITION_PREFIX):
        return "petition"
    if event_type == Type.RATING_SUBMITTED:
        return "dossier" if data.get("dossierId") is not None else "petition"
    return None


def in_order(events: Sequence[CaseEvent]) -> list[CaseEvent]:
    """Events in the order they happened; at one instant, in the order of a case's life. Ratings are left out."""
    return sorted(
        (event for event in events if event.type != Type.RATING_SUBMITTED),
        key=lambda event: (event.time, _LIFE[event.type], event.event_id, event.source),
    )


def lowest_rating(events: Sequence[CaseEvent]) -> int | None:
    """The lowest score that a citizen gave; None without a rating."""
    scores = [int(event.data["score"]) for event in events if event.type == Type.RATING_SUBMITTED]
    return min(scores, default=None)
