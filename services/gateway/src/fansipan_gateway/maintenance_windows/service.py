"""Finding, making and ending maintenance windows."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from fansipan_common.errors import ClientFault, Forbidden, NotFound, Unprocessable
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.domain.cursor import decode_id_cursor, encode_cursor
from fansipan_gateway.domain.pages import Page, page_of
from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.time_range import format_instant
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.maintenance_windows.repository import NewWindow, WindowRepository

_KIND: Final = "maintenance-windows"


class WindowOver(ClientFault):
    """The window has ended already."""

    status, code, title = 409, "window-over", "The maintenance window is over"


class MaintenanceWindows:
    """Finds, makes and ends maintenance windows."""

    def __init__(self, repository: WindowRepository, now: Callable[[], datetime]) -> None:
        self._repository = repository
        self._now = now

    async def list(self, visibility: Visibility, *, current: bool, limit: int, cursor: str | None) -> Page:
        """One page, the newest first.

        Raises:
            BadCursor, DatabaseAway.
        """
        before = None if cursor is None else decode_id_cursor(_KIND, cursor)
        rows = await self._repository.fetch(visibility, before=before, current=current, limit=limit + 1)
        return page_of(rows, limit, _item, behind=lambda row: encode_cursor(_KIND, row["id"]))

    async def make(
        self,
        *,
        rule: str | None,
        subject: str | None,
        starts_at: datetime | None,
        ends_at: datetime,
        reason: str,
        operator: Reader,
    ) -> dict[str, Any]:
        """Make a window that begins now unless said otherwise.

        Raises:
            Forbidden: who is limited to areas or agencies silences only what is theirs.
            Unprocessable: it ends before it begins or is over already, or there is no such rule.
            DatabaseAway.
        """
        now = self._now()
        starts_at = starts_at or now
        if ends_at <= max(starts_at, now):
            raise Unprocessable("endsAt must lie after startsAt, and after now")
        if not await self._repository.owns(operator.visibility, subject):
            raise Forbidden("name a subject of your areas or agencies: you may not silence others")
        if rule is not None and not await self._repository.knows_rule(rule):
            raise Unprocessable(f"there is no alert rule {rule!r}")
        row = await self._repository.make(
            NewWindow(rule, subject, starts_at, ends_at, reason), operator.name, client=operator.client
        )
        if row is None:
            raise RuntimeError("INSERT … RETURNING gave no row")
        return _item(row)

    async def end(self, window_id: int, operator: Reader) -> dict[str, Any]:
        """End a window now, also one that has not begun yet.

        Raises:
            NotFound: there is no such window, or the operator does not see it.
            Forbidden: it silences more than what is theirs.
            WindowOver: it is over already.
            DatabaseAway.
        """
        window = await self._repository.find(window_id, operator.visibility)
        if window is None:
            raise NotFound(
                f"there is no maintenance window {window_id}; GET /v1/maintenance-windows lists them"
            )
        if not await self._repository.owns(operator.visibility, window["subject"]):
            raise Forbidden("this window is for all subjects: only who sees all of them may end it")
        row = await self._repository.end(window_id, operator.name, client=operator.client)
        if row is not None:
            return _item(row)
        raise WindowOver("the maintenance window is over already")


def _item(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "rule": row["rule"],
        "subject": row["subject"],
        "startsAt": format_instant(row["starts_at"]),
        "endsAt": format_instant(row["ends_at"]),
        "reason": row["reason"],
        "createdBy": row["created_by"],
        "createdAt": format_instant(row["created_at"]),
        "endedBy": row["ended_by"],
    }
