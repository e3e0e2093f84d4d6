"""The oracle: every figure of the shipped catalogue from the final events, in plain Python, from scratch.

It reads the catalogue's YAML for which property or condition a figure is about and has arithmetic of its own: nothing
of it comes from the code under test. Data health is left out: it is judged by the clock, minute by minute.
"""

import csv
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from tests.support import oracle_scores as scores
from tests.support.oracle_cases import Known, Told, cases_of, meets
from tests.support.oracle_figure import Figure
from tests.support.oracle_readings import Station, area_figure, spans_touched, station_figure
from tests.support.oracle_time import Span, due, span_at, spans, wall

PROVINCE = "15"
MERGED_ON = date(2025, 7, 1)
"""From this day on the former communes were no more."""

CASE_KINDS = ("case-ratio", "case-count", "case-duration", "due-soon", "rating-mean", "usage")
SCORE_KINDS = ("weighted-score", "expression", "normalised-index")

_NO_COMPONENT = Figure(None, completeness=0.0, missing="missing-component")

Subject = tuple[str, str]
"""Kind and key, as in `indicator_subject`."""


@dataclass(frozen=True, eq=False)
class Version:
    """A version of a definition, as the YAML writes it."""

    key: str
    number: int
    body: Mapping[str, Any]

    @property
    def formula(self) -> Mapping[str, Any]:
        """Its formula."""
        return self.body["formula"]

    def holds(self, span: Span) -> bool:
        """Whether it has this kind of period and is in force when it begins."""
        day = wall(span.start).date()
        end: date | None = self.body.get("effectiveTo")
        return (
            span.kind in self.body["periods"]
            and self.body["effectiveFrom"] <= day
            and (end is None or day < end)
        )

    def offers(self, subject: Subject) -> bool:
        """Whether it has figures about a subject."""
        kind, key = subject
        name = kind if kind != "area" else "province" if key == PROVINCE else "commune"
        return name in self.body["subjects"]


Place = tuple[Version, Subject, Span]


