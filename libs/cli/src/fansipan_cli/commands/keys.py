"""`fansipan keys`: who may push data."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from fansipan_cli.database import connected
from fansipan_cli.durations import parse_duration
from fansipan_cli.errors import CommandError, UsageError
from fansipan_cli.providers import add_key, ensure_provider, list_keys, revoke_key
from fansipan_cli.settings import read_settings
from fansipan_common.contracts.keys import PROVIDER_KEY
from fansipan_common.security import Scope, generate_api_key


class Output(StrEnum):
    """How to print."""

    TEXT = "text"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the group of commands to the command line."""
    group = typer.Typer(help="API keys of providers.", no_args_is_help=True)
    group.command("create")(create)
    group.command("list")(show)
    group.command("revoke")(revoke)
    app.add_typer(group, name="keys")


def create(
    provider: Annotated[str, typer.Option(help="Key of the provider; it is made when missing.")],
    name: Annotated[str, typer.Option(help="What the key is for.")],
    provider_name: Annotated[str | None, typer.Option(help="Full name of the provider.")] = None,
    scopes: Annotated[str, typer.Option(help="Comma separated: write, read, manage.")] = "write",
    auto_register: Annotated[
        bool | None,
        typer.Option(
            "--auto-register/--no-auto-register",
            help="Whether unknown datastreams are registered on first use.",
        ),
    ] = None,
    datastreams: Annotated[
        list[str] | None, typer.Option(help="Beginning of the datastream keys it may write; repeatable.")
    ] = None,
    expires_in: Annotated[str | None, typer.Option(help="For example 90d; else it has no end.")] = None,
    output: Annotated[Output, typer.Option(help="How to print it.")] = Output.TEXT,
) -> None:
    """Make an API key. It is shown once and stored only as a digest."""
    if not PROVIDER_KEY.fullmatch(provider):
        raise UsageError(
            f"{provider!r} is no provider key", "take 1-63 of a-z 0-9 . _ -, the first a letter or digit"
        )
    prefixes = datastreams or []
    for prefix in prefixes:
        if not prefix.startswith(f"{provider}/"):
            raise UsageError(
                f"{prefix!r} is not among the provider's datastreams", f"begin it with {provider}/"
            )
    allowed = _scopes(scopes)
    expires_at = None if expires_in is None else datetime.now(UTC) + parse_duration(expires_in)
    key = generate_api_key()
    with connected(read_settings().database) as connection:
        owner = ensure_provider(connection, provider, name=provider_name, auto_register=auto_register)
        add_key(connection, owner, key, name=name, scopes=allowed, prefixes=prefixes, expires_at=expires_at)
    console = Console(soft_wrap=True)
    if output is Output.JSON:
        console.out(
            json.dumps(
                {
                    "id": key.id,
                    "key": key.text,
                    "provider": owner.key,
                    "name": name,
                    "scopes": allowed,
                    "datastreams": prefixes,
                    "expiresAt": None if expires_at is None else expires_at.isoformat(),
                }
            ),
            highlight=False,
        )
        return
    console.out(key.text, highlight=False)
    Console(stderr=True, soft_wrap=True).print(
        f"key {key.id} of {owner.key} ({', '.join(allowed)}); keep it now: it is not shown again",
        highlight=False,
    )


def show(
    provider: Annotated[str | None, typer.Option(help="Only of this provider.")] = None,
    output: Annotated[Output, typer.Option(help="How to print.")] = Output.TEXT,
) -> None:
    """List the keys, without their secrets."""
    with connected(read_settings().database) as connection:
        rows = list_keys(connection, provider)
    now = datetime.now(UTC)
    if output is Output.JSON:
        Console(soft_wrap=True).out(json.dumps([_json(row, now) for row in rows]), highlight=False)
        return
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("id", no_wrap=True, min_width=12)
    for title in ("provider", "name", "scopes", "datastreams", "created", "state"):
        table.add_column(title)
    for row in rows:
        table.add_row(
            row["id"],
            row["provider"],
            row["name"],
            ", ".join(row["scopes"]),
            ", ".join(row["datastream_prefixes"]) or "all",
            f"{row['created_at']:%Y-%m-%d}",
            _state(row, now),
        )
    Console().print(table)


def revoke(key_id: Annotated[str, typer.Argument(help="The id shown by `keys list`.")]) -> None:
    """Revoke a key; it stops working within seconds."""
    with connected(read_settings().database) as connection:
        since = revoke_key(connection, key_id)
    if since is None:
        raise CommandError(f"there is no key {key_id!r}", "fansipan keys list shows the ids")
    Console().print(f"key {key_id} is revoked since {since:%Y-%m-%d %H:%M:%S}Z", highlight=False)


def _scopes(text: str) -> list[Scope]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    try:
        scopes = sorted({Scope(word) for word in words})
    except ValueError as error:
        raise UsageError(str(error), f"scopes are: {', '.join(Scope)}") from error
    if not scopes:
        raise UsageError("no scope given", f"scopes are: {', '.join(Scope)}")
    return scopes


def _state(row: dict[str, Any], now: datetime) -> str:
    if row["revoked_at"] is not None:
        return f"revoked {row['revoked_at']:%Y-%m-%d}"
    if row["expires_at"] is not None:
        word = "expired" if row["expires_at"] <= now else "valid until"
        return f"{word} {row['expires_at']:%Y-%m-%d}"
    return "valid"


def _json(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "id": row["id"],
        "provider": row["provider"],
        "name": row["name"],
        "scopes": row["scopes"],
        "datastreams": row["datastream_prefixes"],
        "createdAt": row["created_at"].isoformat(),
        "expiresAt": None if row["expires_at"] is None else row["expires_at"].isoformat(),
        "revokedAt": None if row["revoked_at"] is None else row["revoked_at"].isoformat(),
        "state": _state(row, now).split()[0],
    }
