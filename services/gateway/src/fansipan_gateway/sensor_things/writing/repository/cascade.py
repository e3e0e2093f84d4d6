"""Deleting entities, and those that cannot be without them: table 25 of the standard."""

from typing import Any, Final

import asyncpg

_DATASTREAMS: Final = """
SELECT d.id, t.provider_id, ($2::text[] IS NULL OR d.key ^@ ANY($2::text[])) AS covered
  FROM datastream d JOIN thing t ON t.id = d.thing_id WHERE d.{column} = $1 ORDER BY d.id
"""
_OTHERS_THERE: Final = """
SELECT EXISTS (SELECT FROM thing_location tl JOIN thing t ON t.id = tl.thing_id
                WHERE tl.location_id = $1 AND t.provider_id <> $2)
    OR EXISTS (SELECT FROM historical_location_location hl
                 JOIN historical_location h ON h.id = hl.historical_location_id JOIN thing t ON t.id = h.thing_id
                WHERE hl.location_id = $1 AND t.provider_id <> $2)
"""
_ONLY_HERE: Final = """
SELECT hl.historical_location_id AS id FROM historical_location_location hl
 WHERE hl.location_id = $1 AND NOT EXISTS (
       SELECT FROM historical_location_location other
        WHERE other.historical_location_id = hl.historical_location_id AND other.location_id <> $1)
 ORDER BY 1
"""
# A row that still says which feature past observations have stays; clients no longer see it.
_FORGET: Final = """
DELETE FROM historical_location h WHERE h.id = ANY($1::integer[]) AND h.feature_id IS NULL
   AND NOT EXISTS (SELECT FROM historical_location_location WHERE historical_location_id = h.id)
"""
_NAMED_BY_OTHERS: Final = """
SELECT EXISTS (SELECT FROM datastream_feature named JOIN datastream d ON d.id = named.datastream_id
                 JOIN thing t ON t.id = d.thing_id WHERE named.feature_id = $1 AND t.provider_id <> $2)
    OR EXISTS (SELECT FROM thing_feature standing JOIN thing t ON t.id = standing.thing_id
                 JOIN datastream d ON d.thing_id = t.id WHERE standing.feature_id = $1 AND t.provider_id <> $2)
"""
_OBSERVATIONS: Final = """
SELECT d.id AS datastream_id, (extract(epoch FROM o.phenomenon_time) * 1000)::bigint AS ms,
       ($3::text[] IS NULL OR d.key ^@ ANY($3::text[])) AS covered
  FROM datastream_feature named JOIN datastream d ON d.id = named.datastream_id
  JOIN observation o ON o.datastream_id = d.id
 WHERE named.feature_id = $1 AND o.feature_id = $1
UNION ALL
SELECT d.id, (extract(epoch FROM o.phenomenon_time) * 1000)::bigint,
       ($3::text[] IS NULL OR d.key ^@ ANY($3::text[]))
  FROM thing_feature standing JOIN datastream d ON d.thing_id = standing.thing_id
  JOIN observation o ON o.datastream_id = d.id AND o.phenomenon_time >= standing.since
   AND o.phenomenon_time < standing.until
 WHERE standing.feature_id = $1 AND o.feature_id IS NULL
 LIMIT $2
"""
_RELEASE: Final = "DELETE FROM datastream_feature WHERE feature_id = $1"
_ANOTHER_FEATURE: Final = "INSERT INTO feature_of_interest (location_id) VALUES ($1) RETURNING id"


class Cascade:
    """Deletes.

    Args:
        connection: inside a transaction.
    """

    def __init__(self, connection: "asyncpg.Connection[Any]") -> None:
        self._connection = connection

    async def datastreams_of(
        self, column: str, entity_id: int, prefixes: tuple[str, ...]
    ) -> "list[asyncpg.Record]":
        """Datastreams that go with an entity (`id, provider_id, covered`); `column` refers to it."""
        return await self._connection.fetch(
            _DATASTREAMS.format(column=column), entity_id, list(prefixes) or None
        )

    async def history_of(self, thing_id: int) -> list[int]:
        """Ids of the rows of a thing's history that clients see."""
        rows = await self._connection.fetch(
            "SELECT h.id FROM historical_location h WHERE h.thing_id = $1 AND EXISTS (SELECT FROM"
            " historical_location_location hl WHERE hl.historical_location_id = h.id) ORDER BY h.id",
            thing_id,
        )
        return [row["id"] for row in rows]

    async def things_at(self, location_id: int) -> list[int]:
        """Ids of the things that stand at a location."""
        rows = await self._connection.fetch(
            "SELECT thing_id FROM thing_location WHERE location_id = $1 ORDER BY thing_id", location_id
        )
        return [row["thing_id"] for row in rows]

    async def others_at(self, location_id: int, provider_id: int) -> bool:
        """Whether things of other providers stand, or stood, at a location."""
        return bool(await self._connection.fetchval(_OTHERS_THERE, location_id, provider_id))

    async def others_observe(self, feature_id: int, provider_id: int) -> bool:
        """Whether datastreams of other providers have, or may have, observations of a feature."""
        return bool(await self._connection.fetchval(_NAMED_BY_OTHERS, feature_id, provider_id))

    async def observations_of(
        self, feature_id: int, most: int, prefixes: tuple[str, ...]
    ) -> "list[asyncpg.Record]":
        """Observations of a feature (`datastream_id, ms, covered`), at most so many."""
        return await self._connection.fetch(_OBSERVATIONS, feature_id, most, list(prefixes) or None)

    async def delete_rows(self, table: str, ids: list[int]) -> None:
        """Delete rows, with what the database deletes with them."""
        await self._connection.execute(f"DELETE FROM {table} WHERE id = ANY($1::integer[])", ids)

    async def delete_location(self, location_id: int) -> list[int]:
        """Delete a location; returns ids of the history's rows that clients no longer see."""
        history = [row["id"] for row in await self._connection.fetch(_ONLY_HERE, location_id)]
        await self.delete_rows("location", [location_id])
        await self._connection.execute(_FORGET, history)
        return history

    async def delete_feature(self, feature_id: int) -> int | None:
        """Delete a feature. A location is never without one: returns the id of the new one of its location."""
        await self._connection.execute(_RELEASE, feature_id)
        location_id = await self._connection.fetchval(
            "DELETE FROM feature_of_interest WHERE id = $1 RETURNING location_id", feature_id
        )
        if location_id is None:
            return None
        return await self._connection.fetchval(_ANOTHER_FEATURE, location_id)
