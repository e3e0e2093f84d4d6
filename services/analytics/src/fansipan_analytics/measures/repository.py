"""Counting what is stored and what waits. Every statement reads an index or a small table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import structlog

from fansipan_common.db import Database
from fansipan_common.telemetry import registry
from fansipan_common.telemetry.instrument import Instrument

if TYPE_CHECKING:
    import asyncpg

_log = structlog.get_logger(__name__)

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
# Everybody may see these, unless somebody took that away; asked first, so that no statement fails each time.
_MAY_SEE_ARCHIVE: Final = """
SELECT has_table_privilege('pg_catalog.pg_stat_archiver', 'SELECT')
   AND bool_and(has_function_privilege(f, 'EXECUTE'))
  FROM unnest(ARRAY['pg_current_wal_insert_lsn()', 'pg_walfile_name(pg_lsn)', 'pg_walfile_name_offset(pg_lsn)']) AS f
"""
# The newest whole file of the log is the one before the file that is written now. It waits when it comes after the last
# one that was archived (names without their timeline, the first eight digits). After a base backup, or a promotion, the
# last that was archived is no file of the log: then nothing is known until the next one.
_ARCHIVE: Final = """
WITH newest AS (
  SELECT pg_walfile_name(lsn - (file_offset + 1)) AS file
    FROM pg_current_wal_insert_lsn() AS lsn, pg_walfile_name_offset(lsn)
)
SELECT current_setting('archive_mode') <> 'off' AND last_failed_time IS NOT NULL
       AND last_failed_time > coalesce(last_archived_time, '-infinity') AS failing,
       CASE WHEN current_setting('archive_mode') <> 'off' AND last_archived_wal ~ '^[0-9A-F]{24}$'
                 AND substr(newest.file, 9) COLLATE "C" > substr(last_archived_wal, 9) COLLATE "C"
            THEN extract(epoch FROM clock_timestamp() - last_archived_time)
            ELSE 0 END AS wait
  FROM pg_stat_archiver, newest
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
        self._may_see_archive = True

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
            archive = await self._read_archive(connection)
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
        return found + archive

    async def _read_archive(self, connection: "asyncpg.Connection[Any]") -> list[Measure]:
        """Whether the log is archived; nothing where our role may not see that, which is said once."""
        may_see = bool(await connection.fetchval(_MAY_SEE_ARCHIVE))
        if not may_see and self._may_see_archive:
            _log.warning(
                "whether the log is archived is not measured: the role may not read it",
                remedy="GRANT SELECT ON pg_stat_archiver TO fansipan_analytics, and EXECUTE on"
                " pg_current_wal_insert_lsn, pg_walfile_name and pg_walfile_name_offset",
            )
        self._may_see_archive = may_see
        if not may_see:
            return []
        [row] = await connection.fetch(_ARCHIVE)
        return [
            Measure(registry.DATABASE_ARCHIVE_FAILING, float(row["failing"]), {}),
            Measure(registry.DATABASE_ARCHIVE_WAIT, max(0.0, float(row["wait"])), {}),
        ]
