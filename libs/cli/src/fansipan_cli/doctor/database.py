"""Checks of the database."""

from datetime import UTC, datetime
from typing import Any, Final

from alembic.script.revision import ResolutionError

from fansipan_cli.database import Connection, connected, one
from fansipan_cli.doctor.finding import Finding, skipped, well, wrong
from fansipan_cli.errors import CommandError
from fansipan_db import current_revision, head_revision

_MOST_SKEW_SECONDS: Final = 5.0


def check_database(url: str | None) -> list[Finding]:
    """Reachable, schema at the newest revision, TimescaleDB and its edition, clock."""
    if url is None:
        return [skipped("database", "set DATABASE_URL")]
    try:
        with connected(url, autocommit=True) as connection:
            findings = [_version(connection), _timescale(connection), clock_finding(_skew(connection))]
    except CommandError as error:
        return [wrong("database", error.what, error.todo)]
    return [*findings, _revision(url)]


def clock_finding(skew_seconds: float) -> Finding:
    """What to say of the difference between the database's clock and ours, seconds (positive: it is ahead)."""
    detail = f"the database is {abs(skew_seconds):.2f} s {'ahead of' if skew_seconds > 0 else 'behind'} this machine"
    if abs(skew_seconds) > _MOST_SKEW_SECONDS:
        return wrong("clock", detail, "set both clocks by NTP; times from the future are refused")
    return well("clock", detail)


def _version(connection: Connection) -> Finding:
    return well("database", f"PostgreSQL {_row(connection, 'SHOW server_version')['server_version']}")


def _timescale(connection: Connection) -> Finding:
    row = one(connection, "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'")
    if row is None:
        return wrong(
            "timescaledb", "the extension is not installed in this database", "run: fansipan migrate"
        )
    edition = _row(connection, "SELECT current_setting('timescaledb.license', true) AS edition")["edition"]
    return well("timescaledb", f"{row['extversion']}, edition {edition or 'unknown'}")


def _skew(connection: Connection) -> float:
    before = datetime.now(UTC)
    theirs: datetime = _row(connection, "SELECT clock_timestamp() AS now")["now"]
    after = datetime.now(UTC)
    return (theirs - (before + (after - before) / 2)).total_seconds()


def _revision(url: str) -> Finding:
    head = head_revision()
    try:
        current = current_revision(url)
    except ResolutionError as error:
        return wrong(
            "schema", f"revision is not known here ({error})", "use the fansipan of the same version"
        )
    if current != head:
        found = "there is none" if current is None else f"it is at {current}"
        return wrong("schema", f"{found}, newest is {head}", "run: fansipan migrate")
    return well("schema", f"revision {current}")


def _row(connection: Connection, query: str) -> dict[str, Any]:
    row = one(connection, query)
    if row is None:
        raise RuntimeError(f"no row from {query!r}")
    return row
