"""The engine: whenever something changed, evaluate the lanes that read it. Replicas share them without a leader."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

import asyncpg
import structlog

from fansipan_analytics.indicators import lane_repository
from fansipan_analytics.indicators.active import Definitions, Work
from fansipan_analytics.indicators.case_lane import CaseLane
from fansipan_analytics.indicators.composite_lane import CompositeLane
from fansipan_analytics.indicators.definition_repository import load_definitions, sync_catalogue
from fansipan_analytics.indicators.lane_repository import WaitingLane
from fansipan_analytics.indicators.registry import Subjects
from fansipan_analytics.indicators.series_lane import SeriesLane
from fansipan_common.db import Database, DatabaseAway
from fansipan_common.errors import trace_of
from fansipan_common.telemetry import Metrics
from fansipan_indicators.calendars import WorkingCalendar
from fansipan_indicators.catalogue import CASES, COMPOSITES, VersionedDefinition
from fansipan_indicators.chain import CLOSE_LOCK

_log = structlog.get_logger(__name__)

_TICK_SECONDS: Final = 30.0
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
        self._subjects = Subjects(database)
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
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._interval)
            self._wake.clear()
            try:
                await self.sync()
                while await self.work_off():
                    pass
                self._resting.pop(_ALL, None)
            except Exception as error:  # noqa: BLE001 - the outermost loop: logged, counted, gone on
                self._rest(_ALL, error)
                await asyncio.sleep(self._resting[_ALL].delay)

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
        """One transaction in each lane that has something to do; returns how many lanes were worked on."""
        definitions = self._definitions or await self._load()
        async with self._database.connection() as connection:
            waiting = await lane_repository.waiting_lanes(
                connection, self._awake(), self._clock(), _TICK_SECONDS
            )
        worked = 0
        for lane in waiting:
            try:
                worked += await self._work_on(lane, definitions)
                self._resting.pop(lane.name, None)
            except DatabaseAway:
                raise
            except Exception as error:  # noqa: BLE001 - as in `run`, for one lane
                self._rest(lane.name, error)
        return worked

    async def _work_on(self, lane: WaitingLane, definitions: Definitions) -> bool:
        async with self._database.connection() as connection, connection.transaction():
            if not await lane_repository.own_lane(connection, lane.name):
                return False
            began, now = time.monotonic(), self._clock()
            await connection.execute("SELECT pg_advisory_xact_lock_shared($1)", CLOSE_LOCK)
            work = await self._lanes[lane.name].work(connection, definitions, now, tick=lane.tick)
            await lane_repository.worked(connection, lane.name, now, tick=lane.tick, more=work.more)
        self._metrics.evaluated.add(work.changed, {"fansipan.lane": lane.name})
        self._metrics.evaluation_duration.record(time.monotonic() - began, {"fansipan.lane": lane.name})
        self._published()
        return True

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
        if name == CASES:
            return CaseLane(self._subjects, self._calendar)
        if name == COMPOSITES:
            return CompositeLane()
        return SeriesLane(name, self._subjects)
