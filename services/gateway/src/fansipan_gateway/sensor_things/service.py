"""Answers requests of the SensorThings API."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final

import anyio.to_thread
import shapely

from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.sensor_things.faults import nothing_at
from fansipan_gateway.sensor_things.geometry.answers import fulfilling
from fansipan_gateway.sensor_things.geometry.questions import Question, questions_in
from fansipan_gateway.sensor_things.grammar.syntax import Expression, Options, Path, ResultFormat
from fansipan_gateway.sensor_things.model.entity import SELF_LINK
from fansipan_gateway.sensor_things.model.sets import DATASTREAMS, NOT_DELETED, OBSERVATIONS
from fansipan_gateway.sensor_things.planner.binding import Binding
from fansipan_gateway.sensor_things.planner.identity import identified
from fansipan_gateway.sensor_things.planner.levels import DEFAULT_TOP, Conditions, Level, Planner
from fansipan_gateway.sensor_things.planner.ordering import time_in
from fansipan_gateway.sensor_things.planner.reach import reach_of
from fansipan_gateway.sensor_things.planner.resources import Resource, belonging, chain
from fansipan_gateway.sensor_things.planner.seen import Seen
from fansipan_gateway.sensor_things.planner.windows import (
    Newest,
    Place,
    Window,
    by_time,
    ends,
    newest_first,
    oldest_first,
)
from fansipan_gateway.sensor_things.rendering.answers import Answer, answer_of_entity, answer_of_page
from fansipan_gateway.sensor_things.repository import SensorThingsRepository

_MANY_ROWS: Final = 1_000
_LONG: Final = 256 << 10
_BOUNDED: Final = frozenset(
    {
        "geo.intersects",
        "st_equals",
        "st_touches",
        "st_within",
        "st_overlaps",
        "st_crosses",
        "st_intersects",
        "st_contains",
    }
)


class SensorThings:
    """Reads what a path and its options name.

    Args:
        repository: runs statements.
        clock: tells the time for `now()`.
    """

    def __init__(self, repository: SensorThingsRepository, clock: Callable[[], datetime]) -> None:
        self._repository = repository
        self._clock = clock

    async def read(self, resource: Resource, options: Options, visibility: Visibility, root: str) -> Answer:
        """The answer to a GET.

        Args:
            resource: what is asked for.
            options: how.
            visibility: what the reader sees.
            root: address of the service, for the addresses in the answer.

        Raises:
            NoSuchPath: nothing is there, or nothing that the reader sees.
            BadQuery, TooExpensive, DatabaseAway.
        """
        if resource.references:
            options = replace(options, select=(SELF_LINK,), expand=(), result_format=ResultFormat.JSON)
        single = resource.last.single
        if single:
            options = replace(options, filter=None, orderby=(), top=None, skip=0, count=False, skiptoken=None)
        if resource.member:
            options = Options(select=(resource.member[0],))
        parent = await self._parent(resource, visibility)
        request = _Request(resource, options, visibility, root, parent, self._clock())
        found = await self._geometries(request)
        return await (self._one(request, found) if single else self._many(request, found))

    async def prepare(
        self, resource: Resource, options: Options, visibility: Visibility
    ) -> tuple[Planner, Conditions]:
        """A planner, and the conditions that a path makes, for what writes the rest of a statement itself.

        Raises:
            NoSuchPath: what the path's last step hangs from is not there, or not seen.
            BadQuery, TooExpensive, DatabaseAway.
        """
        parent = await self._parent(resource, visibility)
        request = _Request(resource, options, visibility, "", parent, self._clock())
        return request.plan(await self._geometries(request))

    async def _parent(self, resource: Resource, visibility: Visibility) -> int | None:
        """The id of the entity that the last step hangs from; None when there is no such step."""
        if len(resource.steps) == 1:
            return None
        binding = Binding()
        statement = chain(resource.steps[:-1], binding, Seen(visibility, binding))
        found = None if statement is None else await self._repository.fetch_value(statement, binding)
        if found is None:
            raise nothing_at(resource.path)
        return found

    async def _geometries(self, request: "_Request") -> dict[Expression, tuple[Path, list[int]]]:
        found: dict[Expression, tuple[Path, list[int]]] = {}
        for question in questions_in(request.options, request.resource.last.entities):
            if question.expression in found:
                continue
            binding = Binding()
            rows = await self._repository.fetch_geometries(
                question.entities, _bounds_of(question), binding, Seen(request.visibility, binding)
            )
            ids = await anyio.to_thread.run_sync(fulfilling, question, rows)
            found[question.expression] = (question.path, ids)
        return found

    async def _one(self, request: "_Request", found: Mapping[Expression, tuple[Path, list[int]]]) -> Answer:
        planner, where = request.plan(found)
        level, statement = planner.entity(request.resource.last.entities, request.options, where)
        rows = await self._repository.fetch(statement, planner.binding)
        if not rows:
            raise nothing_at(request.resource.path)
        return await _aside(rows, partial(answer_of_entity, level, rows[0], request.resource, request.root))

    async def _many(self, request: "_Request", found: Mapping[Expression, tuple[Path, list[int]]]) -> Answer:
        options, entities = request.options, request.resource.last.entities
        level, rows = await self._page(request, found)
        count = None
        if options.count:
            planner, where = request.plan(found)
            count = await self._repository.fetch_value(
                planner.count(entities, options, where), planner.binding
            )
        return await _aside(rows, partial(answer_of_page, level, rows, count, request.resource, request.root))

    async def _page(
        self, request: "_Request", found: Mapping[Expression, tuple[Path, list[int]]]
    ) -> tuple[Level, Sequence[Row]]:
        """A page, with one row more when more follow. Of observations by time, places where it may be come first."""
        options, entities = request.options, request.resource.last.entities
        parent = request.resource.steps[-2].entities if request.parent is not None else None
        descending = by_time(options) if entities is OBSERVATIONS and parent is not DATASTREAMS else None
        places: list[Place] = [Window()]
        if descending is not None and options.top != 0:
            places = await self._places(request, descending=descending)
        for place in places:
            planner, where = request.plan(found)
            level, statement = planner.page(
                entities, options, partial(_around, planner, where, place), parent
            )
            rows = await self._repository.fetch(statement, planner.binding)
            if len(rows) > level.limit or place == places[-1]:
                return level, rows
        raise LookupError("the last place is all time")

    async def _places(self, request: "_Request", *, descending: bool) -> list[Place]:
        """Where to look for a page of observations by time, one after the other."""
        options, rows = request.options, _rows(request.options)
        binding = Binding()
        statement = ends(rows, binding, Seen(request.visibility, binding))
        ((newest, dense, usual, oldest),) = await self._repository.fetch(statement, binding)
        plain = options.filter is None and options.skiptoken is None and request.parent is None
        if descending and plain and dense is not None and Newest.suits(rows):
            return [Newest(rows, dense), Window()]
        reach = reach_of(options.filter, request.now)
        bound, token = (reach.end if descending else reach.start), time_in(options.skiptoken)
        limits = [moment for moment in (bound, token) if moment is not None]
        if descending:
            anchors = [min([moment, *limits]) for moment in (newest, dense or usual) if moment is not None]
            return list(newest_first(anchors, reach.start))
        return list(oldest_first([] if oldest is None else [max([oldest, *limits])], reach.end))


def _rows(options: Options) -> int:
    """Rows that a page and what is skipped before it need, with the one that says whether more follow."""
    return options.skip + (DEFAULT_TOP if options.top is None else options.top) + 1


def _around(planner: Planner, where: Conditions, place: Place, alias: str) -> list[str]:
    """The conditions of a path, and where to look."""
    return [*where(alias), *place.conditions(alias, planner.binding, planner.seen)]


@dataclass(frozen=True, slots=True)
class _Request:
    resource: Resource
    options: Options
    visibility: Visibility
    root: str
    parent: int | None
    now: datetime

    def plan(self, found: Mapping[Expression, tuple[Path, list[int]]]) -> tuple[Planner, Conditions]:
        """A planner with a statement of its own, and the conditions that the path makes."""
        binding = Binding()
        last, steps = self.resource.last, self.resource.steps

        def where(alias: str) -> list[str]:
            conditions: list[str] = []
            if self.parent is not None:
                conditions.append(belonging(last, steps[-2].entities, self.parent, alias, binding))
            elif last.entities is OBSERVATIONS:
                conditions.append(NOT_DELETED.format(a=alias))
            if last.id is not None:
                conditions.append(identified(last.entities, alias, last.id, binding) or "false")
            return conditions

        return Planner(binding, Seen(self.visibility, binding), self.now, found), where


def _bounds_of(question: Question) -> tuple[float, float, float, float] | None:
    """Where a point must lie to fulfil a condition; None: anywhere."""
    if question.other is None or shapely.is_empty(question.other):
        return None
    west, south, east, north = (float(bound) for bound in shapely.bounds(question.other))
    if question.name == "geo.distance" and question.operator in ("lt", "le", "eq"):
        far = question.number
        return west - far, south - far, east + far, north + far
    return (west, south, east, north) if question.name in _BOUNDED else None


async def _aside(rows: Sequence[Row], render: Callable[[], Answer]) -> Answer:
    """What is rendered; much of it in a thread, lest other requests wait for it."""
    much = len(rows) > _MANY_ROWS or any(
        isinstance(value, str) and len(value) > _LONG for row in rows for value in row
    )
    return await anyio.to_thread.run_sync(render) if much else render()
