"""Measures: sums over cases by day, from which every figure over cases follows by addition.

A case adds to a measure on the day it was received, ended, or became late. Sets of a period are then sums of days:
what was open at some moment is what had been received until then less what had ended; so no figure needs to look at
every case.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final, Literal

from pydantic import TypeAdapter

from fansipan_indicators.cases import Case, meets
from fansipan_indicators.formulas import (
    CaseCount,
    CaseFormula,
    CaseKind,
    CaseRatio,
    CaseSet,
    Clause,
    Condition,
    RatingMean,
    UsageRatio,
)
from fansipan_indicators.periods import ZONE

Basis = Literal["received", "ended", "late", "lateEnded"]
_CLAUSES: Final[TypeAdapter[list[Clause]]] = TypeAdapter(list[Clause])


@dataclass(frozen=True, slots=True)
class Measure:
    """What is added up: cases of a kind, on the day of `basis`, that meet the conditions; 1 each, or their weight."""

    kind: CaseKind
    basis: Basis
    where: str
    weighted: bool = False

    @classmethod
    def of(
        cls, kind: CaseKind, basis: Basis, where: Sequence[Clause], *, weighted: bool = False
    ) -> "Measure":
        """A measure; conditions that say the same give the same measure."""
        plain = _CLAUSES.dump_python(list(where), mode="json", by_alias=True, exclude_none=True)
        return cls(kind, basis, json.dumps(plain, sort_keys=True, ensure_ascii=False), weighted)

    @property
    def clauses(self) -> list[Clause]:
        """The conditions."""
        return _CLAUSES.validate_json(self.where)


_BASES: Final[Mapping[str, tuple[Basis, ...]]] = {
    "received": ("received",),
    "finished": ("ended",),
    "handled": ("received", "ended"),
    "late": ("late", "lateEnded"),
    "onTime": ("received", "ended", "late", "lateEnded"),
    "open": ("received", "ended"),
    "overdue": ("late", "lateEnded"),
}


def measures_of(formula: CaseFormula) -> list[Measure]:
    """The measures that a formula needs; none for formulas that look at each case."""
    match formula:
        case CaseRatio():
            return [
                *measures_of_set(formula.of, formula.numerator),
                *measures_of_set(formula.of, formula.denominator),
            ]
        case CaseCount():
            return measures_of_set(formula.of, formula.cases)
        case RatingMean():
            return [RATINGS, SCORES]
        case UsageRatio():
            lists = [formula.services, *([] if formula.denominator is None else [formula.denominator])]
            return [usage_measure(services) for services in lists]
        case _:
            return []


def measures_of_set(kind: CaseKind, wanted: CaseSet) -> list[Measure]:
    """The measures behind a set."""
    return [Measure.of(kind, basis, wanted.where) for basis in _BASES[wanted.set]]


def usage_measure(services: Sequence[str]) -> Measure:
    """How often some services were used."""
    return _usage_measure(tuple(sorted(set(services))))


@lru_cache(maxsize=1000)
def _usage_measure(services: tuple[str, ...]) -> Measure:
    return Measure.of("usage", "received", [Condition(field="service", in_=list(services))], weighted=True)


RATINGS: Final = Measure.of("rating", "received", [])
SCORES: Final = Measure.of("rating", "received", [], weighted=True)


class Layout:
    """The measures of all formulas, each with its place in an array."""

    def __init__(self, measures: Iterable[Measure]) -> None:
        self.measures = sorted(set(measures), key=lambda m: (m.kind, m.basis, m.where, m.weighted))
        self.place = {measure: place for place, measure in enumerate(self.measures)}
        self._by_kind: dict[str, list[tuple[int, Measure, list[Clause]]]] = {}
        for place, measure in enumerate(self.measures):
            self._by_kind.setdefault(measure.kind, []).append((place, measure, measure.clauses))

        # by identity: a set of conditions has no hash, and definitions live as long as their layout
        self._places: dict[tuple[CaseKind, int], tuple[CaseSet, dict[Basis, int]]] = {}

    def __len__(self) -> int:
        return len(self.measures)

    def places_of(self, kind: CaseKind, wanted: CaseSet) -> dict[Basis, int]:
        """The places of the measures behind a set, by what they are counted on."""
        known = self._places.get((kind, id(wanted)))
        if known is None:
            places: dict[Basis, int] = {
                basis: self.place[Measure.of(kind, basis, wanted.where)] for basis in _BASES[wanted.set]
            }
            known = self._places[kind, id(wanted)] = (wanted, places)
        return known[1]

    @property
    def digest(self) -> str:
        """Changes whenever the places mean something else."""
        text = json.dumps([[m.kind, m.basis, m.where, m.weighted] for m in self.measures])
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def contribution(self, case: Case, now: datetime) -> dict[date, dict[int, float]]:
        """What a case adds: local day → place → amount. Empty while it has not been received."""
        if case.received_at is None:
            return {}
        late_since = case.late_since(now)
        late_ended = case.ended_at if late_since is not None else None
        days = {
            "received": _day(case.received_at),
            "ended": _day(case.ended_at),
            "late": _day(late_since),
            "lateEnded": _day(late_ended),
        }
        added: dict[date, dict[int, float]] = {}
        met: dict[str, bool] = {}
        for place, measure, clauses in self._by_kind.get(case.kind, ()):
            day = days[measure.basis]
            if day is None:
                continue
            if measure.where not in met:
                met[measure.where] = meets(case, clauses, now)
            if met[measure.where]:
                added.setdefault(day, {})[place] = case.weight if measure.weighted else 1.0
        return added


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.astimezone(ZONE).date()


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Sums of all measures, by place: within a period, and over all time before it.

    Each place holds a number, for one subject, or float64[n], for n subjects at once.
    """

    within: Sequence[Any]
    before: Sequence[Any]


def size_of_set(layout: Layout, kind: CaseKind, wanted: CaseSet, sums: Sums) -> Any:
    """How many cases a set of a period has: a number, or float64[n] when the sums are of n subjects."""
    place = layout.places_of(kind, wanted)
    within, before = sums.within, sums.before
    match wanted.set:
        case "received":
            return within[place["received"]]
        case "finished":
            return within[place["ended"]]
        case "handled":
            came, went = place["received"], place["ended"]
            return within[came] + before[came] - before[went]
        case "open":
            came, went = place["received"], place["ended"]
            return within[came] + before[came] - within[went] - before[went]
        case "late":
            late, over = place["late"], place["lateEnded"]
            return within[late] + before[late] - before[over]
        case "overdue":
            late, over = place["late"], place["lateEnded"]
            return within[late] + before[late] - within[over] - before[over]
        case "onTime":
            came, went = place["received"], place["ended"]
            late, over = place["late"], place["lateEnded"]
            return within[came] + before[came] - before[went] - (within[late] + before[late] - before[over])
