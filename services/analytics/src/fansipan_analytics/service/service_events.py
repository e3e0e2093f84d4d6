"""Storing the service events of a micro-batch, inside its transaction."""

from typing import Any

import asyncpg

from fansipan_analytics.domain.dossier import DOSSIER_PREFIX, fold_dossier
from fansipan_analytics.domain.identity import correct, fold
from fansipan_analytics.domain.service_event import EventFacts, EventKey
from fansipan_analytics.repository import service_events as repository
from fansipan_analytics.service.observations import Outcome, Unusable


async def store_service_events(
    connection: "asyncpg.Connection[Any]", events: list[tuple[EventKey, EventFacts]]
) -> Outcome:
    """Store events and recompute the dossiers they are about.

    Raises:
        Unusable: a provider does not exist.
    """
    providers = {key[0] for key, _ in events}
    unknown = providers - await repository.known_providers(connection, providers)
    if unknown:
        raise Unusable(f"no such provider: {', '.join(sorted(unknown)[:10])}")
    folded = fold(events)
    inserted = await repository.insert_missing(connection, folded.current)
    others = [key for key in folded.current if key not in inserted]
    existing = await repository.find_stored(connection, others) if others else {}
    corrections = correct(folded, existing)
    if corrections.history:
        await repository.apply_corrections(connection, corrections.updates, corrections.history)
    changed = [(key, folded.current[key]) for key in inserted]
    changed += corrections.updates.items()
    changed += [
        (key, existing[key]) for key in corrections.updates
    ]  # what it was about before, if another dossier
    touched = {(key[0], facts.subject) for key, facts in changed if facts.type.startswith(DOSSIER_PREFIX)}
    if touched:
        found = await repository.dossier_events(connection, touched)
        dossiers = {key: fold_dossier(dossier) for key, dossier in found.items()}
        await repository.save_dossiers(connection, dossiers, touched - dossiers.keys())
    return Outcome(len(inserted), corrections.repeats, len(corrections.history))
