"""Read-only mode in the database: one row, or none."""

from datetime import datetime
from typing import Final

from fansipan_common.db import Database
from fansipan_gateway.administration.actor import Actor
from fansipan_gateway.audit import AuditTrail
from fansipan_gateway.read_only.domain import ReadOnly

_FIND: Final = "SELECT since, ends_at, reason, started_by FROM read_only_mode"
_BEGIN: Final = """
INSERT INTO read_only_mode AS m (ends_at, reason, started_by) VALUES ($1, $2, $3)
ON CONFLICT (one) DO UPDATE SET ends_at = excluded.ends_at, reason = excluded.reason, started_by = excluded.started_by,
    since = CASE WHEN m.ends_at <= now() THEN now() ELSE m.since END
RETURNING since, ends_at, reason, started_by
"""
_END: Final = "DELETE FROM read_only_mode RETURNING ends_at IS NULL OR ends_at > now() AS held"
_OBJECT: Final = "platform/read-only"


class ReadOnlyRepository:
    """Reads and writes `read_only_mode`. Every method raises `DatabaseAway` when the database does not answer."""

    def __init__(self, database: Database, trail: AuditTrail) -> None:
        self._database = database
        self._trail = trail

    async def find(self) -> ReadOnly | None:
        """The row, whether it still holds or not."""
        row = await self._database.fetchrow(_FIND)
        return None if row is None else ReadOnly(**row)

    async def begin(self, reason: str, ends_at: datetime | None, actor: Actor) -> ReadOnly:
        """Begin, or say another reason or end, and write that down."""
        async with self._database.connection() as connection, connection.transaction():
            row = await connection.fetchrow(_BEGIN, ends_at, reason, actor.name)
            if row is None:
                raise RuntimeError("INSERT … RETURNING gave no row")
            await self._trail.record(
                connection,
                actor=actor.name,
                action="platform.made-read-only",
                object=_OBJECT,
                details={"reason": reason, "until": None if ends_at is None else ends_at.isoformat()},
                client=actor.client,
            )
        return ReadOnly(**row)

    async def end(self, actor: Actor) -> None:
        """End it and write that down, if it held."""
        async with self._database.connection() as connection, connection.transaction():
            if await connection.fetchval(_END):
                await self._trail.record(
                    connection,
                    actor=actor.name,
                    action="platform.made-writable",
                    object=_OBJECT,
                    details={},
                    client=actor.client,
                )
