"""Service events, and the dossiers that follow from them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

import asyncpg

from fansipan_analytics.domain.dossier import DOSSIER_PREFIX, Dossier, DossierEvent
from fansipan_analytics.domain.service_event import EventFacts, EventKey

DossierKey = tuple[str, str]
"""(provider key, dossier id)."""

_INSERT: Final = """
INSERT INTO service_event (provider_id, source, event_id, type, time, subject, data, agency, area_code, procedure,
                           channel)
SELECT p.id, x.source, x.event_id, x.type, x.time, x.subject, x.data, x.data ->> 'agency', x.data ->> 'area',
       x.data ->> 'procedure', x.data ->> 'channel'
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::jsonb[])
         AS x (provider, source, event_id, type, time, subject, data)
JOIN provider p ON p.key = x.provider
ON CONFLICT DO NOTHING RETURNING source, event_id, (SELECT key FROM provider WHERE id = provider_id) AS provider
"""
_FIND: Final = """
SELECT p.key AS provider, e.source, e.event_id, e.type, e.time, e.subject, e.data
FROM unnest($1::text[], $2::text[], $3::text[]) AS x (provider, source, event_id)
JOIN provider p ON p.key = x.provider
JOIN service_event e ON e.provider_id = p.id AND e.source = x.source AND e.event_id = x.event_id
"""
_UPDATE: Final = """
UPDATE service_event e SET type = $4, time = $5, subject = $6, data = $7::jsonb, agency = $7::jsonb ->> 'agency',
    area_code = $7::jsonb ->> 'area', procedure = $7::jsonb ->> 'procedure', channel = $7::jsonb ->> 'channel',
    stored_at = now()
FROM provider p WHERE p.key = $1 AND e.provider_id = p.id AND e.source = $2 AND e.event_id = $3
"""
_HISTORY: Final = """
INSERT INTO service_event_history (provider_id, source, event_id, type, time, data)
SELECT p.id, $2, $3, $4, $5, $6 FROM provider p WHERE p.key = $1
"""
_DOSSIER_EVENTS: Final = """
SELECT p.key AS provider, e.subject, e.event_id, e.type, e.time, e.data
FROM unnest($1::text[], $2::text[]) AS x (provider, subject)
JOIN provider p ON p.key = x.provider
JOIN service_event e ON e.provider_id = p.id AND e.subject = x.subject AND e.type LIKE $3 || '%'
"""
_DELETE_DOSSIER: Final = """
DELETE FROM dossier d USING provider p WHERE p.key = $1 AND d.provider_id = p.id AND d.dossier_id = $2
"""
_FIELDS: Final = (
    "state",
    "procedure",
    "agency",
    "area_code",
    "channel",
    "received_at",
    "due_at",
    "finished_at",
    "supplement_count",
    "paused_seconds",
    "awaiting_since",
    "paid_at",
    "paid_online",
    "result_code",
    "result_file",
    "attributes",
    "last_event_at",
    "event_count",
)
_UPSERT_DOSSIER: Final = f"""
INSERT INTO dossier (provider_id, dossier_id, {", ".join(_FIELDS)})
SELECT p.id, $2, {", ".join(f"${place}" for place in range(3, 3 + len(_FIELDS)))} FROM provider p WHERE p.key = $1
ON CONFLICT (provider_id, dossier_id) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in _FIELDS)}, updated_at = now()
"""


async def known_providers(connection: "asyncpg.Connection[Any]", keys: Iterable[str]) -> set[str]:
    """Those of `keys` that are providers."""
    return {
        row[0] for row in await connection.fetch("SELECT key FROM provider WHERE key = ANY($1)", list(keys))
    }


async def insert_missing(
    connection: "asyncpg.Connection[Any]", events: Mapping[EventKey, EventFacts]
) -> set[EventKey]:
    """Insert the events that are not stored yet; returns their identities."""
    rows = await connection.fetch(
        _INSERT,
        *(list(column) for column in zip(*events, strict=True)),
        [facts.type for facts in events.values()],
        [facts.time for facts in events.values()],
        [facts.subject for facts in events.values()],
        [facts.data for facts in events.values()],
    )
    return {(row["provider"], row["source"], row["event_id"]) for row in rows}


async def find_stored(
    connection: "asyncpg.Connection[Any]", keys: Iterable[EventKey]
) -> dict[EventKey, EventFacts]:
    """What is stored of some identities."""
    rows = await connection.fetch(_FIND, *(list(column) for column in zip(*keys, strict=True)))
    return {
        (row["provider"], row["source"], row["event_id"]): EventFacts(
            row["type"], row["time"], row["subject"], row["data"]
        )
        for row in rows
    }


async def apply_corrections(
    connection: "asyncpg.Connection[Any]",
    updates: Mapping[EventKey, EventFacts],
    history: list[tuple[EventKey, EventFacts]],
) -> None:
    """Replace events and keep those they replace."""
    await connection.executemany(
        _UPDATE,
        [(*key, facts.type, facts.time, facts.subject, facts.data) for key, facts in updates.items()],
    )
    await connection.executemany(
        _HISTORY, [(*key, facts.type, facts.time, facts.data) for key, facts in history]
    )


async def dossier_events(
    connection: "asyncpg.Connection[Any]", keys: set[DossierKey]
) -> dict[DossierKey, list[DossierEvent]]:
    """All stored events of some dossiers."""
    providers, subjects = zip(*sorted(keys), strict=True)
    rows = await connection.fetch(_DOSSIER_EVENTS, list(providers), list(subjects), DOSSIER_PREFIX)
    events: dict[DossierKey, list[DossierEvent]] = defaultdict(list)
    for row in rows:
        event = DossierEvent(row["event_id"], row["type"], row["time"], row["data"])
        events[row["provider"], row["subject"]].append(event)
    return events


async def save_dossiers(
    connection: "asyncpg.Connection[Any]", dossiers: Mapping[DossierKey, Dossier], gone: set[DossierKey]
) -> None:
    """Write dossiers, and remove those that no event speaks of any more (a correction moved it to another)."""
    await connection.executemany(
        _UPSERT_DOSSIER,
        [
            (*key, *(getattr(dossier, name) for name in _FIELDS))
            for key, dossier in sorted(dossiers.items(), key=lambda item: item[0])
        ],
    )
    if gone:
        await connection.executemany(_DELETE_DOSSIER, sorted(gone))
