"""What exports read beside the other repositories: whole time series, boundaries, and which subjects lie in an area."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from fansipan_common.db import Database
from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.time_range import TimeRange
from fansipan_gateway.observations.domain.granularity import Granularity

_IDLE_SECONDS: Final = 90.0
"""A client that reads nothing for so long loses its snapshot; the answer itself is given up before."""

_ROLLUP_COLUMNS: Final = "count, sum, min, max, first, last"


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    time: str
    columns: str


_TABLES: Final = {
    Granularity.RAW: _Table("observation", "phenomenon_time", "result, result_json, result_quality"),
    Granularity.MINUTE: _Table("rollup_1m", "bucket", _ROLLUP_COLUMNS),
    Granularity.HOUR: _Table("rollup_1h", "bucket", _ROLLUP_COLUMNS),
    Granularity.DAY: _Table("rollup_1d", "bucket", _ROLLUP_COLUMNS),
}


def _where(table: _Table) -> str:
    return f"""
  FROM {table.name} WHERE datastream_id = $1 AND {table.time} >= $2 AND {table.time} < $3
 ORDER BY {table.time}"""


_SERIES: Final = {
    granularity: f"SELECT (extract(epoch FROM {t.time}) * 1000)::bigint AS ms, {t.columns} {_where(t)}"
    for granularity, t in _TABLES.items()
}
_CUT: Final = {
    granularity: f"SELECT {t.time} AS time {_where(t)} OFFSET $4 LIMIT 1"
    for granularity, t in _TABLES.items()
}
_BOUNDARIES: Final = "SELECT code, boundary::text AS boundary FROM area WHERE code = ANY($1::text[])"
_WITHIN: Final = """
SELECT s.id
  FROM indicator_subject s
  LEFT JOIN provider p ON s.kind = 'thing' AND p.key = split_part(s.key, '/', 1)
  LEFT JOIN thing t ON t.provider_id = p.id AND t.key = substr(s.key, strpos(s.key, '/') + 1)
 WHERE s.id = ANY($1::int[])
   AND coalesce(t.area_code, split_part(s.key, '|', 1)) IN (SELECT code FROM area WHERE code = $2 OR parent_code = $2)
"""


class ExportRepository:
    """Reads for exports.

    Args:
        database: a pool of their own, so that long downloads take no connection from short reads.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def snapshot(self) -> "AbstractAsyncContextManager[asyncpg.Connection[Any]]":
        """A transaction for one export: all of a file is of one state."""
        return self._database.snapshot(idle=_IDLE_SECONDS)

    async def series_cut(
        self, granularity: Granularity, datastream_id: int, time_range: TimeRange, *, at_most: int
    ) -> datetime | None:
        """The time of the first row beyond `at_most`; None when there are not so many."""
        row = await self._database.fetchrow(
            _CUT[granularity], datastream_id, time_range.start, time_range.end, at_most
        )
        return None if row is None else row["time"]

    async def series(
        self,
        connection: "asyncpg.Connection[Any]",
        granularity: Granularity,
        datastream_id: int,
        time_range: TimeRange,
        *,
        batch: int,
    ) -> AsyncGenerator[Sequence[Row]]:
        """Rows by time, `batch` at once.

        Columns of raw rows: `ms, result, result_json, result_quality`; of rollups: `ms, count, sum, min, max, first,
        last`.
        """
        cursor = await connection.cursor(
            _SERIES[granularity], datastream_id, time_range.start, time_range.end
        )
        while rows := await cursor.fetch(batch):
            yield rows

    async def boundaries(self, codes: Sequence[str]) -> dict[str, bytes]:
        """Geometries as GeoJSON, by area code."""
        rows = await self._database.fetch(_BOUNDARIES, list(codes))
        return {row["code"]: row["boundary"].encode() for row in rows}

    async def subjects_within(self, subject_ids: Sequence[int], area: str) -> set[int]:
        """Those of the subjects that are an area, in a commune, or in any commune of a province."""
        rows = await self._database.fetch(_WITHIN, list(subject_ids), area)
        return {row["id"] for row in rows}
