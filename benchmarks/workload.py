"""The readings that are sent: many sensors at a steady cadence, in the order in which they would come."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import orjson
from numpy.typing import NDArray

from fansipan_common.contracts.observation_batch import encode_columns

THINGS = 200
PROPERTIES = 5
RECORD_ROWS = 500
PROVIDER = "bench"


@dataclass(frozen=True, slots=True)
class Workload:
    """`THINGS * PROPERTIES` datastreams, each with a reading every `period_ms`, from `start_ms` on."""

    name: str
    period_ms: int
    start_ms: int
    rows: int

    def later(self) -> "Workload":
        """The same, where this one ends."""
        steps = self.rows // (THINGS * PROPERTIES)
        return Workload(self.name, self.period_ms, self.start_ms + steps * self.period_ms, self.rows)

    def columns(self, ids: list[int]) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float64]]:
        """datastream ids, Unix ms and results of all rows, by time and then datastream."""
        steps = self.rows // len(ids)
        times = self.start_ms + np.arange(steps, dtype=np.int64) * self.period_ms
        values = np.round(20.0 + 10.0 * np.sin(np.arange(self.rows, dtype=np.float64) / 977.0), 2)
        return np.tile(np.array(ids, np.int32), steps), np.repeat(times, len(ids)), values


def datastream_keys() -> list[str]:
    """The keys of all datastreams, those of one thing side by side."""
    return [
        f"{PROVIDER}/thing-{thing}/property-{prop}" for thing in range(THINGS) for prop in range(PROPERTIES)
    ]


def http_bodies(workload: Workload, keys: list[str]) -> Iterator[bytes]:
    """JSON bodies of `RECORD_ROWS` observations."""
    ids, times, values = workload.columns(list(range(len(keys))))
    stamps = np.datetime_as_string(times.astype("datetime64[ms]"), unit="ms", timezone="UTC")
    for start in range(0, workload.rows, RECORD_ROWS):
        part = slice(start, start + RECORD_ROWS)
        yield orjson.dumps(
            [
                {"datastream": keys[key], "phenomenonTime": stamp, "result": value}
                for key, stamp, value in zip(
                    ids[part].tolist(), stamps[part].tolist(), values[part].tolist(), strict=True
                )
            ]
        )


def kafka_values(
    workload: Workload, ids: list[int], keys: list[str], partitions: list[int]
) -> list[tuple[int, bytes]]:
    """(partition, record value) as ingest would publish them: rows of one partition, `RECORD_ROWS` a record."""
    row_ids, times, values = workload.columns(ids)
    place = dict(zip(ids, partitions, strict=True))
    names = dict(zip(ids, keys, strict=True))
    row_partitions = np.array([place[i] for i in ids], np.int32)
    row_partitions = np.tile(row_partitions, workload.rows // len(ids))
    records: list[tuple[int, bytes]] = []
    for partition in sorted(set(partitions)):
        mine = np.flatnonzero(row_partitions == partition)
        for start in range(0, len(mine), RECORD_ROWS):
            part = mine[start : start + RECORD_ROWS]
            own = row_ids[part].tolist()
            value = encode_columns(
                datastream_keys={i: names[i] for i in set(own)},
                datastream_ids=own,
                phenomenon_ms=times[part].tolist(),
                result=values[part].tolist(),
            )
            records.append((partition, value))
    return records
