"""Service events in the database, many at a time."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import asyncpg

from fansipan_analytics.domain.service_event import (
    CASE_TYPES,
    CaseEvent,
    CaseKey,
    EventFacts,
    StoredKey,
    subject_kind,
)
from fansipan_common.contracts import ServiceEventType as Type

_INSERT: Final = """
INSERT INTO service_event (provider_id, source, event_id, type, time, subject, data, agency, area_code, procedure,
                           channel)
SELECT x.*, x.data ->> 'agency', x.data ->> 'area', x.data ->> 'procedure', x.data ->> 'channel'
FROM unnest($1::integer[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::jsonb[])
         AS x (provider_id, source, event_id, type, time, subject, data)
ON CONFLICT DO NOTHING RETURNING provider_id, source, event_id
"""
_FIND: Final = """
SELECT e.provider_id, e.source, e.event_id, e.type, e.time, e.subject, e.data
FROM unnest($1::integer[], $2::text[], $3::text[]) AS x (provider_id, source, event_id)
JOIN service_event e USING (provider_id, source, event_id)
"""
_UPDATE: Final = """
UPDATE service_event e SET type = x.type, time = x.time, subject = x.subject, data = x.data,
    agency = x.data ->> 'agency', area_code = x.data ->> 'area', procedure = x.data ->> 'procedure',
    channel = x.data ->> 'channel', stored_at = now()
FROM unnest($1::integer[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::jsonb[])
         AS x (provider_id, source, event_id, type, time, subject, data)
WHERE e.provider_id = x.provider_id AND e.source = x.source AND e.event_id = x.event_id
"""
_HISTORY: Final = """
INSERT INTO service_event_history (provider_id, source, event_id, type, time, data)
SELECT x.provider_id, x.source, x.event_id, x.type, x.time, x.data
FROM unnest($1::integer[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::jsonb[])
         WITH ORDINALITY AS x (provider_id, source, event_id, type, time, data, place)
ORDER BY x.place
"""
_TOLD: Final = """
SELECT e.provider_id, e.subject, e.source, e.event_id, e.type, e.time, e.data
FROM unnest($1::integer[], $2::text[]) AS x (provider_id, subject)
JOIN service_event e ON e.provider_id = x.provider_id AND e.subject = x.subject AND e.type = ANY($3::text[])
"""


async def provider_ids(connection: "asyncpg.Connection[Any]", keys: Iterable[str]) -> dict[str, int]:
    """The id of each of `keys` that is a provider."""
    return dict(
        await connection.fetch("SELECT key, id FROM provider WHERE key = ANY($1::text[])", list(keys))
    )


async def insert_missing(
    connection: "asyncpg.Connection[Any]", events: Mapping[StoredKey, EventFacts]
) -> set[StoredKey]:
    """Insert the events that are not stored yet; returns their identities."""
    rows = await connection.fetch(_INSERT, *_columns(sorted(events.items(), key=_identity)))
    return {(row[0], row[1], row[2]) for row in rows}


async def find_stored(
    connection: "asyncpg.Connection[Any]", keys: Collection[StoredKey]
) -> dict[StoredKey, EventFacts]:
    """What is stored of some identities."""
    if not keys:
        return {}
    rows = await connection.fetch(_FIND, *_transposed(keys))
    return {(row[0], row[1], row[2]): EventFacts(row[3], row[4], row[5], row[6]) for row in rows}


async def apply_corrections(
    connection: "asyncpg.Connection[Any]",
    updates: Mapping[StoredKey, EventFacts],
    history: Sequence[tuple[StoredKey, EventFacts]],
) -> None:
    """Replace events, and keep those they replace, in the order given."""
    if updates:
        await connection.execute(_UPDATE, *_columns(sorted(updates.items(), key=_identity)))
    if history:
        identity_and_facts = _columns(history)
        del identity_and_facts[5]  # the subject follows from the data
        await connection.execute(_HISTORY, *identity_and_facts)


async def events_of(
    connection: "asyncpg.Connection[Any]", cases: Collection[CaseKey]
) -> dict[CaseKey, list[CaseEvent]]:
    """All stored events of some dossiers and petitions, ratings included.

    A case that only ratings speak of is left out: nobody has said that it exists.
    """
    subjects = sorted({(provider_id, subject) for _, provider_id, subject in cases})
    found: dict[CaseKey, list[CaseEvent]] = defaultdict(list)
    told: set[CaseKey] = set()
    for row in await connection.fetch(_TOLD, *_transposed(subjects), CASE_TYPES):
        event = CaseEvent(row["source"], row["event_id"], row["type"], row["time"], row["data"])
        kind = subject_kind(event.type, event.data)
        if kind is None:
            continue
        key: CaseKey = (kind, row["provider_id"], row["subject"])
        found[key].append(event)
        if event.type != Type.RATING_SUBMITTED:
            told.add(key)
    return {key: found[key] for key in told.intersection(cases)}


def _identity(item: tuple[StoredKey, EventFacts]) -> StoredKey:
    return item[0]  # in one order, so that two members that store the same events wait for each other


def _transposed(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _columns(events: Iterable[tuple[StoredKey, EventFacts]]) -> list[list[Any]]:
    return _transposed((*key, facts.type, facts.time, facts.subject, facts.data) for key, facts in events)
