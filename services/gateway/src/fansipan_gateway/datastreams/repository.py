"""Datastreams in the database, each with its thing, observed property and latest value."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from fansipan_common.db import Database
from fansipan_gateway.datastreams.domain import DatastreamEntry
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.things.domain import ThingReference

_SELECT: Final = """
SELECT d.id, d.key, d.name, d.description, d.properties, d.observation_type,
       d.unit_name, d.unit_symbol, d.unit_definition,
       op.id AS property_id, op.key AS property_key, op.name AS property_name,
       op.definition AS property_definition, op.description AS property_description,
       t.id AS thing_id, p.key || '/' || t.key AS thing_key, t.name AS thing_name,
       t.properties AS thing_properties, t.area_code, place.longitude, place.latitude,
       latest.phenomenon_time, latest.result, latest.result_json, latest.result_quality
  FROM datastream d
  JOIN thing t ON t.id = d.thing_id
  JOIN provider p ON p.id = t.provider_id
  JOIN observed_property op ON op.id = d.observed_property_id
  LEFT JOIN latest_observation latest ON latest.datastream_id = d.id
  LEFT JOIN LATERAL (
       SELECT l.longitude, l.latitude
         FROM thing_location tl JOIN location l ON l.id = tl.location_id
        WHERE tl.thing_id = t.id AND l.longitude IS NOT NULL
        ORDER BY l.id LIMIT 1) place ON true
 WHERE ($1::int IS NULL OR p.id = $1) AND ($2::text[] IS NULL OR d.key ^@ ANY($2))
   AND ($3::text[] IS NULL OR t.area_code = ANY($3))
"""
_LIST: Final = (
    _SELECT
    + """
   AND d.id > $4
   AND ($5::int IS NULL OR t.id = $5)
   AND ($6::text IS NULL OR (p.key = split_part($6, '/', 1) AND t.key = substr($6, strpos($6, '/') + 1)))
   AND ($7::text IS NULL OR op.key = $7 OR op.id::text = $7)
   AND ($8::text IS NULL OR t.area_code = $8 OR t.area_code IN (SELECT code FROM area WHERE parent_code = $8))
   AND ($9::text IS NULL OR d.folded LIKE $9 OR d.key ILIKE $9 OR t.folded LIKE $9 OR op.folded LIKE $9)
 ORDER BY d.id LIMIT $10
"""
)
_FIND: Final = _SELECT + " AND ($4::int IS NULL OR d.id = $4) AND ($5::text IS NULL OR d.key = $5)"
_ENTRIES: Final = """
SELECT d.id, d.key, t.provider_id, t.area_code
  FROM datastream d JOIN thing t ON t.id = d.thing_id
 WHERE d.id = ANY($1::int[]) OR d.key = ANY($2::text[])
"""


@dataclass(frozen=True, slots=True)
class DatastreamFilter:
    """Which datastreams; None restricts nothing.

    Attributes:
        thing: of this thing.
        observed_property: of the observed property with this key or id.
        area: on things in this commune, or in any commune of this province.
        like: a pattern for folded names and descriptions, and the key.
    """

    thing: ThingReference | None = None
    observed_property: str | None = None
    area: str | None = None
    like: str | None = None


class DatastreamRepository:
    """Reads `datastream`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fetch(
        self, wanted: DatastreamFilter, visibility: Visibility, *, after: int, limit: int
    ) -> "list[asyncpg.Record]":
        """Datastreams with an id above `after`, in the order of ids."""
        thing = wanted.thing or ThingReference()
        return await self._database.fetch(
            _LIST,
            visibility.provider_id,
            visibility.prefix_list,
            visibility.area_list,
            after,
            thing.id,
            thing.key,
            wanted.observed_property,
            wanted.area,
            wanted.like,
            limit,
        )

    async def find(self, reference: int | str, visibility: Visibility) -> "asyncpg.Record | None":
        """One datastream by id or key, or None."""
        by_id, by_key = (reference, None) if isinstance(reference, int) else (None, reference)
        return await self._database.fetchrow(
            _FIND, visibility.provider_id, visibility.prefix_list, visibility.area_list, by_id, by_key
        )

    async def find_entries(self, references: Sequence[int | str]) -> list[DatastreamEntry]:
        """Names of those of the ids and keys that exist."""
        rows = await self._database.fetch(
            _ENTRIES,
            [r for r in references if isinstance(r, int)],
            [r for r in references if isinstance(r, str)],
        )
        return [DatastreamEntry(row["id"], row["key"], row["provider_id"], row["area_code"]) for row in rows]
