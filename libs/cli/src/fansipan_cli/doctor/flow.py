"""Checks of what flows through the database: connections, figures that are waited for, dead letters, its size."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from fansipan_cli.database import Connection
from fansipan_cli.doctor.finding import Finding, doubtful, well, wrong
from fansipan_cli.doctor.rows import all_rows, one_row, spoken
from fansipan_common.connections import MOST_CONNECTIONS

_CROWDED: Final = 0.8
_QUEUED: Final = timedelta(minutes=5)
_GIB: Final = 1024**3
_LEAST_FREE: Final = 0.1


def check_connections(connection: Connection) -> Finding:
    """`max_connections` against what is taken now, and what one replica of each service may take."""
    row = one_row(
        connection,
        """
        SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
                 - coalesce(current_setting('reserved_connections', true), '0')::int AS usable,
               count(*) FILTER (WHERE backend_type = 'client backend') AS used,
               count(*) FILTER (WHERE application_name LIKE 'fansipan-%%') AS ours
        FROM pg_stat_activity
        """,
    )
    return connections_finding(row["usable"], row["used"], row["ours"])


def connections_finding(usable: int, used: int, ours: int) -> Finding:
    """What to say of connections: so many may be opened, so many are, so many of these by the platform."""
    wanted = sum(MOST_CONNECTIONS.values())
    parts = ", ".join(f"{name} {count}" for name, count in MOST_CONNECTIONS.items())
    detail = (
        f"{used} of {usable} used ({ours} by the platform); one replica of each may take {wanted} ({parts})"
    )
    todo = "raise max_connections, or put a pooler in front: docs/scaling.md"
    if used > usable * _CROWDED:
        return wrong("connections", detail, todo)
    if wanted > usable:
        return doubtful("connections", detail, todo)
    return well("connections", detail)


def check_cascade(connection: Connection) -> Finding:
    """How long hours and days wait to be computed again."""
    row = one_row(
        connection,
        "SELECT count(*) AS waiting, coalesce(now() - min(enqueued_at), interval '0') AS age FROM dirty_bucket",
    )
    detail = f"{row['waiting']:,} marks wait, the oldest for {spoken(row['age'])}"
    if row["age"] > _QUEUED:
        return wrong("cascade", detail, "does analytics run? see its log; more replicas share the work")
    return well("cascade", detail)


def check_dead_letters(connection: Connection) -> Finding:
    """What could not be used in the last day."""
    rows = all_rows(
        connection,
        """
        SELECT code, count(*) AS count FROM dead_letter
        WHERE stored_at > now() - interval '1 day' AND replayed_at IS NULL GROUP BY code ORDER BY count(*) DESC LIMIT 4
        """,
    )
    return dead_letter_finding(rows)


def dead_letter_finding(rows: list[dict[str, Any]]) -> Finding:
    """What to say of the commonest `code`s and their `count`."""
    if not rows:
        return well("dead letters", "none in the last day that was not sent again")
    detail = "in the last day: " + ", ".join(f"{row['count']:,} {row['code']}" for row in rows)
    return doubtful(
        "dead letters", detail, "look at them on the page, or: fansipan dlq list; then fansipan dlq replay"
    )


def check_size(connection: Connection) -> Finding:
    """How large the database is."""
    row = one_row(connection, "SELECT pg_database_size(current_database()) AS bytes")
    return well("size", f"the database takes {row['bytes'] / _GIB:,.2f} GiB")


def check_server_disk(connection: Connection) -> list[Finding]:
    """Free space where the server keeps its data, when that is on this machine and may be known."""
    row = one_row(
        connection,
        """
        SELECT current_setting('data_directory', true) AS folder,
               coalesce(inet_server_addr() << inet '127.0.0.0/8' OR inet_server_addr() = '::1', true) AS here
        """,
    )
    folder = Path(row["folder"] or "")
    if not row["here"] or not folder.is_absolute() or not folder.is_dir():
        return []
    usage = shutil.disk_usage(folder)
    detail = f"{usage.free / _GIB:,.1f} of {usage.total / _GIB:,.1f} GiB are free at {folder}"
    if usage.free < usage.total * _LEAST_FREE:
        return [wrong("server's disk", detail, "enlarge it, or drop old chunks: docs/scaling.md")]
    return [well("server's disk", detail)]
