"""Work that is done round after round for as long as the process lives."""

import asyncio
from abc import ABC, abstractmethod

import structlog

from fansipan_common.errors import trace_of
from fansipan_common.older_schema import NewerSchemaNeeded
from fansipan_common.tasks import is_cancelled
from fansipan_common.telemetry import Metrics

_log = structlog.get_logger(__name__)


class Rounds(ABC):
    """Does a round, rests, and does the next one. After a fault it goes on with back-off, and readiness says why.

    Args:
        task: what it is called among the background tasks.
        interval: seconds between two rounds.
        metrics: counts faults.
        longest_rest: seconds between two rounds while all of them fail, at most; doubled each time.
    """

    def __init__(self, task: str, *, interval: float, metrics: Metrics, longest_rest: float = 5.0) -> None:
        self._task = task
        self._interval = interval
        self._metrics = metrics
        self._longest_rest = longest_rest
        self._fault: str | None = None

    @abstractmethod
    async def _round(self) -> None:
        """Do what there is to do. In a long round, `_works` says meanwhile that an earlier fault is over."""

    async def _rest(self, seconds: float) -> None:
        """Wait before a round."""
        await asyncio.sleep(seconds)

    def _works(self) -> None:
        self._fault = None

    async def check(self) -> None:
        """Raise the reason while nothing is done by this process."""
        if self._fault is not None:
            raise RuntimeError(self._fault)

    async def run(self) -> None:
        """Work until cancelled."""
        rest = self._interval
        while True:
            await self._rest(rest)
            try:
                await self._round()
                rest, self._fault = self._interval, None
            except NewerSchemaNeeded as behind:
                # Readiness tells of the schema; on an older one there is nothing to do yet.
                rest, self._fault = min(rest * 2, self._longest_rest), None
                _log.warning("a background task waits", task=self._task, reason=behind.detail, retry_in=rest)
            except (Exception, asyncio.CancelledError) as error:
                if is_cancelled():
                    raise
                rest, self._fault = min(rest * 2, self._longest_rest), f"{type(error).__name__}: {error}"
                self._metrics.loop_errors.add(
                    1, {"fansipan.task": self._task, "error.type": type(error).__name__}
                )
                _log.warning(
                    "a background task goes on later",
                    task=self._task,
                    reason=self._fault,
                    retry_in=rest,
                    exc_info=trace_of(error),
                )
