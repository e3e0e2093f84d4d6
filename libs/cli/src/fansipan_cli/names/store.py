"""Names in the database, as the gateway keeps them: each change is in the audit trail."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from psycopg import sql
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from fansipan_cli.database import Connection
from fansipan_cli.names.entries import Entry, Register

_AUDIT: Final = (
    "INSERT INTO audit_event (actor, action, object, details, client) VALUES (%s, %s, %s, %s, 'fansipan')"
)
_LIST: Final = """
SELECT k.key, {columns}, g.key IS NOT NULL AS named,
       EXISTS (SELECT FROM indicator_subject s WHERE s.kind = {noun} AND s.key = k.key) AS in_events
  FROM (SELECT key FROM {table} UNION SELECT key FROM indicator_subject WHERE kind = {noun}) AS k
  LEFT JOIN {table} g ON g.key = k.key
 WHERE %s::boolean IS NULL OR (g.key IS NULL) = %s
 ORDER BY k.key
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import does: to which entries."""

    new: Sequence[Entry]
    changed: Sequence[Entry]
    same: Sequence[Entry]


class NameStore:
    """Reads and writes one register over a connection."""

    def __init__(self, connection: Connection, register: Register) -> None:
        self._connection = connection
        self._register = register
        self._table: Final = sql.Identifier(register.table)
        self._columns: Final = [sql.Identifier(name) for name in register.columns]

    def plan(self, entries: Sequence[Entry]) -> Plan:
        """What would change if all entries were written."""
        present = self._present([entry.key for entry in entries])
        new = [entry for entry in entries if entry.key not in present]
        kept = [entry for entry in entries if entry.key in present]
        changed = [entry for entry in kept if _said(entry) != present[entry.key]]
        return Plan(new, changed, [entry for entry in kept if _said(entry) == present[entry.key]])

    def apply(self, plan: Plan, actor: str) -> None:
        """Write what is new or changed, with its audit events; in the caller's transaction."""
        noun = self._register.noun
        before = self._present([entry.key for entry in plan.changed])
        self._write([*plan.new, *plan.changed])
        events = [(entry, f"{noun}.named", _json(entry)) for entry in plan.new]
        events += [
            (entry, f"{noun}.changed", _difference(self._register, before[entry.key], entry))
            for entry in plan.changed
        ]
        with self._connection.cursor() as cursor:
            cursor.executemany(
                _AUDIT,
                [(actor, action, f"{noun}/{entry.key}", Jsonb(said)) for entry, action, said in events],
            )

    def add_missing(self, entries: Sequence[Entry]) -> None:
        """Write entries whose keys have no name yet; what somebody has named stays."""
        self._write(self.plan(entries).new)

    def unknown_areas(self, codes: Collection[str]) -> set[str]:
        """Those of the codes that are no area."""
        rows = self._connection.execute(
            "SELECT code FROM area WHERE code = ANY(%s)", [list(codes)]
        ).fetchall()
        return set(codes) - {row["code"] for row in rows}

    def list(self, *, unnamed: bool | None = None) -> list[DictRow]:
        """Rows with a name and keys that events name, by key. `unnamed`: only those without, or with a name."""
        query = sql.SQL(_LIST).format(
            columns=sql.SQL(", ").join(sql.SQL("g.{}").format(column) for column in self._columns),
            noun=sql.Literal(self._register.noun),
            table=self._table,
        )
        return self._connection.execute(query, (unnamed, unnamed)).fetchall()

    def _present(self, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
        query = sql.SQL("SELECT key, {columns} FROM {table} WHERE key = ANY(%s)").format(
            columns=sql.SQL(", ").join(self._columns), table=self._table
        )
        rows = self._connection.execute(query, [list(keys)]).fetchall()
        return {row["key"]: {name: row[name] for name in self._register.columns} for row in rows}

    def _write(self, entries: Sequence[Entry]) -> None:
        query = sql.SQL(
            "INSERT INTO {table} (key, {columns}) VALUES (%s, {values})"
            " ON CONFLICT (key) DO UPDATE SET {assignments}, updated_at = now()"
        ).format(
            table=self._table,
            columns=sql.SQL(", ").join(self._columns),
            values=sql.SQL(", ").join(sql.Placeholder() for _ in self._columns),
            assignments=sql.SQL(", ").join(
                sql.SQL("{column} = excluded.{column}").format(column=column) for column in self._columns
            ),
        )
        with self._connection.cursor() as cursor:
            cursor.executemany(query, [(entry.key, *_said(entry).values()) for entry in entries])


def _said(entry: Entry) -> dict[str, Any]:
    return entry.model_dump(exclude={"key"})


def _json(entry: Entry) -> dict[str, Any]:
    return entry.model_dump(by_alias=True, exclude={"key"})


def _difference(register: Register, before: dict[str, Any], entry: Entry) -> dict[str, Any]:
    now = _said(entry)
    return {
        register.entry.model_fields[name].alias or name: {"from": before[name], "to": now[name]}
        for name in register.columns
        if before[name] != now[name]
    }
