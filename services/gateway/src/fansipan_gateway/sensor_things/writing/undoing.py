"""Taking back what was made, when the observations that came with it are refused."""

from dataclasses import dataclass
from typing import Final

from fansipan_gateway.sensor_things.model.entity import EntitySet
from fansipan_gateway.sensor_things.writing.changes import Changes, What
from fansipan_gateway.sensor_things.writing.forms import FORMS
from fansipan_gateway.sensor_things.writing.relations import Before
from fansipan_gateway.sensor_things.writing.repository import WritingSession

_ORDER: Final = (
    "Datastreams",
    "HistoricalLocations",
    "Things",
    "Sensors",
    "ObservedProperties",
    "Locations",
    "FeaturesOfInterest",
)
"""Those first that refer to others."""


@dataclass(frozen=True, slots=True)
class Undo:
    """What was made (an entity with others), and how the links were that changed with it."""

    entities: EntitySet
    id: int
    changes: Changes
    before: Before


async def undo(session: WritingSession, made: Undo) -> None:
    """Delete what was made, and put links back."""
    taken_back = Changes()
    for (datastream_id, column), value in made.before.datastreams.items():
        await session.rows.update("datastream", datastream_id, {column: value})
        taken_back.add("Datastreams", What.UPDATED, datastream_id)
    history = made.changes.created("HistoricalLocations")
    for thing_id, locations in made.before.stood.items():
        await session.places.take_back(thing_id, locations, history)
        taken_back.add("Things", What.UPDATED, thing_id)
    for name in _ORDER:
        ids = made.changes.created(name)
        if ids:
            await session.cascade.delete_rows(FORMS[name].table, ids)
            taken_back.add(name, What.DELETED, *ids)
    await session.trail.notify(taken_back.all())
    await session.trail.record(
        FORMS[made.entities.name].word, made.id, "withdrawn", {"with": taken_back.by_set()}
    )
