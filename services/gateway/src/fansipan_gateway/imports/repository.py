"""Uploaded files in the database, for those who upload them; each change with its audit event in one transaction."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg

from fansipan_common.db import Database
from fansipan_gateway.audit import AuditTrail
from fansipan_gateway.imports.domain import (
    UNFINISHED,
    ImportLimits,
    ImportUnknown,
    NoMapping,
    State,
    TooManyImports,
    WrongState,
    check_piece,
)
from fansipan_gateway.self_service.manager import Manager

_ITEM: Final = """
SELECT f.id, f.name, f.size, f.received, f.state, f.created_at, f.created_by, f.started_at, f.ended_at, f.progress,
       f.fault, f.mapping IS NOT NULL AS has_mapping,
       CASE WHEN f.ended_at IS NULL THEN f.touched_at + make_interval(secs => $2) END AS expires_at,
       coalesce((SELECT e.start + length(e.data) FROM file_import_error e WHERE e.import_id = f.id
                  ORDER BY e.start DESC LIMIT 1), 0) AS error_bytes
"""
_LIST: Final = (
    f"{_ITEM} FROM file_import f WHERE f.provider_id = $1 AND f.id < $3 ORDER BY f.id DESC LIMIT $4"
)
_FIND: Final = f"{_ITEM}, f.checked, f.report FROM file_import f WHERE f.provider_id = $1 AND f.id = $3"
_LOOK: Final = "SELECT state, preview, mapping, fault FROM file_import WHERE provider_id = $1 AND id = $2"
_EARLIER: Final = """
SELECT mapping FROM file_import
 WHERE provider_id = $1 AND id <> $2 AND started_at IS NOT NULL AND mapping IS NOT NULL
   AND jsonb_path_query_array(preview, '$.columns[*].name') = $3
 ORDER BY started_at DESC LIMIT 1
"""
_LOCK: Final = """
SELECT id, state, size, received, name, mapping IS NOT NULL AS has_mapping FROM file_import
 WHERE provider_id = $1 AND id = $2 FOR UPDATE
"""
_COUNT: Final = "SELECT count(*) FROM file_import WHERE provider_id = $1 AND state = ANY($2)"
_INSERT: Final = """
INSERT INTO file_import (provider_id, name, size, created_by) VALUES ($1, $2, $3, $4) RETURNING id
"""
_PIECE: Final = "INSERT INTO file_import_piece (import_id, start, data) VALUES ($1, $2, $3)"
_RECEIVED: Final = """
UPDATE file_import SET received = $2, touched_at = clock_timestamp(),
       state = CASE WHEN size = $2 THEN 'looking' ELSE state END
 WHERE id = $1
"""
_WORK: Final = """
UPDATE file_import SET state = $2, fault = NULL, progress = NULL, checkpoint = NULL, attempts = 0, worker = NULL,
       lease_until = '-infinity', touched_at = clock_timestamp(), report = NULL,
       started_at = CASE WHEN $2 = 'importing' THEN clock_timestamp() ELSE started_at END
 WHERE id = $1
"""
_OPTIONS: Final = """
UPDATE file_import SET options = $2, preview = NULL, mapping = NULL, checked = NULL WHERE id = $1
"""
_MAPPING: Final = """
UPDATE file_import SET mapping = $2, checked = NULL, fault = NULL, progress = NULL, touched_at = clock_timestamp()
 WHERE id = $1
