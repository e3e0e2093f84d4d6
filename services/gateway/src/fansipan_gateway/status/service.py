"""Watching the parts beside the requests: whoever asks how they are waits for nobody."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import structlog

from fansipan_common.errors import ServerFault
from fansipan_gateway.domain.time_range import format_instant
from fansipan_gateway.status.domain import Arrivals, PartRecord, State
from fansipan_gateway.status.probes import Probe
from fansipan_gateway.status.repository import ArrivalRepository

_log = structlog.get_logger(__name__)

_PAUSE_SECONDS: Final = 1.0
_DEADLINE_SECONDS: Final = 2.5
_ARRIVALS_EVERY: Final = 5


class PlatformWatch:
    """Asks every part in turn, all at once, for as long as the gateway runs.

    A part that stops is known to be away after at most two deadlines and pauses (7 s); one that refuses, after two
    pauses.

    Args:
        probes: by part; parts without a known address are left out.
        arrivals: when readings were stored.
        now: the clock.
    """

    def __init__(
        self, probes: Mapping[str, Probe], arrivals: ArrivalRepository, now: Callable[[], datetime]
    ) -> None:
        self._probes = dict(probes)
        self._repository = arrivals
        self._now = now
        self._records = {part: PartRecord(part) for part in probes}
        self._arrivals = Arrivals()
        self._checked_at: datetime | None = None

    async def run(self) -> None:
        """Watch until cancelled."""
        turn = 0
        while True:
            await self._check(arrivals=turn % _ARRIVALS_EVERY == 0)
            turn += 1
            await asyncio.sleep(_PAUSE_SECONDS)

    def document(self) -> dict[str, Any]:
        """What is known, as `schemas.Status` describes it."""
        newest = self._arrivals.newest
        return {
            "checkedAt": None if self._checked_at is None else format_instant(self._checked_at),
            "parts": [
                {
                    "part": status.part,
                    "state": status.state.value,
                    "okAt": None if status.ok_at is None else format_instant(status.ok_at),
                }
                for status in (record.status for record in self._records.values())
            ],
            "newestReadingAt": None if newest is None else format_instant(newest),
            "unusuallyQuiet": self._arrivals.is_unusually_quiet(self._now()),
        }

    async def _check(self, *, arrivals: bool) -> None:
        async with asyncio.TaskGroup() as group:
            for part, probe in self._probes.items():
                group.create_task(self._ask(part, probe))
            if arrivals:
                group.create_task(self._look_at_arrivals())
        self._checked_at = self._now()

    async def _ask(self, part: str, probe: Probe) -> None:
        try:
            async with asyncio.timeout(_DEADLINE_SECONDS):
                found = await probe()
        except TimeoutError:
            found = State.AWAY
        record = self._records[part]
        before = record.status.state
        record.note(found, self._now())
        after = record.status.state
        if after is not before and (before is not State.UNKNOWN or after is not State.OK):
            _log.warning("a part of the platform has changed", part=part, before=before, after=after)

    async def _look_at_arrivals(self) -> None:
        try:
            async with asyncio.timeout(_DEADLINE_SECONDS):
                self._arrivals.note(await self._repository.newest())
        except (ServerFault, TimeoutError):
            return  # the part "database" says so
