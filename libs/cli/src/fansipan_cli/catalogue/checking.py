"""Everything that is wrong in a catalogue, all at once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from fansipan_indicators.alert_catalogue import check_indicators, load_alert_rules
from fansipan_indicators.calendars import load_calendar
from fansipan_indicators.catalogue import load_catalogue
from fansipan_indicators.definitions import Definition
from fansipan_indicators.documents import CatalogueError, Finding, documents_in, read_all
from fansipan_indicators.formulas import CompositeFormula

LoadedT = TypeVar("LoadedT")


@dataclass(slots=True)
class Outcome:
    """What was looked at, and what is wrong.

    Attributes:
        references: whether the indicators that formulas read were looked up, where there are such.
    """

    findings: list[Finding] = field(default_factory=list)
    indicators: int = 0
    calendars: int = 0
    rules: int = 0
    references: bool = True


def check_catalogue(path: Path) -> Outcome:
    """Check a catalogue (a folder with indicators/), a folder of definitions, or the file of one definition."""
    outcome = Outcome()
    if path.is_file():
        found = _tried(outcome, lambda: read_all([path], Definition)) or []
        outcome.indicators = len(found)
        outcome.references = not any(
            isinstance(version.formula, CompositeFormula)
            for _, definition in found
            for version in definition.versions
        )
        outcome.findings += [
            document.finding(("id",), f"the file of {definition.id} is named {definition.id}.yaml")
            for document, definition in found
            if document.path.stem != definition.id
        ]
        return outcome
    whole = (path / "indicators").is_dir()
    definitions = _tried(outcome, lambda: load_catalogue(path / "indicators" if whole else path))
    keys = {pair.key for pair in definitions or ()}
    outcome.indicators = len(keys)
    if whole and (path / "calendars").is_dir():
        for calendar in documents_in(path / "calendars"):
            if _tried(outcome, lambda file=calendar: load_calendar(file)) is not None:
                outcome.calendars += 1
    if whole and (path / "alerts").is_dir():
        rules = _tried(outcome, lambda: load_alert_rules(path / "alerts"))
        if rules is not None:
            outcome.rules = len(rules.rules)
            if definitions is not None:  # else every rule would lack its indicator
                _tried(outcome, lambda: check_indicators(rules, keys))
    outcome.findings.sort(key=lambda finding: (finding.path, finding.line))
    return outcome


def _tried(outcome: Outcome, load: Callable[[], LoadedT]) -> LoadedT | None:
    try:
        return load()
    except CatalogueError as error:
        outcome.findings += error.findings
        return None
