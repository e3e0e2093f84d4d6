"""Alerts in the database."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from fansipan_common.contracts import ALERT_CHANGED_TYPE, AlertChange, AlertChanged, TopicName
from fansipan_common.contracts.alert import Bilingual
from fansipan_common.db import Database
from fansipan_gateway.alerts.domain import Action
from fansipan_gateway.audit import AuditTrail
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.names.joins import name_joins, subject_name, subject_name_en

_SUBJECT: Final = ("r.document ->> 'subjects'", "a.subject")
_FROM: Final = f"FROM alert a JOIN alert_rule r ON r.key = a.rule {name_joins(*_SUBJECT)}"
# The subject's name of today, else the one that it had when the alert was opened.
_COLUMNS: Final = f"""
a.id, a.rule, r.document -> 'names' AS rule_names, a.subject, {_SUBJECT[0]} AS subject_kind,
coalesce({subject_name(*_SUBJECT)}, a.subject_name) AS subject_name,
coalesce({subject_name_en(*_SUBJECT)}, a.subject_name) AS subject_name_en,
a.area_code, a.severity, a.state, a.summary, a.cause, a.opened_at, a.started_at, a.acknowledged_at, a.acknowledged_by,
a.assignee, a.escalation_level, a.escalate_at, a.ended_at, a.silenced, a.version
"""
# Not everybody sees what rests on an indicator that is not public; a composite rests on its members'.
_IS_PUBLIC: Final = """
NOT EXISTS (
    SELECT FROM alert_rule m JOIN indicator_definition d ON d.key = m.document #>> '{condition,indicator}'
    WHERE NOT d.public AND d.retired_at IS NULL AND (m.key = a.rule
        OR r.document #> '{condition,all}' ? m.key OR r.document #> '{condition,any}' ? m.key))
"""
# Areas and agencies hold an operator to alerts about these; a pair of an agency or area with a procedure is its own.
_IS_WITHIN: Final = """
(a.area_code = ANY({areas}::text[])
 OR (r.document ->> 'subjects' IN ('agency', 'agency-procedure')
     AND split_part(a.subject, '|', 1) = ANY({agencies}::text[])))
"""


def _seen(first: int) -> str:
    """Conditions of which alerts are seen; the parameters from `first` on are those of `_arguments`."""
    within = _IS_WITHIN.format(areas=f"${first + 2}", agencies=f"${first + 3}")
    return f"(${first}::boolean OR {_IS_PUBLIC}) AND (NOT ${first + 1}::boolean OR {within})"


def _arguments(visibility: Visibility) -> tuple[bool, bool, list[str], list[str]]:
    return visibility.internal, visibility.limited, list(visibility.areas), list(visibility.agencies)


_LIST: Final = f"""
SELECT {_COLUMNS} {_FROM}
WHERE ($1::text[] IS NULL OR a.state = ANY($1))
    AND ($2::text[] IS NULL OR a.severity = ANY($2))
    AND ($3::text IS NULL OR a.rule = $3)
    AND ($4::text IS NULL OR a.area_code = $4 OR a.area_code IN (SELECT code FROM area WHERE parent_code = $4))
    AND ($5::text IS NULL OR a.subject = $5)
    AND ($6::timestamptz IS NULL OR a.opened_at >= $6)
    AND ($7::timestamptz IS NULL OR a.opened_at < $7)
    AND ($15::text IS NULL OR a.assignee = $15)
    AND {_seen(11)}
    AND ($8::timestamptz IS NULL OR (a.opened_at, a.id) < ($8, $9::bigint))
ORDER BY a.opened_at DESC, a.id DESC LIMIT $10
"""
_FIND: Final = f"""
SELECT {_COLUMNS} {_FROM} WHERE a.id = $1 AND {_seen(2)}
"""
_LOCK: Final = f"""
SELECT a.state, a.version FROM alert a JOIN alert_rule r ON r.key = a.rule WHERE a.id = $1 AND {_seen(2)}
   FOR UPDATE OF a
"""
_PUBLIC_RULES: Final = f"""
SELECT r.key FROM alert_rule r CROSS JOIN LATERAL (SELECT r.key AS rule) a WHERE {_IS_PUBLIC}
"""
_HISTORY: Final = "SELECT id, at, kind, actor, note, details FROM alert_event WHERE alert_id = $1 ORDER BY id"
_NOTIFICATIONS: Final = """
SELECT receiver, channel, alert_event_id, attempts, next_attempt_at, delivered_at, failed_at, last_error
FROM notification WHERE alert_id = $1 ORDER BY id
"""
_CHANGE: Final = """
UPDATE alert SET
    state = CASE WHEN $2 IN ('acknowledged', 'resolved') THEN $2 ELSE state END,
    acknowledged_at = CASE WHEN $2 = 'acknowledged' THEN clock_timestamp() ELSE acknowledged_at END,
    acknowledged_by = CASE WHEN $2 = 'acknowledged' THEN $3 ELSE acknowledged_by END,
    assignee = CASE WHEN $2 = 'assigned' THEN $4 ELSE assignee END,
    escalate_at = CASE WHEN $2 IN ('acknowledged', 'resolved') THEN NULL ELSE escalate_at END,
    ended_at = CASE WHEN $2 = 'resolved' THEN clock_timestamp() ELSE ended_at END,
    version = version + 1
WHERE id = $1
"""
_EVENT: Final = """
INSERT INTO alert_event (alert_id, kind, actor, note, details) VALUES ($1, $2, $3, $4, $5) RETURNING id, at
"""
_OUTBOX: Final = "INSERT INTO outbox (topic, key, type, data) VALUES ($1, $2, $3, $4)"

AlertCursor = tuple[datetime, int]
"""(opened_at, id) of the last alert on a page."""


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts; None restricts nothing. `area` is a commune or a province; times are of opening, `end` outside."""

    states: Sequence[str] | None = None
    severities: Sequence[str] | None = None
    rule: str | None = None
    area: str | None = None
    subject: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    assignee: str | None = None


@dataclass(frozen=True, slots=True)
class AlertRows:
    """An alert with what happened to it and who was told."""

    alert: "asyncpg.Record"
    history: "Sequence[asyncpg.Record]"
    notifications: "Sequence[asyncpg.Record]"


class AlertRepository:
    """Reads and changes `alert`."""

    def __init__(self, database: Database, audit: AuditTrail) -> None:
        self._database = database
        self._audit = audit

    async def fetch(
        self, wanted: AlertFilter, visibility: Visibility, *, after: AlertCursor | None, limit: int
    ) -> "list[asyncpg.Record]":
        """Alerts, the newest first, behind `after`."""
        return await self._database.fetch(
            _LIST,
            wanted.states,
            wanted.severities,
            wanted.rule,
            wanted.area,
            wanted.subject,
            wanted.start,
            wanted.end,
            *(after or (None, None)),
            limit,
            *_arguments(visibility),
            wanted.assignee,
        )

    async def find(self, alert_id: int, visibility: Visibility) -> AlertRows | None:
        """One alert, or None; all of one moment."""
        async with (
            self._database.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            return await _find(connection, alert_id, visibility)

    async def public_rules(self) -> frozenset[str]:
        """Keys of the rules whose alerts everybody may see."""
        return frozenset(row["key"] for row in await self._database.fetch(_PUBLIC_RULES))

    async def change(
        self,
        alert_id: int,
        action: Action,
        *,
        visibility: Visibility,
        actor: str,
        client: str,
        note: str,
        assignee: str | None,
        check: Callable[[str, int], None],
    ) -> AlertRows | None:
        """Do something to an alert, write its history and the audit trail, and publish it, in one transaction.

        `check` is given the alert's state and version while it is locked, and raises what speaks against it. None:
        there is no such alert, or it is not seen.
        """
        async with self._database.connection() as connection, connection.transaction():
            present = await connection.fetchrow(_LOCK, alert_id, *_arguments(visibility))
            if present is None:
                return None
            check(present["state"], present["version"])
            await connection.execute(_CHANGE, alert_id, action, actor, assignee)
            details = {"assignee": assignee} if action == "assigned" else {}
            event = await connection.fetchrow(_EVENT, alert_id, action, actor, note, details)
            rows = await _find(connection, alert_id, visibility)
            if rows is None or event is None:
                raise RuntimeError("an alert is gone while it is locked")
            await self._audit.record(
                connection,
                actor=actor,
                action=f"alert.{action}",
                object=f"alert/{alert_id}",
                details={
                    "rule": rows.alert["rule"],
                    "subject": rows.alert["subject"],
                    "note": note,
                    **details,
                },
                client=client,
            )
            change = AlertChange(id=event["id"], kind=action, at=event["at"], actor=actor, note=note)
            await connection.execute(
                _OUTBOX,
                TopicName.ALERTS,
                f"{rows.alert['rule']}|{rows.alert['subject']}",
                ALERT_CHANGED_TYPE,
                _event_data(rows.alert, change),
            )
            return rows


async def _find(
    connection: "asyncpg.Connection[Any]", alert_id: int, visibility: Visibility
) -> AlertRows | None:
    alert = await connection.fetchrow(_FIND, alert_id, *_arguments(visibility))
    if alert is None:
        return None
    history = await connection.fetch(_HISTORY, alert_id)
    return AlertRows(alert, history, await connection.fetch(_NOTIFICATIONS, alert_id))


def _event_data(row: "asyncpg.Record", change: AlertChange) -> dict[str, Any]:
    fields = {name: value for name, value in row.items() if name in AlertChanged.model_fields}
    fields |= {"rule_names": Bilingual(**row["rule_names"]), "summary": Bilingual(**row["summary"])}
    return AlertChanged(**fields, change=change).model_dump(mode="json", by_alias=True)
