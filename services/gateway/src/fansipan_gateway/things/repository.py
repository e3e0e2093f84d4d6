"""Things in the database."""

from dataclasses import dataclass
from typing import Final

import asyncpg

from fansipan_common.db import Database
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.things.domain import ThingReference

_SELECT: Final = """
SELECT t.id, p.key || '/' || t.key AS key, t.name, t.description, t.properties, t.area_code,
       place.longitude, place.latitude,
       (SELECT count(*) FROM datastream d WHERE d.thing_id = t.id AND ($2::text[] IS NULL OR d.key ^@ ANY($2)))
           AS datastream_count,
       (SELECT max(latest.phenomenon_time)
          FROM datastream d JOIN latest_observation latest ON latest.datastream_id = d.id
         WHERE d.thing_id = t.id AND ($2::text[] IS NULL OR d.key ^@ ANY($2))) AS last_observed_at
  FROM thing t
  JOIN provider p ON p.id = t.provider_id
  LEFT JOIN LATERAL (
       SELECT l.longitude, l.latitude
         FROM thing_location tl JOIN location l ON l.id = tl.location_id
        WHERE tl.thing_id = t.id AND l.longitude IS NOT NULL
        ORDER BY l.id LIMIT 1) place ON true
 WHERE ($1::int IS NULL OR p.id = $1)
   AND ($2::text[] IS NULL OR EXISTS (SELECT FROM datastream d WHERE d.thing_id = t.id AND d.key ^@ ANY($2)))
   AND ($3::text[] IS NULL OR t.area_code = ANY($3))
"""
_LIST: Final = (
    _SELECT
    + """
   AND t.id > $4
   AND ($5::text IS NULL OR t.area_code = $5 OR t.area_code IN (SELECT code FROM area WHERE parent_code = $5))
   AND ($6::text IS NULL OR t.folded LIKE $6 OR p.key || '/' || t.key ILIKE $6)
 ORDER BY t.id LIMIT $7
"""
)
_FIND: Final = (
    _SELECT
    + """
   AND ($4::int IS NULL OR t.id = $4)
   AND ($5::text IS NULL OR (p.key = split_part($5, '/', 1) AND t.key = substr($5, strpos($5, '/') + 1)))
"""
)


@dataclass(frozen=True, slots=True)
class ThingFilter:
    """Which things; None restricts nothing. `area` is a commune or a province, `like` a pattern for folded texts."""

    area: str | None = None
    like: str | None = None


class ThingRepository:
    """Reads `thing` with its place."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fetch(
        self, wanted: ThingFilter, visibility: Visibility, *, after: int, limit: int
    ) -> "list[asyncpg.Record]":
        """Things with an id above `after`, in the order of ids."""
        return await self._database.fetch(
            _LIST, *_arguments(visibility), after, wanted.area, wanted.like, limit
        )

    async def find(self, reference: ThingReference, visibility: Visibility) -> "asyncpg.Record | None":
        """One thing, or None."""
        return await self._database.fetchrow(_FIND, *_arguments(visibility), reference.id, reference.key)


def _arguments(visibility: Visibility) -> tuple[int | None, list[str] | None, list[str] | None]:
    return visibility.provider_id, visibility.prefix_list, visibility.area_list
