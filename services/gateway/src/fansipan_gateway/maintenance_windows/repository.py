"""Maintenance windows in the database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from fansipan_common.db import Database
from fansipan_gateway.audit import AuditTrail
from fansipan_gateway.domain.visibility import Visibility


def _own(subject: str, areas: str, agencies: str) -> str:
    """That what an alert can be about is of one of the areas or agencies: itself, a thing there, or its datastream."""
    return f"""(split_part({subject}, '|', 1) = ANY({areas}::text[] || {agencies}::text[])
        OR EXISTS (SELECT FROM thing t JOIN provider p ON p.id = t.provider_id
                    WHERE t.area_code = ANY({areas}::text[])
                      AND p.key = split_part({subject}, '/', 1) AND t.key = split_part({subject}, '/', 2)))"""


# A window for all subjects is everybody's.
_LIST: Final = f"""
SELECT * FROM maintenance_window
WHERE ($1::int IS NULL OR id < $1) AND (NOT $2 OR ends_at > clock_timestamp())
    AND ($4::text[] IS NULL OR subject IS NULL OR {_own("subject", "$4", "$5")}) ORDER BY id DESC LIMIT $3
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
_FIND: Final = f"""
SELECT * FROM maintenance_window
WHERE id = $1 AND ($2::text[] IS NULL OR subject IS NULL OR {_own("subject", "$2", "$3")})
"""
_OWN: Final = f"SELECT {_own('$1', '$2', '$3')} AS own"
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

    async def fetch(
        self, visibility: Visibility, *, before: int | None, current: bool, limit: int
    ) -> "list[asyncpg.Record]":
        """Windows with an id below `before`, the newest first."""
        return await self._database.fetch(_LIST, before, current, limit, *_arguments(visibility))

    async def owns(self, visibility: Visibility, subject: str | None) -> bool:
        """Whether somebody may silence a subject; all subjects (None) only who is not limited."""
        if subject is None or not visibility.limited:
            return not visibility.limited
        row = await self._database.fetchrow(_OWN, subject, *_arguments(visibility))
        return row is not None and bool(row["own"])

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

    async def find(self, window_id: int, visibility: Visibility) -> "asyncpg.Record | None":
        """One window, or None."""
        return await self._database.fetchrow(_FIND, window_id, *_arguments(visibility))


def _arguments(visibility: Visibility) -> tuple[list[str] | None, list[str]]:
    return visibility.area_list, list(visibility.agencies)
