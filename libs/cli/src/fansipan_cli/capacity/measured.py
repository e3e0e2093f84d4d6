"""What was measured, and what is assumed: the figures that `plan` computes with.

Bytes: `python -m benchmarks.row_sizes --datastreams 200 --days 8 --dossiers 10000` (PostgreSQL 17, TimescaleDB 2.19).
Rates: `make bench` on two cores with everything on them; a machine that PostgreSQL has for itself does more.
"""

from typing import Final

READING_BYTES: Final = 96.9
"""A row of `observation` with its index entry."""
READING_INDEX_BYTES: Final = 44.6
ROLLUP_BYTES: Final = 142.4
"""A row of a rollup with its index entry; hours and days take little more."""
ROLLUP_INDEX_BYTES: Final = 33.1
LATEST_BYTES: Final = 409.6
"""A datastream's row of `latest_observation`, which is changed all the time, with the room that this needs."""
EVENT_BYTES: Final = 558.7 + 367.0 / 3
"""A service event with its index entries, and its third of a dossier."""
LOG_BYTES: Final = 382.0
"""Written to PostgreSQL's log (WAL) for a reading and its minute: what the archive grows by, before packing."""
KAFKA_BYTES: Final = 15.0
"""A reading in Kafka in records of 500, packed; one copy."""
STORED_PER_SECOND: Final = 60_000
"""Readings that one analytics replica stores each second, with rollups."""
ACCEPTED_PER_SECOND: Final = 40_000
"""Readings that one ingest replica accepts each second over HTTP, in batches of 500, and that are stored."""

COLUMNSTORE_FACTOR: Final = 10.0
"""Assumed, not measured here (the Apache edition has no columnstore): Timescale says 10 to 20 for readings."""
EVENT_KAFKA_BYTES: Final = 600.0
"""Assumed: a CloudEvent with its headers, in a record of its own, hardly packed."""
