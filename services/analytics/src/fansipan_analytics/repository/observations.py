"""Raw observations: COPY what is new, compare what may be stored already."""

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, Final

import asyncpg
import numpy as np
from numpy.typing import NDArray

from fansipan_analytics.domain.batch import Extras, Rows
from fansipan_analytics.domain.copy_format import encode_copy
from fansipan_analytics.domain.deletion import Kept
from fansipan_analytics.domain.identity import Key, Stored

_COLUMNS: Final = [
    "datastream_id",
    "phenomenon_time",
    "result",
    "result_json",
    "result_quality",
    "result_time",
    "parameters",
    "feature_id",
]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WEEK_MS: Final = 7 * 24 * 3_600_000

_STAGING: Final = """
CREATE TEMPORARY TABLE IF NOT EXISTS staged_observation (LIKE observation) ON COMMIT DELETE ROWS
"""
_INSERT_STAGED: Final = f"""
INSERT INTO observation ({", ".join(_COLUMNS)}) SELECT {", ".join(_COLUMNS)} FROM staged_observation
ON CONFLICT DO NOTHING RETURNING datastream_id, phenomenon_time
"""
_FIND: Final = """
SELECT o.datastream_id, o.phenomenon_time, o.result, o.result_json, o.result_quality, o.result_time, o.parameters,
       o.feature_id
FROM unnest($1::integer[], $2::timestamptz[]) AS k (datastream_id, phenomenon_time)
JOIN observation o ON o.datastream_id = k.datastream_id AND o.phenomenon_time = k.phenomenon_time
WHERE o.phenomenon_time BETWEEN $3 AND $4
"""
_UPDATE: Final = """
UPDATE observation SET result = $3, result_json = $4, result_quality = $5, result_time = $6, parameters = $7,
    feature_id = $8
WHERE datastream_id = $1 AND phenomenon_time = $2
"""
_REMOVE: Final = """
DELETE FROM observation o USING unnest($1::integer[], $2::timestamptz[]) AS k (datastream_id, phenomenon_time)
WHERE o.datastream_id = k.datastream_id AND o.phenomenon_time = k.phenomenon_time
    AND o.phenomenon_time BETWEEN $3 AND $4
"""


def to_datetime(ms: int) -> datetime:
    """Aware datetime of a Unix time in ms, exact."""
    return _EPOCH + timedelta(milliseconds=ms)


def to_ms(moment: datetime) -> int:
    """Unix time in ms of a datetime that has no finer part."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


async def copy_new(connection: "asyncpg.Connection[Any]", rows: Rows) -> None:
    """COPY rows that are known to be new, sorted by (datastream, time), straight into the hypertable.

    Raises:
        asyncpg.UniqueViolationError: one of them was stored after all.
    """
    await _copy(connection, "observation", rows)


async def insert_missing(connection: "asyncpg.Connection[Any]", rows: Rows) -> set[Key]:
    """Insert those rows whose identity is not stored yet; returns the identities that were inserted.

    Identities must be distinct.
    """
    await connection.execute(_STAGING)
    await _copy(connection, "staged_observation", rows)
    inserted = await connection.fetch(_INSERT_STAGED)
    return {(row[0], to_ms(row[1])) for row in inserted}


async def find_stored(connection: "asyncpg.Connection[Any]", keys: Iterable[Key]) -> dict[Key, Stored]:
    """The stored results of some identities. Asked week by week, so that each query touches a chunk or two."""
    found: dict[Key, Stored] = {}
    by_week = sorted(keys, key=lambda key: key[1])
    for _, group in groupby(by_week, key=lambda key: key[1] // _WEEK_MS):
        week = list(group)
        rows = await connection.fetch(
            _FIND,
            [datastream_id for datastream_id, _ in week],
            [to_datetime(ms) for _, ms in week],
            to_datetime(week[0][1]),
            to_datetime(week[-1][1]),
        )
        for row in rows:
            extras = Extras(
                row["result_json"],
                row["result_quality"],
                None if row["result_time"] is None else to_ms(row["result_time"]),
                row["parameters"],
                row["feature_id"],
            )
            found[row["datastream_id"], to_ms(row["phenomenon_time"])] = Stored(row["result"], extras)
    return found


async def update(connection: "asyncpg.Connection[Any]", updates: dict[Key, Stored]) -> None:
    """Replace stored results."""
    await connection.executemany(_UPDATE, [_record(key, stored) for key, stored in updates.items()])


async def apply_corrections(
    connection: "asyncpg.Connection[Any]", updates: dict[Key, Stored], history: list[tuple[Key, Stored]]
) -> None:
    """Replace results and keep those they replace."""
    await update(connection, updates)
    await keep(connection, [Kept(key, stored, deleted=False) for key, stored in history])


async def remove(connection: "asyncpg.Connection[Any]", keys: Iterable[Key]) -> None:
    """Delete observations. Week by week, so that each statement touches a chunk or two."""
    by_week = sorted(keys, key=lambda key: key[1])
    for _, group in groupby(by_week, key=lambda key: key[1] // _WEEK_MS):
        week = list(group)
        await connection.execute(
            _REMOVE,
            [datastream_id for datastream_id, _ in week],
            [to_datetime(ms) for _, ms in week],
            to_datetime(week[0][1]),
            to_datetime(week[-1][1]),
        )


async def keep(connection: "asyncpg.Connection[Any]", history: Sequence[Kept]) -> None:
    """Add to the history what was replaced or taken back.

    Columns that the last release did not have are named where they say something: the rest is kept by its schema, too.
    """
    newer = {
        "feature_id": [kept.value.extras.feature_id for kept in history],
        "deleted": [kept.deleted for kept in history],
    }
    columns = [name for name in _COLUMNS if name not in newer]
    named = [name for name, values in newer.items() if any(values)]
    records = [
        (*_record(kept.key, kept.value)[: len(columns)], *(newer[name][place] for name in named))
        for place, kept in enumerate(history)
    ]
    await connection.copy_records_to_table("observation_history", records=records, columns=[*columns, *named])


async def _copy(connection: "asyncpg.Connection[Any]", table: str, rows: Rows) -> None:
    special = [row for row in range(len(rows)) if row in rows.extras] if rows.extras else []
    if special:
        values = rows.values.tolist()
        await connection.copy_records_to_table(
            table,
            columns=_COLUMNS,
            records=[
                _record(
                    (int(rows.ids[row]), int(rows.ms[row])),
                    Stored(None if values[row] != values[row] else values[row], rows.extras[row]),
                )
                for row in special
            ],
        )
        rows = rows.take(_others(len(rows), special))
    if not len(rows):
        return
    data = encode_copy([("int4", rows.ids), ("timestamptz", rows.ms), ("float8", rows.values)])
    await connection.copy_to_table(table, source=io.BytesIO(data), columns=_COLUMNS[:3], format="binary")


def _others(size: int, left_out: list[int]) -> NDArray[np.int64]:
    mask = np.ones(size, bool)
    mask[left_out] = False
    return np.flatnonzero(mask)


def _record(key: Key, stored: Stored) -> tuple[Any, ...]:
    extras = stored.extras
    return (
        key[0],
        to_datetime(key[1]),
        stored.value,
        extras.result_json,
        extras.quality,
        None if extras.result_ms is None else to_datetime(extras.result_ms),
        extras.parameters,
        extras.feature_id,
    )
