"""Latest values in the database: one small row a datastream, no chunk is touched."""

from collections.abc import Sequence
from typing import Final

import asyncpg

from fansipan_common.db import Database
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.things.domain import ThingReference

_COLUMNS: Final = "l.datastream_id, l.phenomenon_time, l.result, l.result_json, l.result_quality, l.stored_at"
_BY_ID: Final = f"""
SELECT {_COLUMNS} FROM latest_observation l
 WHERE l.datastream_id = ANY($1::int[]) AND l.datastream_id > $2
 ORDER BY l.datastream_id LIMIT $3
"""
_BY_PLACE: Final = f"""
SELECT {_COLUMNS}, d.key
  FROM latest_observation l
  JOIN datastream d ON d.id = l.datastream_id
  JOIN thing t ON t.id = d.thing_id
  JOIN provider p ON p.id = t.provider_id
 WHERE ($1::int IS NULL OR p.id = $1) AND ($2::text[] IS NULL OR d.key ^@ ANY($2))
   AND ($3::text[] IS NULL OR t.area_code = ANY($3))
   AND l.datastream_id > $4
   AND ($5::int IS NULL OR t.id = $5)
   AND ($6::text IS NULL OR (p.key = split_part($6, '/', 1) AND t.key = substr($6, strpos($6, '/') + 1)))
   AND ($7::text IS NULL OR t.area_code = $7 OR t.area_code IN (SELECT code FROM area WHERE parent_code = $7))
 ORDER BY l.datastream_id LIMIT $8
"""


class LatestRepository:
    """Reads `latest_observation`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fetch_by_id(
        self, datastream_ids: Sequence[int], *, after: int, limit: int
    ) -> "list[asyncpg.Record]":
        """Latest values of some datastreams with an id above `after`, in the order of ids; none for an empty one.

        Columns: `datastream_id, phenomenon_time, result, result_json, result_quality, stored_at`.
        """
        return await self._database.fetch(_BY_ID, datastream_ids, after, limit)

    async def fetch_by_place(
        self, area: str | None, thing: ThingReference, visibility: Visibility, *, after: int, limit: int
    ) -> "list[asyncpg.Record]":
        """Latest values in an area or of a thing; the columns of `fetch_by_id`, then `key`."""
        return await self._database.fetch(
            _BY_PLACE,
            visibility.provider_id,
            visibility.prefix_list,
            visibility.area_list,
            after,
            thing.id,
            thing.key,
            area,
            limit,
        )
