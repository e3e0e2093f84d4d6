"""Alerts, their history, and what follows from each change: an event for the outbox, notifications for receivers.

Everything here happens inside the caller's transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from fansipan_common.contracts import ALERT_CHANGED_TYPE, AlertChange, AlertChanged, TopicName
from fansipan_common.contracts.alert import AlertChangeKind, Bilingual
from fansipan_common.db import DatabaseAway
from fansipan_indicators.alert_conditions import Severity, format_duration
from fansipan_indicators.alert_rules import AlertRule, Receiver, rule_of

SYSTEM: Final = "system"

_IN_MAINTENANCE: Final = """
SELECT EXISTS (SELECT FROM maintenance_window WHERE (rule IS NULL OR rule = $1) AND (subject IS NULL OR subject = $2)
    AND starts_at <= clock_timestamp() AND ends_at > clock_timestamp())
"""
_OPEN: Final = """
INSERT INTO alert (rule, subject, subject_name, area_code, severity, state, summary, cause, started_at, silenced,
                   escalate_at)
VALUES ($1, $2, $3, $4, $5, 'open', $6, $7, $8, $9, clock_timestamp() + $10::interval)
ON CONFLICT (rule, subject) WHERE state IN ('open', 'acknowledged') DO NOTHING RETURNING *
"""
_ACTIVE: Final = "SELECT * FROM alert WHERE rule = $1 AND subject = $2 AND state IN ('open', 'acknowledged')"
_RAISE: Final = """
UPDATE alert SET severity = CASE WHEN array_position($6::text[], $2) > array_position($6::text[], severity)
    THEN $2 ELSE severity END, summary = $3, cause = $4, silenced = $5, started_at = $7, version = version + 1
WHERE id = $1 AND state IN ('open', 'acknowledged') RETURNING *
"""
_RESTART: Final = """
UPDATE alert SET started_at = $2 WHERE id = $1 AND state IN ('open', 'acknowledged') AND started_at <> $2
"""
_END: Final = """
UPDATE alert SET state = $2, ended_at = clock_timestamp(), escalate_at = NULL, version = version + 1
WHERE id = $1 AND state IN ('open', 'acknowledged') RETURNING *
"""
_ESCALATE: Final = """
UPDATE alert SET escalation_level = $2 + 1, escalate_at = opened_at + $3::interval, version = version + 1,
    severity = CASE WHEN array_position($5::text[], $4) > array_position($5::text[], severity) THEN $4 ELSE severity END
