"""Finding alerts, and moving them through their lifecycle."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fansipan_common.errors import Forbidden, NotFound
from fansipan_gateway.access.domain import Kind, LoginNeeded, Reader
from fansipan_gateway.alerts.domain import Action, Precondition, check_action
from fansipan_gateway.alerts.repository import AlertCursor, AlertFilter, AlertRepository, AlertRows
from fansipan_gateway.domain.cursor import BadCursor, decode_cursor, encode_cursor
from fansipan_gateway.domain.pages import Page, page_of
from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.time_range import format_instant

_KIND: Final = "alerts"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LAST: Final = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND


class Alerts:
    """Finds and changes alerts."""

    def __init__(self, repository: AlertRepository) -> None:
        self._repository = repository

    async def list(self, wanted: AlertFilter, reader: Reader, *, limit: int, cursor: str | None) -> Page:
        """One page of the alerts that fit, the newest first.

        Raises:
            Forbidden: a key sees the data of its provider only.
            LoginNeeded: who has an alert is for operators.
            BadCursor, DatabaseAway.
        """
        _require_all(reader)
        if wanted.assignee is not None and not _shows_all(reader):
            raise LoginNeeded("sign in to look for the alerts of an operator")
        rows = await self._repository.fetch(wanted, reader.visibility, after=_decode(cursor), limit=limit + 1)
        return page_of(
            rows,
            limit,
            lambda row: _item(row, reader),
            behind=lambda row: encode_cursor(_KIND, _micros(row["opened_at"]), row["id"]),
        )

    async def get(self, alert_id: int, reader: Reader) -> dict[str, Any]:
        """One alert with its history.

        Raises:
            NotFound, Forbidden, DatabaseAway.
        """
        _require_all(reader)
        rows = await self._repository.find(alert_id, reader.visibility)
        if rows is None:
            raise _unknown(alert_id)
        return _detail(rows, reader)

    async def act(
        self,
        alert_id: int,
        action: Action,
        operator: Reader,
        *,
        note: str,
        precondition: Precondition,
        assignee: str | None = None,
    ) -> dict[str, Any]:
        """Do something to an alert; returns it as it is afterwards.

        Raises:
            NotFound: there is no such alert, or the operator does not see it.
            AlertState: it has ended, or is acknowledged already.
            PreconditionFailed, VersionConflict: it changed since the operator read it.
            DatabaseAway.
        """

        def check(state: str, version: int) -> None:
            precondition.check(version)
            check_action(action, state)

        rows = await self._repository.change(
            alert_id,
            action,
            visibility=operator.visibility,
            actor=operator.name,
            client=operator.client,
            note=note,
            assignee=assignee,
            check=check,
        )
        if rows is None:
            raise _unknown(alert_id)
        return _detail(rows, operator)


def _require_all(reader: Reader) -> None:
    if reader.visibility.provider_id is not None:
        raise Forbidden("this API key sees the data of its provider only; alerts need an operator")


def _shows_all(reader: Reader) -> bool:
    """Operators see who did what, and what rests on indicators that are not public."""
    return reader.kind is Kind.OPERATOR and reader.visibility.internal


def _unknown(alert_id: int) -> NotFound:
    return NotFound(f"there is no alert {alert_id}; GET /v1/alerts lists them")


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _decode(cursor: str | None) -> AlertCursor | None:
    if cursor is None:
        return None
    micros, last = decode_cursor(_KIND, cursor, int, int)
    if not isinstance(micros, int) or not isinstance(last, int) or not 0 <= micros < _LAST:
        raise BadCursor
    return _EPOCH + micros * _MICROSECOND, last


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else format_instant(moment)


def _item(row: Row, reader: Reader) -> dict[str, Any]:
    shows_people = _shows_all(reader)
    return {
        "id": row["id"],
        "rule": row["rule"],
        "ruleNames": row["rule_names"],
        "subject": row["subject"],
        "subjectKind": row["subject_kind"],
        "subjectName": row["subject_name"],
        "subjectNameEn": row["subject_name_en"],
        "areaCode": row["area_code"],
        "severity": row["severity"],
        "state": row["state"],
        "summary": row["summary"],
        "cause": row["cause"],
        "openedAt": _time(row["opened_at"]),
        "startedAt": _time(row["started_at"]),
        "acknowledgedAt": _time(row["acknowledged_at"]),
        "acknowledgedBy": row["acknowledged_by"] if shows_people else None,
        "assignee": row["assignee"] if shows_people else None,
        "escalationLevel": row["escalation_level"],
        "escalateAt": _time(row["escalate_at"]),
        "endedAt": _time(row["ended_at"]),
        "silenced": row["silenced"],
        "version": row["version"],
    }


def _detail(rows: AlertRows, reader: Reader) -> dict[str, Any]:
    shows_people = _shows_all(reader)
    return _item(rows.alert, reader) | {
        "history": [_event(row, shows_people=shows_people) for row in rows.history],
        "notifications": [_notification(row) for row in rows.notifications] if shows_people else [],
    }


def _event(row: Row, *, shows_people: bool) -> dict[str, Any]:
    return {
        "id": row["id"],
        "at": _time(row["at"]),
        "kind": row["kind"],
        "actor": row["actor"] if shows_people or row["actor"] == "system" else None,
        "note": row["note"] if shows_people else None,
        "details": row["details"] if shows_people else {},
    }


def _notification(row: Row) -> dict[str, Any]:
    return {
        "receiver": row["receiver"],
        "channel": row["channel"],
        "event": row["alert_event_id"],
        "attempts": row["attempts"],
        "nextAttemptAt": _time(row["next_attempt_at"]),
        "deliveredAt": _time(row["delivered_at"]),
        "failedAt": _time(row["failed_at"]),
        "lastError": row["last_error"],
    }
