"""Everything that is wrong in a catalogue, all at once."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from fansipan_indicators.alert_catalogue import RECEIVERS_FILE, load_alert_rules
from fansipan_indicators.alert_conditions import Composite, Threshold
from fansipan_indicators.alert_rules import AlertRule, ReceiversDocument
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
        references: whether everything that was named was looked up: the indicators that formulas and rules read, the
            receivers and rules that rules name.
    """

    findings: list[Finding] = field(default_factory=list)
    indicators: int = 0
    calendars: int = 0
    rules: int = 0
    receivers: int = 0
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
        # without definitions every rule would lack its indicator
        _check_rules(outcome, path / "alerts", None if definitions is None else keys)
    outcome.findings.sort(key=lambda finding: (finding.path, finding.line))
    return outcome


def check_alerts(path: Path) -> Outcome:
    """Check the alert rules of a catalogue (a folder with alerts/) with the indicators that they read, a folder of
    rules, or the file of one rule."""
    outcome = Outcome()
    if path.is_file():
        if path.name == RECEIVERS_FILE:
            for _, document in _tried(outcome, lambda: read_all([path], ReceiversDocument)) or ():
                outcome.receivers = len(document.receivers)
            return outcome
        for document, rule in _tried(outcome, lambda: read_all([path], AlertRule)) or ():
            outcome.rules = 1
            outcome.references = not _names_others(rule)
            if rule.key != path.stem:
                outcome.findings.append(
                    document.finding(("id",), f"the id is the file's name: {path.stem}, not {rule.key}")
                )
        return outcome
    alerts, indicators = path / "alerts", path / "indicators"
    if not alerts.is_dir() and not indicators.is_dir():
        _check_rules(outcome, path, None)
    elif alerts.is_dir():
        definitions = _tried(outcome, lambda: load_catalogue(indicators)) if indicators.is_dir() else None
        _check_rules(outcome, alerts, None if definitions is None else {pair.key for pair in definitions})
    outcome.findings.sort(key=lambda finding: (finding.path, finding.line))
    return outcome


def _check_rules(outcome: Outcome, folder: Path, indicators: Collection[str] | None) -> None:
    """Check a folder of rules; that the indicators they read exist, too, where it is known which there are."""
    rules = _tried(outcome, lambda: load_alert_rules(folder, indicators))
    if rules is None:
        return
    outcome.rules, outcome.receivers = len(rules.rules), len(rules.receivers)
    outcome.references = indicators is not None or not rules.indicators


def _names_others(rule: AlertRule) -> bool:
    condition = rule.condition
    reads = isinstance(condition, Composite) or (
        isinstance(condition, Threshold) and condition.indicator is not None
    )
    return reads or bool(rule.receivers or rule.escalate)


def _tried(outcome: Outcome, load: Callable[[], LoadedT]) -> LoadedT | None:
    try:
        return load()
    except CatalogueError as error:
        outcome.findings += error.findings
        return None
