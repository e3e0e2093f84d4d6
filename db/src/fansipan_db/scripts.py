"""SQL files: run once by a migration, or again on every migration."""

import hashlib
from pathlib import Path

from alembic import op
from sqlalchemy import Connection

PACKAGE = Path(__file__).parent
RUN_ONCE = PACKAGE / "migrations" / "sql"
REPEATABLE = PACKAGE / "repeatable"


def run_script(name: str) -> None:
    """Run a run-once script on the migration's connection, as it stands."""
    run_sql(op.get_bind(), (RUN_ONCE / name).read_text(encoding="utf-8"))


def run_sql(connection: Connection, sql: str) -> None:
    """Run several statements at once in the connection's transaction: no parameters, `%` means itself."""
    connection.connection.cursor().execute(sql)


def repeatable_scripts() -> list[str]:
    """The texts of the re-runnable scripts, in the order of their names."""
    return [path.read_text(encoding="utf-8") for path in sorted(REPEATABLE.glob("*.sql"))]


def run_once_digests() -> dict[str, str]:
    """SHA-256 of every run-once script, by name: a released one never changes (`frozen.json`)."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(RUN_ONCE.glob("*.sql"))
    }
