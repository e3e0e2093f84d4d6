"""`fansipan operators`: local accounts of the people who use the page."""

import re
import sys
from enum import StrEnum
from typing import Annotated, Final

import typer
from pwdlib import PasswordHash
from rich.console import Console

from fansipan_cli.database import connected, one
from fansipan_cli.errors import CommandError, UsageError
from fansipan_cli.settings import read_settings

_USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{0,62}")
_SHORTEST_PASSWORD: Final = 12
_LONGEST_PASSWORD: Final = 1024


class Role(StrEnum):
    """What an operator may do."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


def register(app: typer.Typer) -> None:
    """Add the group of commands to the command line."""
    group = typer.Typer(help="Local operator accounts.", no_args_is_help=True)
    group.callback()(_group)
    group.command("create")(create)
    app.add_typer(group, name="operators")


def _group() -> None:
    """Local operator accounts."""


def create(
    username: Annotated[str, typer.Option(help="Small letters, digits, . _ @ -")],
    role: Annotated[Role, typer.Option(help="What the account may do.")] = Role.VIEWER,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input; else ask for it.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Change password and role if it exists.")
    ] = False,
) -> None:
    """Make an operator account, or with --replace give it a new password and role."""
    if not _USERNAME.fullmatch(username):
        raise UsageError(
            f"{username!r} is no user name", "take 1-63 of a-z 0-9 . _ @ -, the first a letter or digit"
        )
    password = _read_password(from_stdin=password_stdin)
    digest = PasswordHash.recommended().hash(password)
    action = (
        "DO UPDATE SET password_hash = excluded.password_hash, role = excluded.role, disabled_at = NULL"
        if replace
        else "DO NOTHING"
    )
    with connected(read_settings().database) as connection:
        row = one(
            connection,
            "INSERT INTO operator (username, password_hash, role) VALUES (%s, %s, %s)"
            f" ON CONFLICT (username) {action} RETURNING xmax = 0 AS is_new",
            username,
            digest,
            str(role),
        )
    if row is None:
        raise CommandError(
            f"there is an operator {username!r} already", "give --replace to change the password"
        )
    Console().print(
        f"operator {username} ({role}) {'created' if row['is_new'] else 'changed'}", highlight=False
    )


def _read_password(*, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        raise UsageError("standard input is no terminal", "give --password-stdin and pipe the password in")
    if not _SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
        raise UsageError(
            f"the password has {len(password)} characters",
            f"take {_SHORTEST_PASSWORD} to {_LONGEST_PASSWORD}",
        )
    return password
