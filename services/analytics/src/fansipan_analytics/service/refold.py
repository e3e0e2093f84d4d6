"""Deriving stored cases again when the calendar has changed, or the rules by which they are derived."""

import asyncio
import time
from typing import Final

import structlog

from fansipan_analytics.domain.changed_case import ChangedKey
from fansipan_analytics.repository import cases
from fansipan_analytics.repository.refold import (
    START,
    Walk,
    my_turn,
    next_cases,
    remember_digest,
    remembered_digest,
)
from fansipan_analytics.service.service_events import derive_cases
from fansipan_common.db import Database
from fansipan_common.errors import trace_of
from fansipan_common.telemetry import Metrics
from fansipan_indicators.calendars import WorkingCalendar

_log = structlog.get_logger(__name__)

_RULES: Final = 1
"""To be raised whenever a fold says something else of the same events."""

_BATCH: Final = 500
"""Cases a transaction: storing events waits for so long."""

_TURN_SECONDS: Final = 2.0
_REPORT_SECONDS: Final = 10.0


async def refold(database: Database, calendar: WorkingCalendar, *, batch: int = _BATCH) -> int | None:
    """Derive again what rests on another calendar, and queue the cases that came out differently.

    A changed calendar touches petitions, and dossiers for which a supplement was asked: those that ended, too, for a
    day off that was entered late was a day off all the same. When nothing is remembered, or other rules, every case is
    derived from its events. Safe to interrupt and to repeat.

    Returns:
        How many cases changed; None when another member is at it.

    Raises:
        DatabaseAway: try again.
    """
    wanted = f"{_RULES}:{calendar.digest}"
    async with my_turn(database) as mine:
        if not mine:
            return None
        before = await remembered_digest(database)
        if before == wanted:
            return 0
        same_rules = before is not None and before.split(":")[0] == str(_RULES)
        walks = (Walk.PAUSED_DOSSIERS, Walk.PETITIONS) if same_rules else (Walk.EVERY_SUBJECT,)
        _log.info("cases are derived again", calendar=calendar.id, first_time=before is None)
        changed = 0
        for walk in walks:
            changed += await _go_over(database, calendar, walk, batch, corrected=before is not None)
        await remember_digest(database, wanted)
        _log.info("cases were derived again", calendar=calendar.id, changed=changed)
        return changed


async def _go_over(
    database: Database, calendar: WorkingCalendar, walk: Walk, batch: int, *, corrected: bool
) -> int:
    place, seen, changed_count, reported = START, 0, 0, time.monotonic()
    while True:
        async with database.connection() as connection, connection.transaction():
            await cases.own_deriving(connection)
            keys, following = await next_cases(connection, walk, place, batch)
            if following is None:
                return changed_count
            derived = await derive_cases(connection, keys, calendar)
            changed: dict[ChangedKey, bool] = dict.fromkeys(derived, corrected)
            await cases.enqueue_changed(connection, changed)
        place, seen, changed_count = following, seen + len(keys), changed_count + len(changed)
        if time.monotonic() - reported > _REPORT_SECONDS:
            reported = time.monotonic()
            _log.info("cases are being derived again", what=walk.value, seen=seen, changed=changed_count)


class Refolding:
    """Brings stored cases up to the calendar once a start, with retries."""

    def __init__(self, database: Database, calendar: WorkingCalendar, *, metrics: Metrics) -> None:
        self._database = database
        self._calendar = calendar
        self._metrics = metrics
        self._fault: str | None = None

    async def check(self) -> None:
        """Raise the reason while stored cases cannot be brought up to the calendar."""
        if self._fault is not None:
            raise RuntimeError(self._fault)

    async def run(self) -> None:
        """Derive again until it is done, then wait to be cancelled: a background task that ends counts as dead."""
        delay = 0.2
        while True:
            try:
                done = await refold(self._database, self._calendar)
                self._fault = None
                if done is not None:
                    break
                await asyncio.sleep(_TURN_SECONDS)
            except Exception as error:  # noqa: BLE001 - the outermost loop: logged, counted, begun again
                delay, self._fault = min(delay * 2, 5.0), f"{type(error).__name__}: {error}"
                self._metrics.loop_errors.add(
                    1, {"fansipan.task": "refolding", "error.type": type(error).__name__}
                )
                _log.warning(
                    "deriving cases begins again",
                    reason=self._fault,
                    retry_in=delay,
                    exc_info=trace_of(error),
                )
                await asyncio.sleep(delay)
        await asyncio.Event().wait()
