"""The cascade: hours from minutes, days from hours, whenever something is queued."""

import asyncio
from collections.abc import Callable

import structlog

from fansipan_analytics.repository.cascade import DAYS, HOURS, TAKEN_BUCKETS, lock_shards, recompute_shards
from fansipan_common.db import Database
from fansipan_common.errors import trace_of
from fansipan_common.telemetry import Metrics

_log = structlog.get_logger(__name__)


class Cascade:
    """Works off dirty buckets; any number of replicas share them. `rolled_up` is called after each transaction."""

    def __init__(
        self,
        database: Database,
        *,
        interval: float,
        metrics: Metrics,
        rolled_up: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._interval = interval
        self._metrics = metrics
        self._rolled_up = rolled_up
        self._fault: str | None = None

    async def check(self) -> None:
        """Raise the reason while rollups are not being kept."""
        if self._fault is not None:
            raise RuntimeError(self._fault)

    async def run(self) -> None:
        """Work until cancelled; after a fault, go on with back-off.

        A round takes each shard about once, so that a busy bucket is recomputed once a round, not once a reading.
        """
        delay = self._interval
        while True:
            await asyncio.sleep(delay)
            try:
                await self.work_off()
                delay, self._fault = self._interval, None
            except Exception as error:  # noqa: BLE001 - the outermost loop: logged, counted, gone on
                delay, self._fault = min(delay * 2, 5.0), f"{type(error).__name__}: {error}"
                self._metrics.loop_errors.add(
                    1, {"fansipan.task": "cascade", "error.type": type(error).__name__}
                )
                _log.warning(
                    "cascade goes on later", reason=self._fault, retry_in=delay, exc_info=trace_of(error)
                )

    async def work_off(self) -> int:
        """Recompute what is queued when it begins, at most 64 transactions; returns how many buckets."""
        total = 0
        for _ in range(64):
            before = total
            async with self._database.connection() as connection, connection.transaction():
                shards = await lock_shards(connection)
                if not shards:
                    break
                for level in (HOURS, DAYS):
                    done = await recompute_shards(connection, shards, level)
                    total += done
                    if done:
                        self._metrics.rolled_up.add(done, {"fansipan.level": level.name})
            self._rolled_up()
            self._fault = None  # it works again; the rest of the round may take a while
            if len(shards) > 1 and total - before < TAKEN_BUCKETS:
                break  # that was all of a short queue; what has come since is of the next round
        return total
