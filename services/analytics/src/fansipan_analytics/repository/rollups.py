"""Rollups: partial aggregates are added to minutes in the store's transaction; hours and days follow in a cascade."""

import io
from collections.abc import Iterable
from itertools import groupby
from typing import Any, Final

import asyncpg

from fansipan_analytics.domain.copy_format import Column, encode_copy
from fansipan_analytics.domain.rollup import RollupDeltas
from fansipan_analytics.repository.observations import to_datetime

_COLUMNS: Final = [
    "datastream_id",
    "bucket",
    "count",
    "sum",
    "min",
    "max",
    "first",
    "last",
    "first_time",
    "last_time",
]
_LIST: Final = ", ".join(_COLUMNS)
_WEEK_MS: Final = 7 * 24 * 3_600_000

_STAGING: Final = "CREATE TEMPORARY TABLE IF NOT EXISTS staged_rollup (LIKE rollup_1m) ON COMMIT DELETE ROWS"
_MERGE: Final = f"""
WITH taken AS (DELETE FROM staged_rollup RETURNING {_LIST})
INSERT INTO rollup_1m AS r ({_LIST}) SELECT {_LIST} FROM taken
ON CONFLICT (datastream_id, bucket) DO UPDATE SET
    count = r.count + excluded.count,
    sum = r.sum + excluded.sum,
    min = least(r.min, excluded.min),
    max = greatest(r.max, excluded.max),
    first = CASE WHEN excluded.first_time < r.first_time THEN excluded.first ELSE r.first END,
    last = CASE WHEN excluded.last_time > r.last_time THEN excluded.last ELSE r.last END,
    first_time = least(r.first_time, excluded.first_time),
    last_time = greatest(r.last_time, excluded.last_time)
"""
_DELETE_MINUTES: Final = """
DELETE FROM rollup_1m r USING unnest($1::integer[], $2::timestamptz[]) AS k (datastream_id, bucket)
WHERE r.datastream_id = k.datastream_id AND r.bucket = k.bucket AND r.bucket BETWEEN $3 AND $4
"""
_RECOMPUTE_MINUTES: Final = f"""
INSERT INTO rollup_1m ({_LIST})
SELECT k.datastream_id, k.bucket, x.*
FROM unnest($1::integer[], $2::timestamptz[]) AS k (datastream_id, bucket)
CROSS JOIN LATERAL (
    SELECT count(*) AS count, sum(o.result), min(o.result), max(o.result),
           (array_agg(o.result ORDER BY o.phenomenon_time))[1],
           (array_agg(o.result ORDER BY o.phenomenon_time DESC))[1],
           min(o.phenomenon_time), max(o.phenomenon_time)
    FROM observation o
    WHERE o.datastream_id = k.datastream_id
        AND o.phenomenon_time >= k.bucket AND o.phenomenon_time < k.bucket + interval '1 minute'
        AND o.phenomenon_time >= $3 AND o.phenomenon_time < $4::timestamptz + interval '1 minute'
        AND o.result IS NOT NULL AND o.result_quality IS DISTINCT FROM 2
) AS x
WHERE x.count > 0
"""

Bucket = tuple[int, int]
"""(datastream id, start of the minute in Unix ms)."""


async def copy_new_minutes(connection: "asyncpg.Connection[Any]", deltas: RollupDeltas) -> None:
    """COPY aggregates of minutes that are known not to exist yet.

    Raises:
        asyncpg.UniqueViolationError: one existed after all.
    """
    if len(deltas):
        await _copy(connection, "rollup_1m", deltas)


async def merge_minutes(connection: "asyncpg.Connection[Any]", deltas: RollupDeltas) -> None:
    """Add aggregates to minutes that may exist already. May be called more than once in a transaction."""
    if len(deltas):
        await connection.execute(_STAGING)
        await _copy(connection, "staged_rollup", deltas)
        await connection.execute(_MERGE)


async def recompute_minutes(connection: "asyncpg.Connection[Any]", buckets: Iterable[Bucket]) -> None:
    """Compute minutes again from raw, after a correction; a minute with nothing left to count disappears."""
    by_week = sorted(set(buckets), key=lambda bucket: bucket[1])
    for _, group in groupby(by_week, key=lambda bucket: bucket[1] // _WEEK_MS):
        week = list(group)
        arguments = (
            [datastream_id for datastream_id, _ in week],
            [to_datetime(ms) for _, ms in week],
            to_datetime(week[0][1]),
            to_datetime(week[-1][1]),
        )
        await connection.execute(_DELETE_MINUTES, *arguments)
        await connection.execute(_RECOMPUTE_MINUTES, *arguments)


async def mark_dirty(
    connection: "asyncpg.Connection[Any]",
    level: str,
    shards: list[tuple[int, list[int], list[int]]],
    *,
    corrected: bool,
) -> None:
    """Queue buckets to be recomputed: (shard, datastream ids, bucket starts in Unix ms) for each shard.

    `corrected`: a stored result in them was replaced.
    """
    if shards:
        await connection.executemany(
            "INSERT INTO dirty_bucket (level, shard, datastream_ids, buckets, corrected)"
            " VALUES ($1, $2, $3, $4, $5)",
            [
                (level, shard, ids, [to_datetime(ms) for ms in starts], corrected)
                for shard, ids, starts in shards
            ],
        )


async def _copy(connection: "asyncpg.Connection[Any]", table: str, deltas: RollupDeltas) -> None:
    columns: list[Column] = [
        ("int4", deltas.ids),
        ("timestamptz", deltas.bucket_ms),
        ("int4", deltas.count),
        ("float8", deltas.sum),
        ("float8", deltas.min),
        ("float8", deltas.max),
        ("float8", deltas.first),
        ("float8", deltas.last),
        ("timestamptz", deltas.first_ms),
        ("timestamptz", deltas.last_ms),
    ]
    await connection.copy_to_table(
        table, source=io.BytesIO(encode_copy(columns)), columns=_COLUMNS, format="binary"
    )