def read_catalogue(folder: Path) -> list[Version]:
    """All versions of all definitions of `catalogue/indicators`, without data health."""
    found: list[Version] = []
    for path in sorted(folder.glob("**/*.yaml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        found += [Version(document["id"], one["version"], one) for one in document["versions"]]
    return [version for version in found if version.formula["kind"] != "data-health"]


def read_successors(path: Path) -> dict[str, set[str]]:
    """Former commune → the commune in which all its ground lies now."""
    found: dict[str, set[str]] = {}
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["relation"] == "whole":
                found.setdefault(row["old_commune_code"], set()).add(row["new_commune_code"])
    return found


class Oracle:
    """Says every figure.

    Args:
        catalogue: the definitions.
        successors: former communes.
        stations: things with all their counted readings.
        events: service events as they stand after all corrections.
        now: the moment as of which what is open is judged.
    """

    def __init__(
        self,
        catalogue: Sequence[Version],
        successors: Mapping[str, set[str]],
        stations: Iterable[Station],
        events: Iterable[Told],
        now: datetime,
    ) -> None:
        self._catalogue = catalogue
        self._stations = {station.key: station for station in stations}
        self.now = now
        self._cases: dict[Subject, list[Known]] = {}
        for case in cases_of(events):
            for subject in subjects_of(case, successors):
                self._cases.setdefault(subject, []).append(case)
        self._known: dict[Place, Figure | None] = {}

    def figure(self, version: Version, subject: Subject, span: Span) -> Figure | None:
        """A figure; None when there is nothing that it could rest on."""
        place = (version, subject, span)
        if place not in self._known:
            self._known[place] = self._compute(version, subject, span)
        return self._known[place]

    def expected(self) -> Iterator[tuple[Place, Figure]]:
        """Every figure that must be stored: those that rest on something."""
        for version in self._catalogue:
            kind = version.formula["kind"]
            if kind in CASE_KINDS:
                places = self._case_places(version)
            elif kind in SCORE_KINDS:
                places = self._score_places(version)
            else:
                places = self._series_places(version)
            for subject, span in places:
                if not version.offers(subject) or not version.holds(span) or span.start > self.now:
                    continue
                figure = self.figure(version, subject, span)
                if figure is not None and _says_something(kind, figure):
                    yield (version, subject, span), figure

    def _compute(self, version: Version, subject: Subject, span: Span) -> Figure | None:
        kind = version.formula["kind"]
        if kind in CASE_KINDS:
            return self._case_figure(version.formula, subject, span)
        if kind in SCORE_KINDS:
            return self._score(version, subject, span)
        if subject[0] == "thing":
            station = self._stations.get(subject[1])
            return None if station is None else station_figure(version.formula, station, span)
        figures = {
            station.key: figure
            for station in self._stations.values()
            if station.area is not None
            and subject[1] in (station.area, PROVINCE)
            and (figure := self.figure(version, ("thing", station.key), span)) is not None
        }
        default = 100.0 if kind in ("attribute-ratio", "time-share") else 1.0
        return area_figure(version.body["areas"]["combine"], figures, version.formula.get("scale", default))

    # ------------------------------------------------------------ readings
    def _series_places(self, version: Version) -> Iterator[tuple[Subject, Span]]:
        formula = version.formula
        names = set(formula["pollutants"].values()) if "pollutants" in formula else {formula["property"]}
        for station in self._stations.values():
            read = [readings for name, readings in station.readings.items() if name in names]
            for kind in version.body["periods"]:
                for span in spans_touched(read, kind, timedelta(hours=_reach(formula))):
                    yield ("thing", station.key), span
                    if station.area is not None:
                        yield ("area", station.area), span
                        yield ("area", PROVINCE), span

    # ------------------------------------------------------------ cases
    @cached_property
    def _first_received(self) -> dict[Subject, datetime]:
        return {
            subject: min(received)
            for subject, cases in self._cases.items()
            if (received := [case.received for case in cases if case.received is not None])
        }

    def _case_places(self, version: Version) -> Iterator[tuple[Subject, Span]]:
        for subject, first in self._first_received.items():
            for kind in version.body["periods"]:
                for span in spans(kind, first, self.now):
                    if version.formula["kind"] != "due-soon" or span.end > self.now:
                        yield subject, span

    def _case_figure(self, formula: Mapping[str, Any], subject: Subject, span: Span) -> Figure | None:
        match formula["kind"]:
            case "case-count":
                return _count(float(self._size(formula, formula["cases"], subject, span)))
            case "case-ratio":
                numerator = self._size(formula, formula["numerator"], subject, span)
                denominator = self._size(formula, formula["denominator"], subject, span)
                return _ratio(numerator, denominator, formula.get("scale", 100.0))
            case "rating-mean":
                given = self._of(subject, "rating", "received", span)
                return _ratio(sum(case.weight for case in given), len(given), 1.0)
            case "usage":
                used = self._uses(subject, formula["services"], span)
                if formula.get("denominator") is None:
                    return _count(used * formula.get("scale", 1.0))
                base = self._uses(subject, formula["denominator"], span)
                return _ratio(used, base, formula.get("scale", 1.0))
            case "case-duration":
                return self._duration(formula, subject, span)
            case "due-soon":
                until = due(self.now, formula["workingDays"])
                open_ = self._of(subject, "dossier", "open", span_at("day", self.now))
                return _count(sum(1.0 for c in open_ if _runs_out(c, self.now, until)))
            case other:
                raise ValueError(f"the oracle knows no formula {other}")

    def _of(self, subject: Subject, kind: str, which: str, span: Span) -> list[Known]:
        return [
            case
            for case in self._cases.get(subject, ())
            if case.kind == kind and case.is_in(which, span, self.now)
        ]

    def _size(
        self, formula: Mapping[str, Any], wanted: Mapping[str, Any], subject: Subject, span: Span
    ) -> int:
        found = [
            case
            for case in self._of(subject, formula.get("of", "dossier"), wanted["set"], span)
            if meets(case, wanted.get("where", ()), self.now)
        ]
        if formula.get("count") == "procedures":
            return len({case.procedure for case in found} - {None})
        return len(found)

    def _uses(self, subject: Subject, services: Sequence[str], span: Span) -> float:
        counts = self._of(subject, "usage", "received", span)
        return sum(case.weight for case in counts if case.fields["service"] in services)

    def _duration(self, formula: Mapping[str, Any], subject: Subject, span: Span) -> Figure | None:
        seconds = sorted(
            max(0.0, (case.ended - case.received).total_seconds() - case.paused)
            for case in self._of(subject, "dossier", "finished", span)
            if case.ended is not None and case.received is not None
        )
        if not seconds:
            return None
        found = {
            "median": _quantile(seconds, 0.5),
            "p90": _quantile(seconds, 0.9),
            "mean": statistics.fmean(seconds),
        }
        unit = {"hours": 3600, "days": 86400}[formula["unit"]]
        return Figure(found[formula["statistic"]] / unit, samples=len(seconds))

    # ------------------------------------------------------------ scores
    def _components(self, version: Version, span: Span) -> dict[str, Version]:
        found: dict[str, Version] = {}
        for name in scores.read_by(version.formula):
            holding = [one for one in self._catalogue if one.key == name and one.holds(span)]
            if holding:
                found[name] = max(holding, key=lambda one: (one.body["effectiveFrom"], one.number))
        return found

    def _values(self, version: Version, subject: Subject, span: Span) -> dict[str, float | None]:
        return {
            name: None if (figure := self.figure(one, subject, span)) is None else figure.value
            for name, one in self._components(version, span).items()
            if one.offers(subject)
        }

    def _score(self, version: Version, subject: Subject, span: Span) -> Figure:
        match version.formula["kind"]:
            case "weighted-score":
                return scores.weighted_score(version.formula, self._values(version, subject, span))
            case "expression":
                return scores.expression(version.formula, self._values(version, subject, span))
            case _:
                communes = {
                    ("area", station.area) for station in self._stations.values() if station.area is not None
                }
                values = {code: self._values(version, (kind, code), span) for kind, code in communes}
                compared = {
                    code: one for code, one in values.items() if any(v is not None for v in one.values())
                }
                return scores.min_max_index(version.formula, compared).get(subject[1], _NO_COMPONENT)

    def _score_places(self, version: Version) -> Iterator[tuple[Subject, Span]]:
        seen: set[tuple[Subject, Span]] = set()
        for name in scores.read_by(version.formula):
            for component in self._catalogue:
                if component.key != name:
                    continue
                kind = component.formula["kind"]
                if kind in CASE_KINDS:
                    seen.update(self._case_places(component))
                elif kind in SCORE_KINDS:
                    seen.update(self._score_places(component))
                else:
                    seen.update(self._series_places(component))
        yield from seen


def subjects_of(case: Known, successors: Mapping[str, set[str]]) -> set[Subject]:
    """Whom a case counts for: what was received by a former commune counts for the one that has its ground now, too."""
    areas = set[str]() if case.area is None else {case.area}
    if case.area is not None and case.received is not None and wall(case.received).date() < MERGED_ON:
        areas |= successors.get(case.area, set())
    subjects: set[Subject] = {
        ("agency", case.agency),
        ("area", PROVINCE),
        *(("area", code) for code in areas),
    }
    if case.procedure is not None:
        subjects |= {("procedure", case.procedure), ("agency-procedure", f"{case.agency}|{case.procedure}")}
    return subjects


def _runs_out(case: Known, now: datetime, until: datetime) -> bool:
    received_by_now = case.received is not None and case.received <= now
    return received_by_now and case.ended is None and case.limit is not None and now <= case.limit <= until


def _reach(formula: Mapping[str, Any]) -> int:
    """Hours before a period that a formula reads."""
    match formula["kind"]:
        case "air-quality-index":
            return 11 if formula["averaging"] == "hourly" else 7
        case "rolling":
            return formula["hours"] - 1
        case "change-rate":
            return formula.get("hours", 1)
        case "rainfall-risk":
            return 24 * 8
        case _:
            return 0


def _count(value: float) -> Figure:
    return Figure(value, value, samples=round(value))


def _ratio(numerator: float, denominator: float, scale: float) -> Figure:
    if denominator == 0:
        return Figure(None, float(numerator), 0.0, 0, missing="zero-denominator")
    return Figure(numerator / denominator * scale, float(numerator), float(denominator), round(denominator))


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def _says_something(kind: str, figure: Figure) -> bool:
    """Whether a figure has to be stored: one of nothing but zeros may be left out."""
    if kind in CASE_KINDS and kind != "case-duration":
        return bool(figure.numerator or figure.denominator)
    return figure.value is not None if kind in SCORE_KINDS else True
