"""`fansipan indicators`: the catalogue, checked, listed and described for editors."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from fansipan_cli.catalogue.checking import check_catalogue
from fansipan_cli.catalogue.listing import definitions_of, markdown_table
from fansipan_cli.catalogue.reporting import report
from fansipan_cli.catalogue.schema import json_schema
from fansipan_cli.errors import CommandError, UsageError
from fansipan_cli.settings import read_settings
from fansipan_cli.source_tree import find_folder
from fansipan_indicators.documents import CatalogueError

Folder = Annotated[
    Path | None,
    typer.Option("--catalogue", help="Folder with indicators/; else FANSIPAN_CATALOGUE, else found upward."),
]


def register(app: typer.Typer) -> None:
    """Add the group of commands to the command line."""
    group = typer.Typer(help="Indicators: the catalogue of definitions.", no_args_is_help=True)
    group.callback()(_group)
    group.command("validate")(validate)
    group.command("list")(list_indicators)
    group.command("schema")(schema)
    app.add_typer(group, name="indicators")


def _group() -> None:
    """Indicators: the catalogue of definitions."""


def validate(
    path: Annotated[
        Path | None,
        typer.Argument(
            help="A catalogue (with indicators/, calendars/, alerts/), a folder of definitions, or one definition.",
            show_default="the catalogue",
        ),
    ] = None,
) -> None:
    """Check definitions, calendars and alert rules; what is wrong is listed as file:line: reason, with exit code 1."""
    target = path or _catalogue(None)
    if not target.exists():
        raise UsageError(
            f"there is no {target}", "name a catalogue, a folder of definitions, or one definition"
        )
    report(check_catalogue(target), target)


def list_indicators(
    catalogue: Folder = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="As a Markdown table, both languages.")
    ] = False,
) -> None:
    """List the indicators of the catalogue."""
    folder = _catalogue(catalogue)
    try:
        definitions = definitions_of(folder)
    except CatalogueError as error:
        raise CommandError(
            f"{len(error.findings)} things are wrong in {folder}", "fansipan indicators validate lists them"
        ) from error
    if markdown:
        typer.echo(markdown_table(definitions))
        return
    table = Table("id", "name", "group", "periods", "unit", "versions", box=None)
    for definition in definitions:
        newest = definition.versions[-1]
        table.add_row(
            definition.id,
            definition.names.vi,
            definition.group,
            ", ".join(newest.periods),
            definition.unit.symbol,
            ", ".join(str(version.version) for version in definition.versions),
        )
    Console().print(table, highlight=False)


def schema(
    output: Annotated[
        Path | None, typer.Option(help="Write it to this file instead of standard output.")
    ] = None,
) -> None:
    """The JSON Schema of a definition, for editors (catalogue/indicators.schema.json)."""
    if output is None:
        typer.echo(json_schema(), nl=False)
        return
    try:
        output.write_text(json_schema(), encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot write {output} ({error.strerror})", "give --output a file in a folder that exists"
        ) from error


def _catalogue(given: Path | None) -> Path:
    return find_folder(
        given or read_settings().catalogue,
        "catalogue",
        "indicators",
        variable="FANSIPAN_CATALOGUE",
        option="--catalogue",
    )
