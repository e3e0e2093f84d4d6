"""A lane of indicators over readings: first the figures of things, then those of the areas that hold them."""

import asyncio
import time
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

import asyncpg

from fansipan_analytics.indicators import queues, registry, rollup_repository
from fansipan_analytics.indicators.active import Active, Definitions, Work
from fansipan_analytics.indicators.area_repository import figures_of_things
from fansipan_analytics.indicators.composite_lane import Composites, is_composite
from fansipan_analytics.indicators.heads import Heads
from fansipan_analytics.indicators.recorder import Recorder
from fansipan_analytics.indicators.registry import Subjects, ThingEntry
from fansipan_analytics.indicators.rollup_repository import Level, Window
from fansipan_analytics.indicators.series_keys import (
    ChangedBucket,
    FigureKey,
    formula_of,
    level_read,
    touched,
    window_read,
)
from fansipan_analytics.indicators.values import (
    CORRECTION,
    DEFINITION_CHANGED,
    Changed,
    Computed,
)
from fansipan_indicators.catalogue import HEALTH
from fansipan_indicators.figure import Figure
from fansipan_indicators.formulas import DataHealth, SeriesFormula
from fansipan_indicators.periods import Period
from fansipan_indicators.rollups import Buckets, Series, Thing
from fansipan_indicators.series import Part, area_figure, thing_figure

_TAKEN_BUCKETS: Final = 10_000
_PIECE: Final = 100
"""Datastreams whose health is judged together. All come back each minute; between the pieces the machine is left to
what is in a hurry."""
_BACKFILL_SPAN: Final = timedelta(days=7)


class SeriesLane:
    """Evaluates the definitions of one lane."""

    def __init__(self, name: str, subjects: Subjects, heads: Heads) -> None:
        self._name = name
        self._subjects = subjects
        self._heads = heads
        self._composites = Composites(name, heads, subjects)

    async def work(
        self, connection: "asyncpg.Connection[Any]", definitions: Definitions, now: datetime, *, tick: bool
    ) -> Work:
        """Evaluate what changed, as much as fits into one transaction.

        `tick`: look also at what changes with time alone: how fresh data is, whether somebody is silent.
        """
        actives = [one for one in definitions.of_lane(self._name) if not is_composite(one)]
        if tick and self._name == HEALTH:
            await queues.enqueue_running_hours(connection, HEALTH, now)
        buckets, more = await queues.take_series(connection, self._name, _TAKEN_BUCKETS)
        changed = 0
        pieces = _in_pieces(buckets) if self._name == HEALTH else [buckets]
        for piece in pieces:
            began = time.monotonic()
            changed += await self._evaluate(connection, definitions, actives, piece, now, cause=None)
            if piece is not pieces[-1]:
                await asyncio.sleep(time.monotonic() - began)
        if not buckets:
            changed += await self._catch_up(connection, definitions, actives, now)
        return Work(changed, more=more)

    async def _catch_up(
        self,
        connection: "asyncpg.Connection[Any]",
        definitions: Definitions,
        actives: Collection[Active],
        now: datetime,
    ) -> int:
        """Evaluate a piece of the past for a definition that is new or was changed."""
        ids = [active.id for active in actives]
        piece = await queues.take_piece_of_past(connection, self._name, ids, _BACKFILL_SPAN)
        if piece is None:
            recorder = Recorder(connection, definitions, self._heads, self._subjects, now)
            await self._composites.follow(recorder, [])
            return await recorder.write()
        active = definitions.by_id[piece.definition_id]
        return await self._evaluate(
            connection, definitions, [active], piece.buckets, now, cause=DEFINITION_CHANGED
        )

    async def _evaluate(
        self,
        connection: "asyncpg.Connection[Any]",
        definitions: Definitions,
        actives: Collection[Active],
        buckets: Collection[ChangedBucket],
        now: datetime,
        *,
        cause: str | None,
    ) -> int:
        if not actives or not buckets:
            return 0
        things = await registry.things_of(connection, {bucket.datastream_id for bucket in buckets})
        # Long computations leave the loop to the store: what is not stored cannot be evaluated.
        keys = await asyncio.to_thread(touched, buckets, actives, things, now)
        if not keys:
            return 0
        by_id = {thing.id: thing for thing, _ in things.values()}
        series = await self._read(connection, keys, by_id)
        ids = await self._subjects.ids(
            ("thing", by_id[thing_id].key) for thing_id in {key.thing_id for key in keys}
        )
        computed = await asyncio.to_thread(
            lambda: [
                Computed(
                    key.active,
                    ids["thing", by_id[key.thing_id].key],
                    key.period,
                    thing_figure(formula_of(key.active), series[key.thing_id], key.period, now),
                    cause or (CORRECTION if corrected else None),
                )
                for key, corrected in keys.items()
            ]
        )
        recorder = Recorder(connection, definitions, self._heads, self._subjects, now)
        changed = await recorder.take(computed)
        await recorder.write()  # areas are combined from what is stored of their things
        areas = await self._areas(connection, changed)
        changed += await recorder.take(areas)
        await self._composites.follow(recorder, changed)
        return await recorder.write()

    async def _read(
        self,
        connection: "asyncpg.Connection[Any]",
        keys: Iterable[FigureKey],
        things: Mapping[int, ThingEntry],
    ) -> dict[int, Thing]:
        """The series of the things, as far as the figures read them."""
        windows: dict[Level, dict[int, list[Window]]] = {"minutes": {}, "hours": {}, "days": {}}
        ranges: dict[int, tuple[float, float]] = {}
        judged: set[int] = set()
        for key in keys:
            formula = formula_of(key.active)
            of_level = windows[level_read(formula, key.period.kind)]
            for name, datastream in _read_by(formula, things[key.thing_id]):
                of_level.setdefault(datastream, []).append(window_read(formula, key.period))
                if isinstance(formula, DataHealth):
                    judged.add(datastream)
                if isinstance(formula, DataHealth) and name in formula.ranges:
                    ranges[datastream] = (formula.ranges[name].minimum, formula.ranges[name].maximum)
        rows = {
            level: await rollup_repository.fetch_rollups(connection, level, wanted)
            for level, wanted in windows.items()
        }
        outside = await rollup_repository.count_outside(connection, _suspects(rows["hours"], ranges))
        since = await rollup_repository.first_days(connection, judged)
        return {
            thing_id: Thing(
                thing.key,
                thing.attributes,
                {
                    name: Series(
                        datastream.attributes,
                        minutes=rows["minutes"].get(datastream.id),
                        hours=rows["hours"].get(datastream.id),
                        days=rows["days"].get(datastream.id),
                        outside=outside.get(datastream.id),
                        since=since.get(datastream.id),
                    )
                    for name, datastream in thing.datastreams.items()
                },
            )
            for thing_id, thing in things.items()
        }

    async def _areas(
        self, connection: "asyncpg.Connection[Any]", changed: Iterable[Changed]
    ) -> list[Computed]:
        """The figures of the areas that hold things whose figures changed."""
        wanted: dict[tuple[Active, Period], dict[int, str | None]] = {}
        for change in changed:
            one = change.computed
            if one.active.pair.version.areas is not None:
                wanted.setdefault((one.active, one.period), {})[one.subject_id] = one.cause
        if not wanted:
            return []
        places = await registry.places_of_things(connection)
        found = await figures_of_things(connection, wanted.keys())
        computed: list[tuple[Active, str, Period, Figure | None, str | None]] = []
        for (active, period), causes in wanted.items():
            by_area: dict[str, list[Part]] = {}
            touched_areas: dict[str, str | None] = {}
            for subject_id, part in found.get((active.id, period), ()):
                for code in places.get(part.thing, ()):
                    if not _is_empty(part.figure):
                        by_area.setdefault(code, []).append(part)
                    if subject_id in causes:
                        touched_areas[code] = touched_areas.get(code) or causes[subject_id]
            for code, cause in touched_areas.items():
                if _wants(active, code):
                    computed.append((active, code, period, _combined(active, by_area.get(code, [])), cause))
        ids = await self._subjects.ids({("area", code) for _, code, *_ in computed})
        return [
            Computed(active, ids["area", code], period, figure, cause)
            for active, code, period, figure, cause in computed
        ]


