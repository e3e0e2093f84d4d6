"""Maintenance windows in the database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from fansipan_common.db import Database
from fansipan_gateway.audit import AuditTrail

_LIST: Final = """
SELECT * FROM maintenance_window
WHERE ($1::int IS NULL OR id < $1) AND (NOT $2 OR ends_at > clock_timestamp()) ORDER BY id DESC LIMIT $3
"""
_MAKE: Final = """
INSERT INTO maintenance_window (rule, subject, starts_at, ends_at, reason, created_by)
VALUES ($1, $2, $3, $4, $5, $6) RETURNING *
"""
# One that has not begun yet becomes one that is over.
_END: Final = """
UPDATE maintenance_window SET ended_by = $2, ends_at = clock_timestamp(),
    starts_at = least(starts_at, clock_timestamp() - interval '1 millisecond')
WHERE id = $1 AND ends_at > clock_timestamp() RETURNING *
"""
_FIND: Final = "SELECT * FROM maintenance_window WHERE id = $1"
_RULE: Final = "SELECT true FROM alert_rule WHERE key = $1 AND retired_at IS NULL"


@dataclass(frozen=True, slots=True)
class NewWindow:
    """A window to be made; None: any rule, any subject."""

    rule: str | None
    subject: str | None
    starts_at: datetime
    ends_at: datetime
    reason: str


class WindowRepository:
    """Reads and writes `maintenance_window`."""

    def __init__(self, database: Database, audit: AuditTrail) -> None:
        self._database = database
        self._audit = audit

    async def fetch(self, *, before: int | None, current: bool, limit: int) -> "list[asyncpg.Record]":
        """Windows with an id below `before`, the newest first."""
        return await self._database.fetch(_LIST, before, current, limit)

    async def knows_rule(self, rule: str) -> bool:
        """Whether there is such a rule."""
        return await self._database.fetchrow(_RULE, rule) is not None

    async def make(self, window: NewWindow, created_by: str, *, client: str) -> "asyncpg.Record | None":
        """Make a window, and write down that it was made."""
        async with self._database.connection() as connection, connection.transaction():
            row = await connection.fetchrow(
                _MAKE,
                window.rule,
                window.subject,
                window.starts_at,
                window.ends_at,
                window.reason,
                created_by,
            )
            await self._record(connection, "made", row, by=created_by, client=client)
            return row

    async def end(self, window_id: int, ended_by: str, *, client: str) -> "asyncpg.Record | None":
        """End a window now, and write that down; None when it is over or there is none."""
        async with self._database.connection() as connection, connection.transaction():
            row = await connection.fetchrow(_END, window_id, ended_by)
            await self._record(connection, "ended", row, by=ended_by, client=client)
            return row

    async def _record(
        self,
        connection: "asyncpg.Connection[Any]",
        done: str,
        row: "asyncpg.Record | None",
        *,
        by: str,
        client: str,
    ) -> None:
        if row is None:
            return
        await self._audit.record(
            connection,
            actor=by,
            action=f"maintenance-window.{done}",
            object=f"maintenance-window/{row['id']}",
            details={
                "rule": row["rule"],
                "subject": row["subject"],
                "startsAt": row["starts_at"].isoformat(),
                "endsAt": row["ends_at"].isoformat(),
                "reason": row["reason"],
            },
            client=client,
        )

    async def find(self, window_id: int) -> "asyncpg.Record | None":
        """One window, or None."""
        return await self._database.fetchrow(_FIND, window_id)
