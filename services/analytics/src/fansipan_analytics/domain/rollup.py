"""Partial aggregates of a micro-batch."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fansipan_analytics.domain.batch import Rows

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
SHARDS: Final = 16
"""Dirty buckets are shared out by datastream id modulo this; `dirty_shard` has one row for each."""


@dataclass(frozen=True, slots=True)
class RollupDeltas:
    """m partial aggregates, one for each (datastream, minute) that occurs; columns of length m.

    `bucket_ms`, `first_ms` and `last_ms` are Unix ms.
    """

    ids: NDArray[np.int32]
    bucket_ms: NDArray[np.int64]
    count: NDArray[np.int32]
    sum: NDArray[np.float64]
    min: NDArray[np.float64]
    max: NDArray[np.float64]
    first: NDArray[np.float64]
    last: NDArray[np.float64]
    first_ms: NDArray[np.int64]
    last_ms: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, mask: NDArray[np.bool_]) -> "RollupDeltas":
        """The aggregates where `mask` holds."""
        return RollupDeltas(*(getattr(self, name)[mask] for name in self.__slots__))


def minute_deltas(rows: Rows) -> RollupDeltas:
    """Aggregate the countable rows by minute. `rows` must be sorted by (datastream, time)."""
    mask = rows.countable()
    ids, ms, values = rows.ids[mask], rows.ms[mask], rows.values[mask]
    minutes = ms - ms % MINUTE_MS
    if not len(ids):
        starts = np.empty(0, np.int64)
    else:
        begins = np.empty(len(ids), bool)
        begins[0] = True
        begins[1:] = (ids[1:] != ids[:-1]) | (minutes[1:] != minutes[:-1])
        starts = np.flatnonzero(begins)
    ends = np.append(starts[1:], len(ids))[: len(starts)] - 1
    empty = not len(starts)
    return RollupDeltas(
        ids=ids[starts],
        bucket_ms=minutes[starts],
        count=(ends - starts + 1).astype(np.int32),
        sum=values if empty else np.add.reduceat(values, starts),
        min=values if empty else np.minimum.reduceat(values, starts),
        max=values if empty else np.maximum.reduceat(values, starts),
        first=values[starts],
        last=values[ends],
        first_ms=ms[starts],
        last_ms=ms[ends],
    )


def dirty_hours(ids: NDArray[np.int32], ms: NDArray[np.int64]) -> list[tuple[int, list[int], list[int]]]:
    """The distinct (datastream, hour) pairs of some rows, as (shard, ids, hours in Unix ms) for each shard.

    Hours are those of Asia/Ho_Chi_Minh, which is a whole number of hours from UTC.
    """
    if not len(ids):
        return []
    pairs = np.unique(np.stack([ids.astype(np.int64), ms - ms % HOUR_MS], axis=1), axis=0)
    shards = pairs[:, 0] % SHARDS
    return [
        (shard, pairs[shards == shard, 0].tolist(), pairs[shards == shard, 1].tolist())
        for shard in np.unique(shards).tolist()
    ]
