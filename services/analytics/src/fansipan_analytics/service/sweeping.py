"""Takes away the time series of datastreams that were deleted."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from fansipan_analytics.repository import sweep
from fansipan_common.db import Database
from fansipan_common.errors import trace_of
from fansipan_common.telemetry import Metrics

_log = structlog.get_logger(__name__)

_PIECE: Final = 10_000
"""Observations a transaction, about: storing others waits for so long at most."""
_LONGEST_DELAY: Final = 30.0


class Sweeping:
    """Looks for deleted datastreams and sweeps them piece by piece; replicas share them.

    Args:
        interval: seconds between two looks while there is nothing to do.
        swept: called after each piece: figures have to be computed again.
        piece: observations of one transaction, about.
    """

    def __init__(
        self,
        database: Database,
        *,
        interval: float,
        metrics: Metrics,
        swept: Callable[[], None] = lambda: None,
        piece: int = _PIECE,
    ) -> None:
        self._database = database
        self._interval = interval
        self._metrics = metrics
        self._swept = swept
        self._piece = piece
        self._fault: str | None = None

    async def check(self) -> None:
        """Raise the reason while nothing can be swept."""
        if self._fault is not None:
            raise RuntimeError(self._fault)

    async def run(self) -> None:
        """Sweep until cancelled; after a fault, go on with back-off."""
        delay = self._interval
        while True:
            await asyncio.sleep(delay)
            try:
                while await self.step():
                    await asyncio.sleep(0)  # between two pieces others have the loop
                delay, self._fault = self._interval, None
            except Exception as error:  # noqa: BLE001 - the outermost loop: logged, counted, gone on
                delay, self._fault = min(delay * 2, _LONGEST_DELAY), f"{type(error).__name__}: {error}"
                self._metrics.loop_errors.add(
                    1, {"fansipan.task": "sweeping", "error.type": type(error).__name__}
                )
                _log.warning(
                    "sweeping goes on later", reason=self._fault, retry_in=delay, exc_info=trace_of(error)
                )

    async def step(self) -> bool:
        """Sweep one piece; False when nothing is due."""
        async with self._database.connection() as connection, connection.transaction():
            found = await sweep.due(connection)
            if found is None:
                return False
            datastream_id, passes = found
            await sweep.own_shard(connection, datastream_id)
            series = await sweep.sweep_series(connection, datastream_id, self._piece)
            history = 0
            if series is None:
                history = await sweep.sweep_rest(connection, datastream_id, self._piece)
                if not history:
                    await sweep.swept(connection, datastream_id, passes)
        self._metrics.swept.add((series or 0) + history)
        if series is not None:
            self._swept()
        elif not history and not passes:
            _log.info("a deleted datastream was swept", datastream=datastream_id)
        return True
