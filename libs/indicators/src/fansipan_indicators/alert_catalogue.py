"""The folder `catalogue/alerts`: rules and receivers, read and checked against each other."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fansipan_indicators.alert_conditions import Composite, Threshold
from fansipan_indicators.alert_rules import AlertRule, Receiver, ReceiversDocument
from fansipan_indicators.documents import CatalogueError, Document, Finding, documents_in, read_all

RECEIVERS_FILE: Final = "receivers.yaml"


@dataclass(frozen=True, slots=True)
class AlertCatalogue:
    """What the folder says.

    Attributes:
        rules, receivers: by key.
        documents: the file of each rule, to say where something stands.
    """

    rules: Mapping[str, AlertRule]
    receivers: Mapping[str, Receiver]
    documents: Mapping[str, Document]

    @property
    def indicators(self) -> frozenset[str]:
        """Keys of the indicators that rules watch."""
        conditions = (rule.condition for rule in self.rules.values())
        return frozenset(
            c.indicator for c in conditions if isinstance(c, Threshold) and c.indicator is not None
        )


def load_alert_rules(folder: Path, indicators: Collection[str] | None = None) -> AlertCatalogue:
    """Read every rule of a folder, and its `receivers.yaml` when there is one.

    Args:
        indicators: those that exist; None: it is not looked whether those that rules watch do.

    Raises:
        CatalogueError: a file does not fit, its name is not its rule's id, or it names a rule, receiver or indicator
            that is not there; all findings together.
    """
    paths = documents_in(folder)
    receivers = [
        receiver
        for _, document in read_all([p for p in paths if p.name == RECEIVERS_FILE], ReceiversDocument)
        for receiver in document.receivers
    ]
    found = read_all([p for p in paths if p.name != RECEIVERS_FILE], AlertRule)
    catalogue = AlertCatalogue(
        rules={rule.key: rule for _, rule in found},
        receivers={receiver.key: receiver for receiver in receivers},
        documents={rule.key: document for document, rule in found},
    )
    findings = [
        document.finding(("id",), f"the id is the file's name: {document.path.stem}, not {rule.key}")
        for document, rule in found
        if rule.key != document.path.stem
    ]
    if len(catalogue.receivers) < len(receivers):
        findings.append(Finding(folder / RECEIVERS_FILE, 1, "receivers", "an id is given twice"))
    findings += [finding for document, rule in found for finding in _unknown(document, rule, catalogue)]
    if indicators is not None:
        findings += _unknown_indicators(catalogue, indicators)
    if findings:
        raise CatalogueError(findings)
    return catalogue


def check_indicators(catalogue: AlertCatalogue, known: Collection[str]) -> None:
    """See that every indicator a rule watches exists.

    Raises:
        CatalogueError: some do not.
    """
    if findings := _unknown_indicators(catalogue, known):
        raise CatalogueError(findings)


def _unknown_indicators(catalogue: AlertCatalogue, known: Collection[str]) -> list[Finding]:
    return [
        catalogue.documents[key].finding(
            ("condition", "indicator"), f"there is no indicator {rule.condition.indicator!r}"
        )
        for key, rule in catalogue.rules.items()
        if isinstance(rule.condition, Threshold)
        and rule.condition.indicator is not None
        and rule.condition.indicator not in known
    ]


def _unknown(document: Document, rule: AlertRule, catalogue: AlertCatalogue) -> Iterable[Finding]:
    for place, key in enumerate(rule.receivers):
        if key not in catalogue.receivers:
            yield document.finding(("receivers", place), f"there is no receiver {key!r} in {RECEIVERS_FILE}")
    for step, escalation in enumerate(rule.escalate):
        for place, key in enumerate(escalation.receivers):
            if key not in catalogue.receivers:
                where = ("escalate", step, "receivers", place)
                yield document.finding(where, f"there is no receiver {key!r} in {RECEIVERS_FILE}")
    if isinstance(rule.condition, Composite):
        yield from _unfit_members(document, rule, rule.condition, catalogue)


def _unfit_members(
    document: Document, rule: AlertRule, condition: Composite, catalogue: AlertCatalogue
) -> Iterable[Finding]:
    list_name = "any" if condition.all is None else "all"
    for place, key in enumerate(condition.members):
        member = catalogue.rules.get(key)
        where = ("condition", list_name, place)
        if member is None:
            yield document.finding(where, f"there is no rule {key!r}")
        elif isinstance(member.condition, Composite):
            yield document.finding(where, f"{key} is a composite itself")
        elif condition.match == "subject" and member.subjects is not rule.subjects:
            yield document.finding(
                where, f"{key} is about another kind of subject ({member.subjects}); match by area instead"
            )
