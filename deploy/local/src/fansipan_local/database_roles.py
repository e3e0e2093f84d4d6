"""Gives each service's database role a password of its own."""

from collections.abc import Mapping
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from fansipan_local.errors import StackError

_CONNECT_TIMEOUT_SECONDS = 10


class RolesNotAllowedError(Exception):
    """This database does not let us change its roles."""


def allow_login(admin_url: str, passwords: Mapping[str, str]) -> None:
    """Let each role (name → password) log in.

    Raises RolesNotAllowedError when `admin_url` may not do that, StackError when a role is missing or the
    server away.
    """
    try:
        with psycopg.connect(admin_url, connect_timeout=_CONNECT_TIMEOUT_SECONDS) as connection:
            for role, password in passwords.items():
                # The server gets, and perhaps logs, only what the password is checked against.
                verifier = connection.pgconn.encrypt_password(
                    password.encode(), role.encode(), b"scram-sha-256"
                ).decode()
                statement = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}")
                connection.execute(statement.format(sql.Identifier(role), sql.Literal(verifier)))
    except psycopg.errors.InsufficientPrivilege as error:
        raise RolesNotAllowedError(str(error).strip()) from error
    except psycopg.errors.UndefinedObject as error:
        raise StackError(
            f"The migrations made no such role: {str(error).strip()}.",
            "Run `fansipan migrate` and look at its output.",
        ) from error
    except psycopg.OperationalError as error:
        raise StackError(
            f"The database does not answer: {str(error).strip()}.", "Check DATABASE_URL."
        ) from error


def with_role(url: str, role: str, password: str) -> str:
    """`url` with another user and password."""
    parts = urlsplit(url)
    address = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(role)}:{quote(password, safe='')}@{address}"))
