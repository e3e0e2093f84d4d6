"""The engine: whenever something changed, evaluate the lanes that read it. Replicas share them without a leader."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, Protocol

import asyncpg
import structlog

from fansipan_analytics.indicators import lane_repository
from fansipan_analytics.indicators.active import Definitions, Work
from fansipan_analytics.indicators.case_lane import CaseLane
from fansipan_analytics.indicators.composite_lane import CompositeLane
from fansipan_analytics.indicators.definition_repository import load_definitions, sync_catalogue
from fansipan_analytics.indicators.duration_lane import DurationLane
from fansipan_analytics.indicators.heads import Heads
from fansipan_analytics.indicators.lane_repository import WaitingLane
from fansipan_analytics.indicators.registry import Subjects
from fansipan_analytics.indicators.series_lane import SeriesLane
from fansipan_common.db import Database
from fansipan_common.errors import trace_of
from fansipan_common.telemetry import Metrics
from fansipan_indicators.calendars import WorkingCalendar
from fansipan_indicators.catalogue import CASES, COMPOSITES, DURATIONS, HEALTH, VersionedDefinition
from fansipan_indicators.chain import CLOSE_LOCK

_log = structlog.get_logger(__name__)

_TICK_SECONDS: Final = 30.0
_LANES_AT_ONCE: Final = 8
_OF_READINGS_AT_ONCE: Final = 2
"""Readings come in bursts that touch all lanes over them. Side by side these would only slow each other down, and the
lanes of cases, too."""
_OTHERS: Final = frozenset({CASES, COMPOSITES, DURATIONS, HEALTH})
_REMEMBERED: Final = 40_000
"""Figures that the lane of cases remembers: about those of four hundred agencies, communes and procedures."""
_RESTS: Final[Mapping[str, float]] = {CASES: 0.5, DURATIONS: 3.0}
"""Lanes that rest after a transaction, as a share of its time: much of what comes meanwhile changes the same figures
again, and the other lanes need the machine too."""
_SHORT_REST: Final = 0.5
"""Seconds: no rest is longer until it would be thrice as long, so that figures stay within two seconds of their data
while a transaction is short."""
_LONGEST_PAUSE: Final = 60.0
_ALL: Final = "all"
_FIRST_REST: Final = 0.5
_LONGEST_REST: Final = 30.0


@dataclass(frozen=True, slots=True)
class _Rest:
    """A lane that had a fault: until when (monotonic seconds) it rests, for how long, and why."""

    until: float
    delay: float
    reason: str


class Lane(Protocol):
    """Evaluates what changed of some definitions, in a transaction that owns the lane."""

    async def work(
        self, connection: "asyncpg.Connection[Any]", definitions: Definitions, now: datetime, *, tick: bool
    ) -> Work:
        """Evaluate as much as fits into one transaction.

        `tick`: look also at what changes with time alone.
        """
        ...


class Engine:
    """Evaluates indicators.

    Args:
        database: where everything is.
        calendar: working days.
        catalogue: the definitions as this release's files give them; written to the database at start.
        watched: the indicators that alert rules watch, asked whenever definitions are loaded.
        published: called when there may be something to publish.
        interval: seconds between two looks at the queues when nothing wakes it.
        clock: the present time, aware.
        metrics: the platform's instruments.
        pace: multiplies the rests of lanes; 0: none rests.
    """

    def __init__(
        self,
        database: Database,
        calendar: WorkingCalendar,
        catalogue: Sequence[VersionedDefinition],
        *,
        watched: Callable[["asyncpg.Connection[Any]"], Awaitable[frozenset[str]]],
        published: Callable[[], None],
        interval: float,
        clock: Callable[[], datetime],
        metrics: Metrics,
        pace: float = 1.0,
    ) -> None:
        self._database = database
        self._calendar = calendar
        self._catalogue = catalogue
        self._watched = watched
        self._published = published
        self._synced = False
        self._interval = interval
        self._clock = clock
        self._metrics = metrics
        self._pace = pace
        self._name = str(uuid.uuid4())
        self._subjects = Subjects(database)
        self._heads: dict[str, Heads] = {}
        self._running: dict[str, asyncio.Task[bool]] = {}
        self._definitions: Definitions | None = None
        self._lanes: Mapping[str, Lane] = {}
        self._wake = asyncio.Event()
        self._resting: dict[str, _Rest] = {}

    async def check(self) -> None:
        """Raise the reason while indicators are not being kept."""
        if not self._synced:
            raise RuntimeError("the catalogue is not in the database yet")
        if self._resting:
            raise RuntimeError("; ".join(f"{lane}: {rest.reason}" for lane, rest in self._resting.items()))

    def wake(self) -> None:
        """Something changed: look at once."""
        self._wake.set()

    async def reload(self) -> None:
        """Read the definitions again before the next round."""
        self._definitions = None
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled. A lane with a fault rests, longer each time; the others go on."""
        try:
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), self._interval)
                self._wake.clear()
                try:
                    await self._begin_waiting()
                    self._resting.pop(_ALL, None)
                except Exception as error:  # noqa: BLE001 - the outermost loop: logged, counted, gone on
                    self._rest(_ALL, error)
                    await asyncio.sleep(self._resting[_ALL].delay)
        finally:
            for task in self._running.values():
                task.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _begin_waiting(self) -> None:
        """Begin to work on every lane that waits, as far as there is room."""
        await self.sync()
        definitions = self._definitions or await self._load()
        for lane in await self._waiting():
            if lane.name in self._running or not self._has_room(lane.name):
                continue
            task = asyncio.create_task(self._guarded(lane, definitions), name=f"lane-{lane.name}")
            self._running[lane.name] = task
            task.add_done_callback(partial(self._ended, lane.name))

    def _has_room(self, lane: str) -> bool:
        of_readings = len(self._running.keys() - _OTHERS)
        return len(self._running) < _LANES_AT_ONCE and (lane in _OTHERS or of_readings < _OF_READINGS_AT_ONCE)

    def _ended(self, lane: str, _task: "asyncio.Task[bool]") -> None:
        self._running.pop(lane, None)
        self._wake.set()

    def _rest(self, lane: str, error: Exception) -> None:
        before = self._resting.get(lane)
        delay = _FIRST_REST if before is None else min(before.delay * 2, _LONGEST_REST)
        reason = f"{type(error).__name__}: {error}"
        self._resting[lane] = _Rest(time.monotonic() + delay, delay, reason)
        self._metrics.loop_errors.add(
            1, {"fansipan.task": "indicators", "fansipan.lane": lane, "error.type": type(error).__name__}
        )
        _log.warning(
            "indicators go on later", lane=lane, reason=reason, retry_in=delay, exc_info=trace_of(error)
        )

    async def sync(self) -> None:
        """Write the catalogue of this release to the database, once."""
        if self._synced:
            return
        async with self._database.connection() as connection:
            changed = await sync_catalogue(connection, self._catalogue, self._clock())
        self._synced, self._definitions = True, None
        if changed:
            _log.info("indicators are new or changed: the past is evaluated", indicators=changed[:100])

    async def work_off(self) -> int:
        """One transaction in each lane that waits, one after the other; returns how many lanes were worked on."""
        await self.sync()
        definitions = self._definitions or await self._load()
        worked = 0
        for lane in await self._waiting():
            worked += await self._guarded(lane, definitions)
        return worked

    async def _waiting(self) -> list[WaitingLane]:
        async with self._database.connection() as connection:
            return await lane_repository.waiting_lanes(
                connection, self._awake(), self._clock(), _TICK_SECONDS
            )

    async def _guarded(self, lane: WaitingLane, definitions: Definitions) -> bool:
        try:
            worked = await self._work_on(lane, definitions)
        except Exception as error:  # noqa: BLE001 - as in `run`, for one lane
            self._heads[lane.name].forget()
            self._rest(lane.name, error)
            return False
        self._resting.pop(lane.name, None)
        return worked

    async def _work_on(self, lane: WaitingLane, definitions: Definitions) -> bool:
        async with self._database.connection() as connection, connection.transaction():
            owned = await lane_repository.own_lane(connection, lane.name, self._name)
            if owned is None:
                return False
            if not owned.again:
                self._heads[lane.name].forget()
            began, now = time.monotonic(), self._clock()
            await connection.execute("SELECT pg_advisory_xact_lock_shared($1)", CLOSE_LOCK)
            work = await self._lanes[lane.name].work(connection, definitions, now, tick=lane.tick)
            took = time.monotonic() - began
            rest = self._rest_after(lane.name, took, more=work.more)
            await lane_repository.worked(
                connection, lane.name, now, tick=lane.tick, more=work.more, rest=took + rest if rest else 0.0
            )
        self._heads[lane.name].committed()
        self._metrics.evaluated.add(work.changed, {"fansipan.lane": lane.name})
        self._metrics.evaluation_duration.record(time.monotonic() - began, {"fansipan.lane": lane.name})
        if rest:
            asyncio.get_running_loop().call_later(rest, self._wake.set)
        self._published()
        return True

    def _rest_after(self, lane: str, took: float, *, more: bool) -> float:
        if more and lane == CASES:
            return 0.0
        rest = took * _RESTS.get(lane, 0.0)
        return self._pace * min(max(min(rest, _SHORT_REST), rest - 2 * _SHORT_REST), _LONGEST_PAUSE)

    def _awake(self) -> list[str]:
        now = time.monotonic()
        return [name for name in self._lanes if name not in self._resting or self._resting[name].until <= now]

    async def _load(self) -> Definitions:
        async with self._database.connection() as connection:
            definitions = await load_definitions(connection, await self._watched(connection))
        self._definitions = definitions
        self._lanes = {name: self._lane(name) for name in {active.lane for active in definitions.actives}}
        self._resting = {name: rest for name, rest in self._resting.items() if name in self._lanes}
        return definitions

    def _lane(self, name: str) -> Lane:
        if name in self._lanes:
            return self._lanes[name]
        heads = self._heads[name] = Heads(capacity=_REMEMBERED if name == CASES else _REMEMBERED // 8)
        if name == CASES:
            return CaseLane(self._subjects, heads, self._calendar)
        if name == COMPOSITES:
            return CompositeLane(heads, self._subjects)
        if name == DURATIONS:
            return DurationLane(heads, self._subjects)
        return SeriesLane(name, self._subjects, heads)
