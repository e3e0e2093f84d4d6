"""Time series in the database. Every statement is bounded in time, so that chunks outside the range are not touched.

A page is rendered to JSON by PostgreSQL: its rows never become Python objects, which makes a page of 1,000 rows cost
little more than the bare query.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from fansipan_common.db import Database
from fansipan_gateway.domain.time_range import TimeRange
from fansipan_gateway.observations.domain.granularity import Granularity

_MICROSECOND: Final = timedelta(microseconds=1)
_SEPARATOR: Final = "\x1f"
"""Stands between two rendered rows; JSON text never holds it unescaped."""


def _rfc3339(column: str) -> str:
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""


# Each is the rest of an item behind `{"datastream":"…",`. to_json keeps a number valid JSON even if it overflowed.
_RAW_ITEM: Final = f"""
    '"id":"' || (datastream_id::bigint << 42 | (extract(epoch FROM phenomenon_time) * 1000)::bigint)
    || '","phenomenonTime":"' || {_rfc3339("phenomenon_time")}
    || '","result":' || coalesce(to_json(result)::text, result_json::text)
    || CASE result_quality WHEN 0 THEN ',"resultQuality":"good"}}'
                           WHEN 1 THEN ',"resultQuality":"suspect"}}'
                           WHEN 2 THEN ',"resultQuality":"bad"}}'
                           ELSE ',"resultQuality":null}}' END"""
_ROLLUP_ITEM: Final = f"""
    '"bucket":"' || {_rfc3339("bucket")} || '","count":' || count || ',"sum":' || to_json(sum)::text
    || ',"min":' || min || ',"max":' || max || ',"first":' || first || ',"last":' || last
    || ',"mean":' || to_json(sum / count)::text || '}}'"""


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    time: str
    item: str


_TABLES: Final = {
    Granularity.RAW: _Table("observation", "phenomenon_time", _RAW_ITEM),
    Granularity.MINUTE: _Table("rollup_1m", "bucket", _ROLLUP_ITEM),
    Granularity.HOUR: _Table("rollup_1h", "bucket", _ROLLUP_ITEM),
    Granularity.DAY: _Table("rollup_1d", "bucket", _ROLLUP_ITEM),
}


def _one(table: _Table, columns: str) -> str:
    """One datastream: its chunks are read one after the other, and those behind the limit are left alone."""
    return f"""
SELECT {columns} FROM {table.name}
 WHERE datastream_id = $1 AND {table.time} >= $2 AND {table.time} < $3
 ORDER BY {table.time} LIMIT $4 + 1"""


def _many(table: _Table, columns: str) -> str:
    """Several datastreams: an index scan of each chunk, merged; the order comes from the index."""
    return f"""
SELECT {columns} FROM {table.name}
 WHERE datastream_id = ANY($1::int[]) AND {table.time} >= $2 AND {table.time} < $3
   AND (datastream_id, {table.time}) > ($5::int, $6::timestamptz)
 ORDER BY datastream_id, {table.time} LIMIT $4 + 1"""


def _page(table: _Table, rows: str) -> str:
    return f"""
SELECT datastream_id, count(*) FILTER (WHERE n <= $4) AS count, max({table.time}) FILTER (WHERE n <= $4) AS until,
       max(n) AS last_row, string_agg({table.item}, E'\\x1f' ORDER BY n) FILTER (WHERE n <= $4) AS items
  FROM (SELECT *, row_number() OVER () AS n FROM ({rows}) ordered) numbered
 GROUP BY datastream_id ORDER BY datastream_id"""


_ONE_PAGE: Final = {g: _page(table, _one(table, "*")) for g, table in _TABLES.items()}
_MANY_PAGE: Final = {g: _page(table, _many(table, "*")) for g, table in _TABLES.items()}
_RAW_COLUMNS: Final = "datastream_id, phenomenon_time, result, result_json, result_quality"
_ONE_RAW: Final = _one(_TABLES[Granularity.RAW], _RAW_COLUMNS)
_MANY_RAW: Final = _many(_TABLES[Granularity.RAW], _RAW_COLUMNS)


def _count(table: _Table) -> str:
    return f"""
