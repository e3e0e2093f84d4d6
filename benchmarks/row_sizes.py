"""`python -m benchmarks.row_sizes`: bytes that readings, rollups and service events take in the database and in Kafka.

Rows are put in as they come: by time, all datastreams in turn, in portions of a micro-batch, so that index pages fill
as they do in operation. Needs DATABASE_URL of a server on which it may make a database, which is dropped again.
The figures are those of `fansipan capacity` (`fansipan_cli.capacity.measured`).
"""

import argparse
import os
import time
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import cramjam
import psycopg
from psycopg import sql
from rich.console import Console
from rich.table import Table

from benchmarks.workload import RECORD_ROWS, Workload, datastream_keys, kafka_values
from fansipan_db import migrate

DATABASE: Final = "row_sizes"
PORTION_MINUTES: Final = 50
_HYPERTABLES: Final = ("observation", "rollup_1m", "rollup_1h", "rollup_1d")
_TABLES: Final = ("latest_observation", "service_event", "dossier")
_BEGIN: Final = "2026-06-03T17:00:00Z"  # a Thursday in Lào Cai: chunks of 7 days begin there
_READINGS: Final = """
INSERT INTO observation (datastream_id, phenomenon_time, result)
SELECT d, %(begin)s::timestamptz + m * interval '1 minute', round((20 + 10 * sin((m * 7 + d) / 97.0))::numeric, 2)
  FROM generate_series(%(first)s::int, %(last)s::int) m, generate_series(1, %(datastreams)s::int) d
"""
_MINUTES: Final = """
INSERT INTO rollup_1m
SELECT datastream_id, phenomenon_time, 1, result, result, result, result, result, phenomenon_time, phenomenon_time
  FROM observation WHERE phenomenon_time >= %(begin)s::timestamptz + %(first)s * interval '1 minute'
   AND phenomenon_time <= %(begin)s::timestamptz + %(last)s * interval '1 minute'
"""
_COARSER: Final = """
INSERT INTO {table}
SELECT datastream_id, {bucket}(bucket), sum(count), sum(sum), min(min), max(max), first(first, bucket),
       last(last, bucket), min(first_time), max(last_time) FROM {finer} GROUP BY 1, 2 ORDER BY 2, 1
"""
_LATEST: Final = """
INSERT INTO latest_observation (datastream_id, phenomenon_time, result)
SELECT datastream_id, max(phenomenon_time), 20.5 FROM observation GROUP BY 1
"""
_EVENTS: Final = """
INSERT INTO service_event (provider_id, source, event_id, type, time, subject, agency, area_code, procedure, channel,
                           data)
SELECT 1, '/agencies/H38.' || n %% 40, gen_random_uuid()::text, 'vn.fansipan.dossier.' || kind || '.v1',
       %(begin)s::timestamptz + n * interval '7 seconds', 'H38.40-260603-' || n, 'H38.' || n %% 40, '02671', '1.004441',
       'online', jsonb_build_object('dossierId', 'H38.40-260603-' || n, 'agency', 'H38.' || n %% 40, 'area', '02671',
           'procedure', '1.004441', 'channel', 'online', 'dueAt', '2026-06-20T10:00:00.000Z', 'resultCode', '1')
  FROM generate_series(1, %(dossiers)s::int) n, unnest('{received,processed,returned}'::text[]) kind
"""
_DOSSIERS: Final = """
INSERT INTO dossier (provider_id, dossier_id, state, procedure, agency, area_code, channel, received_at, due_at,
                     finished_at, supplement_count, paused_seconds, result_code, attributes, last_event_at, event_count)
SELECT provider_id, subject, 'returned', min(procedure), min(agency), min(area_code), min(channel), min(time),
       min(time), max(time), 0, 0, '1', '{"channel": "online"}', max(time), count(*) FROM service_event GROUP BY 1, 2
"""


