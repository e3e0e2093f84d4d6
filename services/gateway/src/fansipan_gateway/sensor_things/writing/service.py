"""Makes, changes and deletes entities in the name of a provider."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from fansipan_gateway.api.conditional import etag_of, matches
from fansipan_gateway.domain.visibility import EVERYTHING
from fansipan_gateway.sensor_things.faults import nothing_at
from fansipan_gateway.sensor_things.grammar.syntax import Options
from fansipan_gateway.sensor_things.model.entity import ID, SELF_LINK, EntitySet
from fansipan_gateway.sensor_things.model.sets import DATASTREAMS, FEATURES_OF_INTEREST
from fansipan_gateway.sensor_things.planner.resources import Resource, Step
from fansipan_gateway.sensor_things.rendering.answers import Answer
from fansipan_gateway.sensor_things.repository import Connections
from fansipan_gateway.sensor_things.service import SensorThings
from fansipan_gateway.sensor_things.writing.bodies import Change, Draft, Link
from fansipan_gateway.sensor_things.writing.changes import Changes, What
from fansipan_gateway.sensor_things.writing.deep import Inserter
from fansipan_gateway.sensor_things.writing.deletion import Deleter
from fansipan_gateway.sensor_things.writing.faults import HasChanged
from fansipan_gateway.sensor_things.writing.forms import BACK, FORMS, Form
from fansipan_gateway.sensor_things.writing.inline_observations import InlineObservations
from fansipan_gateway.sensor_things.writing.ownership import Ownership
from fansipan_gateway.sensor_things.writing.patches import document_of
from fansipan_gateway.sensor_things.writing.relations import Relations
from fansipan_gateway.sensor_things.writing.repository import WritingRepository, WritingSession
from fansipan_gateway.sensor_things.writing.undoing import Undo, undo
from fansipan_gateway.sensor_things.writing.writer import Author

ReadIn = Callable[[Connections], SensorThings]
"""A reader within a transaction: it sees what is not committed yet."""

PlanChange = Callable[[Form, int, Callable[[], Awaitable[dict[str, Any]]]], Awaitable[Change]]
"""Says what to change of an entity with an id; it may ask for the entity as it is."""

_ONLY_ADDRESS: Final = Options(select=(SELF_LINK, ID))


@dataclass(frozen=True, slots=True)
class WrittenEntity:
    """An entity that was written: its set and id, and as a GET shows it."""

    entities: EntitySet
    id: int
    answer: Answer


class EntityWriter:
    """Writes entities of all sets but Observations.

    Args:
        repository: runs transactions.
        observations: stores observations that are made with their datastream.
        read_in: reads within a transaction.
    """

    def __init__(
        self, repository: WritingRepository, observations: InlineObservations, read_in: ReadIn
    ) -> None:
        self._repository = repository
        self._observations = observations
        self._read_in = read_in

    async def create(self, resource: Resource, draft: Draft, author: Author, root: str) -> WrittenEntity:
        """Make an entity, and all that its draft holds: everything or nothing.

        Args:
            resource: the collection in which it is made.
            draft: the entity.
            author: in whose name.
            root: address of the service, for the answer.

        Raises:
            NoSuchPath: the collection's parent is not there, or not seen.
            ClientFault: what is wrong with the draft; ServerFault: something of ours is away.
        """
        entities = resource.last.entities

        async def work(session: WritingSession) -> tuple[int, Undo, Inserter]:
            changes = Changes()
            ownership = Ownership(session)
            relations = Relations(session, ownership, changes)
            inserter = Inserter(session, ownership, relations, changes)
            given = await self._given(session, ownership, resource)
            entity_id = await inserter.insert(draft, given)
            await self._follow(relations, resource, given, entity_id)
            await self._tell(session, relations, changes, FORMS[entities.name], entity_id, What.CREATED, {})
            return entity_id, Undo(entities, entity_id, changes, relations.before), inserter

        entity_id, made, inserter = await self._repository.run(author, work)
        if inserter.observations:
            await self._observe(author, inserter, made)
        return await self._shown(author, entities, entity_id, root)

    async def change(
        self, resource: Resource, plan: PlanChange, if_match: str | None, author: Author, root: str
    ) -> WrittenEntity:
        """Change an entity.

        Args:
            resource: the entity.
            plan: says what to change.
            if_match: the ETag that the client has seen; None: any.
            author: in whose name.
            root: address of the service.

        Raises:
            NoSuchPath, NotYours, HasChanged.
            ClientFault: what is wrong with the change; ServerFault.
        """
        entities = resource.last.entities
        form = FORMS[entities.name]

        async def work(session: WritingSession) -> WrittenEntity:
            changes = Changes()
            ownership = Ownership(session)
            relations = Relations(session, ownership, changes)
            entity_id = await self._target(session, ownership, resource, if_match, root)
            columns = [column for one in form.fields for column in one.columns]

            async def current() -> dict[str, Any]:
                row = await session.rows.current(entities, columns, entity_id)
                if row is None:
                    raise nothing_at(resource.path)
                return dict(row)

            async def document() -> dict[str, Any]:
                return document_of(form, await current())

            change = await plan(form, entity_id, document)
            before = await current()
            news = {name: value for name, value in change.columns.items() if before[name] != value}
            if news:
                await session.rows.update(form.table, entity_id, news)
                changes.add(entities.name, What.UPDATED, entity_id)
            for name, links in change.links.items():
                await relations.change(entities, entity_id, name, links)
                changes.add(entities.name, What.UPDATED, entity_id)
            if changes.all():
                details = {"properties": sorted(news), "relations": sorted(change.links)}
                await self._tell(session, relations, changes, form, entity_id, What.UPDATED, details)
            return await self._show(session, entities, entity_id, root)

        return await self._repository.run(author, work)

    async def delete(self, resource: Resource, if_match: str | None, author: Author, root: str) -> None:
        """Delete an entity with those that cannot be without it.

        Raises:
            NoSuchPath, NotYours, InUse, HasChanged, ServerFault.
        """
        entities = resource.last.entities
        if entities is FEATURES_OF_INTEREST:
            await self._take_back_observations(resource, if_match, author, root)

        async def work(session: WritingSession) -> None:
            changes = Changes()
            ownership = Ownership(session)
            entity_id = await self._target(session, ownership, resource, if_match, root)
            await Deleter(session, changes).delete(entities, entity_id)
            relations = Relations(session, ownership, changes)
            await self._tell(session, relations, changes, FORMS[entities.name], entity_id, What.DELETED, {})

        await self._repository.run(author, work)

    async def _take_back_observations(
        self, resource: Resource, if_match: str | None, author: Author, root: str
    ) -> None:
        """Delete the observations of a feature of interest: they go the way of all observations, before it goes."""

        async def work(session: WritingSession) -> list[int]:
            ownership = Ownership(session)
            feature_id = await self._target(session, ownership, resource, if_match, root)
            return await Deleter(session, Changes()).observations_of(feature_id)

        ids = await self._repository.run(author, work)
        if ids:
            await self._observations.take_back(author.writer, ids)

    async def _given(
        self, session: WritingSession, ownership: Ownership, resource: Resource
    ) -> dict[str, int]:
        """What the address says about a new entity: the entity that it is made in."""
        if len(resource.steps) == 1:
            return {}
        parents = resource.steps[:-1]
        parent = parents[-1].entities
        navigation = resource.last.navigation
        assert navigation is not None  # noqa: S101 - only the first step has none
        found = await ownership.find(parents)
        if found is None:
            raise nothing_at(resource.path)
        back = BACK[parent.name, navigation.name]
        changed = (parent.name, navigation.name) in _CHANGED
        await ownership.link(Link(parent, found, "the address"), touch=changed)
        return {back: found}

    async def _follow(
        self, relations: Relations, resource: Resource, given: dict[str, int], entity_id: int
    ) -> None:
        """Link a new location to the thing or the history in whose address it was made."""
        if resource.last.entities.name != "Locations" or not given:
            return
        if "Things" in given:
            await relations.put(given["Things"], [entity_id])
        else:
            await relations.add_to_history(given["HistoricalLocations"], entity_id)

    async def _target(
        self,
        session: WritingSession,
        ownership: Ownership,
        resource: Resource,
        if_match: str | None,
        root: str,
    ) -> int:
        """The id of the entity that is to be changed."""
        entities = resource.last.entities
        found = await ownership.find(resource.steps)
        if found is None:
            raise nothing_at(resource.path)
        await ownership.require(entities, found)
        if if_match is not None:
            now = etag_of((await self._read(session, entities, found, root, Options())).body)
            if not matches(if_match, now):
                raise HasChanged(
                    "somebody changed it since it was read: read it again, then decide",
                    extra={"etag": now} if session.author.reads else None,
                )
        return found

    async def _tell(
        self,
        session: WritingSession,
        relations: Relations,
        changes: Changes,
        form: Form,
        entity_id: int,
        what: What,
        details: dict[str, Any],
    ) -> None:
        await relations.tell()
        await session.trail.notify(changes.all())
        action = {What.CREATED: "created", What.UPDATED: "changed", What.DELETED: "deleted"}[what]
        along = changes.by_set([(form.entities.name, entity_id)])
        await session.trail.record(form.word, entity_id, action, details | ({"with": along} if along else {}))

    async def _observe(self, author: Author, inserter: Inserter, made: Undo) -> None:
        """Store the observations of a new datastream; when one is refused nothing is left of the rest."""
        try:
            new = made.changes.created(DATASTREAMS.name)
            await self._observations.store(author.writer, inserter.observations, new)
        except BaseException:
            await self._repository.run(author, lambda session: undo(session, made))
            raise

    async def _shown(self, author: Author, entities: EntitySet, entity_id: int, root: str) -> WrittenEntity:
        async def work(session: WritingSession) -> WrittenEntity:
            return await self._show(session, entities, entity_id, root)

        return await self._repository.run(author, work)

    async def _show(
        self, session: WritingSession, entities: EntitySet, entity_id: int, root: str
    ) -> WrittenEntity:
        options = Options() if session.author.reads else _ONLY_ADDRESS
        return WrittenEntity(
            entities, entity_id, await self._read(session, entities, entity_id, root, options)
        )

    async def _read(
        self, session: WritingSession, entities: EntitySet, entity_id: int, root: str, options: Options
    ) -> Answer:
        address = f"{entities.name}({entity_id})"
        resource = Resource((Step(entities, None, entity_id),), (), False, False, address)
        return await self._read_in(session).read(resource, options, EVERYTHING, root)


_CHANGED: Final = frozenset(
    {("Things", "Locations"), ("Things", "HistoricalLocations"), ("HistoricalLocations", "Locations")}
)
"""Where something is made in an entity that thereby changes: (its set, the relation)."""