WHERE id = $1 RETURNING *
"""
_EVENT: Final = """
INSERT INTO alert_event (alert_id, kind, actor, note, details) VALUES ($1, $2, $3, $4, $5) RETURNING id, at
"""
_OUTBOX: Final = "INSERT INTO outbox (topic, key, type, data) VALUES ($1, $2, $3, $4)"
_NOTIFY: Final = """
INSERT INTO notification (alert_id, alert_event_id, receiver, channel, payload)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
"""
_ACTIVE_OF_RULES: Final = """
SELECT a.id, r.document FROM alert a JOIN alert_rule r ON r.key = a.rule
WHERE a.rule = ANY($1::text[]) AND a.state IN ('open', 'acknowledged') ORDER BY a.id
"""
_SEVERITIES: Final = [severity.value for severity in Severity]
_STATE: Final = "SELECT state FROM alert WHERE id = $1"


@dataclass(frozen=True, slots=True)
class Facts:
    """What an alert says."""

    subject: str
    subject_name: str
    area_code: str | None
    severity: Severity
    started_at: datetime
    summary: dict[str, str]
    cause: dict[str, Any]


class Ledger:
    """Writes alerts.

    Args:
        receivers: whom rules can tell, by key.
    """

    def __init__(self, receivers: Mapping[str, Receiver]) -> None:
        self._receivers = receivers

    async def open(self, connection: "asyncpg.Connection[Any]", rule: AlertRule, facts: Facts) -> int:
        """Open an alert, or find the one that is open already; returns its id."""
        silenced = await connection.fetchval(_IN_MAINTENANCE, rule.key, facts.subject)
        first = rule.escalate[0].after if rule.escalate and not silenced else None
        row = await connection.fetchrow(
            _OPEN,
            rule.key,
            facts.subject,
            facts.subject_name,
            facts.area_code,
            facts.severity,
            facts.summary,
            facts.cause,
            facts.started_at,
            silenced,
            first,
        )
        if row is None:
            active = await connection.fetchrow(_ACTIVE, rule.key, facts.subject)
            if active is None:  # it was ended between the two statements: by an operator, who has seen it
                raise DatabaseAway(f"the alert of {rule.key} on {facts.subject} has just ended; try again")
            await self.restart(connection, active["id"], facts.started_at)
            return active["id"]
        await self.record(connection, rule, row, "opened", receivers=rule.receivers)
        return row["id"]

    async def aggravate(
        self, connection: "asyncpg.Connection[Any]", rule: AlertRule, alert: int, facts: Facts
    ) -> None:
        """Make an alert graver. One that was opened silenced is told when no maintenance window holds any more."""
        silenced = await connection.fetchval(_IN_MAINTENANCE, rule.key, facts.subject)
        row = await connection.fetchrow(
            _RAISE, alert, facts.severity, facts.summary, facts.cause, silenced, _SEVERITIES, facts.started_at
        )
        if row is not None:
            await self.record(connection, rule, row, "raised", receivers=_told(rule, row))

    @staticmethod
    async def restart(connection: "asyncpg.Connection[Any]", alert: int, started_at: datetime) -> None:
        """Say that the cause began at another time than was known."""
        await connection.execute(_RESTART, alert, started_at)

    async def end(
        self,
        connection: "asyncpg.Connection[Any]",
        rule: AlertRule,
        alert: int,
        kind: AlertChangeKind,
        note: str = "",
    ) -> None:
        """Resolve or withdraw an alert, unless an operator has ended it already."""
        row = await connection.fetchrow(_END, alert, kind)
        if row is not None:
            await self.record(connection, rule, row, kind, note=note, receivers=_told(rule, row))

    async def escalate(
        self, connection: "asyncpg.Connection[Any]", rule: AlertRule, alert: int, level: int
    ) -> None:
        """Take the rule's escalation step `level` (from 0): tell its receivers, set the time of the next one."""
        step = rule.escalate[level]
        later = rule.escalate[level + 1].after if level + 1 < len(rule.escalate) else None
        row = await connection.fetchrow(_ESCALATE, alert, level, later, step.severity, _SEVERITIES)
        if row is not None:
            details = {"level": level + 1, "receivers": list(step.receivers)}
            note = f"nobody acknowledged it within {format_duration(step.after)}"
            await self.record(
                connection, rule, row, "escalated", note=note, details=details, receivers=step.receivers
            )

    async def withdraw_all(
        self, connection: "asyncpg.Connection[Any]", rules: Sequence[str], note: str
    ) -> None:
        """Withdraw the open alerts of some rules."""
        for row in await connection.fetch(_ACTIVE_OF_RULES, list(rules)):
            await self.end(connection, rule_of(row["document"]), row["id"], "withdrawn", note)

    async def record(
        self,
        connection: "asyncpg.Connection[Any]",
        rule: AlertRule,
        row: "asyncpg.Record",
        kind: AlertChangeKind,
        *,
        note: str = "",
        details: dict[str, Any] | None = None,
        receivers: Iterable[str] = (),
    ) -> None:
        """Append to the history of an alert (`row`: as it is now), publish it, and tell receivers unless silenced."""
        event = await connection.fetchrow(
            _EVENT,
            row["id"],
            kind,
            SYSTEM,
            note,
            {"severity": row["severity"], "cause": row["cause"]} | (details or {}),
        )
        if event is None:
            raise RuntimeError("INSERT … RETURNING gave no row")
        change = AlertChange(id=event["id"], kind=kind, at=event["at"], actor=SYSTEM, note=note)
        data = alert_data(rule, row, change).model_dump(mode="json", by_alias=True)
        await connection.execute(
            _OUTBOX, TopicName.ALERTS, f"{row['rule']}|{row['subject']}", ALERT_CHANGED_TYPE, data
        )
        if row["silenced"]:
            return
        for receiver in receivers:
            known = self._receivers.get(receiver)
            # not in this process's catalogue: a rolling update; whoever has it delivers, by its own channel
            channel = "webhook" if known is None else known.channel
            await connection.execute(_NOTIFY, row["id"], event["id"], receiver, channel, data)


async def is_active(connection: "asyncpg.Connection[Any]", alert: int) -> bool:
    """Whether an alert is open or acknowledged."""
    return await connection.fetchval(_STATE, alert) in ("open", "acknowledged")


def _told(rule: AlertRule, row: "asyncpg.Record") -> Iterable[str]:
    """Who has been told of an alert so far, each once."""
    escalated = (key for step in rule.escalate[: row["escalation_level"]] for key in step.receivers)
    return dict.fromkeys([*rule.receivers, *escalated])


def alert_data(rule: AlertRule, row: "asyncpg.Record", change: AlertChange) -> AlertChanged:
    """An alert as it goes out."""
    return AlertChanged(
        id=row["id"],
        rule=rule.key,
        rule_names=Bilingual(vi=rule.names.vi, en=rule.names.en),
        subject=row["subject"],
        subject_kind=rule.subjects.value,
        subject_name=row["subject_name"],
        area_code=row["area_code"],
        severity=row["severity"],
        state=row["state"],
        summary=Bilingual.model_validate(row["summary"]),
        cause=row["cause"],
        opened_at=row["opened_at"],
        started_at=row["started_at"],
        acknowledged_at=row["acknowledged_at"],
        acknowledged_by=row["acknowledged_by"],
        assignee=row["assignee"],
        escalation_level=row["escalation_level"],
        ended_at=row["ended_at"],
        silenced=row["silenced"],
        version=row["version"],
        change=change,
    )
