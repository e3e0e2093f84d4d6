"""What waits to be evaluated. Rows are taken with DELETE: they are gone when the transaction that used them commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg

from fansipan_analytics.indicators.series_keys import ChangedBucket
from fansipan_indicators.periods import Period, PeriodKind, period_at

_TAKEN_ROWS: Final = 500
_LOOKED_THROUGH: Final = 100_000

# The newest data first: a load of history must not delay what is live. It also brings together what was measured at the
# same time, which is read and combined together. A busy bucket is queued many times over: as many rows are taken as
# can be looked through, and what differs is evaluated up to the limit; the rest goes back.
_TAKE_SERIES: Final = """
WITH queued AS (
    SELECT id, cardinality(datastream_ids) AS size,
           row_number() OVER (ORDER BY buckets[cardinality(buckets)] DESC, id) AS place
    FROM changed_series WHERE lane = $1 ORDER BY place LIMIT $2
), taken AS (
    DELETE FROM changed_series WHERE id IN (
        SELECT id FROM (SELECT id, size, sum(size) OVER (ORDER BY place) AS upto FROM queued) AS q
        WHERE upto - size < $3
    ) RETURNING level, datastream_ids, buckets, corrected
), distinct_buckets AS (
    SELECT t.level, x.datastream_id, x.bucket, bool_or(t.corrected) AS corrected
    FROM taken t, unnest(t.datastream_ids, t.buckets) AS x (datastream_id, bucket)
    GROUP BY 1, 2, 3
), placed AS MATERIALIZED (
    SELECT *, row_number() OVER (ORDER BY bucket DESC, datastream_id) AS place FROM distinct_buckets
), put_back AS (
    INSERT INTO changed_series (lane, level, datastream_ids, buckets, corrected)
    SELECT $1, level, array_agg(datastream_id ORDER BY place DESC), array_agg(bucket ORDER BY place DESC), corrected
    FROM placed WHERE place > $4 GROUP BY level, corrected, place / 1000
)
SELECT level, datastream_id, bucket, corrected,
    (SELECT max(place) FROM placed) > $4 OR (SELECT count(*) FROM queued) >= $2 AS more
