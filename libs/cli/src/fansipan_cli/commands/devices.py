"""`fansipan devices`: which thing a device is, and what its values are called."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fansipan_cli.database import connected
from fansipan_cli.devices import DeviceStore, Plan, as_csv, as_yaml, read_entries
from fansipan_cli.settings import read_settings
from fansipan_common.contracts.device_mapping import DeviceMapping

_SHOWN: Final = 20

_Provider = Annotated[str, typer.Option("--provider", help="Whose devices they are.")]
_AnyProvider = Annotated[str | None, typer.Option("--provider", help="Only of this provider.")]


class Door(StrEnum):
    """Doors with mappings."""

    LORAWAN = "lorawan"
    INFLUX = "influx"
    PROMETHEUS = "prometheus"


class FileForm(StrEnum):
    """How to write them."""

    YAML = "yaml"
    CSV = "csv"


_AnyDoor = Annotated[Door | None, typer.Option("--door", help="Only of this door.")]


def register(app: typer.Typer) -> None:
    """Add the group of commands to the command line."""
    group = typer.Typer(help="Which thing a device is, and what its values are called.", no_args_is_help=True)
    group.command("import")(import_file)
    group.command("list")(show)
    group.command("export")(export)
    app.add_typer(group, name="devices")


def import_file(
    file: Annotated[
        Path,
        typer.Argument(
            help="*.csv or *.yaml; or a list of The Things Stack (*.csv, *.json) or ChirpStack (*.json)."
        ),
    ],
    provider: _Provider,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")
    ] = False,
    application: Annotated[
        str, typer.Option(help="Of devices without a DevEUI in a list that does not say it.")
    ] = "",
) -> None:
    """Say what is known of devices from a file, all of it or nothing; again is the same.

    What a file says of a device replaces what was known of it; a list of a network server says only what its devices
    are called, their readings stay. Devices that are not in it stay. Ingest follows within a second.
    """
    entries = read_entries(file, application)
    with connected(read_settings().database) as connection, connection.transaction():
        store = DeviceStore(connection)
        plan = store.plan(provider, entries)
        if not dry_run:
            store.apply(provider, plan)
    unnamed = sum(entry.names_only and entry.mapping.thing is None for entry in entries)
    _report(plan, unnamed, dry_run=dry_run)


def show(provider: _AnyProvider = None, door: _AnyDoor = None) -> None:
    """List what is known of devices."""
    table = Table(box=box.SIMPLE_HEAD)
    for title in ("provider", "door", "device", "thing"):
        table.add_column(title, no_wrap=title != "thing", overflow="fold")
    table.add_column("rules", justify="right")
    table.add_column("others")
    for owner, mapping in _mappings(provider, door):
        device = "/".join(part for part in (mapping.application, mapping.key) if part)
        rules = str(len(mapping.readings))
        table.add_row(owner, mapping.door, escape(device), escape(_thing(mapping)), rules, mapping.others)
    Console().print(table)


def export(
    provider: _Provider,
    door: _AnyDoor = None,
    form: Annotated[FileForm, typer.Option("--format", help="Of the file.")] = FileForm.YAML,
) -> None:
    """Print what is known of devices as a file that `import` reads back."""
    mappings = [mapping for _, mapping in _mappings(provider, door)]
    write = as_yaml if form is FileForm.YAML else as_csv
    typer.echo(write(mappings), nl=False)


def _mappings(provider: str | None, door: Door | None) -> list[tuple[str, DeviceMapping]]:
    with connected(read_settings().database) as connection:
        return DeviceStore(connection).list(provider, door)


def _report(plan: Plan, unnamed: int, *, dry_run: bool) -> None:
    console = Console(soft_wrap=True)
    for mark, changes in (("+", plan.created), ("~", plan.changed)):
        for change in changes[:_SHOWN]:
            console.out(f"{mark} {change.mapping.name}  {_thing(change.mapping)}".rstrip(), highlight=False)
        if len(changes) > _SHOWN:
            console.out(f"{mark} … {len(changes) - _SHOWN} more", highlight=False)
    would = "would be " if dry_run else ""
    console.out(
        f"devices: {len(plan.created)} {would}created, {len(plan.changed)} {would}changed, {plan.unchanged} unchanged",
        highlight=False,
    )
    if unnamed:
        console.out(
            f"{unnamed} keep the DevEUI as their thing: what the network server calls them is no key of a thing",
            highlight=False,
        )


def _thing(mapping: DeviceMapping) -> str:
    return mapping.thing or (f"by {', '.join(mapping.thing_by)}" if mapping.thing_by else "")
