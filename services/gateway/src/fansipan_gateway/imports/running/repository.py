"""Leases of uploaded files, and what workers note: only who has the lease changes anything."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import asyncpg

from fansipan_common.db import Database
from fansipan_gateway.imports.domain import UNFINISHED, State

_TAKE: Final = """
UPDATE file_import SET worker = $1, lease_until = clock_timestamp() + $2::interval, attempts = attempts + 1
 WHERE id = (SELECT id FROM file_import
              WHERE state = ANY($3) AND lease_until < clock_timestamp()
              ORDER BY lease_until, id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, (SELECT key FROM provider WHERE id = provider_id) AS provider, name, size, state, options, mapping,
          checkpoint, attempts
"""
_MINE: Final = "id = $1 AND worker = $2 AND state = $3"
_KEEP: Final = f"""
UPDATE file_import SET lease_until = clock_timestamp() + $4::interval, progress = coalesce($5, progress),
       checkpoint = coalesce($6, checkpoint), attempts = CASE WHEN $7 THEN 1 ELSE attempts END,
       touched_at = CASE WHEN $7 THEN clock_timestamp() ELSE touched_at END,
       fault = CASE WHEN $7 THEN NULL ELSE fault END
 WHERE {_MINE} RETURNING id
"""
_RELEASE: Final = f"""
UPDATE file_import SET worker = NULL, lease_until = clock_timestamp() + $4::interval, fault = $5,
       attempts = CASE WHEN $6 THEN 0 ELSE attempts END, report = coalesce($7, report)
 WHERE {_MINE} RETURNING id
"""
_LOOKED: Final = f"""
UPDATE file_import SET state = 'ready', worker = NULL, preview = $4, fault = NULL, touched_at = clock_timestamp()
 WHERE {_MINE} RETURNING id
"""
_CHECKED: Final = f"""
UPDATE file_import SET state = 'ready', worker = NULL, checked = $4, fault = NULL, progress = NULL,
       touched_at = clock_timestamp()
 WHERE {_MINE} RETURNING id
"""
_DONE: Final = f"""
UPDATE file_import SET state = 'done', worker = NULL, report = $4, fault = NULL, checkpoint = NULL,
       progress = coalesce($5, progress), ended_at = clock_timestamp(), touched_at = clock_timestamp()
 WHERE {_MINE} RETURNING id
"""
_STOPPED: Final = f"""
UPDATE file_import SET state = 'ready', worker = NULL, report = $4, fault = $5, checkpoint = NULL,
       touched_at = clock_timestamp()
 WHERE {_MINE} RETURNING id
"""
_PARKED: Final = (
    f"UPDATE file_import SET state = 'ready', worker = NULL, fault = $4 WHERE {_MINE} RETURNING id"
)
_CANCELLED: Final = """
UPDATE file_import SET report = $3, progress = coalesce($4, progress), checkpoint = NULL, worker = NULL
 WHERE id = $1 AND worker = $2 AND state = 'cancelled'
"""
_PIECES: Final = (
    "SELECT start, data FROM file_import_piece WHERE import_id = $1 AND start >= $2 ORDER BY start LIMIT 1"
)
_ERRORS: Final = (
    "SELECT start, data FROM file_import_error WHERE import_id = $1 AND start >= $2 ORDER BY start LIMIT 1"
)
_ADD_ERRORS: Final = """
INSERT INTO file_import_error (import_id, start, data) VALUES ($1, $2, $3)
ON CONFLICT (import_id, start) DO UPDATE SET data = EXCLUDED.data
"""
_FORGET_PIECES: Final = "DELETE FROM file_import_piece WHERE import_id = $1"
_EXPIRE: Final = """
WITH old AS (
    SELECT id FROM file_import WHERE touched_at < clock_timestamp() - $1::interval AND state = ANY($2)
     ORDER BY touched_at LIMIT 100 FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM file_import_piece p USING old WHERE p.import_id = old.id
)
UPDATE file_import f SET state = 'expired', ended_at = clock_timestamp(), touched_at = clock_timestamp()
  FROM old WHERE f.id = old.id
"""
_FORGET: Final = """
DELETE FROM file_import WHERE id IN (
    SELECT id FROM file_import WHERE touched_at < clock_timestamp() - $1::interval AND NOT state = ANY($2)
     ORDER BY touched_at LIMIT 100 FOR UPDATE SKIP LOCKED)
"""


class LeaseLost(Exception):
    """Somebody cancelled it, or another worker has it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """An import that a worker has the lease of.

    Attributes:
        id, name, size: of the file.
        provider: key of whose it is.
        state: what is to be done.
        options, mapping: as documents.
        checkpoint: of an earlier attempt.
        attempts: how often it was taken without coming further, with this time.
    """

    id: int
    provider: str
    name: str
    size: int
    state: State
    options: dict[str, Any]
    mapping: dict[str, Any] | None
    checkpoint: dict[str, Any] | None
    attempts: int


class WorkRepository:
    """What workers read and write.

    Args:
        database: where.
        worker: name of this process, nobody else's.
        lease: how long an import is theirs without a word.
    """

    def __init__(self, database: Database, worker: str, lease: timedelta) -> None:
        self._database = database
        self._worker = worker
        self._lease = lease

    async def take(self, states: Sequence[State]) -> Taken | None:
        """The import that has waited longest in one of these states, or None."""
        row = await self._database.fetchrow(_TAKE, self._worker, self._lease, list(states))
        if row is None:
            return None
        return Taken(
            id=row["id"],
            provider=row["provider"],
            name=row["name"],
            size=row["size"],
            state=State(row["state"]),
            options=row["options"],
            mapping=row["mapping"],
            checkpoint=row["checkpoint"],
            attempts=row["attempts"],
        )

    async def keep(
        self,
        taken: Taken,
        *,
        progress: dict[str, Any] | None,
        checkpoint: dict[str, Any] | None,
        errors: AsyncGenerator[tuple[int, bytes]],
        further: bool,
    ) -> None:
        """Keep the lease, and what is known so far.

        Args:
            taken: which import.
            progress: None: as before.
            checkpoint: None: as before.
            errors: new pieces of the error file, up to where the checkpoint was made.
            further: whether it has come further since.

        Raises:
            LeaseLost, DatabaseAway.
        """
        async with self._database.connection() as connection, connection.transaction():
            await self._mine(connection, _KEEP, taken, self._lease, progress, checkpoint, further)
            await self._add_errors(connection, taken, errors)

    async def release(
        self,
        taken: Taken,
        *,
        after: timedelta,
        fault: dict[str, Any] | None,
        forgiven: bool,
        report: dict[str, Any] | None = None,
    ) -> None:
        """Let it be taken again after a while; `forgiven`: this attempt does not count; `report`: what became so far.

        Raises:
            LeaseLost, DatabaseAway.
        """
        async with self._database.connection() as connection, connection.transaction():
            await self._mine(connection, _RELEASE, taken, after, fault, forgiven, report)

    async def looked(self, taken: Taken, preview: dict[str, Any]) -> None:
        """It was looked at. Raises `LeaseLost`, `DatabaseAway`."""
        async with self._database.connection() as connection, connection.transaction():
            await self._mine(connection, _LOOKED, taken, preview)

    async def checked(
        self, taken: Taken, report: dict[str, Any], errors: AsyncGenerator[tuple[int, bytes]]
    ) -> None:
        """It was checked. Raises `LeaseLost`, `DatabaseAway`."""
        async with self._database.connection() as connection, connection.transaction():
            await self._mine(connection, _CHECKED, taken, report)
            await self._add_errors(connection, taken, errors)

    async def done(
        self,
        taken: Taken,
        report: dict[str, Any],
        progress: dict[str, Any] | None,
        errors: AsyncGenerator[tuple[int, bytes]],
    ) -> None:
        """It was imported; the file is not needed any more. Raises `LeaseLost`, `DatabaseAway`."""
        async with self._database.connection() as connection, connection.transaction():
            await self._mine(connection, _DONE, taken, report, progress)
            await self._add_errors(connection, taken, errors)
            await connection.execute(_FORGET_PIECES, taken.id)

    async def stopped(
        self,
        taken: Taken,
        report: dict[str, Any] | None,
        fault: dict[str, Any],
        errors: AsyncGenerator[tuple[int, bytes]],
    ) -> None:
        """It could not be done; somebody has to change something. Raises `LeaseLost`, `DatabaseAway`."""
        async with self._database.connection() as connection, connection.transaction():
            await self._mine(connection, _STOPPED, taken, report, fault)
            await self._add_errors(connection, taken, errors)

    async def parked(self, taken: Taken, fault: dict[str, Any]) -> None:
        """Nobody got further with it. Raises `LeaseLost`, `DatabaseAway`."""
        async with self._database.connection() as connection, connection.transaction():
            await self._mine(connection, _PARKED, taken, fault)

    async def cancelled(
        self,
        taken: Taken,
        report: dict[str, Any],
        progress: dict[str, Any] | None,
        errors: AsyncGenerator[tuple[int, bytes]],
    ) -> None:
        """Note how far one came that somebody gave up while it ran."""
        async with self._database.connection() as connection, connection.transaction():
            tag = await connection.execute(_CANCELLED, taken.id, self._worker, report, progress)
            if tag.endswith(" 1"):
                await self._add_errors(connection, taken, errors)

    async def pieces(self, taken: Taken) -> AsyncGenerator[bytes]:
        """The file, piece by piece, as it was packed."""
        async for _, data in self._walk(_PIECES, taken):
            yield data

    async def errors(self, taken: Taken) -> AsyncGenerator[bytes]:
        """The file of errors so far."""
        async for _, data in self._walk(_ERRORS, taken):
            yield data

    async def sweep(self, expiry: timedelta, kept: timedelta) -> None:
        """Give up what nothing happens to, and forget what ended long ago."""
        await self._database.execute(_EXPIRE, expiry, list(UNFINISHED))
        await self._database.execute(_FORGET, kept, list(UNFINISHED))

    async def _walk(self, query: str, taken: Taken) -> AsyncGenerator[tuple[int, bytes]]:
        place = 0
        while (row := await self._database.fetchrow(query, taken.id, place)) is not None:
            yield row["start"], row["data"]
            place = row["start"] + 1

    async def _mine(
        self, connection: "asyncpg.Connection[Any]", query: str, taken: Taken, *args: object
    ) -> None:
        if await connection.fetchval(query, taken.id, self._worker, taken.state, *args) is None:
            raise LeaseLost

    async def _add_errors(
        self,
        connection: "asyncpg.Connection[Any]",
        taken: Taken,
        errors: AsyncGenerator[tuple[int, bytes]],
    ) -> None:
        async for start, data in errors:
            await connection.execute(_ADD_ERRORS, taken.id, start, data)
