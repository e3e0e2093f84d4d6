"""Linking what is there: things to where they stand, datastreams to what they measure with."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from fansipan_gateway.sensor_things.model import sets
from fansipan_gateway.sensor_things.model.entity import EntitySet
from fansipan_gateway.sensor_things.writing.bodies import ROOT, Link
from fansipan_gateway.sensor_things.writing.changes import Changes, What
from fansipan_gateway.sensor_things.writing.faults import Exists, InvalidValue
from fansipan_gateway.sensor_things.writing.ownership import Ownership
from fansipan_gateway.sensor_things.writing.repository import WritingSession
from fansipan_gateway.sensor_things.writing.values import below

COLUMN_OF: Final = {
    "Things": "thing_id",
    "Sensors": "sensor_id",
    "ObservedProperties": "observed_property_id",
}
"""By which column datastreams refer to an entity of a set."""

_COLUMNS: Final = {
    ("Datastreams", "Thing"): "thing_id",
    ("Datastreams", "Sensor"): "sensor_id",
    ("Datastreams", "ObservedProperty"): "observed_property_id",
    ("HistoricalLocations", "Thing"): "thing_id",
}


@dataclass(slots=True)
class Before:
    """How links were before, to undo a change.

    Attributes:
        stood: where things stood, by their id.
        datastreams: columns of datastreams, by (id, column).
    """

    stood: dict[int, list[int]] = field(default_factory=dict[int, list[int]])
    datastreams: dict[tuple[int, str], int] = field(default_factory=dict[tuple[int, str], int])


class Relations:
    """Links entities.

    Args:
        session: the transaction.
        ownership: says what may be linked.
        changes: collects what changes.
    """

    def __init__(self, session: WritingSession, ownership: Ownership, changes: Changes) -> None:
        self._rows, self._places = session.rows, session.places
        self._ownership = ownership
        self._changes = changes
        self._moved: list[int] = []
        self.before = Before()

    async def put(self, thing_id: int, locations: Collection[int], *, new: bool = False) -> None:
        """Let a thing stand at these locations and no others; the history tells of it, when it is news."""
        stood = [] if new else await self._places.locations_of(thing_id)
        if await self._places.put(thing_id, locations):
            self._note(thing_id, stood, new=new)

    async def remember(self, path: str, thing_id: int, time: datetime, locations: Collection[int]) -> int:
        """Add to the history of a thing. When it is the newest, the thing stands there now.

        Raises:
            Exists: the history has something of that time.
        """
        history_id = await self._places.remember(thing_id, time)
        if history_id is None:
            raise Exists(
                f"{below(path, 'time')}: the Thing has a HistoricalLocation of that time",
                extra={"path": path},
            )
        await self._places.link_history(history_id, locations)
        if await self._places.is_newest(history_id):
            stood = await self._places.locations_of(thing_id)
            if await self._places.put_as_remembered(thing_id, history_id, locations):
                self._note(thing_id, stood, new=False)
        return history_id

    async def add_to_history(self, history_id: int, location_id: int) -> None:
        """Add a location to a row of the history."""
        await self._places.link_history(history_id, [location_id])
        self._changes.add("HistoricalLocations", What.UPDATED, history_id)

    async def adopt(self, parent: EntitySet, parent_id: int, name: str, link: Link) -> None:
        """Link an entity that is there from its parent's side: of a relation to several, one.

        Raises:
            NoSuchEntity, NotYours.
            InvalidValue: this cannot be linked so.
        """
        match parent.name, name:
            case _, "Datastreams":
                datastream_id = await self._ownership.link(link, touch=True)
                await self._refer(datastream_id, COLUMN_OF[parent.name], parent_id)
            case "Locations", "Things":
                await self.put(await self._ownership.link(link, touch=True), [parent_id])
            case "Locations", "HistoricalLocations":
                await self.add_to_history(await self._ownership.link(link, touch=True), parent_id)
            case _:
                raise InvalidValue(
                    link.path, f"{name} are not moved from one {parent.one} to another by a link"
                )

    async def change(self, entities: EntitySet, entity_id: int, name: str, links: list[Link]) -> None:
        """Change a relation of an entity that is there.

        Raises:
            NoSuchEntity, NotYours, InvalidValue.
        """
        navigation, path = entities.relations[name], below(ROOT, name)
        if not navigation.many:
            (link,) = links
            await self._change_one(entities, entity_id, name, link)
        elif (entities.name, name) == ("Things", "Locations"):
            await self.put(entity_id, [await self._ownership.link(link) for link in links])
        elif (entities.name, name) == ("HistoricalLocations", "Locations"):
            if not links:
                raise InvalidValue(path, "a HistoricalLocation is of one Location or more")
            await self._places.relink_history(entity_id, {await self._ownership.link(link) for link in links})
        else:
            for link in links:
                await self.adopt(entities, entity_id, name, link)

    async def tell(self) -> None:
        """Add to the changes what triggers have written: the history, and features of new locations."""
        places = self._places
        if self._moved:
            self._changes.add("HistoricalLocations", What.CREATED, *await places.history_of_now(self._moved))
        if locations := self._changes.created(sets.LOCATIONS.name):
            self._changes.add("FeaturesOfInterest", What.CREATED, *await places.features_of(locations))

    async def _change_one(self, entities: EntitySet, entity_id: int, name: str, link: Link) -> None:
        column = _COLUMNS.get((entities.name, name))
        if column is None:
            raise InvalidValue(link.path, f"the {name} of {entities.one} cannot be changed")
        found = await self._ownership.link(link, touch=entities is sets.HISTORICAL_LOCATIONS)
        if entities is sets.DATASTREAMS:
            await self._refer(entity_id, column, found)
        else:
            await self._rows.update("historical_location", entity_id, {column: found})

    async def _refer(self, datastream_id: int, column: str, to: int) -> None:
        row = await self._rows.current(sets.DATASTREAMS, [column], datastream_id)
        if row is not None and row[column] != to:
            self.before.datastreams.setdefault((datastream_id, column), row[column])
            await self._rows.update("datastream", datastream_id, {column: to})
            self._changes.add("Datastreams", What.UPDATED, datastream_id)

    def _note(self, thing_id: int, stood: list[int], *, new: bool) -> None:
        self._moved.append(thing_id)
        if not new:
            self.before.stood.setdefault(thing_id, stood)
            self._changes.add("Things", What.UPDATED, thing_id)
