"""Checks of the database."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import psycopg
from alembic.script.revision import ResolutionError
from sqlalchemy.exc import ProgrammingError

from fansipan_cli.database import Connection, connected
from fansipan_cli.doctor.backups import check_archive, check_standbys
from fansipan_cli.doctor.finding import Finding, skipped, well, wrong
from fansipan_cli.doctor.flow import (
    check_cascade,
    check_connections,
    check_dead_letters,
    check_server_disk,
    check_size,
)
from fansipan_cli.doctor.read_only import check_read_only
from fansipan_cli.doctor.rows import one_row
from fansipan_cli.doctor.time_series import check_time_series
from fansipan_cli.errors import CommandError
from fansipan_db import current_revision, head_revision

_MOST_SKEW_SECONDS: Final = 5.0


_CHECKS: Final[tuple[tuple[str, Callable[[Connection], Finding | list[Finding]]], ...]] = (
    ("timescaledb", check_time_series),
    ("connections", check_connections),
    ("size", check_size),
    ("server's disk", check_server_disk),
    ("archive", check_archive),
    ("standbys", check_standbys),
    ("cascade", check_cascade),
    ("dead letters", check_dead_letters),
    ("read-only", check_read_only),
)


def check_database(url: str | None) -> list[Finding]:
    """Reachable, clock, schema at the newest revision, and whatever the database knows of itself."""
    if url is None:
        return [skipped("database", "set DATABASE_URL")]
    try:
        with connected(url, autocommit=True) as connection:
            findings = [_version(connection), clock_finding(_skew(connection)), _revision(url)]
            for name, check in _CHECKS:
                findings += _found(connection, name, check)
    except CommandError as error:
        return [wrong("database", error.what, error.todo)]
    return findings


def _found(
    connection: Connection, name: str, check: Callable[[Connection], Finding | list[Finding]]
) -> list[Finding]:
    """What a check finds; one that this role or this server does not allow is skipped, and says so."""
    try:
        found = check(connection)
    except psycopg.errors.InsufficientPrivilege:
        return [skipped(name, "use a role that may: the owner's, with pg_monitor")]
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
        return [skipped(name, "the schema is older than this command; run: fansipan migrate")]
    except psycopg.errors.ObjectNotInPrerequisiteState as error:
        return [skipped(name, f"ask the primary server ({str(error).splitlines()[0]})")]
    return found if isinstance(found, list) else [found]


def clock_finding(skew_seconds: float) -> Finding:
    """What to say of the difference between the database's clock and ours, seconds (positive: it is ahead)."""
    detail = f"the database is {abs(skew_seconds):.2f} s {'ahead of' if skew_seconds > 0 else 'behind'} this machine"
    if abs(skew_seconds) > _MOST_SKEW_SECONDS:
        return wrong("clock", detail, "set both clocks by NTP; times from the future are refused")
    return well("clock", detail)


def _version(connection: Connection) -> Finding:
    return well("database", f"PostgreSQL {one_row(connection, 'SHOW server_version')['server_version']}")


def _skew(connection: Connection) -> float:
    before = datetime.now(UTC)
    theirs: datetime = one_row(connection, "SELECT clock_timestamp() AS now")["now"]
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
    except ProgrammingError:
        return skipped("schema", "use the owner's role, which may read the revision")
    if current != head:
        found = "there is none" if current is None else f"it is at {current}"
        return wrong("schema", f"{found}, newest is {head}", "run: fansipan migrate")
    return well("schema", f"revision {current}")
