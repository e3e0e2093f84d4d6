"""Takes away the time series of datastreams that were deleted."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from fansipan_analytics.repository import sweep
from fansipan_analytics.rounds import Rounds
from fansipan_common.db import Database
from fansipan_common.telemetry import Metrics

_log = structlog.get_logger(__name__)

_PIECE: Final = 10_000
"""Observations a transaction, about: storing others waits for so long at most."""
_LONGEST_REST: Final = 30.0


class Sweeping(Rounds):
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
        super().__init__("sweeping", interval=interval, metrics=metrics, longest_rest=_LONGEST_REST)
        self._database = database
        self._swept = swept
        self._piece = piece

    async def _round(self) -> None:
        while await self.step():
            await asyncio.sleep(0)  # between two pieces others have the loop

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
