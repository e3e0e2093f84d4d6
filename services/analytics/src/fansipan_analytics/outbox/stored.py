"""Which observations were stored, for whoever sends them on: told in a stream of Redis, while somebody wants it."""

import asyncio
import time
from typing import Any, Final

import numpy as np
import structlog
from numpy.typing import NDArray
from pydantic import ValidationError
from redis.asyncio import Redis

from fansipan_analytics.domain.batch import Rows
from fansipan_common.contracts.broadcast import (
    STORED,
    STORED_FIELD,
    STORED_LENGTH,
    STORED_ROWS,
    WANTED,
    StoredObservations,
    WantedDatastreams,
)
from fansipan_common.redis import Speedup
from fansipan_common.telemetry import Metrics

_log = structlog.get_logger(__name__)

_PAUSE_SECONDS: Final = 0.1
_ASK_SECONDS: Final = 2.0
_WAITING_ROWS: Final = 50_000
_ROWS_A_TURN: Final = 10_000

Identities = tuple[NDArray[np.int32], NDArray[np.int64]]
"""Datastream ids and Unix ms."""


class StoredStream:
    """Appends the identities of what was stored, or corrected, to the stream.

    The store only hands over. Nothing is kept for a datastream that nobody wants, and of more than can be appended only
    the newest of each datastream: this is for who listens live, not for who must have everything.
    """

    def __init__(self, redis: Speedup, prefix: str, metrics: Metrics) -> None:
        self._redis = redis
        self._prefix = prefix
        self._metrics = metrics
        for reason in ("redis-away", "too-fast"):
            metrics.untold.add(0, {"error.type": reason})
        self._wanted: WantedDatastreams | None = None
        self._ids = np.empty(0, np.int32)
        self._waiting: list[Identities] = []
        self._rows = 0

    def offer(self, rows: Rows) -> None:
        """Take over committed rows."""
        if self._wanted is None or not len(rows):
            return
        ids, ms = rows.ids, rows.ms
        if self._wanted.ids is not None:
            chosen = np.isin(ids, self._ids)
            ids, ms = ids[chosen], ms[chosen]
        if not len(ids):
            return
        self._waiting.append((ids, ms))
        self._rows += len(ids)
        if self._rows > _WAITING_ROWS:
            self._thin_out()

    async def run(self) -> None:
        """Append ten times a second at most, and ask what is wanted every other second; until cancelled."""
        asked = -_ASK_SECONDS
        while True:
            if time.monotonic() - asked >= _ASK_SECONDS:
                asked = time.monotonic()
                self.want(await self._redis.attempt(self._ask))
            if self._waiting:
                await self.append_waiting()
            await asyncio.sleep(_PAUSE_SECONDS)

    def want(self, wanted: WantedDatastreams | None) -> None:
        """From now on take over what is wanted; None: nothing."""
        if (wanted is None) != (self._wanted is None):
            _log.info("what is stored is told" if wanted is not None else "what is stored is told no more")
        self._wanted = wanted
        self._ids = np.array([] if wanted is None or wanted.ids is None else wanted.ids, np.int32)
        if wanted is None:
            self._waiting, self._rows = [], 0

    async def append_waiting(self) -> None:
        """Append what waits, or of very much the newest of each datastream."""
        if self._rows > _ROWS_A_TURN:
            self._thin_out()
        waiting, self._waiting, self._rows = self._waiting, [], 0
        ids = np.concatenate([each[0] for each in waiting])
        ms = np.concatenate([each[1] for each in waiting])

        async def add(redis: Redis) -> bool:
            pipeline = redis.pipeline(transaction=False)
            for first in range(0, len(ids), STORED_ROWS):
                chosen = slice(first, first + STORED_ROWS)
                entry = StoredObservations(ids=ids[chosen].tolist(), ms=ms[chosen].tolist())
                fields: Any = {STORED_FIELD: entry.model_dump_json()}
                pipeline.xadd(self._prefix + STORED, fields, maxlen=STORED_LENGTH, approximate=True)
            await pipeline.execute()
            return True

        if not await self._redis.attempt(add):
            self._metrics.untold.add(len(ids), {"error.type": "redis-away"})

    async def _ask(self, redis: Redis) -> WantedDatastreams | None:
        found = await redis.get(self._prefix + WANTED)
        if found is None:
            return None
        try:
            return WantedDatastreams.model_validate_json(found)
        except ValidationError as error:
            _log.warning("what is wanted cannot be read; is the gateway newer?", error=str(error))
            return None

    def _thin_out(self) -> None:
        """Keep the newest of each datastream."""
        newest = newest_identities(self._waiting)
        self._metrics.untold.add(self._rows - len(newest[0]), {"error.type": "too-fast"})
        self._waiting, self._rows = [newest], len(newest[0])


def newest_identities(offered: list[Identities]) -> Identities:
    """The newest of each datastream, once."""
    ids = np.concatenate([each[0] for each in offered])
    ms = np.concatenate([each[1] for each in offered])
    order = np.lexsort((ms, ids))
    last = np.append(ids[order][1:] != ids[order][:-1], True)
    return ids[order][last], ms[order][last]
