"""`fansipan maintenance`: read-only mode."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final

import typer
from pydantic import TypeAdapter, ValidationError

from fansipan_cli.database import connected
from fansipan_cli.durations import parse_duration
from fansipan_cli.errors import UsageError
from fansipan_cli.read_only import begin_mode, end_mode, read_mode
from fansipan_cli.settings import read_settings
from fansipan_common.contracts.moment import Moment

_MOMENT: Final[TypeAdapter[datetime]] = TypeAdapter(Moment)
_LONGEST_REASON: Final = 400


class Output(StrEnum):
    """How to print."""

    TEXT = "text"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the group of commands to the command line."""
    group = typer.Typer(
        help="Read-only mode: everything is read, nothing is changed through the gateway.",
        no_args_is_help=True,
    )
    group.command("on")(on)
    group.command("off")(off)
    group.command("status")(status)
    app.add_typer(group, name="maintenance")


def on(
    reason: Annotated[
        str, typer.Option(help="Shown to everybody on the page: write it in the language of those who read.")
    ],
    until: Annotated[
        str | None,
        typer.Option(
            help="When it ends by itself: RFC 3339, or a length of time from now (2h). Else with `off`."
        ),
    ] = None,
) -> None:
    """Begin, or say another reason or end (DATABASE_URL).

    Every gateway follows within two seconds: changes are answered 503 `read-only`. What sensors send to ingest is still
    accepted and stored. See docs/runbooks/read-only.md.
    """
    text = reason.strip()
    if not 1 <= len(text) <= _LONGEST_REASON or not text.isprintable():
        raise UsageError("--reason must be one line of 1 to 400 characters")
    ends_at = None if until is None else _moment(until)
    with connected(read_settings().database) as connection:
        begin_mode(connection, text, ends_at)
    end = (
        "until: fansipan maintenance off"
        if ends_at is None
        else f"until {ends_at.isoformat(timespec='seconds')}"
    )
    typer.echo(f"read-only within two seconds, {end}")


def off() -> None:
    """Let changes be made again (DATABASE_URL)."""
    with connected(read_settings().database) as connection:
        held = end_mode(connection)
    typer.echo("changes may be made again within two seconds" if held else "it was not read-only")


def status(output: Annotated[Output, typer.Option(help="How to print it.")] = Output.TEXT) -> None:
    """Say whether the platform is read-only (DATABASE_URL)."""
    with connected(read_settings().database) as connection:
        mode = read_mode(connection)
    if output is Output.JSON:
        document = mode and {
            "since": mode.since.isoformat(),
            "until": None if mode.ends_at is None else mode.ends_at.isoformat(),
            "reason": mode.reason,
            "startedBy": mode.started_by,
        }
        typer.echo(json.dumps({"readOnly": document}, ensure_ascii=False))
    elif mode is None:
        typer.echo("changes may be made")
    else:
        end = (
            "without an end"
            if mode.ends_at is None
            else f"until {mode.ends_at.isoformat(timespec='seconds')}"
        )
        since = mode.since.isoformat(timespec="seconds")
        typer.echo(f"read-only since {since}, {end}, by {mode.started_by}: {mode.reason}")


def _moment(text: str) -> datetime:
    now = datetime.now(UTC)
    try:
        moment = _MOMENT.validate_python(text)
    except ValidationError:
        try:
            moment = now + parse_duration(text)
        except UsageError:
            raise UsageError(
                f"{text!r} is no time", "write 2026-07-01T23:00:00+07:00, or a length of time from now: 2h"
            ) from None
    if moment <= now:
        raise UsageError(f"{text!r} is over already", "leave --until out for no end")
    return moment
