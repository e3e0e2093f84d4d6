"""Whose an entity is, and whether a key with prefixes may touch it. `$2` are the prefixes; NULL: all is touched."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from fansipan_gateway.sensor_things.model.entity import EntitySet

_THING: Final = "($2::text[] IS NULL OR (owner.key || '/' || {t}.key || '/') ^@ ANY($2::text[]))"
_DATASTREAM: Final = "($2::text[] IS NULL OR {d}.key ^@ ANY($2::text[]))"
# What is shared is touched only by who may touch all that its provider has there.
_ALL_THINGS_THERE: Final = f"""NOT EXISTS (SELECT FROM thing_location tl JOIN thing t ON t.id = tl.thing_id
  WHERE tl.location_id = e.id AND t.provider_id = e.provider_id AND NOT {_THING.format(t="t")})"""
_ALL_DATASTREAMS: Final = f"""NOT EXISTS (SELECT FROM datastream d JOIN thing t ON t.id = d.thing_id
  WHERE d.{{column}} = e.id AND t.provider_id = e.provider_id AND NOT {_DATASTREAM.format(d="d")})"""

_OWNERS: Final[Mapping[str, str]] = {
    "Things": f"""
        SELECT owner.id AS provider_id, {_THING.format(t="e")} AS covered
          FROM thing e JOIN provider owner ON owner.id = e.provider_id WHERE e.id = $1""",
    "HistoricalLocations": f"""
        SELECT owner.id AS provider_id, {_THING.format(t="t")} AS covered
          FROM historical_location e JOIN thing t ON t.id = e.thing_id
          JOIN provider owner ON owner.id = t.provider_id WHERE e.id = $1""",
    "Datastreams": f"""
        SELECT t.provider_id, {_DATASTREAM.format(d="e")} AS covered
          FROM datastream e JOIN thing t ON t.id = e.thing_id WHERE e.id = $1""",
    "Locations": f"""
        SELECT e.provider_id, {_ALL_THINGS_THERE} AS covered
          FROM location e LEFT JOIN provider owner ON owner.id = e.provider_id WHERE e.id = $1""",
    "Sensors": f"""
        SELECT e.provider_id, {_ALL_DATASTREAMS.format(column="sensor_id")} AS covered
          FROM sensor e WHERE e.id = $1""",
    "ObservedProperties": f"""
        SELECT e.provider_id, {_ALL_DATASTREAMS.format(column="observed_property_id")} AS covered
          FROM observed_property e WHERE e.id = $1""",
    "FeaturesOfInterest": f"""
        SELECT e.provider_id, {_ALL_THINGS_THERE.replace("e.id", "e.location_id")} AND NOT EXISTS (
                   SELECT FROM datastream_feature named JOIN datastream d ON d.id = named.datastream_id
                    WHERE named.feature_id = e.id AND NOT {_DATASTREAM.format(d="d")}) AS covered
          FROM (SELECT f.id, f.location_id, coalesce(f.provider_id, l.provider_id) AS provider_id
                  FROM feature_of_interest f LEFT JOIN location l ON l.id = f.location_id) e
          LEFT JOIN provider owner ON owner.id = e.provider_id WHERE e.id = $1""",
}


@dataclass(frozen=True, slots=True)
class Owner:
    """The provider that made an entity (None: nobody through this door), and whether the key may touch all of it."""

    provider_id: int | None
    covered: bool


class Owners:
    """Says whose entities are.

    Args:
        connection: inside a transaction.
    """

    def __init__(self, connection: "asyncpg.Connection[Any]") -> None:
        self._connection = connection

    async def of(self, entities: EntitySet, entity_id: int, prefixes: tuple[str, ...]) -> Owner | None:
        """Whose an entity is; None: there is none."""
        row = await self._connection.fetchrow(_OWNERS[entities.name], entity_id, list(prefixes) or None)
        return None if row is None else Owner(row["provider_id"], row["covered"])
