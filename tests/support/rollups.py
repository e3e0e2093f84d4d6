"""What must hold of stored observations: rollups equal the same aggregates computed from raw."""

import asyncio
import time
from typing import Any

import asyncpg

_BUCKETS = {
    "rollup_1m": "date_trunc('minute', phenomenon_time)",
    "rollup_1h": "date_trunc('hour', phenomenon_time, 'Asia/Ho_Chi_Minh')",
    "rollup_1d": "date_trunc('day', phenomenon_time, 'Asia/Ho_Chi_Minh')",
}
_DIFFERENCES = """
WITH expected AS (
    SELECT datastream_id, {bucket} AS bucket, count(*) AS count, sum(result) AS sum, min(result) AS min,
           max(result) AS max, (array_agg(result ORDER BY phenomenon_time))[1] AS first,
           (array_agg(result ORDER BY phenomenon_time DESC))[1] AS last,
           min(phenomenon_time) AS first_time, max(phenomenon_time) AS last_time,
           sum(abs(result)) AS magnitude
    FROM observation WHERE result IS NOT NULL AND result_quality IS DISTINCT FROM 2 GROUP BY 1, 2
)
SELECT datastream_id, bucket, r::text AS stored, e::text AS expected
FROM {table} r FULL JOIN expected e USING (datastream_id, bucket)
WHERE (r.count, r.min, r.max, r.first, r.last, r.first_time, r.last_time)
          IS DISTINCT FROM (e.count, e.min, e.max, e.first, e.last, e.first_time, e.last_time)
   OR abs(r.sum - e.sum) > 1e-9 * e.magnitude
LIMIT 5
"""
_LATEST = """
WITH newest AS (
    SELECT DISTINCT ON (datastream_id) datastream_id, phenomenon_time, result, result_json, result_quality
    FROM observation ORDER BY datastream_id, phenomenon_time DESC
)
SELECT datastream_id, l::text AS stored, n::text AS expected
FROM latest_observation l FULL JOIN newest n USING (datastream_id)
WHERE (l.phenomenon_time, l.result, l.result_json, l.result_quality)
    IS DISTINCT FROM (n.phenomenon_time, n.result, n.result_json, n.result_quality)
LIMIT 5
"""


async def assert_rollups_equal_raw(connection: "asyncpg.Connection[Any]") -> None:
    """Every rollup row equals the aggregate of raw: counts, extremes, ends and times exactly, sums to 1e-9.

    Waits at most 30 s for dirty buckets to be worked off. Days are those of Asia/Ho_Chi_Minh; bad quality and results
    that are no number do not count. Latest values equal the newest raw ones.
    """
    await wait_for_cascade(connection)
    for table, bucket in _BUCKETS.items():
        differences = await connection.fetch(_DIFFERENCES.format(table=table, bucket=bucket))
        assert not differences, f"{table} differs from raw: {differences}"
    differences = await connection.fetch(_LATEST)
    assert not differences, f"latest_observation differs from raw: {differences}"


async def wait_for_cascade(connection: "asyncpg.Connection[Any]", timeout: float = 30.0) -> None:
    """Wait until no bucket is dirty."""
    until = time.monotonic() + timeout
    while waiting := await connection.fetchval("SELECT count(*) FROM dirty_bucket"):
        assert time.monotonic() < until, f"{waiting} rows of dirty buckets are left after {timeout} s"
        await asyncio.sleep(0.1)