(SELECT count(*) FROM (
    SELECT FROM {table.name}
     WHERE datastream_id = wanted.id AND {table.time} >= $2 AND {table.time} < $3 LIMIT $4) bounded)"""


_COUNT_RAW: Final = f"""
SELECT max({_count(_TABLES[Granularity.RAW])}) AS rows FROM unnest($1::int[]) AS wanted (id)"""
_COUNT_ROLLUPS: Final = f"""
SELECT max({_count(_TABLES[Granularity.MINUTE])}) AS minutes, max({_count(_TABLES[Granularity.HOUR])}) AS hours
  FROM unnest($1::int[]) AS wanted (id)"""


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the order (datastream, time): behind one row."""

    datastream_id: int
    time: datetime


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """A page as JSON.

    Attributes:
        items: the items, joined by commas, without brackets.
        end: where the page ends, when more follows; else None.
    """

    items: str
    end: Position | None


class ObservationRepository:
    """Reads `observation` and the rollups.

    Args:
        database: where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fetch_page(
        self,
        granularity: Granularity,
        heads: Mapping[int, str],
        time_range: TimeRange,
        *,
        limit: int,
        after: Position | None = None,
    ) -> RenderedPage:
        """At most `limit` items of `granularity` (not auto) behind `after`, in the order (datastream, time).

        A rollup item is in the range when its bucket begins there.

        Args:
            granularity: which table.
            heads: for each datastream id, the beginning of its items: `{"datastream":"…",`.
            time_range: bounds of every statement.
            limit: items at most.
            after: where the page before ended.
        """
        ids, start, behind = _continue(heads, time_range.start, after)
        if not ids:
            return RenderedPage("", None)
        if len(ids) == 1:
            rows = await self._database.fetch(_ONE_PAGE[granularity], ids[0], start, time_range.end, limit)
        else:
            rows = await self._database.fetch(
                _MANY_PAGE[granularity], ids, start, time_range.end, limit, behind.datastream_id, behind.time
            )
        filled = [row for row in rows if row["count"]]
        parts = [
            heads[row["datastream_id"]] + row["items"].replace(_SEPARATOR, "," + heads[row["datastream_id"]])
            for row in filled
        ]
        more = bool(rows) and rows[-1]["last_row"] > limit
        return RenderedPage(
            ",".join(parts), Position(filled[-1]["datastream_id"], filled[-1]["until"]) if more else None
        )

    async def fetch_raw(
        self, datastream_ids: Sequence[int], time_range: TimeRange, *, limit: int
    ) -> "list[asyncpg.Record]":
        """Raw rows in the order (datastream, time), at most `limit` + 1.

        Columns: `datastream_id, phenomenon_time, result, result_json, result_quality`.
        """
        ids, start, behind = _continue(datastream_ids, time_range.start, None)
        if len(ids) == 1:
            return await self._database.fetch(_ONE_RAW, ids[0], start, time_range.end, limit)
        return await self._database.fetch(
            _MANY_RAW, ids, start, time_range.end, limit, behind.datastream_id, behind.time
        )

    async def count_raw(self, datastream_ids: Sequence[int], time_range: TimeRange, *, at_most: int) -> int:
        """Raw rows of the densest datastream; counting stops at `at_most`."""
        row = await self._database.fetchrow(
            _COUNT_RAW, datastream_ids, time_range.start, time_range.end, at_most
        )
        return 0 if row is None else row["rows"]

    async def count_rollups(
        self, datastream_ids: Sequence[int], time_range: TimeRange, *, at_most: int
    ) -> tuple[int, int]:
        """1-minute and 1-hour rollup rows of the densest datastream; counting stops at `at_most`."""
        row = await self._database.fetchrow(
            _COUNT_ROLLUPS, datastream_ids, time_range.start, time_range.end, at_most
        )
        return (0, 0) if row is None else (row["minutes"], row["hours"])


def _continue(
    datastream_ids: "Sequence[int] | Mapping[int, str]", start: datetime, after: Position | None
) -> tuple[list[int], datetime, Position]:
    """Which datastreams are still to be read, from when if it is one, and behind which row if they are several."""
    if after is None:
        return sorted(datastream_ids), start, Position(0, start)
    ids = sorted(i for i in datastream_ids if i >= after.datastream_id)
    if ids == [after.datastream_id]:
        start = max(start, after.time + _MICROSECOND)
    return ids, start, after
