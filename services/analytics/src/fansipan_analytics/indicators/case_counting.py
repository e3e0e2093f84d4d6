"""Counting cases: what a changed case added before is taken out of the sums, what it adds now is put in."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import asyncpg
import numpy as np
from numpy.typing import NDArray

from fansipan_analytics.indicators import case_repository as repository
from fansipan_analytics.indicators import registry
from fansipan_analytics.indicators.case_repository import NOTHING, CaseKey, Contribution, CountKey
from fansipan_analytics.indicators.registry import Subject, Subjects, Succession
from fansipan_indicators.cases import Case
from fansipan_indicators.measures import Layout
from fansipan_indicators.periods import ZONE

_PAIRS: Final = ("agency-procedure", "area-procedure")


@dataclass(slots=True)
class Dirty:
    """What changed of a subject.

    Attributes:
        days: on which days its sums changed.
        ends: on which days cases that changed ended: how long they took may differ though no sum does.
        places: at which places of the layout; None: all.
        corrected: whether by a correction.
    """

    days: set[date] = field(default_factory=set)
    ends: set[date] = field(default_factory=set)
    places: set[int] | None = None
    corrected: bool = False


class CaseCounter:
    """Keeps `case_count` and `case_contribution`."""

    def __init__(self, subjects: Subjects) -> None:
        self._subjects = subjects

    async def count(
        self,
        connection: "asyncpg.Connection[Any]",
        layout: Layout,
        changed: Mapping[CaseKey, bool],
        now: datetime,
        kinds: Collection[str],
    ) -> dict[Subject, Dirty]:
        """Count cases again that changed (key → by a correction); returns what that changed, by subject.

        Pairs are always counted, and returned when `kinds` names them: only then they have figures of their own.
        """
        cases = await repository.load_cases(connection, changed)
        before = await repository.load_contributions(connection, changed)
        province = await registry.province_code(connection)
        successions = await registry.successions(connection)
        subjects = {key: subjects_of(case, province, successions) for key, case in cases.items()}
        ids = await self._subjects.ids({one for many in subjects.values() for one in many})
        named: dict[int, Subject] = {number: subject for subject, number in ids.items()}
        after = {
            key: Contribution(
                frozenset(ids[one] for one in subjects[key]), layout.contribution(cases[key], now)
            )
            if key in cases
            else NOTHING
            for key in changed
        }
        moved = {key for key in changed if before.get(key, NOTHING) != after[key]}
        named |= await _names(
            connection, {s for key in changed for s in before.get(key, NOTHING).subjects} - named.keys()
        )
        deltas: dict[CountKey, NDArray[np.float64]] = defaultdict(lambda: np.zeros(len(layout)))
        dirty: dict[Subject, Dirty] = {}
        ended = {place for place, measure in enumerate(layout.measures) if measure.basis == "ended"}
        unnamed = {kind for kind in _PAIRS if kind not in kinds}
        for key in changed:
            was, becomes = before.get(key, NOTHING), after[key]
            places = set[int]()
            if key in moved:
                _add(deltas, was, -1.0, named)
                _add(deltas, becomes, 1.0, named)
                places = _places(was) | _places(becomes)
            ends = _days_with(was, ended) | _days_with(becomes, ended)
            for subject_id, days in _touched(was, becomes).items():
                if named[subject_id][0] in unnamed:
                    continue
                mark = dirty.setdefault(named[subject_id], Dirty(places=set()))
                mark.days |= days
                mark.ends |= ends
                if mark.places is not None:
                    mark.places |= places
                mark.corrected |= changed[key]
        await _apply(connection, deltas)
        await repository.save_contributions(connection, {key: after[key] for key in moved})
        return dirty


def subjects_of(
    case: Case, province: str | None, successions: Mapping[str, Sequence[Succession]]
) -> set[Subject]:
    """Whom a case counts for: the province, its commune, its agency, its procedure, and the pairs with the procedure.

    A case from before a merger counts for the former unit and for the one that holds its ground now.
    """
    areas = set[str]()
    if case.area_code is not None:
        day = None if case.received_at is None else case.received_at.astimezone(ZONE).date()
        areas = registry.areas_of(case.area_code, day, successions)
    subjects: set[Subject] = {("area", code) for code in areas} | {("agency", case.agency)}
    if case.procedure is not None:
        subjects |= {("procedure", case.procedure), ("agency-procedure", f"{case.agency}|{case.procedure}")}
        subjects |= {("area-procedure", f"{code}|{case.procedure}") for code in areas - {province}}
    if province is not None:
        subjects.add(("area", province))
    return subjects


def _spans(day: date, kind: str) -> list[tuple[str, date]]:
    spans = [("month", day.replace(day=1)), ("year", day.replace(day=1, month=1))]
    return spans if kind in _PAIRS else [("day", day), *spans]


def _add(
    deltas: dict[CountKey, NDArray[np.float64]],
    contribution: Contribution,
    sign: float,
    named: Mapping[int, Subject],
) -> None:
    for day, amounts in contribution.days.items():
        for subject_id in contribution.subjects:
            for level, start in _spans(day, named[subject_id][0]):
                delta = deltas[subject_id, level, start]
                for place, amount in amounts.items():
                    delta[place] += sign * amount


def _touched(before: Contribution, after: Contribution) -> dict[int, set[date]]:
    """The days on which something changed, by subject id.

    With a pair that comes or goes the number of its owner's procedures changes, though no sum of the owner does.
    """
    if before.subjects == after.subjects:
        days = before.days.keys() | after.days.keys()
        changed = {day for day in days if before.days.get(day) != after.days.get(day)}
        return dict.fromkeys(before.subjects, changed)
    return {
        subject_id: {
            *(before.days if subject_id in before.subjects else ()),
            *(after.days if subject_id in after.subjects else ()),
        }
        for subject_id in before.subjects | after.subjects
    }


def _days_with(contribution: Contribution, places: Collection[int]) -> set[date]:
    return {day for day, amounts in contribution.days.items() if not amounts.keys().isdisjoint(places)}


def _places(contribution: Contribution) -> set[int]:
    return {place for amounts in contribution.days.values() for place in amounts}


async def _names(connection: "asyncpg.Connection[Any]", subject_ids: Iterable[int]) -> dict[int, Subject]:
    rows = await connection.fetch(
        "SELECT id, kind, key FROM indicator_subject WHERE id = ANY($1)", list(subject_ids)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


async def _apply(
    connection: "asyncpg.Connection[Any]", deltas: Mapping[CountKey, NDArray[np.float64]]
) -> None:
    real = {key: delta for key, delta in deltas.items() if delta.any()}
    stored = await repository.load_exactly(connection, real.keys())
    await repository.save_counts(
        connection,
        {
            key: (delta if key not in stored else np.asarray(stored[key]) + delta).tolist()
            for key, delta in sorted(real.items())
        },
    )
