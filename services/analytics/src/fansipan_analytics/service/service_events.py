"""Storing the service events of a micro-batch, inside its transaction."""

from collections.abc import Collection
from typing import Any

import asyncpg

from fansipan_analytics.domain.changed_case import ChangedKey, changed_single_events, touched_cases
from fansipan_analytics.domain.dossier import Dossier, fold_dossier
from fansipan_analytics.domain.identity import correct, fold
from fansipan_analytics.domain.petition import Petition, fold_petition
from fansipan_analytics.domain.service_event import CaseEvent, CaseKey, EventFacts, EventKey, StoredKey
from fansipan_analytics.repository import cases, service_events
from fansipan_analytics.service.observations import Outcome, Unusable
from fansipan_indicators.calendars import WorkingCalendar


async def store_service_events(
    connection: "asyncpg.Connection[Any]",
    events: list[tuple[EventKey, EventFacts]],
    calendar: WorkingCalendar,
) -> Outcome:
    """Store events, derive the dossiers and petitions they are about, and queue every case that changed.

    Raises:
        Unusable: a provider does not exist.
    """
    folded = fold(await _with_provider_ids(connection, events))
    await cases.share_deriving(connection)
    inserted_keys = await service_events.insert_missing(connection, folded.current)
    existing = await service_events.find_stored(
        connection, [key for key in folded.current if key not in inserted_keys]
    )
    corrections = correct(folded, existing)
    await service_events.apply_corrections(connection, corrections.updates, corrections.history)
    inserted = {key: folded.current[key] for key in inserted_keys}
    changes = (inserted, corrections.updates, existing)
    touched = touched_cases(*changes)
    derived = await derive_cases(connection, touched, calendar)
    changed: dict[ChangedKey, bool] = {key: touched[key] for key in derived}
    await cases.enqueue_changed(connection, changed | changed_single_events(*changes))
    return Outcome(len(inserted), corrections.repeats, len(corrections.history))


async def derive_cases(
    connection: "asyncpg.Connection[Any]", keys: Collection[CaseKey], calendar: WorkingCalendar
) -> set[CaseKey]:
    """Derive cases from all their stored events; returns those that changed or are gone."""
    if not keys:
        return set()
    await cases.lock_cases(connection, keys)
    told = await service_events.events_of(connection, keys)
    derived = {key: _derive(key, events, calendar) for key, events in told.items()}
    saved = await cases.save_cases(connection, derived)
    removed = await cases.remove_cases(connection, [key for key in keys if key not in derived])
    return saved | removed


def _derive(key: CaseKey, events: list[CaseEvent], calendar: WorkingCalendar) -> Dossier | Petition:
    return fold_dossier(events, calendar) if key[0] == "dossier" else fold_petition(events, calendar)


async def _with_provider_ids(
    connection: "asyncpg.Connection[Any]", events: list[tuple[EventKey, EventFacts]]
) -> list[tuple[StoredKey, EventFacts]]:
    named = {provider for (provider, _, _), _ in events}
    known = await service_events.provider_ids(connection, named)
    unknown = sorted(named - known.keys())
    if unknown:
        raise Unusable(f"no such provider: {', '.join(unknown[:10])}")
    return [((known[provider], source, event_id), facts) for (provider, source, event_id), facts in events]
