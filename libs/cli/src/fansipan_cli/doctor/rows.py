"""Asking the database, and saying lengths of time."""

from datetime import timedelta
from typing import Any

from fansipan_cli.database import Connection


def all_rows(connection: Connection, query: str, *arguments: object) -> list[dict[str, Any]]:
    """All rows of a constant query; values are bound."""
    return connection.execute(query.encode(), arguments).fetchall()


def one_row(connection: Connection, query: str, *arguments: object) -> dict[str, Any]:
    """The one row of a constant query that always has one."""
    (row,) = all_rows(connection, query, *arguments)
    return row


def spoken(length: timedelta) -> str:
    """A length of time to its largest unit: `3 days`, `40 min`, `5 s`."""
    seconds = max(0.0, length.total_seconds())
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