"""
_UNCHECK: Final = "UPDATE file_import SET checked = NULL WHERE id = $1"
_CANCEL: Final = """
UPDATE file_import SET state = 'cancelled', ended_at = clock_timestamp(), touched_at = clock_timestamp() WHERE id = $1
"""
_FORGET_PIECES: Final = "DELETE FROM file_import_piece WHERE import_id = $1"
_FORGET_ERRORS: Final = "DELETE FROM file_import_error WHERE import_id = $1"
_ERRORS: Final = """
SELECT start, data FROM file_import_error WHERE import_id = $1 AND start >= $2 ORDER BY start LIMIT 1
"""


class ImportRepository:
    """Reads and writes `file_import` for one manager's provider at a time."""

    def __init__(self, database: Database, audit: AuditTrail, limits: ImportLimits) -> None:
        self._database = database
        self._audit = audit
        self._limits = limits
        self._expiry = limits.expiry_hours * 3600.0

    async def fetch(self, manager: Manager, *, before: int, limit: int) -> "list[asyncpg.Record]":
        """Imports with an id below `before`, the newest first."""
        return await self._database.fetch(_LIST, manager.provider_id, self._expiry, before, limit)

    async def find(self, manager: Manager, import_id: int) -> "asyncpg.Record":
        """One import with its reports.

        Raises:
            ImportUnknown, DatabaseAway.
        """
        row = await self._database.fetchrow(_FIND, manager.provider_id, self._expiry, import_id)
        if row is None:
            raise ImportUnknown(import_id)
        return row

    async def look(self, manager: Manager, import_id: int) -> "asyncpg.Record":
        """State, preview, mapping and fault of an import.

        Raises:
            ImportUnknown, DatabaseAway.
        """
        row = await self._database.fetchrow(_LOOK, manager.provider_id, import_id)
        if row is None:
            raise ImportUnknown(import_id)
        return row

    async def earlier_mapping(
        self, manager: Manager, import_id: int, columns: list[str]
    ) -> dict[str, Any] | None:
        """The mapping that a file with the same columns was last imported with, or None."""
        row = await self._database.fetchrow(_EARLIER, manager.provider_id, import_id, columns)
        return None if row is None else row["mapping"]

    async def create(self, manager: Manager, name: str, size: int) -> int:
        """Begin an import; its id.

        Raises:
            TooManyImports, DatabaseAway.
        """
        async with self._database.connection() as connection, connection.transaction():
            await connection.execute(
                "SELECT pg_advisory_xact_lock(hashtext('file_import'), $1)", manager.provider_id
            )
            if await connection.fetchval(_COUNT, manager.provider_id, UNFINISHED) >= self._limits.unfinished:
                raise TooManyImports(
                    f"there are {self._limits.unfinished} unfinished imports already: end or cancel one"
                )
            import_id: int = await connection.fetchval(
                _INSERT, manager.provider_id, name, size, manager.actor.name
            )
            await self._record(connection, manager, "began", import_id, {"name": name, "size": size})
            return import_id

    async def add_piece(
        self, manager: Manager, import_id: int, *, offset: int, length: int, packed: bytes
    ) -> bool:
        """Add a piece of `length` bytes; whether the file is whole now.

        Raises:
            ImportUnknown, WrongState, WrongOffset, WrongPiece, DatabaseAway.
        """
        async with self._changing(manager, import_id) as (connection, row):
            _expect(row, *UNFINISHED, wanted="it has ended")
            check_piece(row["size"], row["received"], offset, length)
            await connection.execute(_PIECE, import_id, offset, packed)
            await connection.execute(_RECEIVED, import_id, offset + length)
            return offset + length == row["size"]

    async def look_again(self, manager: Manager, import_id: int, options: dict[str, Any]) -> None:
        """Have the file looked at, read in another way; its mapping is forgotten.

        Raises:
            ImportUnknown, WrongState, DatabaseAway.
        """
        async with self._changing(manager, import_id) as (connection, row):
            _expect(row, State.READY, wanted="only one that is ready can be looked at again")
            await connection.execute(_OPTIONS, import_id, options)
            await connection.execute(_FORGET_ERRORS, import_id)
            await connection.execute(_WORK, import_id, State.LOOKING)

    async def put_mapping(self, manager: Manager, import_id: int, mapping: dict[str, Any]) -> None:
        """Say what the columns are.

        Raises:
            ImportUnknown, WrongState, DatabaseAway.
        """
        async with self._changing(manager, import_id) as (connection, row):
            _expect(row, State.READY, wanted="a mapping can be set while it is ready")
            await connection.execute(_MAPPING, import_id, mapping)
            await connection.execute(_FORGET_ERRORS, import_id)

    async def begin(self, manager: Manager, import_id: int, state: State) -> None:
        """Have it checked or imported.

        Raises:
            ImportUnknown, WrongState, NoMapping, DatabaseAway.
        """
        async with self._changing(manager, import_id) as (connection, row):
            _expect(row, State.READY, wanted="only one that is ready can be checked or started")
            if not row["has_mapping"]:
                raise NoMapping
            await connection.execute(_FORGET_ERRORS, import_id)
            await connection.execute(_WORK, import_id, state)
            if state is State.CHECKING:
                await connection.execute(_UNCHECK, import_id)
            else:
                await self._record(connection, manager, "started", import_id, {"name": row["name"]})

    async def cancel(self, manager: Manager, import_id: int) -> None:
        """Give it up; what has been sent stays. Again is harmless.

        Raises:
            ImportUnknown, WrongState, DatabaseAway.
        """
        async with self._changing(manager, import_id) as (connection, row):
            if row["state"] == State.CANCELLED:
                return
            _expect(row, *UNFINISHED, wanted="it has ended")
            await connection.execute(_CANCEL, import_id)
            await connection.execute(_FORGET_PIECES, import_id)
            await self._record(connection, manager, "cancelled", import_id, {"name": row["name"]})

    async def errors(self, import_id: int) -> AsyncGenerator[bytes]:
        """The file of errors, piece by piece; no connection is kept between two."""
        place = 0
        while (row := await self._database.fetchrow(_ERRORS, import_id, place)) is not None:
            yield row["data"]
            place = row["start"] + 1

    @asynccontextmanager
    async def _changing(
        self, manager: Manager, import_id: int
    ) -> "AsyncGenerator[tuple[asyncpg.Connection[Any], asyncpg.Record]]":
        async with self._database.connection() as connection, connection.transaction():
            row = await connection.fetchrow(_LOCK, manager.provider_id, import_id)
            if row is None:
                raise ImportUnknown(import_id)
            yield connection, row

    async def _record(
        self,
        connection: "asyncpg.Connection[Any]",
        manager: Manager,
        deed: str,
        import_id: int,
        details: dict[str, Any],
    ) -> None:
        await self._audit.record(
            connection,
            actor=manager.actor.name,
            action=f"file-import.{deed}",
            object=f"file-import/{import_id}",
            details={"provider": manager.provider, **details},
            client=manager.actor.client,
        )


def _expect(row: "asyncpg.Record", *states: State, wanted: str) -> None:
    if row["state"] not in states:
        raise WrongState(row["state"], wanted)
