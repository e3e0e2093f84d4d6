"""Measures the database four times a minute. Replicas find the same: dashboards and rules take the greatest."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import structlog
from opentelemetry.metrics import get_meter

from fansipan_analytics.measures.repository import Measure, MeasureRepository
from fansipan_common.errors import trace_of
from fansipan_common.telemetry import Metrics, registry
from fansipan_common.telemetry.instrument import Instrument

_log = structlog.get_logger(__name__)

_INTERVAL_SECONDS: Final = 15.0
_MEASURED: Final = (
    registry.QUEUE_ROWS,
    registry.QUEUE_AGE,
    registry.THINGS,
    registry.DATASTREAMS,
    registry.DATASTREAMS_QUIET,
    registry.NEWEST_AGE,
    registry.DEAD_LETTERS_KEPT,
    registry.DATABASE_SIZE,
    registry.CASES_OPEN,
    registry.CASES_LATE,
    registry.ALERTS_OPEN,
    registry.DATABASE_JOB_FAILED,
    registry.DATABASE_ARCHIVE_FAILING,
    registry.DATABASE_ARCHIVE_WAIT,
)


class Measuring:
    """Keeps what was read last for whoever scrapes. While the database is away there are no values, not old ones.

    Args:
        repository: reads.
        metrics: counts faults of the loop.
        interval: seconds between two readings.
    """

    def __init__(
        self, repository: MeasureRepository, *, metrics: Metrics, interval: float = _INTERVAL_SECONDS
    ) -> None:
        self._repository = repository
        self._metrics = metrics
        self._interval = interval
        self._found: Sequence[Measure] = ()
        meter = get_meter("fansipan_analytics.measures")
        for instrument in _MEASURED:
            instrument.observed(meter).watch(partial(self._of, instrument))

    async def run(self) -> None:
        """Measure until cancelled; after a fault, go on."""
        while True:
            try:
                self._found = await self._repository.read()
            except Exception as error:  # noqa: BLE001 - the outermost loop: logged, counted, gone on
                self._found = ()
                self._metrics.loop_errors.add(
                    1, {"fansipan.task": "measuring", "error.type": type(error).__name__}
                )
                _log.warning("measuring goes on later", error=str(error), exc_info=trace_of(error))
            await asyncio.sleep(self._interval)

    def _of(self, instrument: Instrument) -> list[tuple[float, Mapping[str, str]]]:
        return [(each.value, each.attributes) for each in self._found if each.instrument is instrument]
