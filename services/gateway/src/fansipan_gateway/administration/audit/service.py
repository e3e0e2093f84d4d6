"""Looking through what was done."""

from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final

from fansipan_gateway.administration.audit.domain import object_of
from fansipan_gateway.administration.audit.repository import AuditEvents, AuditFilter
from fansipan_gateway.domain.cursor import BadCursor, decode_cursor, encode_cursor
from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.time_range import format_instant

_KIND: Final = "audit"
_LAST: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Items ready to be serialised, and where the page ends."""

    items: list[dict[str, Any]]
    cursor: str | None


class Audit:
    """What was done by whom."""

    def __init__(self, events: AuditEvents) -> None:
        self._events = events

    async def list(self, wanted: AuditFilter, *, limit: int, cursor: str | None) -> AuditPage:
        """Events, the newest first.

        Raises:
            BadCursor, DatabaseAway.
        """
        before = _LAST if cursor is None else int(decode_cursor(_KIND, cursor, int)[0])
        if before < 0:
            raise BadCursor
        rows = await self._events.fetch(wanted, before=before, limit=limit + 1)
        page = rows[:limit]
        return AuditPage(
            [_item(row) for row in page], encode_cursor(_KIND, page[-1]["id"]) if len(rows) > limit else None
        )


def _item(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "at": format_instant(row["at"].astimezone(UTC)),
        "actor": row["actor"],
        "action": row["action"],
        "object": object_of(row["action"], row["object"]),
        "details": row["details"],
        "client": row["client"],
    }
