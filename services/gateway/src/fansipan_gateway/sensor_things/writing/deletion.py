"""Deleting an entity, with those that cannot be without it (table 25 of the standard)."""

from typing import Final

from fansipan_common.contracts.identity import observation_id
from fansipan_gateway.sensor_things.model.entity import EntitySet
from fansipan_gateway.sensor_things.writing.changes import Changes, What
from fansipan_gateway.sensor_things.writing.faults import InUse, NotYours
from fansipan_gateway.sensor_things.writing.forms import FORMS
from fansipan_gateway.sensor_things.writing.relations import COLUMN_OF
from fansipan_gateway.sensor_things.writing.repository import WritingSession

MAX_OBSERVATIONS: Final = 1_000
"""So many observations are deleted with their feature of interest; with their datastream, any number."""


class Deleter:
    """Deletes entities that their author may touch.

    Args:
        session: the transaction.
        changes: collects what changes.
    """

    def __init__(self, session: WritingSession, changes: Changes) -> None:
        self._cascade = session.cascade
        self._writer = session.author.writer
        self._changes = changes
        self._deletes = {
            "Things": self._thing,
            "Locations": self._location,
            "Sensors": self._shared,
            "ObservedProperties": self._shared,
            "FeaturesOfInterest": self._feature,
        }

    async def delete(self, entities: EntitySet, entity_id: int) -> None:
        """Delete one.

        Raises:
            InUse: entities of others would go with it.
            NotYours: datastreams that the key may not touch would go with it.
        """
        if (delete := self._deletes.get(entities.name)) is not None:
            await delete(entities, entity_id)
        else:
            await self._cascade.delete_rows(FORMS[entities.name].table, [entity_id])
        self._changes.add(entities.name, What.DELETED, entity_id)

    async def _thing(self, entities: EntitySet, thing_id: int) -> None:
        await self._datastreams(entities, thing_id)
        self._changes.add("HistoricalLocations", What.DELETED, *await self._cascade.history_of(thing_id))
        await self._cascade.delete_rows("thing", [thing_id])

    async def _shared(self, entities: EntitySet, entity_id: int) -> None:
        await self._datastreams(entities, entity_id)
        await self._cascade.delete_rows(FORMS[entities.name].table, [entity_id])

    async def _datastreams(self, entities: EntitySet, entity_id: int) -> None:
        """Delete the datastreams of an entity; their observations are swept by analytics, and gone to clients now."""
        rows = await self._cascade.datastreams_of(COLUMN_OF[entities.name], entity_id, self._writer.prefixes)
        if any(row["provider_id"] != self._writer.provider_id for row in rows):
            raise InUse(
                f"Datastreams of other providers refer to this {entities.one} and would be deleted with it"
            )
        if not all(row["covered"] for row in rows):
            raise NotYours("Datastreams that this key may not touch would be deleted with it")
        ids = [row["id"] for row in rows]
        await self._cascade.delete_rows("datastream", ids)
        self._changes.add("Datastreams", What.DELETED, *ids)

    async def _location(self, _entities: EntitySet, location_id: int) -> None:
        if await self._cascade.others_at(location_id, self._writer.provider_id):
            raise InUse("Things of other providers stand, or stood, at this Location")
        self._changes.add("Things", What.UPDATED, *await self._cascade.things_at(location_id))
        self._changes.add(
            "HistoricalLocations", What.DELETED, *await self._cascade.delete_location(location_id)
        )

    async def observations_of(self, feature_id: int) -> list[int]:
        """Ids of the observations that go with a feature of interest.

        Raises:
            InUse: others have observations of it, or there are too many.
            NotYours: the key may not touch one.
        """
        if await self._cascade.others_observe(feature_id, self._writer.provider_id):
            raise InUse("Datastreams of other providers have this FeatureOfInterest")
        rows = await self._cascade.observations_of(feature_id, MAX_OBSERVATIONS + 1, self._writer.prefixes)
        if len(rows) > MAX_OBSERVATIONS:
            raise InUse(
                f"more than {MAX_OBSERVATIONS:,} Observations would be deleted with this FeatureOfInterest:"
                " delete them, or their Datastreams, first"
            )
        if not all(row["covered"] for row in rows):
            raise NotYours("Observations that this key may not touch would be deleted with it")
        return [observation_id(row["datastream_id"], row["ms"]) for row in rows]

    async def _feature(self, _entities: EntitySet, feature_id: int) -> None:
        if await self.observations_of(feature_id):
            raise InUse("somebody sends Observations of this FeatureOfInterest: try again")
        another = await self._cascade.delete_feature(feature_id)
        if another is not None:
            self._changes.add("FeaturesOfInterest", What.CREATED, another)
