"""`fansipan operators`: local accounts of the people who use the page."""

import re
import sys
from enum import StrEnum
from typing import Annotated, Final

import typer
from psycopg.rows import DictRow
from pwdlib import PasswordHash
from rich.console import Console

from fansipan_cli.audit import record
from fansipan_cli.database import Connection, connected
from fansipan_cli.errors import CommandError, UsageError
from fansipan_cli.settings import read_settings
from fansipan_common.passwords import WeakPassword, check_password

_USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{0,62}")
_CREATE: Final = """
INSERT INTO operator (username, password_hash, role, display_name, area_codes, agencies, oidc_issuer, oidc_subject)
VALUES (%(username)s, %(digest)s, %(role)s, coalesce(%(display_name)s, ''), %(areas)s, %(agencies)s, %(issuer)s,
    %(subject)s)
ON CONFLICT (username) """
_KEEP: Final = "DO NOTHING RETURNING true AS is_new"
_REPLACE: Final = """DO UPDATE SET password_hash = excluded.password_hash, role = excluded.role,
    display_name = coalesce(%(display_name)s, operator.display_name), area_codes = excluded.area_codes,
    agencies = excluded.agencies, oidc_issuer = excluded.oidc_issuer, oidc_subject = excluded.oidc_subject,
    disabled_at = NULL, session_epoch = operator.session_epoch + 1,
    password_changed_at = clock_timestamp()
RETURNING xmax = 0 AS is_new"""
_RESET_TOTP: Final = """
UPDATE operator SET totp_secret = NULL, totp_confirmed_at = NULL, totp_last_step = 0, session_epoch = session_epoch + 1
WHERE username = %(username)s RETURNING username
"""
_UNLOCK: Final = """
UPDATE operator SET failed_sign_ins = 0, locked_until = NULL WHERE username = %(username)s RETURNING username
"""


class Role(StrEnum):
    """What an operator may do."""

    INTEGRATOR = "integrator"
    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


def register(app: typer.Typer) -> None:
    """Add the group of commands to the command line."""
    group = typer.Typer(help="Local operator accounts.", no_args_is_help=True)
    group.callback()(_group)
    group.command("create")(create)
    group.command("reset-totp")(reset_totp)
    group.command("unlock")(unlock)
    app.add_typer(group, name="operators")


def _group() -> None:
    """Local operator accounts."""


def create(
    username: Annotated[str, typer.Option(help="Small letters, digits, . _ @ -")],
    role: Annotated[Role, typer.Option(help="What the account may do.")] = Role.VIEWER,
    display_name: Annotated[str | None, typer.Option(help="The person's name as the page shows it.")] = None,
    area: Annotated[
        list[str] | None, typer.Option(help="Code of a commune whose data is seen (repeat it); none: all.")
    ] = None,
    agency: Annotated[
        list[str] | None, typer.Option(help="Code of an agency whose cases are seen (repeat it); none: all.")
    ] = None,
    oidc_issuer: Annotated[
        str | None, typer.Option(help="Sign in with OpenID Connect there instead of a password.")
    ] = None,
    oidc_subject: Annotated[str | None, typer.Option(help="Who they are there (claim sub).")] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input; else ask for it.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Change it if it exists; that ends its sessions.")
    ] = False,
) -> None:
    """Make an operator account, or with --replace give it a new password, role and scope (and a name, when given)."""
    if not _USERNAME.fullmatch(username):
        raise UsageError(
            f"{username!r} is no user name", "take 1-63 of a-z 0-9 . _ @ -, the first a letter or digit"
        )
    if (oidc_issuer is None) != (oidc_subject is None):
        raise UsageError("one of --oidc-issuer and --oidc-subject is missing", "give both, or none")
    if role is Role.ADMIN and (area or agency):
        raise UsageError(
            "an admin sees the whole province", "leave --area and --agency out, or take another role"
        )
    digest = None
    if oidc_issuer is None:
        digest = PasswordHash.recommended().hash(_read_password(username, from_stdin=password_stdin))
    with connected(read_settings().database) as connection, connection.transaction():
        _require_areas(connection, area or [])
        row = _row(
            connection,
            _CREATE + (_REPLACE if replace else _KEEP),
            {
                "username": username,
                "digest": digest,
                "role": str(role),
                "display_name": display_name,
                "areas": area or [],
                "agencies": agency or [],
                "issuer": oidc_issuer,
                "subject": oidc_subject,
            },
        )
        if row is None:
            raise CommandError(f"there is an operator {username!r} already", "give --replace to change it")
        action = "operator.created" if row["is_new"] else "operator.changed"
        details = {"role": str(role), "areaCodes": area or [], "agencies": agency or []}
        record(connection, action, f"operator/{username}", details)
    Console().print(
        f"operator {username} ({role}) {'created' if row['is_new'] else 'changed'}", highlight=False
    )


def reset_totp(username: Annotated[str, typer.Option(help="Whose second factor is removed.")]) -> None:
    """Remove a second factor, for somebody who lost their phone; that ends their sessions."""
    with connected(read_settings().database) as connection, connection.transaction():
        row = _row(connection, _RESET_TOTP, {"username": username})
        _require_operator(row, username)
        record(connection, "operator.totp-reset", f"operator/{username}")
    Console().print(f"operator {username}: no second factor now", highlight=False)


def unlock(username: Annotated[str, typer.Option(help="Who waits after wrong passwords.")]) -> None:
    """Forget wrong passwords, so that nobody has to wait any more to sign in under this name."""
    with connected(read_settings().database) as connection, connection.transaction():
        row = _row(connection, _UNLOCK, {"username": username})
        _require_operator(row, username)
        connection.execute("DELETE FROM sign_in_guess WHERE username = %s", [username])
        record(connection, "operator.unlocked", f"operator/{username}")
    Console().print(f"operator {username}: may sign in at once", highlight=False)


def _row(connection: Connection, query: str, values: dict[str, object]) -> DictRow | None:
    return connection.execute(query.encode(), values).fetchone()


def _require_operator(row: object, username: str) -> None:
    if row is None:
        raise CommandError(f"there is no operator {username!r}", "`fansipan operators create` makes one")


def _require_areas(connection: Connection, codes: list[str]) -> None:
    row = _row(
        connection,
        "SELECT array_agg(wanted.code) AS unknown FROM unnest(%(codes)s::text[]) AS wanted (code)"
        " WHERE NOT EXISTS (SELECT FROM area a WHERE a.code = wanted.code)",
        {"codes": codes},
    )
    if row is not None and row["unknown"]:
        raise UsageError(f"there is no area {', '.join(row['unknown'])}", "GET /v1/areas lists the codes")


def _read_password(username: str, *, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        raise UsageError("standard input is no terminal", "give --password-stdin and pipe the password in")
    try:
        check_password(username, password)
    except WeakPassword as error:
        raise UsageError(error.detail, "take another one: several words are easy to remember") from error
    return password
