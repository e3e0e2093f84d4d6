"""Areas in the database."""

from typing import Final

import asyncpg

from fansipan_common.db import Database

_COMMUNES: Final = """
SELECT code, parent_code, name, name_en, full_name, full_name_en, unit_type, area_km2, label_lon, label_lat, bbox,
       CASE WHEN $2 THEN boundary END AS boundary
  FROM area
 WHERE parent_code IS NOT NULL AND ($1::text IS NULL OR parent_code = $1)
   AND valid_from <= now() AND (valid_to IS NULL OR valid_to > now())
 ORDER BY code
"""


class AreaRepository:
    """Reads `area`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fetch_communes(self, parent: str | None, *, geometry: bool) -> "list[asyncpg.Record]":
        """The communes in force today, of a province or of all, by code; `boundary` is None without `geometry`."""
        return await self._database.fetch(_COMMUNES, parent, geometry)
