"""What was measured, and what is assumed: the figures that `plan` computes with.

Bytes: `python -m benchmarks.row_sizes` (300 datastreams, one reading a minute, ten days; 60,000 events of 20,000
dossiers). Rates: `make bench` on two cores with everything on them; a machine with its own database does more.
"""

from typing import Final

# PLACEHOLDER
READING_BYTES: Final = 110.0
"""A row of `observation` with its index entry."""
READING_INDEX_BYTES: Final = 40.0
ROLLUP_INDEX_BYTES: Final = 40.0
ROLLUP_BYTES: Final = 160.0
"""A row of a rollup with its index entry."""
LATEST_BYTES: Final = 160.0
"""A datastream's row of `latest_observation`."""
EVENT_BYTES: Final = 1_000.0
"""A service event with its index entries, and its share of the dossier that three of them make."""
LOG_BYTES: Final = 500.0
"""Written to PostgreSQL's log (WAL) for a reading and its minute: what the archive grows by, before packing."""
KAFKA_BYTES: Final = 20.0
"""A reading in Kafka, packed; one copy."""
STORED_PER_SECOND: Final = 60_000
"""Readings that one analytics replica stores each second, with rollups."""
ACCEPTED_PER_SECOND: Final = 40_000
"""Readings that one ingest replica accepts each second over HTTP, in batches of 500."""

COLUMNSTORE_FACTOR: Final = 10.0
"""Assumed, not measured here (the Apache edition has no columnstore): Timescale says 10 to 20 for readings."""
EVENT_KAFKA_BYTES: Final = 600.0
"""Assumed: a CloudEvent with its headers, in a record of its own, hardly packed."""
