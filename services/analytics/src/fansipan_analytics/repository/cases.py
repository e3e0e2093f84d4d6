"""Dossiers and petitions as their events tell of them, and the queue of what has to be counted again."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final

import asyncpg

from fansipan_analytics.domain.changed_case import ChangedKey
from fansipan_analytics.domain.dossier import Dossier
from fansipan_analytics.domain.petition import Petition
from fansipan_analytics.domain.service_event import CaseKey, SubjectKind

_DERIVING_LOCK: Final = 4_241_768
"""Advisory: shared by those who store events, exclusive while stored cases are derived again."""


@dataclass(frozen=True, slots=True)
class _Table:
    """A table with a row for each case: its name, the column of the case's id, and the types of the other columns."""

    name: SubjectKind
    id: str
    columns: Mapping[str, str]

    @property
    def lock(self) -> str:
        """Lock rows, in one order."""
        return f"""
        SELECT count(*) FROM (
            SELECT 1 FROM unnest($1::integer[], $2::text[]) AS x (p, i)
            JOIN {self.name} t ON t.provider_id = x.p AND t.{self.id} = x.i
            ORDER BY x.p, x.i FOR UPDATE OF t
        ) AS locked
        """

    @property
    def save(self) -> str:
        """Insert or replace rows; returns the keys of those that are not as they were."""
        names = ", ".join(self.columns)
        arrays = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(self.columns.values(), start=3))
        return f"""
        INSERT INTO {self.name} AS t (provider_id, {self.id}, {names})
        SELECT * FROM unnest($1::integer[], $2::text[], {arrays})
        ON CONFLICT (provider_id, {self.id}) DO UPDATE SET
            {", ".join(f"{name} = excluded.{name}" for name in self.columns)}, updated_at = now()
        WHERE ({", ".join(f"t.{name}" for name in self.columns)})
            IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in self.columns)})
        RETURNING provider_id, {self.id}
        """

    @property
    def remove(self) -> str:
        """Delete rows; returns the keys of those that were there."""
        return f"""
        DELETE FROM {self.name} t USING unnest($1::integer[], $2::text[]) AS x (p, i)
        WHERE t.provider_id = x.p AND t.{self.id} = x.i RETURNING t.provider_id, t.{self.id}
        """


_DOSSIERS: Final = _Table(
    "dossier",
    "dossier_id",
    {
        "state": "text",
        "procedure": "text",
        "agency": "text",
        "area_code": "text",
        "channel": "text",
        "received_at": "timestamptz",
        "due_at": "timestamptz",
        "finished_at": "timestamptz",
        "supplement_count": "integer",
        "paused_seconds": "double precision",
        "awaiting_since": "timestamptz",
        "paid_at": "timestamptz",
        "paid_online": "boolean",
        "result_code": "text",
        "result_file": "boolean",
        "late_at": "timestamptz",
        "rating": "smallint",
        "attributes": "jsonb",
        "last_event_at": "timestamptz",
        "event_count": "integer",
    },
)
_PETITIONS: Final = _Table(
    "petition",
    "petition_id",
    {
        "agency": "text",
        "area_code": "text",
        "kind": "text",
        "channel": "text",
        "repeated": "boolean",
        "received_at": "timestamptz",
        "refused_at": "timestamptz",
        "supplement_requested_at": "timestamptz",
        "supplement_received_at": "timestamptz",
        "answered_at": "timestamptz",
        "published_at": "timestamptz",
        "finished_at": "timestamptz",
        "late_at": "timestamptz",
        "late_clock": "text",
        "rating": "smallint",
        "last_event_at": "timestamptz",
        "event_count": "integer",
    },
)
_TABLES: Final = (_DOSSIERS, _PETITIONS)


async def share_deriving(connection: "asyncpg.Connection[Any]") -> None:
    """Until the transaction ends, nobody derives stored cases again: first in a transaction that stores events."""
    await connection.execute("SELECT pg_advisory_xact_lock_shared($1)", _DERIVING_LOCK)


async def own_deriving(connection: "asyncpg.Connection[Any]") -> None:
    """Wait for transactions that store events, and keep others waiting until this one ends."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _DERIVING_LOCK)


async def lock_cases(connection: "asyncpg.Connection[Any]", cases: Collection[CaseKey]) -> None:
    """Lock the rows of cases before their events are read.

    A correction can move an event to a case that another member of the group stores: who comes second must see what
    the first has done.
    """
    for table in _TABLES:
        if keys := _keys_of(table, cases):
            await connection.fetchval(table.lock, *_transposed(sorted(keys)))


async def save_cases(
    connection: "asyncpg.Connection[Any]", cases: Mapping[CaseKey, Dossier | Petition]
) -> set[CaseKey]:
    """Write cases; returns those whose row is not as it was."""
    saved: set[CaseKey] = set()
    for table in _TABLES:
        if keys := sorted(_keys_of(table, cases)):
            values = attrgetter(*table.columns)
            rows = [(*key, *values(cases[table.name, *key])) for key in keys]
            for row in await connection.fetch(table.save, *_transposed(rows)):
                saved.add((table.name, row[0], row[1]))
    return saved


async def remove_cases(connection: "asyncpg.Connection[Any]", cases: Collection[CaseKey]) -> set[CaseKey]:
    """Remove cases that no event speaks of any more; returns those that were there."""
    removed: set[CaseKey] = set()
    for table in _TABLES:
        if keys := sorted(_keys_of(table, cases)):
            for row in await connection.fetch(table.remove, *_transposed(keys)):
                removed.add((table.name, row[0], row[1]))
    return removed


async def enqueue_changed(connection: "asyncpg.Connection[Any]", changed: Mapping[ChangedKey, bool]) -> None:
    """Queue cases to be counted again: case → whether something stored of it was replaced."""
    groups: dict[tuple[str, bool], list[tuple[int, str]]] = defaultdict(list)
    for (kind, provider_id, case_id), corrected in changed.items():
        groups[kind, corrected].append((provider_id, case_id))
    await connection.executemany(
        "INSERT INTO changed_case (kind, corrected, provider_ids, case_ids) VALUES ($1, $2, $3, $4)",
        [(*group, *_transposed(sorted(cases))) for group, cases in sorted(groups.items())],
    )


def _keys_of(table: _Table, cases: Collection[CaseKey]) -> list[tuple[int, str]]:
    return [(provider_id, case_id) for kind, provider_id, case_id in cases if kind == table.name]


def _transposed(rows: Collection[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
