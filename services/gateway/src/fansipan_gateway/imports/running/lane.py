"""A loop that takes one import after the other."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final

import structlog

from fansipan_common.db import DatabaseAway
from fansipan_common.errors import trace_of
from fansipan_common.older_schema import NewerSchemaNeeded
from fansipan_common.telemetry import Metrics
from fansipan_gateway.imports.domain import State
from fansipan_gateway.imports.running.process import ProcessDied
from fansipan_gateway.imports.running.repository import LeaseLost, Taken, WorkRepository
from fansipan_gateway.imports.running.run import Run, RunOptions, step_of
from fansipan_gateway.imports.running.workspace import DamagedUpload

_log = structlog.get_logger(__name__)

_POLL_SECONDS: Final = 2.0
_SWEEP_SECONDS: Final = 60.0
_LONGEST_PAUSE: Final = 10.0
_MOST_ATTEMPTS: Final = 4
KEPT: Final = timedelta(days=30)
"""How long an import that has ended is shown."""


class Lane:
    """Works on imports in some states, one at a time: there is one lane for looking and checking, so that nobody waits
    for a preview until somebody else's millions of rows are sent.

    What goes wrong with one import, whatever it is, neither ends the lane nor is tried forever.

    Args:
        name: of this background task.
        states: which.
        work: where they are.
        options: how.
        expiry: imports that nothing happens to for so long are given up.
        metrics: count what became of each step, and faults.
    """

    def __init__(
        self,
        name: str,
        states: Sequence[State],
        work: WorkRepository,
        options: RunOptions,
        expiry: timedelta,
        metrics: Metrics,
    ) -> None:
        self._name = name
        self._states = states
        self._work = work
        self._options = options
        self._expiry = expiry
        self._metrics = metrics
        self._wake = asyncio.Event()
        self._swept = 0.0

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        pause = 0.5
        while True:
            try:
                await self._sweep()
                taken = await self._work.take(self._states)
            except (DatabaseAway, NewerSchemaNeeded) as error:
                _log.warning("imports cannot be taken", error=str(error), retry_in=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            pause = 0.5
            if taken is None:
                await self._wait()
                continue
            await self._do(taken)

    async def _do(self, taken: Taken) -> None:
        if taken.attempts > _MOST_ATTEMPTS:
            await self._park(taken)
            return
        _log.info("import taken", id=taken.id, step=step_of(taken.state), attempt=taken.attempts)
        try:
            self._count(taken, await Run(taken, self._work, self._options).do())
        except LeaseLost:
            _log.info("import is no longer ours", id=taken.id)
        except DatabaseAway as error:
            _log.warning("import interrupted", id=taken.id, error=str(error))
        except (ProcessDied, DamagedUpload, OSError) as error:
            _log.warning("import failed", id=taken.id, attempt=taken.attempts, error=str(error))
            await self._leave(taken)
        except Exception as error:  # noqa: BLE001 - one file must not stop all others: logged, counted, gone on
            self._metrics.loop_errors.add(
                1, {"fansipan.task": self._name, "error.type": type(error).__name__}
            )
            _log.warning(
                "import failed",
                id=taken.id,
                attempt=taken.attempts,
                error=str(error),
                exc_info=trace_of(error),
            )
            await self._leave(taken)

    async def _leave(self, taken: Taken) -> None:
        """Let it be tried again, the more often it failed the later."""
        self._count(taken, "failed")
        with suppress(LeaseLost, DatabaseAway):  # else it is taken again when the lease is over
            await self._work.release(
                taken, after=timedelta(seconds=taken.attempts), fault=None, forgiven=False
            )

    async def _park(self, taken: Taken) -> None:
        """Nobody got further with it: somebody has to look at the file."""
        fault = {
            "step": step_of(taken.state),
            "code": "import-worker-died",
            "detail": "the process that reads this file died several times: save it as CSV, or in several parts",
            "waits": False,
        }
        self._count(taken, "given-up")
        _log.error("import given up", id=taken.id, step=fault["step"], attempts=taken.attempts)
        with suppress(LeaseLost, DatabaseAway):
            await self._work.parked(taken, fault)

    def _count(self, taken: Taken, outcome: str) -> None:
        self._metrics.import_steps.add(
            1, {"fansipan.import.step": step_of(taken.state), "fansipan.import.outcome": outcome}
        )

    async def _wait(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_POLL_SECONDS):
                await self._wake.wait()
        self._wake.clear()

    async def _sweep(self) -> None:
        now = time.monotonic()
        if now - self._swept >= _SWEEP_SECONDS:
            await self._work.sweep(self._expiry, KEPT)
            self._swept = now
