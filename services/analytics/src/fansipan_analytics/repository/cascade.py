"""Recompute dirty hours from minutes and dirty days from hours.

A worker owns a shard while it holds the lock on the shard's row. Only the owner recomputes buckets of the shard, and it
reads after it has the lock, so a recomputation never overwrites a newer one; replicas need no leader.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final

import asyncpg

from fansipan_analytics.domain.rollup import SHARDS

_SHORT_QUEUE: Final = 200
_TAKEN_ROWS: Final = 500
TAKEN_BUCKETS: Final = 50_000

# While little waits, all shards are one piece of work: what a transaction costs besides its buckets is paid once.
# A long queue is worked off shard by shard, so that replicas share it and no transaction grows large.
_LOCK_SHARDS: Final = """
SELECT s.shard FROM dirty_shard s
WHERE EXISTS (SELECT FROM dirty_bucket d WHERE d.shard = s.shard)
ORDER BY (SELECT min(d.id) FROM dirty_bucket d WHERE d.shard = s.shard)
LIMIT (SELECT CASE WHEN count(*) <= $1 THEN NULL ELSE 1 END FROM (SELECT FROM dirty_bucket LIMIT $1 + 1) AS waiting)
FOR UPDATE OF s SKIP LOCKED
"""
_TAKE: Final = """
WITH queued AS (
    SELECT id, cardinality(datastream_ids) AS size FROM dirty_bucket
    WHERE shard = ANY($1) AND level = $2 ORDER BY id LIMIT $3
), taken AS (
    DELETE FROM dirty_bucket WHERE id IN (
        SELECT id FROM (SELECT id, size, sum(size) OVER (ORDER BY id) AS upto FROM queued) AS q WHERE upto - size < $4
    ) RETURNING datastream_ids, buckets, corrected
)
SELECT x.datastream_id, x.bucket, bool_or(taken.corrected) AS corrected
FROM taken, unnest(taken.datastream_ids, taken.buckets) AS x (datastream_id, bucket)
GROUP BY 1, 2 ORDER BY x.bucket, x.datastream_id
"""


@dataclass(frozen=True, slots=True)
class Level:
    """A rollup level and the finer one it is computed from. `end` gives the end of a bucket, exclusive."""

    name: str
    table: str
    finer: str
    end: str


HOURS: Final = Level("1h", "rollup_1h", "rollup_1m", "k.bucket + interval '1 hour'")
DAYS: Final = Level(
    "1d", "rollup_1d", "rollup_1h", "date_add(k.bucket, interval '1 day', 'Asia/Ho_Chi_Minh')"
)


def _recompute_sql(level: Level) -> str:
    # LATERAL, so that each bucket is one short index scan whatever the planner believes of their number.
    return f"""
    WITH fresh AS MATERIALIZED (
        SELECT k.datastream_id, k.bucket, x.*
        FROM unnest($1::integer[], $2::timestamptz[]) AS k (datastream_id, bucket)
        CROSS JOIN LATERAL (
            SELECT sum(f.count)::integer AS count, sum(f.sum) AS sum, min(f.min) AS min, max(f.max) AS max,
                   (array_agg(f.first ORDER BY f.first_time))[1] AS first,
                   (array_agg(f.last ORDER BY f.last_time DESC))[1] AS last,
                   min(f.first_time) AS first_time, max(f.last_time) AS last_time
            FROM {level.finer} f
            WHERE f.datastream_id = k.datastream_id AND f.bucket >= k.bucket AND f.bucket < {level.end}
                AND f.bucket >= $3 AND f.bucket < $4::timestamptz + interval '1 day'
        ) AS x
    ), gone AS (
        DELETE FROM {level.table} r USING fresh x
        WHERE x.count IS NULL AND r.datastream_id = x.datastream_id AND r.bucket = x.bucket
            AND r.bucket BETWEEN $3 AND $4
    )
    INSERT INTO {level.table} (datastream_id, bucket, count, sum, min, max, first, last, first_time, last_time)
    SELECT * FROM fresh WHERE count IS NOT NULL
    ON CONFLICT (datastream_id, bucket) DO UPDATE SET
        count = excluded.count, sum = excluded.sum, min = excluded.min, max = excluded.max,
        first = excluded.first, last = excluded.last,
        first_time = excluded.first_time, last_time = excluded.last_time
    """


_RECOMPUTE: Final = {level.name: _recompute_sql(level) for level in (HOURS, DAYS)}
_MARK_DAYS: Final = """
INSERT INTO dirty_bucket (level, shard, datastream_ids, buckets, corrected)
SELECT '1d', datastream_id % $4, array_agg(datastream_id), array_agg(day), corrected FROM (
    SELECT datastream_id, local_day(bucket) AS day, bool_or(corrected) AS corrected
    FROM unnest($1::integer[], $2::timestamptz[], $3::boolean[]) AS k (datastream_id, bucket, corrected)
    GROUP BY 1, 2
) AS days GROUP BY datastream_id % $4, corrected
"""
_TELL_LANES: Final = """
INSERT INTO changed_series (lane, level, datastream_ids, buckets, corrected)
SELECT l.name, $1, array_agg(k.datastream_id), array_agg(k.bucket), k.corrected
FROM unnest($2::integer[], $3::timestamptz[], $4::boolean[]) AS k (datastream_id, bucket, corrected)
LEFT JOIN datastream d ON d.id = k.datastream_id
LEFT JOIN observed_property o ON o.id = d.observed_property_id
LEFT JOIN deleted_datastream g ON g.datastream_id = k.datastream_id
JOIN evaluation_lane l ON coalesce(o.key, g.property_key) = ANY(l.properties) OR '*' = ANY(l.properties)
GROUP BY l.name, k.corrected
"""


async def lock_shards(connection: "asyncpg.Connection[Any]") -> list[int]:
    """Lock shards with work that nobody else holds, the oldest work first: all while the queue is short, else one."""
    return [row[0] for row in await connection.fetch(_LOCK_SHARDS, _SHORT_QUEUE)]


async def recompute_shards(connection: "asyncpg.Connection[Any]", shards: Sequence[int], level: Level) -> int:
    """Recompute queued buckets of locked shards, week by week to touch few chunks; returns how many.

    The lanes of indicators that read them are told in the same transaction.
    """
    taken = await connection.fetch(_TAKE, shards, level.name, _TAKEN_ROWS, TAKEN_BUCKETS)
    if not taken:
        return 0
    for _, group in groupby(taken, key=lambda row: row[1].toordinal() // 7):
        week = list(group)
        ids, buckets = [row[0] for row in week], [row[1] for row in week]
        corrected = [row[2] for row in week]
        await connection.execute(_RECOMPUTE[level.name], ids, buckets, buckets[0], buckets[-1])
        if level is HOURS:
            await connection.execute(_MARK_DAYS, ids, buckets, corrected, SHARDS)
        await tell_lanes(connection, level, ids, buckets, corrected)
    return len(taken)


async def tell_lanes(
    connection: "asyncpg.Connection[Any]",
    level: Level,
    ids: Sequence[int],
    buckets: Sequence[datetime],
    corrected: Sequence[bool],
) -> None:
    """Queue buckets that changed for the lanes of indicators that read them, also of datastreams that were deleted."""
    await connection.execute(_TELL_LANES, level.name, ids, buckets, corrected)
