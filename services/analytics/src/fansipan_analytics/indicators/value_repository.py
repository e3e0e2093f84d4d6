"""Figures in the database: present revisions, former ones, and what has to hear of a change."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import asyncpg

from fansipan_common.contracts import TopicName
from fansipan_common.contracts.indicator_values import VALUES_CHANGED

Key = tuple[int, int, str, datetime]
"""(definition id, subject id, period kind, start of the period)."""

_CHUNK: Final = 2000
_COLUMNS: Final = (
    "definition_id",
    "subject_id",
    "period",
    "period_start",
    "revision",
    "value",
    "band",
    "numerator",
    "denominator",
    "sample_count",
    "completeness",
    "details",
    "reason",
    "known_from",
)
_LIST: Final = ", ".join(_COLUMNS)
_FETCH: Final = f"""
SELECT {", ".join(f"v.{name}" for name in _COLUMNS)}
FROM unnest($1::integer[], $2::integer[], $3::text[], $4::timestamptz[])
         AS k (definition_id, subject_id, period, period_start)
JOIN indicator_value v ON v.definition_id = k.definition_id AND v.subject_id = k.subject_id
    AND v.period = k.period AND v.period_start = k.period_start
WHERE v.period_start BETWEEN $5 AND $6
"""
# COPY, because arrays for `unnest` are looked through element by element before they are sent.
_STAGING: Final = """
CREATE TEMPORARY TABLE IF NOT EXISTS staged_value (LIKE indicator_value) ON COMMIT DELETE ROWS
"""
_SAVE: Final = f"""
WITH taken AS (DELETE FROM staged_value RETURNING {_LIST})
INSERT INTO indicator_value ({_LIST}) SELECT {_LIST} FROM taken
ON CONFLICT (definition_id, subject_id, period, period_start) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[4:])}
"""
_RESTATE: Final = """
INSERT INTO restatement (close_id, definition_id, subject_id, revision, closed_value, value, reason)
SELECT c.id, k.definition_id, k.subject_id, k.revision, v.value, k.value, k.reason
FROM unnest($1::integer[], $2::integer[], $3::text[], $4::timestamptz[], $5::integer[], $6::double precision[],
            $7::text[]) AS k (definition_id, subject_id, period, period_start, revision, value, reason)
JOIN period_close c ON c.period = k.period AND c.period_start = k.period_start
LEFT JOIN closed_value v ON v.close_id = c.id AND v.definition_id = k.definition_id AND v.subject_id = k.subject_id
"""


class Head(NamedTuple):
    """The present revision of a figure, as stored."""

    revision: int
    value: float | None
    band: str | None
    numerator: float | None
    denominator: float | None
    sample_count: int
    completeness: float | None
    details: Mapping[str, Any]
    reason: str
    known_from: datetime


async def fetch_heads(connection: "asyncpg.Connection[Any]", keys: Collection[Key]) -> dict[Key, Head]:
    """The present revisions of some figures; those that do not exist yet are left out."""
    found: dict[Key, Head] = {}
    ordered = sorted(keys, key=lambda key: key[3])
    for start in range(0, len(ordered), _CHUNK):
        chunk = ordered[start : start + _CHUNK]
        columns = [list(column) for column in zip(*chunk, strict=True)]
        for row in await connection.fetch(_FETCH, *columns, chunk[0][3], chunk[-1][3]):
            found[row[0], row[1], row[2], row[3]] = Head(*row[4:])
    return found


async def save(
    connection: "asyncpg.Connection[Any]",
    heads: Sequence[tuple[Key, Head]],
    superseded: Sequence[tuple[Key, Head]],
    now: datetime,
) -> None:
    """Write present revisions, and keep those that they supersede."""
    if superseded:
        await connection.copy_records_to_table(
            "indicator_revision",
            columns=[*_COLUMNS, "superseded_at"],
            records=[(*key, *head, now) for key, head in superseded],
        )
    await connection.execute(_STAGING)
    await connection.copy_records_to_table(
        "staged_value", columns=_COLUMNS, records=[key + head for key, head in heads]
    )
    await connection.execute(_SAVE)


async def restate(connection: "asyncpg.Connection[Any]", heads: Sequence[tuple[Key, Head]]) -> None:
    """Note in the ledger what would be said today of periods that are closed."""
    closed = await connection.fetch("SELECT period, period_start FROM period_close")
    periods = {(row[0], row[1]) for row in closed}
    rows = [
        (*key, head.revision, head.value, head.reason) for key, head in heads if (key[2], key[3]) in periods
    ]
    if rows:
        await connection.execute(_RESTATE, *(list(column) for column in zip(*rows, strict=True)))


async def publish(
    connection: "asyncpg.Connection[Any]",
    changes: Iterable[tuple[str, int, Sequence[tuple[Key, Head]]]],
    names: Mapping[int, tuple[str, str]],
    now: datetime,
) -> None:
    """Put changed figures into the outbox: one event an indicator, version and 1,000 figures."""
    events: list[tuple[str, str, str, dict[str, Any]]] = []
    for indicator, version, heads in changes:
        for start in range(0, len(heads), 1000):
            data = _columns_of(heads[start : start + 1000], names)
            data |= {"indicator": indicator, "version": version, "computedAt": now}
            events.append((TopicName.INDICATOR_VALUES.value, indicator, VALUES_CHANGED, data))
    await connection.copy_records_to_table("outbox", columns=["topic", "key", "type", "data"], records=events)


def _columns_of(heads: Sequence[tuple[Key, Head]], names: Mapping[int, tuple[str, str]]) -> dict[str, Any]:
    return {
        "subjectKinds": [names[key[1]][0] for key, _ in heads],
        "subjectKeys": [names[key[1]][1] for key, _ in heads],
        "periods": [key[2] for key, _ in heads],
        "starts": [key[3] for key, _ in heads],
        "values": [head.value for _, head in heads],
        "bands": [head.band for _, head in heads],
        "numerators": [head.numerator for _, head in heads],
        "denominators": [head.denominator for _, head in heads],
        "sampleCounts": [head.sample_count for _, head in heads],
        "completeness": [head.completeness for _, head in heads],
        "revisions": [head.revision for _, head in heads],
        "reasons": [head.reason for _, head in heads],
    }


async def mark_watched(
    connection: "asyncpg.Connection[Any]", definition_id: int, keys: Sequence[Key]
) -> None:
    """Queue changed figures for the alert rules."""
    await connection.execute(
        "INSERT INTO changed_value (definition_id, subject_ids, periods, starts) VALUES ($1, $2, $3, $4)",
        definition_id,
        [key[1] for key in keys],
        [key[2] for key in keys],
        [key[3] for key in keys],
    )


async def mark_stale(
    connection: "asyncpg.Connection[Any]", lane: str, definition_id: int, wanted: Sequence[tuple[Key, str]]
) -> None:
    """Queue figures of a composite (by the keys of its component) to be computed again, with their reasons."""
    await connection.execute(
        "INSERT INTO stale_value (lane, definition_id, subject_ids, periods, starts, reasons)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        lane,
        definition_id,
        [key[1] for key, _ in wanted],
        [key[2] for key, _ in wanted],
        [key[3] for key, _ in wanted],
        [reason for _, reason in wanted],
    )
