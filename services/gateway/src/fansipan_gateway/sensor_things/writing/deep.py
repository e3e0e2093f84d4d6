"""Making entities with all that is made with them, in the order in which they need each other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from fansipan_gateway.sensor_things.model.sets import OBSERVATIONS, THINGS
from fansipan_gateway.sensor_things.writing.bodies import Draft, Link
from fansipan_gateway.sensor_things.writing.changes import Changes, What
from fansipan_gateway.sensor_things.writing.faults import Exists, InvalidValue, MissingRelation, NoSuchEntity
from fansipan_gateway.sensor_things.writing.forms import BACK, FORMS
from fansipan_gateway.sensor_things.writing.naming import KEY, key_of_name, numbered
from fansipan_gateway.sensor_things.writing.observation_bodies import InlineObservation
from fansipan_gateway.sensor_things.writing.ownership import Ownership
from fansipan_gateway.sensor_things.writing.relations import Relations
from fansipan_gateway.sensor_things.writing.repository import WritingSession
from fansipan_gateway.sensor_things.writing.values import below

_TRIES: Final = 5
Given = Mapping[str, int]
"""Ids that are known from outside, by the name of the relation."""


@dataclass(frozen=True, slots=True)
class PendingObservation:
    """An observation to be sent when the registry is written."""

    path: str
    datastream_id: int
    feature_id: int | None
    observation: InlineObservation


class Inserter:
    """Inserts drafts.

    Args:
        session: the transaction.
        ownership: says what may be linked.
        relations: links to what is there.
        changes: collects what changes.
    """

    def __init__(
        self, session: WritingSession, ownership: Ownership, relations: Relations, changes: Changes
    ) -> None:
        self._rows, self._places = session.rows, session.places
        self._writer = session.author.writer
        self._ownership = ownership
        self._relations = relations
        self._changes = changes
        self.observations: list[PendingObservation] = []
        self._inserts = {
            "Things": self._thing,
            "Locations": self._location,
            "HistoricalLocations": self._history,
            "Datastreams": self._datastream,
            "Sensors": self._described,
            "ObservedProperties": self._described,
            "FeaturesOfInterest": self._feature,
        }

    async def insert(self, draft: Draft, given: Given) -> int:
        """Make an entity and all below it; its id, of an observation 0: it is made later.

        Raises:
            NoSuchEntity, NotYours, Exists, InvalidValue, MissingRelation.
        """
        if draft.entities is OBSERVATIONS:
            await self._observation(draft, given)
            return 0
        entity_id = await self._inserts[draft.entities.name](draft, given)
        self._changes.add(draft.entities.name, What.CREATED, entity_id)
        await self._below(draft, entity_id)
        return entity_id

    async def _below(self, draft: Draft, entity_id: int) -> None:
        """What hangs from a new entity."""
        for name, related in draft.related.items():
            back = BACK.get((draft.entities.name, name))
            if back is None or (draft.entities.name, name) in _BEFORE:
                continue
            for one in related:
                if isinstance(one, Draft):
                    await self.insert(one, {back: entity_id})
                else:
                    await self._relations.adopt(draft.entities, entity_id, name, one)

    async def _thing(self, draft: Draft, given: Given) -> int:
        columns = {**draft.columns, "provider_id": self._writer.provider_id}
        thing_id = await self._keyed(
            draft,
            columns,
            "",
            key_of_name(draft.columns["name"], "thing"),
            lambda key: self._ownership.require_covered(f"{self._writer.provider_key}/{key}/"),
        )
        locations = await self._several(draft, "Locations", given)
        if locations:
            await self._relations.put(thing_id, locations, new=True)
        return thing_id

    async def _location(self, draft: Draft, _given: Given) -> int:
        return await self._plain(draft, {**draft.columns, "provider_id": self._writer.provider_id})

    async def _feature(self, draft: Draft, _given: Given) -> int:
        return await self._plain(draft, {**draft.columns, "provider_id": self._writer.provider_id})

    async def _history(self, draft: Draft, given: Given) -> int:
        thing_id = await self._one(draft, "Thing", given, touch=True)
        locations = await self._several(draft, "Locations", given)
        if not locations:
            raise MissingRelation(below(draft.path, "Locations"), "HistoricalLocation needs one or more")
        return await self._relations.remember(draft.path, thing_id, draft.columns["time"], locations)

    async def _datastream(self, draft: Draft, given: Given) -> int:
        thing_id = await self._one(draft, "Thing", given)
        sensor_id = await self._one(draft, "Sensor", given)
        property_id = await self._one(draft, "ObservedProperty", given)
        keys = await self._rows.keys_of(thing_id, property_id)
        if keys is None:
            raise NoSuchEntity(draft.path, "its Thing or ObservedProperty is gone")
        part = keys["property"].rpartition("/")[2]
        columns = {
            **draft.columns,
            "thing_id": thing_id,
            "sensor_id": sensor_id,
            "observed_property_id": property_id,
        }
        base = part if KEY.fullmatch(part) else key_of_name(draft.columns["name"], "datastream")
        return await self._keyed(
            draft, columns, f"{keys['thing']}/", base[:100], self._ownership.require_covered
        )

    async def _described(self, draft: Draft, _given: Given) -> int:
        columns = {**draft.columns, "provider_id": self._writer.provider_id}
        base = key_of_name(draft.columns["name"], FORMS[draft.entities.name].word)
        return await self._keyed(draft, columns, f"{self._writer.provider_key}/", base, _no_matter)

    async def _observation(self, draft: Draft, given: Given) -> None:
        datastream_id = await self._one(draft, "Datastream", given)
        feature_id = None
        if "FeatureOfInterest" in given or draft.related.get("FeatureOfInterest"):
            feature_id = await self._one(draft, "FeatureOfInterest", given)
        assert draft.observation is not None  # noqa: S101 - drafts of observations have one
        self.observations.append(PendingObservation(draft.path, datastream_id, feature_id, draft.observation))

    async def _plain(self, draft: Draft, columns: Mapping[str, object]) -> int:
        found = await self._rows.insert(FORMS[draft.entities.name].table, columns)
        if found is None:
            raise Exists(f"{draft.path}: there is one already", extra={"path": draft.path})
        return found

    async def _keyed(
        self,
        draft: Draft,
        columns: Mapping[str, object],
        prefix: str,
        base: str,
        check: Callable[[str], None],
    ) -> int:
        """Insert a row with the key that is wished, or with the first that is free: `pump`, `pump-2`, `pump-3` …"""
        table = FORMS[draft.entities.name].table
        within = self._writer.provider_id if draft.entities is THINGS else None
        number = 1
        for _try in range(_TRIES):
            key = prefix + (draft.key or numbered(base, number))
            check(key)
            found = await self._rows.insert(table, {**columns, "key": key})
            if found is not None:
                return found
            if draft.key is not None:
                existing = await self._rows.find_key(table, key, within)
                raise Exists(
                    f"{draft.path}: there is a {draft.entities.one} with the key {key} already: @iot.id {existing}",
                    extra={"path": draft.path, "existing": existing},
                )
            number = await self._rows.highest_number(table, prefix + base, within) + 1
        raise Exists(f"{draft.path}: no key could be made of its name: try again", extra={"path": draft.path})

    async def _one(self, draft: Draft, name: str, given: Given, *, touch: bool = False) -> int:
        """The id of the one entity that a relation leads to."""
        if name in given:
            return given[name]
        (related,) = draft.related[name]
        if isinstance(related, Link):
            return await self._ownership.link(related, touch=touch)
        return await self.insert(related, {})

    async def _several(self, draft: Draft, name: str, given: Given) -> list[int]:
        """The ids of all that a relation leads to, new ones made."""
        found = [given[name]] if name in given else []
        for related in draft.related.get(name, ()):
            if isinstance(related, Link):
                found.append(await self._ownership.link(related))
            else:
                found.append(await self.insert(related, {}))
        if len(set(found)) < len(found):
            raise InvalidValue(below(draft.path, name), "one of these is named twice")
        return found


_BEFORE: Final = frozenset({("Things", "Locations"), ("HistoricalLocations", "Locations")})
"""Relations to several that are made before the entity itself is."""


def _no_matter(_key: str) -> None:
    """Shared entities may have any key."""
