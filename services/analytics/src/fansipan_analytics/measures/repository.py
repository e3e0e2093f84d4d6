"""Counting what is stored and what waits. Every statement reads an index or a small table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fansipan_common.db import Database
from fansipan_common.telemetry import registry
from fansipan_common.telemetry.instrument import Instrument

_QUEUES: Final = """
SELECT 'outbox' AS label, count(*) AS rows, extract(epoch FROM clock_timestamp() - min(created_at)) AS age FROM outbox
UNION ALL
SELECT 'changed-series', count(*), extract(epoch FROM clock_timestamp() - min(enqueued_at)) FROM changed_series
UNION ALL
SELECT 'changed-case', count(*), extract(epoch FROM clock_timestamp() - min(enqueued_at)) FROM changed_case
UNION ALL
SELECT 'stale-value', count(*), extract(epoch FROM clock_timestamp() - min(enqueued_at)) FROM stale_value
UNION ALL
SELECT 'changed-value', count(*), extract(epoch FROM clock_timestamp() - min(enqueued_at)) FROM changed_value
UNION ALL
SELECT 'webhooks', count(*), extract(epoch FROM clock_timestamp() - min(d.next_attempt_at))
  FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook_id
 WHERE d.next_attempt_at IS NOT NULL AND w.disabled_at IS NULL
UNION ALL
SELECT 'notifications', count(*), extract(epoch FROM clock_timestamp() - min(next_attempt_at)) FROM notification
 WHERE next_attempt_at IS NOT NULL
"""
_STORED: Final = """
SELECT (SELECT count(*) FROM thing) AS things,
       (SELECT count(*) FROM datastream) AS datastreams,
       (SELECT count(*) FROM latest_observation WHERE stored_at < now() - interval '1 day') AS quiet,
       (SELECT extract(epoch FROM clock_timestamp() - max(stored_at)) FROM latest_observation) AS newest_age,
       (SELECT count(*) FROM dead_letter) AS dead_letters,
       pg_database_size(current_database()) AS size
"""
_CASES: Final = """
SELECT 'dossier' AS label, count(*) AS open, count(*) FILTER (WHERE late_at <= now()) AS late
  FROM dossier WHERE finished_at IS NULL
UNION ALL
SELECT 'petition', count(*), count(*) FILTER (WHERE late_at <= now()) FROM petition WHERE finished_at IS NULL
"""
_ALERTS: Final = """
SELECT s AS label, count(a.id) AS open
  FROM unnest(ARRAY['info', 'warning', 'serious', 'critical']) AS s
  LEFT JOIN alert a ON a.severity = s AND a.state IN ('open', 'acknowledged') GROUP BY s
"""
# The Apache edition refuses to run any job, also the one that TimescaleDB makes for itself: that is no failure.
_JOBS: Final = """
SELECT j.proc_name AS label,
       max((s.last_run_status = 'Failed' AND current_setting('timescaledb.license', true) IS DISTINCT FROM 'apache')
           ::integer) AS failed
  FROM timescaledb_information.jobs j JOIN timescaledb_information.job_stats s USING (job_id) GROUP BY j.proc_name
"""


@dataclass(frozen=True, slots=True)
class Measure:
    """A value of an instrument of the registry."""

    instrument: Instrument
    value: float
    attributes: dict[str, str]


class MeasureRepository:
    """Reads what is measured."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self) -> Sequence[Measure]:
        """All of it, as it is now.

        Raises:
            DatabaseAway.
        """
        async with self._database.connection() as connection:
            queues = await connection.fetch(_QUEUES)
            stored = await connection.fetch(_STORED)
            cases = await connection.fetch(_CASES)
            alerts = await connection.fetch(_ALERTS)
            jobs = await connection.fetch(_JOBS)
        found: list[Measure] = []
        for row in queues:
            queue = {"fansipan.queue": row["label"]}
            found.append(Measure(registry.QUEUE_ROWS, row["rows"], queue))
            found.append(Measure(registry.QUEUE_AGE, max(0.0, float(row["age"] or 0.0)), queue))
        [row] = stored
        for instrument, column in (
            (registry.THINGS, "things"),
            (registry.DATASTREAMS, "datastreams"),
            (registry.DATASTREAMS_QUIET, "quiet"),
            (registry.NEWEST_AGE, "newest_age"),
            (registry.DEAD_LETTERS_KEPT, "dead_letters"),
            (registry.DATABASE_SIZE, "size"),
        ):
            if row[column] is not None:
                found.append(Measure(instrument, float(row[column]), {}))
        for row in cases:
            kind = {"fansipan.case.kind": row["label"]}
            found.append(Measure(registry.CASES_OPEN, row["open"], kind))
            found.append(Measure(registry.CASES_LATE, row["late"], kind))
        found += [
            Measure(registry.ALERTS_OPEN, row["open"], {"fansipan.alert.severity": row["label"]})
            for row in alerts
        ]
        found += [
            Measure(registry.DATABASE_JOB_FAILED, row["failed"], {"fansipan.database.job": row["label"]})
            for row in jobs
        ]
        return found