def main(datastreams: int, days: int, dossiers: int) -> None:
    """Fill, vacuum, measure and print."""
    admin = os.environ["DATABASE_URL"]
    url = urlunsplit(urlsplit(admin)._replace(path=f"/{DATABASE}"))
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(DATABASE))
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(drop)
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    try:
        migrate(url)
        with psycopg.connect(url, autocommit=True) as connection:
            found = _fill(connection, datastreams, days, dossiers)
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(drop)
    table = Table(
        title=f"Bytes a row ({datastreams} datastreams each minute for {days} days; {dossiers} dossiers)"
    )
    for heading in ("what", "rows", "table", "indexes", "together"):
        table.add_column(heading, justify="right")
    for name, rows, heap, indexes in found:
        table.add_row(
            name, f"{rows:,}", f"{heap / rows:.1f}", f"{indexes / rows:.1f}", f"{(heap + indexes) / rows:.1f}"
        )
    console = Console(width=110)
    console.print(table)
    console.print(f"Kafka: {_kafka_bytes():.1f} bytes a reading in records of {RECORD_ROWS}, packed by lz4")


def _fill(
    connection: "psycopg.Connection[Any]", datastreams: int, days: int, dossiers: int
) -> list[tuple[str, int, int, int]]:
    began, logged = time.monotonic(), _log_position(connection)
    for first in range(0, days * 1440, PORTION_MINUTES):
        values = {
            "begin": _BEGIN,
            "first": first,
            "last": first + PORTION_MINUTES - 1,
            "datastreams": datastreams,
        }
        with connection.transaction():
            connection.execute(_READINGS, values)
            connection.execute(_MINUTES.encode(), values)
    log_bytes, rows = _log_position(connection) - logged, datastreams * days * 1440
    Console().print(
        f"{rows:,} readings in {time.monotonic() - began:.0f} s; log: {log_bytes / rows:.0f} bytes a reading"
    )
    for table, bucket, finer in (
        ("rollup_1h", "local_hour", "rollup_1m"),
        ("rollup_1d", "local_day", "rollup_1h"),
    ):
        connection.execute(_COARSER.format(table=table, bucket=bucket, finer=finer).encode())
    connection.execute(_LATEST)
    connection.execute("INSERT INTO provider (key, name) VALUES ('measured', 'measured')")
    connection.execute(_EVENTS, {"begin": _BEGIN, "dossiers": dossiers})
    connection.execute(_DOSSIERS)
    connection.execute("VACUUM ANALYZE")
    of_chunks = (
        "sum(table_bytes + toast_bytes)::bigint, sum(index_bytes)::bigint FROM chunks_detailed_size('{name}')"
    )
    of_table = "pg_table_size('{name}'), pg_indexes_size('{name}')"
    found: list[tuple[str, int, int, int]] = []
    for name in (*_HYPERTABLES, *_TABLES):
        sizes = (of_chunks if name in _HYPERTABLES else of_table).format(name=name)
        rows, heap, indexes = _one(connection, f"SELECT (SELECT count(*) FROM {name}), {sizes}")
        found.append((name, rows, heap, indexes))
    return found


def _log_position(connection: "psycopg.Connection[Any]") -> int:
    return _one(connection, "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint")[0]


def _one(connection: "psycopg.Connection[Any]", query: str) -> tuple[int, ...]:
    row = connection.execute(query.encode()).fetchone()
    if row is None:
        raise RuntimeError(f"no row from {query}")
    return tuple(int(value) for value in row)


def _kafka_bytes() -> float:
    keys = datastream_keys()
    workload = Workload("1 reading a minute", 60_000, 1_780_500_000_000, len(keys) * 60)
    values = [
        value for _, value in kafka_values(workload, list(range(1, len(keys) + 1)), keys, [0] * len(keys))
    ]
    return sum(len(bytes(cramjam.lz4.compress(value))) for value in values) / workload.rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.row_sizes", description=__doc__)
    parser.add_argument("--datastreams", type=int, default=300)
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--dossiers", type=int, default=20_000)
    arguments = parser.parse_args()
    main(arguments.datastreams, arguments.days, arguments.dossiers)
