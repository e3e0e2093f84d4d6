"""What rules remember of their subjects. A watch is locked before it is stepped, so replicas never race on one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import asyncpg

from fansipan_indicators.alerting import Memory, dump_memory, parse_memory

_MAKE: Final = """
INSERT INTO alert_watch (rule, subject, state)
SELECT x.rule, x.subject, '{}' FROM unnest($1::text[], $2::text[]) AS x (rule, subject)
ORDER BY 1, 2 ON CONFLICT DO NOTHING
"""
# One order for everybody, so that two who want the same watches wait for each other but never in a circle.
_LOCK: Final = """
SELECT w.rule, w.subject, w.state FROM alert_watch w
JOIN unnest($1::text[], $2::text[]) AS x (rule, subject) ON x.rule = w.rule AND x.subject = w.subject
ORDER BY w.rule, w.subject FOR UPDATE OF w
"""
_LOCK_DUE: Final = """
SELECT rule, subject, state FROM alert_watch
WHERE due_at <= clock_timestamp() AND rule = ANY($1::text[]) ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED
"""
_SAVE: Final = """
UPDATE alert_watch w SET state = x.state, due_at = x.due_at
FROM unnest($1::text[], $2::text[], $3::jsonb[], $4::timestamptz[]) AS x (rule, subject, state, due_at)
WHERE w.rule = x.rule AND w.subject = x.subject
"""
_MAKE_SILENCES: Final = """
INSERT INTO alert_watch (rule, subject, state, due_at)
SELECT x.rule, x.subject, '{}', clock_timestamp() FROM unnest($1::text[], $2::text[]) AS x (rule, subject)
ORDER BY 1, 2 ON CONFLICT DO NOTHING
"""
_ACTIVE: Final = """
SELECT w.rule, w.subject FROM alert_watch w
JOIN unnest($1::text[], $2::text[]) AS x (rule, subject) ON x.rule = w.rule AND x.subject = w.subject
WHERE (w.state -> 'active')::boolean
"""
_ACTIVE_MEMBERS: Final = """
SELECT rule, min((state ->> 'began')::timestamptz) AS began FROM alert_watch
WHERE rule = ANY($1::text[]) AND (state -> 'active')::boolean
    AND CASE WHEN $3 THEN state ->> 'area' = $2 ELSE subject = $2 END
GROUP BY rule
"""

WatchKey = tuple[str, str]
"""(rule, subject)."""


@dataclass(slots=True)
class Watch:
    """A locked watch; what is changed here is written by `save`.

    Attributes:
        active: whether the rule's condition holds for the subject, whatever became of the alert.
        began: since when it does.
        area: the subject's area, for composites.
        due_at: when to look again although nothing arrived.
    """

    rule: str
    subject: str
    memory: Memory = field(default_factory=Memory)
    active: bool = False
    began: datetime | None = None
    area: str | None = None
    due_at: datetime | None = None

    def state(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "active": self.active,
            "began": None if self.began is None else self.began.isoformat(),
            "area": self.area,
            "memory": dump_memory(self.memory),
        }


def _watch(row: "asyncpg.Record") -> Watch:
    state = row["state"]
    if "memory" not in state:
        return Watch(row["rule"], row["subject"])
    began = state["began"]
    return Watch(
        row["rule"],
        row["subject"],
        parse_memory(state["memory"]),
        state["active"],
        None if began is None else datetime.fromisoformat(began),
        state["area"],
    )


async def lock(connection: "asyncpg.Connection[Any]", keys: Collection[WatchKey]) -> dict[WatchKey, Watch]:
    """Lock watches, making those that are missing."""
    if not keys:
        return {}
    columns = _columns(keys)
    await connection.execute(_MAKE, *columns)
    rows = await connection.fetch(_LOCK, *columns)
    return {(row["rule"], row["subject"]): _watch(row) for row in rows}


async def lock_due(
    connection: "asyncpg.Connection[Any]", rules: Sequence[str], limit: int
) -> dict[WatchKey, Watch]:
    """Lock watches of some rules whose time has come and that nobody else holds."""
    rows = await connection.fetch(_LOCK_DUE, rules, limit)
    return {(row["rule"], row["subject"]): _watch(row) for row in rows}


async def save(connection: "asyncpg.Connection[Any]", watches: Collection[Watch]) -> None:
    """Write locked watches."""
    if watches:
        await connection.execute(
            _SAVE,
            [watch.rule for watch in watches],
            [watch.subject for watch in watches],
            [watch.state() for watch in watches],
            [watch.due_at for watch in watches],
        )


async def watch_silence(connection: "asyncpg.Connection[Any]", keys: Collection[WatchKey]) -> set[WatchKey]:
    """Begin to watch for silence where it is not done yet; returns which of these are known to be silent."""
    if not keys:
        return set()
    columns = _columns(keys)
    await connection.execute(_MAKE_SILENCES, *columns)
    return {(row["rule"], row["subject"]) for row in await connection.fetch(_ACTIVE, *columns)}


async def active_members(
    connection: "asyncpg.Connection[Any]", rules: Sequence[str], subject: str, *, by_area: bool
) -> dict[str, datetime]:
    """Which of some rules hold for a subject, or anywhere in an area, and since when."""
    rows = await connection.fetch(_ACTIVE_MEMBERS, list(rules), subject, by_area)
    return {row["rule"]: row["began"] for row in rows}


def _columns(keys: Collection[WatchKey]) -> tuple[list[str], list[str]]:
    return [rule for rule, _ in keys], [subject for _, subject in keys]
