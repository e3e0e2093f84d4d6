"""The audit trail in the database, read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from fansipan_common.db import Database
from fansipan_gateway.administration.audit.domain import BARE_KINDS

_LIST: Final = """
SELECT id, at, actor, action, object, details, client
  FROM audit_event
 WHERE id < $1
   AND ($2::text IS NULL OR actor = $2)
   AND ($3::text IS NULL OR action = $3 OR action ^@ ($3 || '.'))
   AND ($4::text IS NULL OR object = $4 OR object ^@ ($4 || '/')
        OR (split_part(action, '.', 1) = ANY ($8::text[]) AND NOT object ^@ ($9 || '/')
            AND ($10::text IS NULL OR object = $10)))
   AND ($5::timestamptz IS NULL OR at >= $5)
   AND ($6::timestamptz IS NULL OR at < $6)
 ORDER BY id DESC LIMIT $7
"""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which events; None restricts nothing.

    Attributes:
        actor: done by this operator.
        action: exactly this, or any of this noun (`operator`).
        object: done to exactly this, or to anything of this kind (`api-key`).
        start, end: from when (inside) to when (outside).
    """

    actor: str | None = None
    action: str | None = None
    object: str | None = None
    start: datetime | None = None
    end: datetime | None = None


class AuditEvents:
    """Reads `audit_event`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fetch(self, wanted: AuditFilter, *, before: int, limit: int) -> "list[asyncpg.Record]":
        """Events with an id below `before`, the newest first."""
        return await self._database.fetch(
            _LIST,
            *(before, wanted.actor, wanted.action, wanted.object, wanted.start, wanted.end, limit),
            *_as_written_before(wanted.object),
        )


def _as_written_before(wanted: str | None) -> tuple[list[str], str, str | None]:
    """How an object was written before all were `<kind>/<key>`: the nouns of actions, the kind, the bare key."""
    kind, _, key = (wanted or "").partition("/")
    return sorted(noun for noun, its in BARE_KINDS.items() if its == kind), kind, key or None
