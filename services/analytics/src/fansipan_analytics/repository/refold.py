"""Walking over stored cases to derive them again, and remembering with which calendar that was done."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from enum import Enum
from typing import Any, Final

import asyncpg

from fansipan_analytics.domain.service_event import CASE_TYPES, CaseKey, SubjectKind
from fansipan_common.db import Database

Place = tuple[int, str]
"""How far a walk has come: (provider id, case id)."""

START: Final[Place] = (-1, "")

_TURN_LOCK: Final = 4_241_769
"""Advisory, of a session: one member at a time derives stored cases again."""

_PART: Final = "cases"
"""Name of what is remembered in `catalogue_state`."""

_SUBJECTS: Final = """
SELECT DISTINCT provider_id, subject FROM service_event
WHERE (provider_id, subject) > ($1::integer, $2::text) AND type = ANY($4::text[])
ORDER BY provider_id, subject LIMIT $3
"""
_PAUSED_DOSSIERS: Final = """
SELECT provider_id, dossier_id FROM dossier
WHERE (provider_id, dossier_id) > ($1::integer, $2::text) AND supplement_count > 0
ORDER BY provider_id, dossier_id LIMIT $3
"""
_PETITIONS: Final = """
SELECT provider_id, petition_id FROM petition
WHERE (provider_id, petition_id) > ($1::integer, $2::text)
ORDER BY provider_id, petition_id LIMIT $3
"""


class Walk(Enum):
    """Cases to go over."""

    EVERY_SUBJECT = "dossiers and petitions that events tell of"
    PAUSED_DOSSIERS = "dossiers for which a supplement was asked"
    PETITIONS = "petitions"


_KINDS: Final[Mapping[Walk, tuple[SubjectKind, ...]]] = {
    Walk.EVERY_SUBJECT: ("dossier", "petition"),
    Walk.PAUSED_DOSSIERS: ("dossier",),
    Walk.PETITIONS: ("petition",),
}


async def next_cases(
    connection: "asyncpg.Connection[Any]", walk: Walk, after: Place, limit: int
) -> tuple[list[CaseKey], Place | None]:
    """Up to `limit` subjects behind a place, as cases, and the place of the last; None at the end."""
    match walk:
        case Walk.EVERY_SUBJECT:
            rows = await connection.fetch(_SUBJECTS, *after, limit, CASE_TYPES)
        case Walk.PAUSED_DOSSIERS:
            rows = await connection.fetch(_PAUSED_DOSSIERS, *after, limit)
        case Walk.PETITIONS:
            rows = await connection.fetch(_PETITIONS, *after, limit)
    places: list[Place] = [(row[0], row[1]) for row in rows]
    keys: list[CaseKey] = [
        (kind, provider_id, case_id) for kind in _KINDS[walk] for provider_id, case_id in places
    ]
    return keys, places[-1] if places else None


async def remembered_digest(database: Database) -> str | None:
    """Digest of that with which all stored cases were derived; None when they never were as a whole."""
    row = await database.fetchrow("SELECT digest FROM catalogue_state WHERE name = $1", _PART)
    return None if row is None else str(row["digest"])


async def remember_digest(database: Database, digest: str) -> None:
    """Note that all stored cases were derived with this."""
    await database.execute(
        "INSERT INTO catalogue_state (name, digest) VALUES ($1, $2)"
        " ON CONFLICT (name) DO UPDATE SET digest = excluded.digest, changed_at = now()",
        _PART,
        digest,
    )


@asynccontextmanager
async def my_turn(database: Database) -> AsyncGenerator[bool]:
    """Whether it is this member's turn; if so, until the end of the block. Does not wait.

    Lends a connection for as long.
    """
    async with database.connection() as connection:
        mine = bool(await connection.fetchval("SELECT pg_try_advisory_lock($1)", _TURN_LOCK))
        try:
            yield mine
        finally:
            if mine and not connection.is_closed():
                await connection.execute("SELECT pg_advisory_unlock($1)", _TURN_LOCK)