def _in_pieces(buckets: Collection[ChangedBucket]) -> list[list[ChangedBucket]]:
    ordered = sorted(buckets, key=lambda bucket: bucket.datastream_id)
    ids = sorted({bucket.datastream_id for bucket in ordered})
    place = {datastream_id: number // _PIECE for number, datastream_id in enumerate(ids)}
    return [list(piece) for _, piece in groupby(ordered, key=lambda bucket: place[bucket.datastream_id])]


def _is_empty(figure: Figure) -> bool:
    """Whether a figure has lost all it rested on: its thing is as one that never measured."""
    return figure.value is None and figure.sample_count == 0


def _wants(active: Active, code: str) -> bool:
    return ("commune" if len(code) > 2 else "province") in active.pair.version.subjects


def _combined(active: Active, parts: list[Part]) -> Figure | None:
    version = active.pair.version
    if version.areas is None:
        raise ValueError(f"{active.key} says not how areas are combined")
    return area_figure(version.areas.combine, parts, scale=formula_of(active).ratio_scale)


def _read_by(formula: SeriesFormula, thing: ThingEntry) -> list[tuple[str, int]]:
    """The properties and datastreams of a thing that a formula reads."""
    wanted = formula.properties
    return [
        (name, datastream.id)
        for name, datastream in thing.datastreams.items()
        if name in wanted or "*" in wanted
    ]


def _suspects(
    hours: Mapping[int, Buckets], ranges: Mapping[int, tuple[float, float]]
) -> list[tuple[int, datetime, float, float]]:
    """The hours in which something lay outside the plausible range."""
    return [
        (datastream_id, start, *limits)
        for datastream_id, limits in ranges.items()
        for start, row in hours.get(datastream_id, {}).items()
        if row.min < limits[0] or row.max > limits[1]
    ]
