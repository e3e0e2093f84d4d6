"""Looking through what was done."""

from datetime import UTC
from typing import Any, Final

from fansipan_gateway.administration.audit.domain import object_of
from fansipan_gateway.administration.audit.repository import AuditEvents, AuditFilter
from fansipan_gateway.domain.cursor import LARGEST_ID, decode_id_cursor, encode_cursor
from fansipan_gateway.domain.pages import Page, page_of
from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.time_range import format_instant

_KIND: Final = "audit"


class Audit:
    """What was done by whom."""

    def __init__(self, events: AuditEvents) -> None:
        self._events = events

    async def list(self, wanted: AuditFilter, *, limit: int, cursor: str | None) -> Page:
        """Events, the newest first.

        Raises:
            BadCursor, DatabaseAway.
        """
        before = decode_id_cursor(_KIND, cursor, without=LARGEST_ID, largest=LARGEST_ID)
        rows = await self._events.fetch(wanted, before=before, limit=limit + 1)
        return page_of(rows, limit, _item, behind=lambda row: encode_cursor(_KIND, row["id"]))


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
