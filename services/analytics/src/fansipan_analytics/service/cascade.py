"""The cascade: hours from minutes, days from hours, whenever something is queued."""

from collections.abc import Callable

from fansipan_analytics.repository.cascade import DAYS, HOURS, TAKEN_BUCKETS, lock_shards, recompute_shards
from fansipan_analytics.rounds import Rounds
from fansipan_common.db import Database
from fansipan_common.telemetry import Metrics


class Cascade(Rounds):
    """Works off dirty buckets; any number of replicas share them. `rolled_up` is called after each transaction.

    A round takes each shard about once, so that a busy bucket is recomputed once a round, not once a reading.
    """

    def __init__(
        self,
        database: Database,
        *,
        interval: float,
        metrics: Metrics,
        rolled_up: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__("cascade", interval=interval, metrics=metrics)
        self._database = database
        self._rolled_up = rolled_up

    async def _round(self) -> None:
        await self.work_off()

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
            self._works()
            if len(shards) > 1 and total - before < TAKEN_BUCKETS:
                break  # that was all of a short queue; what has come since is of the next round
        return total
