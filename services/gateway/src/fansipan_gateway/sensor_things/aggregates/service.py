"""Computes figures of the observations of one or several datastreams."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from urllib.parse import urlencode

import anyio.to_thread

from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.time_range import TimeRange, resolve_range
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.sensor_things.aggregates.domain import (
    MAX_DATASTREAMS,
    MAX_FIGURES,
    MAX_INTERVALS,
    Level,
    Wanted,
    pieces_of,
)
from fansipan_gateway.sensor_things.aggregates.intervals import TooManyIntervals, edges_of
from fansipan_gateway.sensor_things.aggregates.rendering import Figures, csv_text, json_text
from fansipan_gateway.sensor_things.aggregates.repository import AggregateRepository
from fansipan_gateway.sensor_things.faults import BadQuery, nothing_at
from fansipan_gateway.sensor_things.grammar.paths import parse_path
from fansipan_gateway.sensor_things.grammar.syntax import Options
from fansipan_gateway.sensor_things.model.sets import DATASTREAMS, OBSERVATIONS
from fansipan_gateway.sensor_things.planner.reach import Reach, reach_of
from fansipan_gateway.sensor_things.planner.resources import Resource, resource_of
from fansipan_gateway.sensor_things.rendering.answers import Answer
from fansipan_gateway.sensor_things.repository import SensorThingsRepository
from fansipan_gateway.sensor_things.service import SensorThings

_AT_ONCE: Final = (Level.MINUTE,)
_LATER: Final = (Level.DAY, Level.HOUR, Level.MINUTE)


@dataclass(frozen=True, slots=True)
class _Source:
    """The datastreams asked for, whether one was named, and the filter of its observations."""

    ids: list[int]
    single: bool
    observations: Options


class Aggregates:
    """Answers aggregations.

    Args:
        things: finds datastreams.
        repository: runs statements.
        clock: tells the time, up to which a range without an end goes.
    """

    def __init__(
        self, things: SensorThings, repository: SensorThingsRepository, clock: Callable[[], datetime]
    ) -> None:
        self._things = things
        self._statements = repository
        self._repository = AggregateRepository(repository)
        self._clock = clock

    async def read(
        self, path: str, wanted: Wanted, visibility: Visibility, root: str, given: Sequence[tuple[str, str]]
    ) -> Answer:
        """The figures of what a path names: one datastream, its observations, or several datastreams.

        Args:
            path: without `/aggregate`.
            wanted: what is computed.
            visibility: what the reader sees.
            root: address of the service.
            given: the parameters as they came, for the address of what follows.

        Raises:
            NoSuchPath: there is no such datastream, or none that the reader sees.
            BadQuery: it makes no sense, or is too much.
            TooExpensive, DatabaseAway.
        """
        resource = _datastreams_at(path)
        source = await self._source(resource, wanted, visibility)
        reach = reach_of(wanted.filter, self._clock()) if source.single else Reach()
        spanned = self._range(wanted, reach)
        if not source.ids or spanned is None:
            return await _rendered(
                Figures([], [], wanted.zone, wanted.functions, source.single), wanted, root
            )
        at_most = min(MAX_INTERVALS, MAX_FIGURES // len(source.ids))
        edges = await _edges(wanted, spanned, at_most)
        limit = at_most * len(source.ids) if wanted.top is None else wanted.top + 1
        if source.single and not reach.whole:
            rows = await self._filtered(source, visibility, edges, limit)
        else:
            levels = _AT_ONCE if await self._repository.pending(source.ids) else _LATER
            pieces = await anyio.to_thread.run_sync(pieces_of, edges, levels)
            rows = await self._repository.fetch(source.ids, edges, pieces, limit)
        figures = Figures(rows, edges, wanted.zone, wanted.functions, source.single)
        if wanted.top is not None and len(rows) > wanted.top:
            following = edges[rows[wanted.top][1]]
            link = _following(f"{root}/{resource.path}/aggregate", given, following)
            figures = replace(figures, rows=rows[: wanted.top], next_link=link)
        return await _rendered(figures, wanted, root)

    async def _source(self, resource: Resource, wanted: Wanted, visibility: Visibility) -> _Source:
        single = resource.last.single
        if not single and wanted.top is not None:
            raise BadQuery("$top", "it is for one Datastream")
        options = Options(select=("id",), filter=None if single else wanted.filter, top=MAX_DATASTREAMS)
        planner, where = await self._things.prepare(resource, options, visibility)
        _, statement = planner.page(DATASTREAMS, options, where, None)
        ids = [row[0] for row in await self._statements.fetch(statement, planner.binding)]
        if single and not ids:
            raise nothing_at(resource.path)
        if len(ids) > MAX_DATASTREAMS:
            raise BadQuery("$filter", f"these are more than {MAX_DATASTREAMS} Datastreams: choose fewer")
        return _Source(ids, single, Options(filter=wanted.filter))

    def _range(self, wanted: Wanted, reach: Reach) -> TimeRange | None:
        """What lies in both the parameters and the filter; None: nothing does."""
        starts = [moment for moment in (wanted.start, reach.start) if moment is not None]
        ends = [moment for moment in (wanted.end, reach.end) if moment is not None]
        if not starts:
            raise BadQuery(
                "from",
                "say from when: from=2026-07-01T00:00:00Z; of one Datastream, $filter=phenomenonTime ge … does, too",
            )
        start, end = max(starts), min(ends, default=self._clock())
        if start >= end and (len(starts) > 1 or len(ends) > 1 or not ends):
            return None
        return resolve_range(start, end, now=end, default_span=timedelta())

    async def _filtered(
        self, source: _Source, visibility: Visibility, edges: Sequence[datetime], limit: int
    ) -> Sequence[Row]:
        """Figures of those observations that pass a filter: from the observations themselves."""
        observations = resource_of(parse_path(f"Datastreams({source.ids[0]})/Observations"))
        planner, where = await self._things.prepare(observations, source.observations, visibility)
        body, alias = planner.rows(OBSERVATIONS, source.observations, where)
        return await self._repository.fetch_filtered(body, alias, planner.binding, edges, limit)


def _datastreams_at(path: str) -> Resource:
    resource = resource_of(parse_path(path))
    last = resource.last
    if last.entities is OBSERVATIONS and len(resource.steps) > 1 and not last.single and last.navigation:
        resource = resource_of(parse_path(path)[:-1])
        last = resource.last
    if last.entities is not DATASTREAMS or resource.member or resource.references:
        raise BadQuery("path", "aggregate stands behind Datastreams, Datastreams(1) or Things(1)/Datastreams")
    return resource


async def _edges(wanted: Wanted, spanned: TimeRange, at_most: int) -> list[datetime]:
    compute = partial(edges_of, wanted.interval, wanted.zone, spanned.start, spanned.end, at_most=at_most)
    try:
        return await anyio.to_thread.run_sync(compute)
    except TooManyIntervals as error:
        raise BadQuery(
            "interval",
            f"these are more than {at_most:,} intervals a Datastream: make them longer, or the range shorter",
        ) from error


def _following(address: str, given: Sequence[tuple[str, str]], start: datetime) -> str:
    kept = [(name, value) for name, value in given if name != "from"]
    begin = start.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"{address}?{urlencode([*kept, ('from', begin)], safe='$/:,')}"


async def _rendered(figures: Figures, wanted: Wanted, root: str) -> Answer:
    if wanted.csv:
        return Answer(await anyio.to_thread.run_sync(csv_text, figures), "text/csv; charset=utf-8")
    return Answer(await anyio.to_thread.run_sync(json_text, figures, root))
