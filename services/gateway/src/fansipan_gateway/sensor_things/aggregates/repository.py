"""Figures per interval, in one statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import asyncpg

from fansipan_gateway.sensor_things.aggregates.domain import Level, Piece
from fansipan_gateway.sensor_things.planner.binding import Binding
from fansipan_gateway.sensor_things.repository import SensorThingsRepository

_FIGURES: Final = """
SELECT part.datastream_id, width_bucket(part.at, {edges}) - 1 AS place,
       sum(part.count)::bigint AS count, sum(part.sum) AS sum, min(part.min) AS min, max(part.max) AS max,
       first(part.first, part.first_time) AS first, last(part.last, part.last_time) AS last
  FROM ({parts}) part GROUP BY 1, 2 ORDER BY 1, 2 LIMIT {limit}"""
# Rollups hold numbers that are not marked bad; so does what is read in their place.
_COUNTED: Final = "{a}.result IS NOT NULL AND {a}.result_quality IS DISTINCT FROM 2"
_RAW: Final = """SELECT {a}.datastream_id, {a}.phenomenon_time AS at, 1 AS count, {a}.result AS sum, {a}.result AS min,
       {a}.result AS max, {a}.result AS first, {a}.result AS last, {a}.phenomenon_time AS first_time,
       {a}.phenomenon_time AS last_time"""
_ROLLUP: Final = """SELECT r.datastream_id, r.bucket AS at, r.count, r.sum, r.min, r.max, r.first, r.last, r.first_time,
       r.last_time FROM {table} r WHERE r.datastream_id = ANY({ids}) AND r.bucket >= {start} AND r.bucket < {end}"""
_PENDING: Final = "SELECT EXISTS (SELECT FROM dirty_bucket d WHERE d.datastream_ids && {ids})"


class AggregateRepository:
    """Computes figures.

    Args:
        things: runs statements.
    """

    def __init__(self, things: SensorThingsRepository) -> None:
        self._things = things

    async def pending(self, datastream_ids: Sequence[int]) -> bool:
        """Whether hours or days of one of them are still to be computed from its minutes."""
        binding = Binding()
        return await self._things.fetch_value(
            _PENDING.format(ids=binding.add(list(datastream_ids), "int[]")), binding
        )

    async def fetch(
        self, datastream_ids: Sequence[int], edges: Sequence[datetime], pieces: Sequence[Piece], limit: int
    ) -> "list[asyncpg.Record]":
        """Rows `datastream_id, place, count, sum, min, max, first, last` in the order of the first two; `place` counts
        intervals from 0. Those without a number are left out.

        Raises:
            TooExpensive, DatabaseAway.
        """
        binding = Binding()
        ids = binding.add(list(datastream_ids), "int[]")
        parts = [self._part(piece, ids, binding) for piece in pieces]
        return await self._things.fetch(_figures(parts, edges, limit, binding), binding)

    async def fetch_filtered(
        self, body: str, alias: str, binding: Binding, edges: Sequence[datetime], limit: int
    ) -> "list[asyncpg.Record]":
        """The same of the observations that a planner's FROM and WHERE give.

        Raises:
            TooExpensive, DatabaseAway; BadQuery: something cannot be computed.
        """
        start, end = (binding.add(edge, "timestamptz") for edge in (edges[0], edges[-1]))
        raw = (
            f"{_RAW.format(a=alias)} {body} AND {_COUNTED.format(a=alias)}"
            f" AND {alias}.phenomenon_time >= {start} AND {alias}.phenomenon_time < {end}"
        )
        return await self._things.fetch(_figures([raw], edges, limit, binding), binding)

    def _part(self, piece: Piece, ids: str, binding: Binding) -> str:
        start, end = (binding.add(moment, "timestamptz") for moment in (piece.start, piece.end))
        if piece.level is not Level.RAW:
            return _ROLLUP.format(table=piece.level.value, ids=ids, start=start, end=end)
        return (
            f"{_RAW.format(a='o')} FROM observation o WHERE o.datastream_id = ANY({ids})"
            f" AND o.phenomenon_time >= {start} AND o.phenomenon_time < {end} AND {_COUNTED.format(a='o')}"
        )


def _figures(parts: Sequence[str], edges: Sequence[datetime], limit: int, binding: Binding) -> str:
    return _FIGURES.format(
        parts=" UNION ALL ".join(parts),
        edges=binding.add(list(edges), "timestamptz[]"),
        limit=binding.add(limit, "bigint"),
    )
