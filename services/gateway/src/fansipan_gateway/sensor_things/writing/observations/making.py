"""What an observation belongs to: found where it is named, made where it is described."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from typing import Final

from fansipan_gateway.sensor_things.model.entity import EntitySet
from fansipan_gateway.sensor_things.model.sets import DATASTREAMS, FEATURES_OF_INTEREST
from fansipan_gateway.sensor_things.planner.binding import Binding
from fansipan_gateway.sensor_things.planner.resources import Step, chain
from fansipan_gateway.sensor_things.planner.seen import Seen
from fansipan_gateway.sensor_things.repository import SensorThingsRepository
from fansipan_gateway.sensor_things.writing.bodies import Draft, Link
from fansipan_gateway.sensor_things.writing.changes import Changes
from fansipan_gateway.sensor_things.writing.deep import Inserter, PendingObservation
from fansipan_gateway.sensor_things.writing.faults import NoSuchEntity, NotYours
from fansipan_gateway.sensor_things.writing.forms import FORMS
from fansipan_gateway.sensor_things.writing.observations.repository import ObservationTargets
from fansipan_gateway.sensor_things.writing.observations.service import reason_against
from fansipan_gateway.sensor_things.writing.observations.written import NewObservation
from fansipan_gateway.sensor_things.writing.ownership import Ownership
from fansipan_gateway.sensor_things.writing.relations import Relations
from fansipan_gateway.sensor_things.writing.repository import WritingRepository, WritingSession
from fansipan_gateway.sensor_things.writing.undoing import Undo, undo
from fansipan_gateway.sensor_things.writing.writer import Author

_DATASTREAM: Final = "Datastream"
_FEATURE: Final = "FeatureOfInterest"


class Maker:
    """Finds and makes the entities around an observation.

    Args:
        reading: finds what an author sees.
        writing: runs transactions of the registry.
        targets: reads datastreams.
    """

    def __init__(
        self, reading: SensorThingsRepository, writing: WritingRepository, targets: ObservationTargets
    ) -> None:
        self._reading = reading
        self._writing = writing
        self._targets = targets

    async def find(self, author: Author, steps: tuple[Step, ...]) -> int | None:
        """The id of the entity that a path leads to; None: none that the author sees."""
        binding = Binding()
        statement = chain(steps, binding, Seen(author.visibility, binding))
        return None if statement is None else await self._reading.fetch_value(statement, binding)

    async def sees(self, author: Author, entities: EntitySet, entity: int | str) -> bool:
        """Whether there is an entity that the author sees."""
        return await self.find(author, (Step(entities, None, entity),)) is not None

    async def link(self, author: Author, link: Link) -> int:
        """The id of what is linked.

        Raises:
            NoSuchEntity: it is not there, or not seen.
        """
        found = await self.find(author, (Step(link.entities, None, link.id),))
        if found is None:
            raise NoSuchEntity(link.path, f"there is no {link.entities.one} {link.id!r} that this key sees")
        return found

    async def datastream_ids(self, names: Iterable[int | str]) -> dict[int | str, int]:
        """The ids of datastreams that are named by id or key; those that are not there are left out."""
        return {name: target.id for name, target in (await self._targets.targets(names)).items()}

    @asynccontextmanager
    async def made(
        self, author: Author, draft: Draft, given: dict[str, int]
    ) -> AsyncGenerator[list[NewObservation]]:
        """The observation of a draft, what it describes beside itself being made; taken back when the block fails.

        Before it come those that were described inside of its datastream.

        Args:
            author: in whose name.
            draft: of an observation.
            given: ids that the address gives, by the name of the relation.

        Raises:
            NotYours: the datastream is another's.
            ClientFault: what else is wrong with the draft; DatabaseAway.
        """
        ids = dict(given)
        for name, (related,) in draft.related.items():
            if isinstance(related, Link):
                ids[name] = await self.link(author, related)
            elif name == _FEATURE and not related.related:
                similar = await self._targets.similar_feature(author.writer.provider_id, related.columns)
                if similar is not None:
                    ids[name] = similar
        if _DATASTREAM in ids:
            await self._require_own(author, ids[_DATASTREAM])
        if all(name in ids for name in draft.related):
            yield [_new(draft, ids)]
            return
        pending, made = await self._writing.run(author, lambda session: _make(session, draft, ids))
        try:
            yield list(map(_of, pending))
        except BaseException:
            await self._writing.run(author, lambda session: undo(session, made))
            raise

    async def _require_own(self, author: Author, datastream_id: int) -> None:
        target = (await self._targets.targets([datastream_id])).get(datastream_id)
        reason = reason_against(author.writer, datastream_id, target)
        if reason is not None:
            raise NotYours(reason.detail or "it is not yours")


async def _make(
    session: WritingSession, draft: Draft, ids: dict[str, int]
) -> tuple[list[PendingObservation], Undo]:
    changes = Changes()
    ownership = Ownership(session)
    relations = Relations(session, ownership, changes)
    inserter = Inserter(session, ownership, relations, changes)
    await inserter.insert(draft, ids)
    pending = inserter.observations[-1]
    await relations.tell()
    await session.trail.notify(changes.all())
    made = FEATURES_OF_INTEREST if draft.related.get(_FEATURE) and _FEATURE not in ids else None
    entities = made or DATASTREAMS
    entity_id = pending.feature_id if made is not None else pending.datastream_id
    assert entity_id is not None  # noqa: S101 - it was made
    along = changes.by_set([(entities.name, entity_id)])
    await session.trail.record(
        FORMS[entities.name].word, entity_id, "created", {"with": along} if along else {}
    )
    return inserter.observations, Undo(entities, entity_id, changes, relations.before)


def _new(draft: Draft, ids: dict[str, int]) -> NewObservation:
    assert draft.observation is not None  # noqa: S101 - drafts of observations have one
    return _of(PendingObservation(draft.path, ids[_DATASTREAM], ids.get(_FEATURE), draft.observation))


def _of(pending: PendingObservation) -> NewObservation:
    one = pending.observation
    return NewObservation(
        pending.datastream_id,
        one.phenomenon_time,
        one.result,
        one.result_time,
        one.result_quality,
        one.parameters,
        pending.feature_id,
    )
