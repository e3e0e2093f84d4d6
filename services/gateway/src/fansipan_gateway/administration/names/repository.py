"""Names in the database; each change with its audit event in one transaction."""

from typing import Any, Final

import asyncpg

from fansipan_common.db import Database
from fansipan_gateway.administration.actor import Actor
from fansipan_gateway.administration.names.domain import AreaUnknown, NameFilter, NameUnknown
from fansipan_gateway.administration.versions import check_unchanged, difference, version_of
from fansipan_gateway.audit import AuditTrail
from fansipan_gateway.names.domain import Register, said_of
from fansipan_gateway.names.repository import columns, narrowed, narrowing

# Whoever has a case is a subject of the indicators, whether or not one is defined for them.
_IN_EVENTS: Final = "EXISTS (SELECT FROM indicator_subject s WHERE s.kind = '{noun}' AND s.key = k.key)"
_LIST: Final = """
SELECT k.key, {columns}, g.updated_at, {in_events} AS in_events
  FROM (SELECT key FROM {table} UNION SELECT key FROM indicator_subject WHERE kind = '{noun}') AS k
  LEFT JOIN {table} g ON g.key = k.key
 WHERE k.key > $1 AND ($2::text IS NULL OR g.folded LIKE $2 OR k.key ILIKE $2)
   AND ($3::boolean IS NULL OR (g.key IS NULL) = $3) AND {narrowed}
 ORDER BY k.key LIMIT $4
"""
_UNNAMED: Final = """
SELECT count(*) AS unnamed FROM indicator_subject s
 WHERE s.kind = '{noun}' AND NOT EXISTS (SELECT FROM {table} g WHERE g.key = s.key)
"""
_FIND: Final = """
SELECT k.key, {columns}, g.updated_at, {in_events} AS in_events
  FROM (SELECT $1::text AS key) AS k LEFT JOIN {table} g ON g.key = k.key
"""
_LOCK: Final = "SELECT {columns} FROM {table} g WHERE g.key = $1 FOR UPDATE"
_PUT: Final = """
INSERT INTO {table} AS g (key, {names}) VALUES ($1, {values})
ON CONFLICT (key) DO UPDATE SET {assignments}, updated_at = now()
"""
_DELETE: Final = "DELETE FROM {table} WHERE key = $1"


class AdministeredNames:
    """Reads a register with what events name, and writes it."""

    def __init__(self, database: Database, audit: AuditTrail, register: Register) -> None:
        self._database = database
        self._audit = audit
        self._register = register
        words = {
            "noun": register.noun,
            "table": register.table,
            "columns": columns(register),
            "in_events": _IN_EVENTS.format(noun=register.noun),
        }
        self._list: Final = _LIST.format(**words, narrowed=narrowed(register, 5))
        self._unnamed: Final = _UNNAMED.format(**words)
        self._find: Final = _FIND.format(**words)
        self._lock: Final = _LOCK.format(**words)
        self._put: Final = _PUT.format(
            table=register.table,
            names=", ".join(register.members),
            values=", ".join(f"${place}" for place in range(2, 2 + len(register.members))),
            assignments=", ".join(f"{column} = excluded.{column}" for column in register.members),
        )
        self._delete: Final = _DELETE.format(**words)

    async def fetch(
        self, wanted: NameFilter, *, like: str | None, after: str, limit: int
    ) -> "list[asyncpg.Record]":
        """Those behind the key `after`, in the order of keys; `like` is a pattern for folded texts."""
        more = narrowing(self._register, wanted.narrowed)
        return await self._database.fetch(self._list, after, like, wanted.unnamed, limit, *more)

    async def count_unnamed(self) -> int:
        """How many are known from events and have no name."""
        row = await self._database.fetchrow(self._unnamed)
        return 0 if row is None else row["unnamed"]

    async def put(
        self, key: str, said: dict[str, Any], if_match: str | None, actor: Actor
    ) -> "asyncpg.Record":
        """Give a key a name and what else is said (member → value); nothing is written when nothing changes.

        Raises:
            PreconditionFailed, AreaUnknown, DatabaseAway.
        """
        async with self._database.connection() as connection, connection.transaction():
            before = await self._present(connection, key)
            check_unchanged(if_match, version_of(before or dict.fromkeys(said)))
            if said != before:
                values = [said[member] for member in self._register.members.values()]
                try:
                    await connection.execute(self._put, key, *values)
                except asyncpg.ForeignKeyViolationError as error:
                    raise AreaUnknown(str(said.get("areaCode"))) from error
                action = "named" if before is None else "changed"
                details = said if before is None else difference(before, said)
                await self._record(connection, actor, action, key, details)
            row = await connection.fetchrow(self._find, key)
            if row is None:
                raise RuntimeError("a row of one constant is missing")
            return row

    async def delete(self, key: str, if_match: str | None, actor: Actor) -> None:
        """Take a name away; what events say stays.

        Raises:
            NameUnknown, PreconditionFailed, DatabaseAway.
        """
        async with self._database.connection() as connection, connection.transaction():
            before = await self._present(connection, key)
            if before is None:
                raise NameUnknown(self._register, key)
            check_unchanged(if_match, version_of(before))
            await connection.execute(self._delete, key)
            await self._record(connection, actor, "name-deleted", key, before)

    async def _present(self, connection: "asyncpg.Connection[Any]", key: str) -> dict[str, Any] | None:
        row = await connection.fetchrow(self._lock, key)
        return None if row is None else said_of(self._register, row)

    async def _record(
        self,
        connection: "asyncpg.Connection[Any]",
        actor: Actor,
        what: str,
        key: str,
        details: dict[str, Any],
    ) -> None:
        noun = self._register.noun
        await self._audit.record(
            connection,
            actor=actor.name,
            action=f"{noun}.{what}",
            object=f"{noun}/{key}",
            details=details,
            client=actor.client,
        )
