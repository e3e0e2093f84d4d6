"""Areas in the database."""

from datetime import date
from decimal import Decimal
from typing import Final

import asyncpg

from fansipan_common.db import Database

_COMMUNE: Final = """
SELECT a.code, a.parent_code, a.name, a.name_en, a.full_name, a.full_name_en, a.unit_type, a.area_km2, a.label_lon,
       a.label_lat, a.bbox,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'code', s.old_code, 'name', s.old_name, 'district', s.old_district, 'province', s.old_province,
                   'relation', s.relation, 'validUntil', s.valid_until) ORDER BY s.valid_until, s.old_code), '[]')
          FROM area_succession s WHERE s.new_code = a.code) AS predecessors,
       CASE WHEN $1 THEN a.boundary END AS boundary
  FROM area a
"""
_IN_FORCE: Final = (
    _COMMUNE
    + """
 WHERE a.parent_code IS NOT NULL AND ($2::text IS NULL OR a.parent_code = $2)
   AND a.valid_from <= $3 AND (a.valid_to IS NULL OR a.valid_to > $3)
 ORDER BY a.code
"""
)
_AT: Final = (
    _COMMUNE
    + """
 WHERE a.code = area_at($2, $3)
"""
)
# A unit that the table area still has, closed on the day of the change, is among those in force before it.
_FORMER: Final = """
SELECT s.old_code AS code, s.old_name AS full_name, s.old_district AS district, s.old_province AS province,
       s.valid_until,
       jsonb_agg(jsonb_build_object('code', a.code, 'name', a.full_name, 'relation', s.relation) ORDER BY a.code)
           AS successors
  FROM area_succession s JOIN area a ON a.code = s.new_code
 WHERE s.valid_until = (SELECT min(next.valid_until) FROM area_succession next
                         WHERE next.old_code = s.old_code AND next.valid_until > $2)
   AND NOT EXISTS (SELECT FROM area kept WHERE kept.code = s.old_code AND kept.valid_to = s.valid_until)
 GROUP BY s.old_code, s.old_name, s.old_district, s.old_province, s.valid_until
HAVING $1::text IS NULL OR bool_or(a.parent_code = $1)
 ORDER BY s.old_code
"""


class AreaRepository:
    """Reads `area` and `area_succession`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fetch_communes(
        self, parent: str | None, day: date, *, geometry: bool
    ) -> "list[asyncpg.Record]":
        """The communes in force on `day`, of a province or of all, by code; `boundary` is None without `geometry`."""
        return await self._database.fetch(_IN_FORCE, geometry, parent, day)

    async def fetch_former(self, parent: str | None, day: date) -> "list[asyncpg.Record]":
        """The units of `day` that were merged since, by code: of all, or those whose ground lies in a province now."""
        return await self._database.fetch(_FORMER, parent, day)

    async def fetch_at(
        self, longitude: Decimal, latitude: Decimal, *, geometry: bool
    ) -> "asyncpg.Record | None":
        """The commune in force today that holds a point (degrees, WGS 84); None outside of all."""
        return await self._database.fetchrow(_AT, geometry, longitude, latitude)
