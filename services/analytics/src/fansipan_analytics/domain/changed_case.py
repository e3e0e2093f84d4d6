"""Which cases a micro-batch touches, and whether by a correction."""

from collections.abc import Iterable, Mapping

from fansipan_analytics.domain.service_event import CaseKey, EventFacts, StoredKey, subject_kind
from fansipan_common.contracts import ServiceEventType as Type
from fansipan_indicators.cases import event_case_id
from fansipan_indicators.formulas import CaseKind

ChangedKey = tuple[CaseKind, int, str]
"""A case of any kind: (kind, provider id, case id)."""


def touched_cases(
    inserted: Mapping[StoredKey, EventFacts],
    updates: Mapping[StoredKey, EventFacts],
    existing: Mapping[StoredKey, EventFacts],
) -> dict[CaseKey, bool]:
    """Dossiers and petitions to derive again → whether a stored event of theirs was replaced.

    Args:
        inserted: events that are new.
        updates: events that replace stored ones.
        existing: what was stored before; a replaced event may have told of another case.
    """
    touched = dict.fromkeys(_told(inserted.items()), False)
    corrected = [*updates.items(), *((key, existing[key]) for key in updates)]
    return touched | dict.fromkeys(_told(corrected), True)


def changed_single_events(
    inserted: Mapping[StoredKey, EventFacts],
    updates: Mapping[StoredKey, EventFacts],
    existing: Mapping[StoredKey, EventFacts],
) -> dict[ChangedKey, bool]:
    """Ratings and counts of usage, each a case by itself → whether it was replaced."""
    corrected = [*updates.items(), *((key, existing[key]) for key in updates)]
    return dict.fromkeys(_single(inserted.items()), False) | dict.fromkeys(_single(corrected), True)


def _told(events: Iterable[tuple[StoredKey, EventFacts]]) -> Iterable[CaseKey]:
    for (provider_id, _, _), facts in events:
        if (kind := subject_kind(facts.type, facts.data)) is not None:
            yield kind, provider_id, facts.subject


def _single(events: Iterable[tuple[StoredKey, EventFacts]]) -> Iterable[ChangedKey]:
    for (provider_id, source, event_id), facts in events:
        if facts.type == Type.RATING_SUBMITTED:
            yield "rating", provider_id, event_case_id(source, event_id)
        elif facts.type == Type.USAGE_COUNTED:
            yield "usage", provider_id, event_case_id(source, event_id)
