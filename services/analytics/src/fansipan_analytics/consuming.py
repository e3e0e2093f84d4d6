"""Consuming Kafka for as long as the process lives, with the offsets in the database."""

import asyncio
import time
from abc import ABC, abstractmethod
from typing import Final

import structlog

from fansipan_common.errors import trace_of
from fansipan_common.kafka import Feed
from fansipan_common.tasks import is_cancelled
from fansipan_common.telemetry import Metrics

_log = structlog.get_logger(__name__)

_FIRST_REST: Final = 0.2
_LONGEST_REST: Final = 5.0
_GOOD_SECONDS: Final = 30.0
"""Who consumed for so long before a fault begins again soon."""


class Consuming(ABC):
    """Consumes; after a fault it begins again where the database says, with back-off.

    Args:
        task: what it is called among the background tasks.
        metrics: counts faults.
        halts: a fault after which it does not begin again.
    """

    def __init__(self, task: str, *, metrics: Metrics, halts: tuple[type[Exception], ...] = ()) -> None:
        self._task = task
        self._metrics = metrics
        self._halts = halts
        self._feed: Feed | None = None
        self._fault: str | None = "not started yet"

    @abstractmethod
    async def _consume(self) -> None:
        """Consume until there is a fault; forget it (`_fault`) once partitions are assigned."""

    async def check(self) -> None:
        """Raise the reason while nothing is consumed."""
        if self._fault is not None:
            raise RuntimeError(self._fault)
        missing = [] if self._feed is None else self._feed.missing_topics
        if missing:
            raise RuntimeError(f"Kafka has no topic {', '.join(missing)}; make it: fansipan topics create")

    async def run(self) -> None:
        """Consume until cancelled.

        Raises:
            What halts it.
        """
        rest = _FIRST_REST
        while True:
            began = time.monotonic()
            try:
                await self._consume()
            except (Exception, asyncio.CancelledError) as error:
                if is_cancelled() or isinstance(error, self._halts):
                    raise
                self._fault = f"{type(error).__name__}: {error}"
                self._metrics.loop_errors.add(
                    1, {"fansipan.task": self._task, "error.type": type(error).__name__}
                )
                rest = (
                    _FIRST_REST if time.monotonic() - began > _GOOD_SECONDS else min(rest * 2, _LONGEST_REST)
                )
                _log.warning(
                    "a consumer begins again",
                    task=self._task,
                    reason=self._fault,
                    retry_in=rest,
                    exc_info=trace_of(error),
                )
            await asyncio.sleep(rest)
