"""Reading rollups for windows of time, many datastreams at once."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import asyncpg

from fansipan_indicators.rollups import Buckets, Rollup

Level = Literal["minutes", "hours", "days"]
Window = tuple[datetime, datetime]
"""From (inside) until (outside)."""

_TABLES: Final[Mapping[Level, str]] = {"minutes": "rollup_1m", "hours": "rollup_1h", "days": "rollup_1d"}
_BATCH: Final = 1000
_SPAN: Final = timedelta(days=92)


# LATERAL, so that each window is one short index scan whatever the planner believes of their number.
def _query(table: str) -> str:
    return f"""
SELECT r.datastream_id, r.bucket, r.count, r.sum, r.min, r.max, r.first, r.last, r.first_time, r.last_time
FROM unnest($1::integer[], $2::timestamptz[], $3::timestamptz[]) AS k (datastream_id, since, until)
CROSS JOIN LATERAL (
    SELECT * FROM {table} f
    WHERE f.datastream_id = k.datastream_id AND f.bucket >= k.since AND f.bucket < k.until
        AND f.bucket >= $4 AND f.bucket < $5
) AS r
"""


_QUERIES: Final = {level: _query(table) for level, table in _TABLES.items()}
_OUTSIDE: Final = """
SELECT k.datastream_id, k.hour, x.count
FROM unnest($1::integer[], $2::timestamptz[], $3::double precision[], $4::double precision[])
         AS k (datastream_id, hour, minimum, maximum)
CROSS JOIN LATERAL (
    SELECT count(*) AS count FROM observation o
    WHERE o.datastream_id = k.datastream_id AND o.phenomenon_time >= k.hour
        AND o.phenomenon_time < k.hour + interval '1 hour' AND o.phenomenon_time >= $5
        AND o.phenomenon_time < $6::timestamptz + interval '1 hour'
        AND o.result_quality IS DISTINCT FROM 2 AND (o.result < k.minimum OR o.result > k.maximum)
) AS x
"""


def merged(windows: Iterable[Window]) -> list[Window]:
    """The same time as few windows that do not overlap."""
    result: list[Window] = []
    for since, until in sorted(windows):
        if result and since <= result[-1][1]:
            result[-1] = (result[-1][0], max(until, result[-1][1]))
        else:
            result.append((since, until))
    return result


async def fetch_rollups(
    connection: "asyncpg.Connection[Any]", level: Level, windows: Mapping[int, Iterable[Window]]
) -> dict[int, Buckets]:
    """Rollups of each datastream in its windows."""
    rows = sorted(
        ((datastream_id, *window) for datastream_id, many in windows.items() for window in merged(many)),
        key=lambda row: (row[1], row[0]),
    )
    found: dict[int, dict[datetime, Rollup]] = {}
    start = 0
    while start < len(rows):
        # windows that lie near each other, so that a query plans few chunks
        end = start + 1
        while end < len(rows) and end - start < _BATCH and rows[end][1] - rows[start][1] < _SPAN:
            end += 1
        batch = rows[start:end]
        fetched = await connection.fetch(
            _QUERIES[level],
            [row[0] for row in batch],
            [row[1] for row in batch],
            [row[2] for row in batch],
            batch[0][1],
            max(row[2] for row in batch),
        )
        for row in fetched:
            found.setdefault(row[0], {})[row[1]] = Rollup(
                row[2], row[3], row[4], row[5], row[6], row[7], row[8], row[9]
            )
        start = end
    return {datastream_id: Buckets(buckets) for datastream_id, buckets in found.items()}


async def count_outside(
    connection: "asyncpg.Connection[Any]", hours: list[tuple[int, datetime, float, float]]
) -> dict[int, dict[datetime, int]]:
    """Readings below the minimum or above the maximum, by datastream and hour: (datastream, hour, minimum, maximum)."""
    if not hours:
        return {}
    ordered = sorted(hours, key=lambda row: row[1])
    found: dict[int, dict[datetime, int]] = {}
    for start in range(0, len(ordered), _BATCH):
        batch = ordered[start : start + _BATCH]
        columns = [list(column) for column in zip(*batch, strict=True)]
        for row in await connection.fetch(_OUTSIDE, *columns, batch[0][1], batch[-1][1]):
            found.setdefault(row[0], {})[row[1]] = row[2]
    return found


async def first_days(
    connection: "asyncpg.Connection[Any]", datastream_ids: Iterable[int]
) -> dict[int, datetime]:
    """The first local day with a counted reading, of each datastream that has one."""
    wanted = list(datastream_ids)
    if not wanted:
        return {}
    rows = await connection.fetch(
        """
        SELECT k.id, x.bucket FROM unnest($1::integer[]) AS k (id)
        CROSS JOIN LATERAL (
            SELECT bucket FROM rollup_1d r WHERE r.datastream_id = k.id ORDER BY bucket LIMIT 1
        ) AS x
        """,
        wanted,
    )
    return {row[0]: row[1] for row in rows}
