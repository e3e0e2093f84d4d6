"""The catalogue of indicators: read from files, checked as a whole, served by key."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, Final

import orjson

from fansipan_indicators.definitions import Definition, Version
from fansipan_indicators.documents import CatalogueError, Document, Finding, documents_in, read_all
from fansipan_indicators.formulas import (
    CaseDuration,
    CaseFormula,
    CaseRatio,
    CompositeFormula,
    DataHealth,
    DueSoon,
    SeriesFormula,
)
from fansipan_indicators.periods import ZONE, Period

CASES: Final = "cases"
DURATIONS: Final = "durations"
HEALTH: Final = "health"
COMPOSITES: Final = "composites"


@dataclass(frozen=True, slots=True)
class VersionedDefinition:
    """A definition with one of its versions: what a value refers to."""

    definition: Definition
    version: Version

    @property
    def key(self) -> str:
        """Key of the indicator."""
        return self.definition.id

    def document(self) -> dict[str, Any]:
        """The definition with this version alone, as JSON."""
        alone = self.definition.model_copy(update={"versions": [self.version]})
        return alone.model_dump(mode="json", by_alias=True, exclude_none=True)

    @property
    def digest(self) -> str:
        """SHA-256 of what decides about values and their bands: the version and how often it is evaluated."""
        deciding = self.version.model_dump(mode="json", by_alias=True, exclude_none=True)
        return hashlib.sha256(orjson.dumps(deciding, option=orjson.OPT_SORT_KEYS)).hexdigest()

    def holds_for(self, period: Period) -> bool:
        """Whether the version has this kind of period and is in effect when it begins."""
        if period.kind not in self.version.periods:
            return False
        day = period.start.astimezone(ZONE).date()
        return in_effect(self.version.effective_from, self.version.effective_to, day)


def in_effect(first: date, end: date | None, day: date) -> bool:
    """Whether a day lies between `first` (inside) and `end` (outside; None: open)."""
    return first <= day and (end is None or day < end)


def versioned(document: Mapping[str, Any]) -> VersionedDefinition:
    """Read back what `VersionedDefinition.document` wrote.

    Raises:
        ValidationError: a newer release wrote something that this one does not know.
    """
    definition = Definition.model_validate(document)
    return VersionedDefinition(definition, definition.versions[0])


def load_catalogue(folder: Path) -> list[VersionedDefinition]:
    """All definitions of `folder` (catalogue/indicators), each version alone, by key and version.

    Raises:
        CatalogueError: something is wrong; all findings together, with file and line.
    """
    found = read_all(documents_in(folder), Definition)
    findings = [
        *_wrong_names(found),
        *_wrong_references(found),
        *_wrong_case_sets(found),
    ]
    if findings:
        raise CatalogueError(findings)
    pairs = [
        VersionedDefinition(definition, version) for _, definition in found for version in definition.versions
    ]
    return sorted(pairs, key=lambda pair: (pair.key, pair.version.version))


def in_order(definitions: Iterable[VersionedDefinition]) -> list[VersionedDefinition]:
    """Composites after everything they read.

    Raises:
        CycleError: they read each other.
    """
    everything = list(definitions)
    graph: dict[str, set[str]] = {}
    for pair in everything:
        formula = pair.version.formula
        read = formula.indicators if isinstance(formula, CompositeFormula) else frozenset[str]()
        graph.setdefault(pair.key, set()).update(read)
    place = {key: number for number, key in enumerate(TopologicalSorter(graph).static_order())}
    return sorted(everything, key=lambda pair: (place[pair.key], pair.version.version))


def _wrong_names(found: list[tuple[Document, Definition]]) -> list[Finding]:
    findings: list[Finding] = []
    seen: dict[str, Path] = {}
    for document, definition in found:
        if document.path.stem != definition.id:
            findings.append(
                document.finding(("id",), f"the file of {definition.id} is named {definition.id}.yaml")
            )
        if definition.id in seen:
            findings.append(
                document.finding(("id",), f"{definition.id} is also defined in {seen[definition.id]}")
            )
        seen[definition.id] = document.path
    return findings


def _wrong_references(found: list[tuple[Document, Definition]]) -> list[Finding]:
    known = {definition.id: definition for _, definition in found}
    findings: list[Finding] = []
    graph: dict[str, set[str]] = {definition.id: set() for _, definition in found}
    for document, definition in found:
        for number, version in enumerate(definition.versions):
            if not isinstance(version.formula, CompositeFormula):
                continue
            place = ("versions", number, "formula")
            keys = sorted(version.formula.indicators)
            findings += [
                document.finding(place, f"there is no indicator {key}") for key in keys if key not in known
            ]
            components = [known[key] for key in keys if key in known]
            graph[definition.id] |= {component.id for component in components}
            findings += [
                document.finding(("versions", number, field), reason)
                for field, reason in _not_offered(version, version.formula, components)
            ]
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = " → ".join(error.args[1])
        document = next(document for document, definition in found if definition.id in error.args[1])
        findings.append(document.finding(("versions",), f"indicators read each other in a circle: {circle}"))
    return findings


def _not_offered(
    version: Version, formula: CompositeFormula, components: list[Definition]
) -> list[tuple[str, str]]:
    """Periods and subjects of a composite that its components do not have, each with its field.

    Every component has every period. It has every subject too, unless the formula spreads a missing component over the
    others: then one that has the subject is enough.
    """
    reasons: list[tuple[str, str]] = []
    lacking: dict[str, int] = {}
    for component in components:
        periods = {period for one in component.versions for period in one.periods}
        subjects = {subject for one in component.versions for subject in one.subjects}
        reasons += [
            ("periods", f"{component.id} has no period {period}")
            for period in version.periods
            if period not in periods
        ]
        for subject in version.subjects:
            if subject in subjects:
                continue
            lacking[subject] = lacking.get(subject, 0) + 1
            if not formula.spreads_missing:
                reasons.append(("subjects", f"{component.id} has no subject {subject}"))
    if formula.spreads_missing:
        reasons += [
            ("subjects", f"no component has the subject {subject}")
            for subject, count in lacking.items()
            if count == len(components)
        ]
    return reasons


def _wrong_case_sets(found: list[tuple[Document, Definition]]) -> list[Finding]:
    findings: list[Finding] = []
    for document, definition in found:
        for number, version in enumerate(definition.versions):
            formula = version.formula
            pairs = {"agency-procedure", "area-procedure"} & set(version.subjects)
            by_procedure = isinstance(formula, CaseRatio) and formula.count == "procedures"
            if (pairs or by_procedure) and "day" in version.periods:
                findings.append(
                    document.finding(
                        ("versions", number, "periods"),
                        "procedures of an agency or area are counted by month, quarter and year",
                    )
                )
            if pairs and isinstance(formula, CaseDuration | DueSoon):
                findings.append(
                    document.finding(
                        ("versions", number, "subjects"),
                        "times of dossiers are known for province, commune, agency and procedure",
                    )
                )
    return findings


def lanes_of(definitions: Iterable[VersionedDefinition]) -> dict[str, str]:
    """The lane of each indicator: definitions of a lane are evaluated together, because they read the same inputs.

    A composite is evaluated with what it reads, when that is one lane; else in a lane of composites.

    Raises:
        CycleError: composites read each other.
    """
    lanes: dict[str, str] = {}
    for pair in in_order(definitions):
        formula = pair.version.formula
        if isinstance(formula, CompositeFormula):
            read = {lanes.get(key, COMPOSITES) for key in formula.indicators}
            lane = read.pop() if len(read) == 1 else COMPOSITES
        elif isinstance(formula, CaseDuration):
            lane = DURATIONS
        elif isinstance(formula, CaseFormula):
            lane = CASES
        elif isinstance(formula, DataHealth):
            lane = HEALTH
        else:
            lane = pair.definition.group
        # versions that read different lanes are evaluated where all can be
        lanes[pair.key] = lane if lanes.get(pair.key, lane) == lane else COMPOSITES
    return lanes


def properties_of(definitions: Iterable[VersionedDefinition]) -> dict[str, set[str]]:
    """The observed properties that each lane reads."""
    everything = list(definitions)
    lanes = lanes_of(everything)
    found: dict[str, set[str]] = {}
    for pair in everything:
        properties = found.setdefault(lanes[pair.key], set())
        if isinstance(pair.version.formula, SeriesFormula):
            properties |= pair.version.formula.properties
    return found
