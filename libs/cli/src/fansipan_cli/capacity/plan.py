"""The arithmetic of a capacity sheet: pure, bytes and seconds."""

import math
from dataclasses import dataclass
from typing import Final

from fansipan_cli.capacity import measured
from fansipan_common.connections import MOST_CONNECTIONS

_DAY: Final = 86_400
_MINUTES: Final = 1_440
_YEAR: Final = 365
_PEAK: Final = 3.0
"""How much faster than on average readings may come: senders that catch up after an outage, all at the full minute."""
_HEADROOM: Final = 2.0
"""A replica is planned to do half of what it can, so that one may fall out."""
_LEAST_REPLICAS: Final = 2
_LEAST_PARTITIONS: Final = 6
_LEAST_MEMORY: Final = 4 * 1024**3
_CHUNK_DAYS: Final = (7, 1)
_PAGE: Final = 8_192
_WRITTEN_TABLES: Final = 2
"""Readings and minutes: each new row goes into the last page of its datastream, in the index of each."""
_BEFORE_COLUMNSTORE: Final = 7
"""Days that rows stay rows: corrections are cheap there."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What comes in, and how long it is kept.

    Attributes:
        sensors: datastreams, each with a reading every `interval` seconds.
        events: service events a day.
        raw_days, minute_days: readings and rollups of a minute are kept so long; 0: for good.
        years: that the plan looks ahead; hours, days and events are kept for good.
        kafka_days, kafka_copies: retention and replication of Kafka.
        columnstore: whether the Community edition compresses what is older than a week.
    """

    sensors: int
    interval: float
    events: int
    raw_days: int = 0
    minute_days: int = 0
    years: int = 1
    kafka_days: int = 7
    kafka_copies: int = 3
    columnstore: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """A table's part of the database: rows a day and bytes after the years."""

    name: str
    rows_a_day: float
    bytes_kept: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What is needed; see `plan`."""

    readings_per_second: float
    peak_per_second: float
    kafka_bytes: float
    partitions: int
    ingest_replicas: int
    analytics_replicas: int
    gateway_replicas: int
    connections: int
    shares: tuple[Share, ...]
    log_bytes_a_day: float
    chunk_days: int
    database_memory: float

    @property
    def database_bytes(self) -> float:
        """All tables after the years."""
        return sum(share.bytes_kept for share in self.shares)


def plan(demand: Demand) -> Plan:
    """Work out what a demand needs."""
    readings = demand.sensors * _DAY / demand.interval
    average = readings / _DAY
    peak = average * _PEAK
    minutes = demand.sensors * min(_MINUTES, _DAY / demand.interval)
    shares = (
        _share("readings", readings, measured.READING_BYTES, demand.raw_days, demand),
        _share("minutes", minutes, measured.ROLLUP_BYTES, demand.minute_days, demand),
        _share(
            "hours",
            demand.sensors * min(24, _DAY / demand.interval),
            measured.ROLLUP_BYTES,
            0,
            demand,
            packs=False,
        ),
        _share("days", demand.sensors, measured.ROLLUP_BYTES, 0, demand, packs=False),
        Share("latest values", 0.0, demand.sensors * measured.LATEST_BYTES),
        _share("service events", demand.events, measured.EVENT_BYTES, 0, demand, packs=False),
    )
    # A quarter of the memory for the pages that are written to; half of it at most for the indexes of these chunks.
    memory = max(_LEAST_MEMORY, 4 * demand.sensors * _WRITTEN_TABLES * _PAGE)
    indexes = readings * measured.READING_INDEX_BYTES + minutes * measured.ROLLUP_INDEX_BYTES
    chunk_days = next((days for days in _CHUNK_DAYS if indexes * days <= memory / 2), _CHUNK_DAYS[-1])
    analytics = _replicas(peak, measured.STORED_PER_SECOND)
    ingest = _replicas(peak, measured.ACCEPTED_PER_SECOND)
    gateway = _LEAST_REPLICAS
    counts = {"ingest": ingest, "analytics": analytics, "gateway": gateway}
    return Plan(
        readings_per_second=average,
        peak_per_second=peak,
        kafka_bytes=(readings * measured.KAFKA_BYTES + demand.events * measured.EVENT_KAFKA_BYTES)
        * demand.kafka_days
        * demand.kafka_copies,
        partitions=max(_LEAST_PARTITIONS, analytics * 2),
        ingest_replicas=ingest,
        analytics_replicas=analytics,
        gateway_replicas=gateway,
        connections=sum(MOST_CONNECTIONS[name] * count for name, count in counts.items()),
        shares=shares,
        log_bytes_a_day=readings * measured.LOG_BYTES,
        chunk_days=chunk_days,
        database_memory=memory,
    )


def _share(name: str, rows: float, size: float, kept: int, demand: Demand, *, packs: bool = True) -> Share:
    days = demand.years * _YEAR if kept == 0 else min(kept, demand.years * _YEAR)
    if not (packs and demand.columnstore):
        return Share(name, rows, rows * size * days)
    fresh = min(days, _BEFORE_COLUMNSTORE)
    return Share(name, rows, rows * size * (fresh + (days - fresh) / measured.COLUMNSTORE_FACTOR))


def _replicas(peak: float, each: float) -> int:
    return max(_LEAST_REPLICAS, math.ceil(peak * _HEADROOM / each))
