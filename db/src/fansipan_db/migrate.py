"""Bring a database to a revision of the schema."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

import psycopg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from fansipan_db.scripts import PACKAGE, repeatable_scripts, run_sql

_LOCK: Final = 4_241_766  # advisory lock: two migrations of one database wait for each other
_LOCK_SECONDS: Final = 2
"""How long one statement waits for a table: whoever reads or writes it waits behind."""
_FIRST_PAUSE_SECONDS: Final = 0.5
_LONGEST_PAUSE_SECONDS: Final = 10.0


def migrate(url: str, revision: str = "head", *, patience: float = 300.0) -> str:
    """Upgrade the database at `url` (`postgresql://…`); returns the revision. At head, functions and grants are re-run.

    Safe to call from several places at once: the second waits for the first. It works while services do: a statement
    that waits for a lock keeps all that come after it waiting, too, so it gives up soon, and the migration tries again.

    Args:
        patience: seconds to try again for, each time for a little longer.

    Raises:
        psycopg.errors.LockNotAvailable: somebody held a table for so long.
    """
    with _connected(url) as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        connection.execute(text(f"SET lock_timeout = '{_LOCK_SECONDS}s'"))
        connection.commit()
        until, pause = time.monotonic() + patience, _FIRST_PAUSE_SECONDS
        while True:
            try:
                return _upgrade(connection, revision)
            except psycopg.errors.LockNotAvailable:
                connection.rollback()
                if time.monotonic() + pause > until:
                    raise
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def _upgrade(connection: Connection, revision: str) -> str:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    connection.commit()
    current = MigrationContext.configure(connection).get_current_revision()
    connection.commit()
    if current == head_revision():
        with connection.begin():
            for script in repeatable_scripts():
                run_sql(connection, script)
    if current is None:
        raise RuntimeError("the database has no revision after a migration")
    return current


def current_revision(url: str) -> str | None:
    """The revision a database is at; None when it was never migrated."""
    with _connected(url) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head_revision() -> str:
    """The newest revision this package knows."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError("the package holds no migration")
    return head


def revisions() -> list[str]:
    """All revisions, oldest first."""
    return [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()][::-1]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(PACKAGE / "migrations"))
    return config


@contextmanager
def _connected(url: str) -> Generator[Connection]:
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        poolclass=NullPool,
        connect_args={"connect_timeout": 10, "application_name": "fansipan-migrate"},
    )
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
