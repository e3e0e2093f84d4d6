"""`fansipan alerts`: the rules of the catalogue, checked and listed."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from fansipan_cli.catalogue.checking import check_alerts
from fansipan_cli.catalogue.reporting import report
from fansipan_cli.catalogue.rules import listed_rules, rules_as_markdown
from fansipan_cli.errors import CommandError, UsageError
from fansipan_cli.settings import read_settings
from fansipan_cli.source_tree import find_folder
from fansipan_indicators.alert_catalogue import load_alert_rules
from fansipan_indicators.documents import CatalogueError

Folder = Annotated[
    Path | None,
    typer.Option("--catalogue", help="Folder with alerts/; else FANSIPAN_CATALOGUE, else found upward."),
]


def register(app: typer.Typer) -> None:
    """Add the group of commands to the command line."""
    group = typer.Typer(help="Alerts: the rules of the catalogue.", no_args_is_help=True)
    group.callback()(_group)
    group.command("validate")(validate)
    group.command("list")(list_rules)
    app.add_typer(group, name="alerts")


def _group() -> None:
    """Alerts: the rules of the catalogue."""


def validate(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="CATALOGUE",
            help="A catalogue (with alerts/ and indicators/), a folder of rules, or one rule.",
            show_default="the catalogue",
        ),
    ] = None,
) -> None:
    """Check alert rules and receivers; what is wrong is listed as file:line: reason, with exit code 1."""
    target = path or _catalogue(None)
    if not target.exists():
        raise UsageError(f"there is no {target}", "name a catalogue, a folder of rules, or one rule")
    report(check_alerts(target), target)


def list_rules(
    catalogue: Folder = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="As a Markdown table, both languages.")
    ] = False,
) -> None:
    """List the alert rules of the catalogue."""
    folder = _catalogue(catalogue)
    try:
        rules = load_alert_rules(folder / "alerts").rules
    except CatalogueError as error:
        count = len(error.findings)
        raise CommandError(
            f"{count} thing{'s are' if count > 1 else ' is'} wrong in {folder}",
            "fansipan alerts validate lists them",
        ) from error
    listed = listed_rules(rules.values())
    if markdown:
        typer.echo(rules_as_markdown(listed))
        return
    table = Table(Column("id", no_wrap=True), "name", "severity", "about", "when", "told", box=None)
    for rule in listed:
        table.add_row(rule.id, rule.name_vi, rule.severity, rule.subjects, rule.condition, rule.receivers)
    Console().print(table, highlight=False)


def _catalogue(given: Path | None) -> Path:
    return find_folder(
        given or read_settings().catalogue,
        "catalogue",
        "alerts",
        variable="FANSIPAN_CATALOGUE",
        option="--catalogue",
    )
