"""`fansipan procedures`: what procedures are called."""

from pathlib import Path
from typing import Annotated

import typer

from fansipan_cli.names import PROCEDURES
from fansipan_cli.names.commands import Output, import_names, list_names


def register(app: typer.Typer) -> None:
    """Add the group of commands to the command line."""
    group = typer.Typer(help="What procedures are called.", no_args_is_help=True)
    group.command("import")(import_file)
    group.command("list")(show)
    app.add_typer(group, name="procedures")


def import_file(
    file: Annotated[Path, typer.Argument(help="*.csv with a header, or *.yaml with a list.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")
    ] = False,
) -> None:
    """Give names from a file, all of it or nothing; again is the same.

    Columns or members: key, name, nameEn, field, nationalCode, law, processingDays (working days). What a file says of
    a procedure replaces what is known of it; procedures that are not in it stay.
    """
    import_names(file, PROCEDURES, dry_run=dry_run)


def show(
    unnamed: Annotated[
        bool, typer.Option("--unnamed", help="Only those that events name and nobody has given a name.")
    ] = False,
    output: Annotated[Output, typer.Option(help="How to print.")] = Output.TEXT,
) -> None:
    """List those that have a name and those that events name."""
    list_names(PROCEDURES, unnamed=unnamed, output=output)
