"""Dead letters in the database: analytics fills the table, the gateway notes what became of a replay."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from fansipan_common.db import Database
from fansipan_gateway.audit import AuditTrail

_ITEM: Final = "id, received_at, provider, kind, door, code, detail, replayed_at, replayed_by, replay_outcome"
_SENT: Final = (
    "stored_at, payload, payload_format, payload_complete, context, place,"
    " partition, record_offset, traceparent"
)
_LIST: Final = f"""
SELECT {_ITEM}
  FROM dead_letter
 WHERE id < $1
   AND ($2::text IS NULL OR code = $2)
   AND ($3::text IS NULL OR provider = $3)
   AND ($4::text IS NULL OR kind = $4)
   AND ($5::boolean IS NULL OR (replayed_at IS NOT NULL) = $5)
   AND ($6::timestamptz IS NULL OR received_at >= $6)
   AND ($7::timestamptz IS NULL OR received_at < $7)
 ORDER BY id DESC LIMIT $8
"""
_FIND: Final = f"SELECT {_ITEM}, {_SENT} FROM dead_letter WHERE id = $1"
_REPLAYED: Final = """
UPDATE dead_letter SET replayed_at = clock_timestamp(), replayed_by = $2, replay_outcome = $3 WHERE id = $1
"""


@dataclass(frozen=True, slots=True)
class DeadLetterFilter:
    """Which letters; None restricts nothing. `start` is inside, `end` outside; both by when ingest received them."""

    code: str | None = None
    provider: str | None = None
    kind: str | None = None
    replayed: bool | None = None
    start: datetime | None = None
    end: datetime | None = None


class DeadLetterRepository:
    """Reads `dead_letter`."""

    def __init__(self, database: Database, audit: AuditTrail) -> None:
        self._database = database
        self._audit = audit

    async def fetch(self, wanted: DeadLetterFilter, *, before: int, limit: int) -> "list[asyncpg.Record]":
        """Letters with an id below `before`, the newest first, without what was sent."""
        return await self._database.fetch(
            _LIST,
            before,
            wanted.code,
            wanted.provider,
            wanted.kind,
            wanted.replayed,
            wanted.start,
            wanted.end,
            limit,
        )

    async def find(self, letter_id: int) -> "asyncpg.Record | None":
        """One letter with what was sent, or None."""
        return await self._database.fetchrow(_FIND, letter_id)

    async def replayed(
        self, letter_id: int, outcome: dict[str, Any], details: dict[str, Any], *, actor: str, client: str
    ) -> "asyncpg.Record | None":
        """Note what became of a replay, with its audit event; None: the letter is gone by now (the event is kept)."""
        async with self._database.connection() as connection, connection.transaction():
            await connection.execute(_REPLAYED, letter_id, actor, outcome)
            await self._audit.record(
                connection,
                actor=actor,
                action="dead-letter.replayed",
                object=f"dead-letter/{letter_id}",
                details=details,
                client=client,
            )
            return await connection.fetchrow(_FIND, letter_id)
