"""What deleted datastreams leave behind, taken away in pieces."""

from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg

from fansipan_analytics.domain.rollup import SHARDS
from fansipan_analytics.repository.cascade import DAYS, HOURS, tell_lanes

_LATER: Final = (timedelta(minutes=10), timedelta(days=1))
"""When it is swept again: what was under way may be stored after the deletion, by a store that had not heard of it."""

_DUE: Final = """
SELECT datastream_id, passes FROM deleted_datastream WHERE due_at <= now() ORDER BY due_at, datastream_id LIMIT 1
FOR UPDATE SKIP LOCKED
"""
# While the shard is owned no hours and days are computed from minutes that are being taken away.
_OWN_SHARD: Final = "SELECT FROM dirty_shard WHERE shard = $1 FOR UPDATE"
_SERIES: Final = (
    ("observation", "phenomenon_time"),
    ("rollup_1m", "bucket"),
    ("rollup_1h", "bucket"),
    ("rollup_1d", "bucket"),
)


def _place(offset: str) -> str:
    """The times of the row at an offset in each table of the time series."""
    return ", ".join(
        f"(SELECT {time} FROM {table} WHERE datastream_id = $1 ORDER BY {time} LIMIT 1 OFFSET {offset})"
        for table, time in _SERIES
    )


# Whole local days, so that no day is told of twice.
_PIECE: Final = f"""
SELECT local_day(least({_place("0")})) AS since,
       coalesce(
           date_add(local_day(least({_place("$2::integer")})), interval '1 day', 'Asia/Ho_Chi_Minh'), '2300-01-01'
       ) AS until
"""
_DELETE: Final = {
    table: f"DELETE FROM {table} WHERE datastream_id = $1 AND {time} >= $2 AND {time} < $3"
    for table, time in _SERIES
}


async def due(connection: "asyncpg.Connection[Any]") -> tuple[int, int] | None:
    """A deleted datastream that is to be swept now, and how often it was; locked until the transaction ends."""
    row = await connection.fetchrow(_DUE)
    return None if row is None else (row[0], row[1])


async def own_shard(connection: "asyncpg.Connection[Any]", datastream_id: int) -> None:
    """Keep the cascade away from the datastream until the transaction ends."""
    await connection.execute(_OWN_SHARD, datastream_id % SHARDS)


async def sweep_series(connection: "asyncpg.Connection[Any]", datastream_id: int, most: int) -> int | None:
    """Delete the oldest days of a time series with their rollups, and tell the indicators that read them.

    Returns:
        How many observations that were, about `most` (a day at least); None when nothing was left.
    """
    piece = await connection.fetchrow(_PIECE, datastream_id, most)
    if piece is None or piece["since"] is None:
        return None
    span: tuple[int, datetime, datetime] = (datastream_id, piece["since"], piece["until"])
    tag = await connection.execute(_DELETE["observation"], *span)
    await connection.execute(_DELETE["rollup_1m"], *span)
    for level in (HOURS, DAYS):
        rows = await connection.fetch(_DELETE[level.table] + " RETURNING bucket", *span)
        if rows:
            size = len(rows)
            await tell_lanes(
                connection, level, [datastream_id] * size, [row[0] for row in rows], [True] * size
            )
    return int(tag.rpartition(" ")[2])


async def sweep_rest(connection: "asyncpg.Connection[Any]", datastream_id: int, most: int) -> int:
    """Delete the latest value, and of the history at most so many rows; returns how many of these."""
    await connection.execute("DELETE FROM latest_observation WHERE datastream_id = $1", datastream_id)
    return await connection.fetchval("SELECT sweep_history($1, $2)", datastream_id, most)


async def swept(connection: "asyncpg.Connection[Any]", datastream_id: int, passes: int) -> None:
    """Note that nothing was left. What remains is the id: rows that still come for it are known to be late."""
    await connection.execute(
        "UPDATE deleted_datastream SET passes = passes + 1,"
        " due_at = CASE WHEN $2::interval IS NULL THEN 'infinity' ELSE now() + $2 END WHERE datastream_id = $1",
        datastream_id,
        _LATER[passes] if passes < len(_LATER) else None,
    )
