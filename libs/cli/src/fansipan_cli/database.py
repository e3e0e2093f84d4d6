"""One connection to the database for the length of a command."""

from collections.abc import Generator
from contextlib import contextmanager

import psycopg
from psycopg.rows import DictRow, dict_row

from fansipan_cli.errors import CommandError

Connection = psycopg.Connection[DictRow]


@contextmanager
def connected(url: str, *, autocommit: bool = False) -> Generator[Connection]:
    """A connection whose work is committed when the block ends well.

    Raises:
        CommandError: the database cannot be reached, or lacks the schema.
    """
    try:
        connection = psycopg.Connection[DictRow].connect(
            url,
            connect_timeout=10,
            autocommit=autocommit,
            row_factory=dict_row,
            application_name="fansipan-cli",
            options="-c timezone=UTC",
        )
    except psycopg.Error as error:
        raise away(error) from error
    try:
        with connection:
            yield connection
    except psycopg.errors.UndefinedTable as error:
        raise CommandError("the database lacks a table of ours", "run: fansipan migrate") from error
    except psycopg.OperationalError as error:
        raise away(error) from error


def away(error: BaseException) -> CommandError:
    """The error to show for a database that does not answer."""
    return CommandError(
        f"the database does not answer ({_first_line(error)})",
        "check DATABASE_URL, and that PostgreSQL runs (locally: make status)",
    )


def one(connection: Connection, query: str, *args: object) -> DictRow | None:
    """The first row of a query, or None. The query is a constant; values are bound."""
    return connection.execute(query.encode(), args).fetchone()


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
