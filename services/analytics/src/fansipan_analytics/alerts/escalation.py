"""Alerts that nobody has acknowledged in time: graver, and others are told."""

from typing import Any, Final

import asyncpg

from fansipan_analytics.alerts.ledger import Ledger
from fansipan_indicators.alert_rules import rule_of

_LIMIT: Final = 100
_DUE: Final = """
SELECT a.id, a.escalation_level, r.document FROM alert a JOIN alert_rule r ON r.key = a.rule
WHERE a.escalate_at <= clock_timestamp() AND a.state = 'open'
ORDER BY a.escalate_at LIMIT $1 FOR UPDATE OF a SKIP LOCKED
"""
_STOP: Final = "UPDATE alert SET escalate_at = NULL WHERE id = $1"


async def escalate(connection: "asyncpg.Connection[Any]", ledger: Ledger) -> int:
    """Take the next step of open alerts whose time has come and that nobody else is at; returns how many."""
    rows = await connection.fetch(_DUE, _LIMIT)
    for row in rows:
        rule = rule_of(row["document"])
        level = row["escalation_level"]
        if level >= len(rule.escalate):  # the rule has fewer steps than when the alert was opened
            await connection.execute(_STOP, row["id"])
            continue
        await ledger.escalate(connection, rule, row["id"], level)
    return len(rows)
