"""The readings behind a figure: datastreams, rollups, corrections, and what is in no rollup."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import asyncpg

from fansipan_common.db import Database
from fansipan_gateway.domain.time_range import TimeRange

COUNTABLE: Final = 3_000_000
"""Raw readings that are looked at one by one for one answer."""

_TABLES: Final = {"1m": "rollup_1m", "1h": "rollup_1h", "1d": "rollup_1d"}
_DATASTREAMS: Final = """
SELECT d.id, d.key, op.key AS property, d.unit_symbol, t.provider_id, t.area_code
  FROM datastream d
  JOIN thing t ON t.id = d.thing_id
  JOIN provider p ON p.id = t.provider_id
  JOIN observed_property op ON op.id = d.observed_property_id
 WHERE p.key = split_part($1, '/', 1) AND t.key = substr($1, strpos($1, '/') + 1)
   AND ('*' = ANY($2::text[]) OR op.key = ANY($2::text[])) AND NOT op.key = ANY($3::text[])
 ORDER BY d.key LIMIT 1000
"""


def _buckets(table: str) -> str:
    return f"""
SELECT r.datastream_id, r.bucket, r.count, r.sum, r.min, r.max, r.first, r.last
  FROM {table} r
 WHERE r.datastream_id = ANY($1::int[]) AND r.bucket >= $2 AND r.bucket < $3
   AND (r.bucket, r.datastream_id) > ($4::timestamptz, $5::int)
 ORDER BY r.bucket, r.datastream_id LIMIT $6"""


_BUCKETS: Final = {level: _buckets(table) for level, table in _TABLES.items()}
_CORRECTIONS: Final = """
SELECT h.id, h.datastream_id, h.phenomenon_time, h.replaced_at, h.result, h.result_json, h.result_quality,
       o.result AS now_result, o.result_json AS now_json, o.result_quality AS now_quality
  FROM observation_history h
  LEFT JOIN observation o ON o.datastream_id = h.datastream_id AND o.phenomenon_time = h.phenomenon_time
       AND o.phenomenon_time >= $2 AND o.phenomenon_time < $3
 WHERE h.datastream_id = ANY($1::int[]) AND h.phenomenon_time >= $2 AND h.phenomenon_time < $3 AND h.id > $4
 ORDER BY h.id LIMIT $5
"""
_COUNTED: Final = """
SELECT coalesce(sum(count), 0)::bigint AS counted FROM rollup_1h
 WHERE datastream_id = ANY($1::int[]) AND bucket >= $2 AND bucket < $3
"""
_EXCLUDED: Final = """
SELECT count(*) FILTER (WHERE result_quality = 2) AS bad,
       count(*) FILTER (WHERE result IS NULL AND result_quality IS DISTINCT FROM 2) AS other
  FROM observation
 WHERE datastream_id = ANY($1::int[]) AND phenomenon_time >= $2 AND phenomenon_time < $3
   AND (result_quality = 2 OR result IS NULL)
"""


class ReadingRepository:
    """Reads rollups, `observation` and `observation_history`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def datastreams(
        self, thing: str, properties: Sequence[str], ignored: Sequence[str]
    ) -> "list[asyncpg.Record]":
        """The datastreams of a thing (by key) that measure some properties (`*`: any), but not those ignored."""
        return await self._database.fetch(_DATASTREAMS, thing, list(properties), list(ignored))

    async def buckets(
        self,
        level: str,
        datastream_ids: Sequence[int],
        window: TimeRange,
        *,
        after: tuple[datetime, int],
        limit: int,
    ) -> "list[asyncpg.Record]":
        """Rollups behind `after` in the order (bucket, datastream)."""
        return await self._database.fetch(
            _BUCKETS[level], list(datastream_ids), window.start, window.end, *after, limit
        )

    async def corrections(
        self, datastream_ids: Sequence[int], window: TimeRange, *, after: int, limit: int
    ) -> "list[asyncpg.Record]":
        """Readings that were replaced, in the order they were, with what stands in their place now."""
        return await self._database.fetch(
            _CORRECTIONS, list(datastream_ids), window.start, window.end, after, limit
        )

    async def excluded(self, datastream_ids: Sequence[int], window: TimeRange) -> "asyncpg.Record | None":
        """Readings that are in no rollup: marked bad, or no number; None when there are too many to look at."""
        ids = list(datastream_ids)
        counted = await self._database.fetchrow(_COUNTED, ids, window.start, window.end)
        if counted is None or counted["counted"] > COUNTABLE:
            return None
        return await self._database.fetchrow(_EXCLUDED, ids, window.start, window.end)