FROM placed WHERE place <= $4
"""
# in groups, so that few are taken at a time
_ENQUEUE_HOURS: Final = """
INSERT INTO changed_series (lane, level, datastream_ids, buckets, corrected)
SELECT $1, '1h', array_agg(d.id ORDER BY h.start, d.id), array_agg(h.start ORDER BY h.start, d.id), false
FROM (
    SELECT id, row_number() OVER (ORDER BY id) / 100 AS part
    FROM (SELECT DISTINCT ON (thing_id) id FROM datastream ORDER BY thing_id, id) AS one
) AS d CROSS JOIN unnest($2::timestamptz[]) AS h (start) GROUP BY d.part
"""
_TAKE_STALE: Final = """
WITH queued AS (
    SELECT id, cardinality(subject_ids) AS size FROM stale_value WHERE lane = $1 ORDER BY id LIMIT $2
), taken AS (
    DELETE FROM stale_value WHERE id IN (
        SELECT id FROM (SELECT id, size, sum(size) OVER (ORDER BY id) AS upto FROM queued) AS q WHERE upto - size < $3
    ) RETURNING definition_id, subject_ids, periods, starts, reasons
)
SELECT t.definition_id, x.subject_id, x.period, x.start, min(x.reason) AS reason  -- a correction comes first
FROM taken t, unnest(t.subject_ids, t.periods, t.starts, t.reasons) AS x (subject_id, period, start, reason)
GROUP BY 1, 2, 3, 4
"""


async def enqueue_running_hours(connection: "asyncpg.Connection[Any]", lane: str, now: datetime) -> None:
    """Queue the running hour and the one before, of a datastream of every thing, as if they had changed."""
    hour = period_at(PeriodKind.HOUR, now).start
    await connection.execute(_ENQUEUE_HOURS, lane, [hour, hour - timedelta(hours=1)])


async def take_series(
    connection: "asyncpg.Connection[Any]", lane: str, limit: int
) -> tuple[list[ChangedBucket], bool]:
    """Changed rollup buckets of a lane, the newest first, at most `limit`; and whether there may be more."""
    rows = await connection.fetch(_TAKE_SERIES, lane, _TAKEN_ROWS, _LOOKED_THROUGH, limit)
    return [ChangedBucket(row[0], row[1], row[2], row[3]) for row in rows], bool(rows) and rows[0]["more"]


@dataclass(frozen=True, slots=True)
class StaleFigure:
    """A figure of a composite that has to be computed again, and why its component changed."""

    definition_id: int
    subject_id: int
    period: Period
    reason: str


async def take_stale(connection: "asyncpg.Connection[Any]", lane: str, limit: int) -> list[StaleFigure]:
    """Figures of composites to compute again, the oldest first, about `limit` of them."""
    rows = await connection.fetch(_TAKE_STALE, lane, _TAKEN_ROWS, limit)
    return [StaleFigure(row[0], row[1], Period(PeriodKind(row[2]), row[3]), row[4]) for row in rows]


@dataclass(frozen=True, slots=True)
class PieceOfPast:
    """Rollup buckets that a new or changed definition has yet to be evaluated for."""

    definition_id: int
    buckets: Sequence[ChangedBucket]


async def take_piece_of_past(
    connection: "asyncpg.Connection[Any]", lane: str, definition_ids: Sequence[int], span: timedelta
) -> PieceOfPast | None:
    """The next piece of the past of a definition over readings; None when none waits.

    A piece is `span` long and begins at the first bucket that is left, so that years without data cost nothing.
    """
    waiting = await connection.fetchrow(
        """
        SELECT s.definition_id, s.next_from, s.until, l.properties
        FROM stale_definition s JOIN indicator_definition d ON d.id = s.definition_id
        JOIN evaluation_lane l ON l.name = d.lane
        WHERE d.lane = $1 AND s.definition_id = ANY($2) ORDER BY s.definition_id LIMIT 1
        """,
        lane,
        list(definition_ids),
    )
    if waiting is None:
        return None
    wanted = await connection.fetch(
        """
        SELECT d.id FROM datastream d JOIN observed_property o ON o.id = d.observed_property_id
        WHERE o.key = ANY($1) OR '*' = ANY($1)
        """,
        waiting["properties"],
    )
    ids = [row[0] for row in wanted]
    first = await connection.fetchval(
        """
        SELECT min(x.bucket) FROM unnest($1::integer[]) AS k (id) CROSS JOIN LATERAL (
            SELECT bucket FROM rollup_1h r WHERE r.datastream_id = k.id AND r.bucket >= $2 ORDER BY bucket LIMIT 1
        ) AS x
        """,
        ids,
        waiting["next_from"],
    )
    if first is None or first >= waiting["until"]:
        await connection.execute(
            "DELETE FROM stale_definition WHERE definition_id = $1", waiting["definition_id"]
        )
        return PieceOfPast(waiting["definition_id"], [])
    end: datetime = min(first + span, waiting["until"])
    buckets = [
        ChangedBucket(level, row[0], row[1], corrected=False)
        for level, table in (("1h", "rollup_1h"), ("1d", "rollup_1d"))
        for row in await connection.fetch(
            f"SELECT datastream_id, bucket FROM {table}"
            f" WHERE datastream_id = ANY($1) AND bucket >= local_day($2) AND bucket < $3",
            ids,
            first,
            end,
        )
    ]
    await connection.execute(
        "UPDATE stale_definition SET next_from = $2 WHERE definition_id = $1", waiting["definition_id"], end
    )
    return PieceOfPast(waiting["definition_id"], buckets)


async def definitions_changed(connection: "asyncpg.Connection[Any]", definition_ids: Sequence[int]) -> bool:
    """Whether some of the definitions are new or changed since the last call."""
    gone = await connection.fetch(
        "DELETE FROM stale_definition WHERE definition_id = ANY($1) RETURNING definition_id",
        list(definition_ids),
    )
    return bool(gone)
