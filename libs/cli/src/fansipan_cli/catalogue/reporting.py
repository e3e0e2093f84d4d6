"""What a check of the catalogue found, told to whoever ran it."""

from pathlib import Path

import typer
from rich.console import Console

from fansipan_cli.catalogue.checking import Outcome
from fansipan_cli.errors import CommandError


def report(outcome: Outcome, target: Path) -> None:
    """List what is wrong as file:line: reason, or say that all is well.

    Raises:
        CommandError: something is wrong.
    """
    for finding in outcome.findings:
        typer.echo(str(finding))
    if outcome.findings:
        count = len(outcome.findings)
        raise CommandError(
            f"{count} thing{'s are' if count > 1 else ' is'} wrong in {target}",
            "correct them and run it again",
        )
    Console(soft_wrap=True).print(_well(outcome), highlight=False)


def _well(outcome: Outcome) -> str:
    parts = [
        f"{count} {name if count == 1 else plural}"
        for count, name, plural in (
            (outcome.indicators, "indicator", "indicators"),
            (outcome.calendars, "calendar", "calendars"),
            (outcome.rules, "alert rule", "alert rules"),
            (outcome.receivers, "receiver", "receivers"),
        )
        if count
    ]
    note = "" if outcome.references else "; what it names elsewhere was not looked up (give the whole folder)"
    return f"{', '.join(parts) or 'nothing to check'}: all well{note}"
