"""Newest readings, on their way to who watches: of each datastream only the newest, batched, and never waited for."""

import asyncio
from collections.abc import Mapping
from typing import Final

import numpy as np

from fansipan_analytics.domain.batch import Rows
from fansipan_analytics.domain.identity import Stored, rows_of
from fansipan_common.contracts.live import LiveTopic, NewestReadings
from fansipan_common.live import LiveRing

_PAUSE_SECONDS: Final = 0.1
_DATASTREAMS: Final = 1_000
_WAITING_ROWS: Final = 50_000
NOTHING: Final = Stored(None)


class LiveReadings:
    """Appends to the ring what has become the latest value of a datastream.

    The store only hands over; while Redis is slow, what waits is thinned out to the newest of each datastream.
    """

    def __init__(self, ring: LiveRing) -> None:
        self._ring = ring
        self._waiting: list[Rows] = []
        self._rows = 0
        self._wake = asyncio.Event()

    def offer(self, rows: Rows) -> None:
        """Take over committed rows, at most one a datastream: each is as new as what was offered of it before."""
        if not len(rows):
            return
        self._waiting.append(rows)
        self._rows += len(rows)
        if self._rows > _WAITING_ROWS:
            self._waiting = [newest_of(self._waiting)]
            self._rows = len(self._waiting[0])
        self._wake.set()

    def fall_back(self, newest: Mapping[int, tuple[int, Stored] | None]) -> None:
        """Take over that newest rows were taken back: what waits of these datastreams is no more true.

        Where nothing is left, a reading without a time and a result says so.
        """
        gone = list(newest)
        self._waiting = [rows.take(np.flatnonzero(~np.isin(rows.ids, gone))) for rows in self._waiting]
        self.offer(
            rows_of(
                {
                    (datastream_id, 0 if found is None else found[0]): NOTHING if found is None else found[1]
                    for datastream_id, found in newest.items()
                }
            )
        )

    async def run(self) -> None:
        """Append until cancelled: the first at once, then ten times a second at most."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self.append_waiting()
            await asyncio.sleep(_PAUSE_SECONDS)

    async def append_waiting(self) -> None:
        """Append what waits."""
        waiting, self._waiting, self._rows = self._waiting, [], 0
        if not waiting:
            return
        rows = newest_of(waiting)
        await self._ring.append(
            [
                (LiveTopic.OBSERVATIONS, _event(rows, first).model_dump_json())
                for first in range(0, len(rows), _DATASTREAMS)
            ]
        )


def newest_of(offered: list[Rows]) -> Rows:
    """The newest row of each datastream; of two with one time the one that was offered later (it is a correction)."""
    ids = np.concatenate([rows.ids for rows in offered])
    ms = np.concatenate([rows.ms for rows in offered])
    values = np.concatenate([rows.values for rows in offered])
    extras = {}
    start = 0
    for rows in offered:
        extras |= {start + row: extra for row, extra in rows.extras.items()}
        start += len(rows)
    order = np.lexsort((ms, ids))  # stable: rows of one time stay in the order in which they were offered
    last = np.append(ids[order][1:] != ids[order][:-1], True)
    return Rows(ids, ms, values, extras).take(order[last])


def _event(rows: Rows, first: int) -> NewestReadings:
    chosen = slice(first, first + _DATASTREAMS)
    results = [None if value != value else value for value in rows.values[chosen].tolist()]  # noqa: PLR0124 - NaN
    for row, extra in rows.extras.items():
        if first <= row < first + len(results) and results[row - first] is None:
            results[row - first] = extra.result_json
    return NewestReadings(ids=rows.ids[chosen].tolist(), ms=rows.ms[chosen].tolist(), results=results)
