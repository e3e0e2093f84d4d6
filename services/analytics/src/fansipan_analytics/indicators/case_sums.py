"""Sums of periods from sums of days, months and years."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

import asyncpg
import numpy as np
from numpy.typing import NDArray

from fansipan_analytics.indicators import case_repository as repository
from fansipan_analytics.indicators import registry
from fansipan_analytics.indicators.active import Active
from fansipan_analytics.indicators.registry import Subject
from fansipan_indicators.case_figures import CountedFormula, case_figures
from fansipan_indicators.figure import Figure
from fansipan_indicators.formulas import CaseCount, CaseRatio
from fansipan_indicators.measures import Layout, Sums
from fansipan_indicators.periods import ZONE, Period, PeriodKind

Rows = Mapping[tuple[str, date], NDArray[np.float64]]
"""(level, start) → sums, of one subject."""
Pair = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Sums within a period and before it, by place."""
_MONTHS: Final = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3}


class Wanted(NamedTuple):
    """A figure to compute."""

    active: Active
    subject: Subject
    period: Period
    cause: str | None


class CaseSums:
    """The sums of some subjects, for some periods.

    Args:
        layout: the places of the sums.
        rows: what is stored, by subject id.
        ids: of the subjects.
        procedures: the subjects that stand for the procedures of a subject, by its id.
        asked: the subjects that are asked for, by period.
    """

    def __init__(
        self,
        layout: Layout,
        rows: Mapping[int, Rows],
        ids: Mapping[Subject, int],
        procedures: Mapping[int, Sequence[int]],
        asked: Mapping[Period, Collection[int]],
    ) -> None:
        self._layout = layout
        self._rows = rows
        self._ids = ids
        self._procedures = procedures
        self._asked = asked
        self._known: dict[tuple[int, Period], Pair] = {}
        self._tables: dict[Period, tuple[Sums, dict[int, int]]] = {}
        self._stacked: dict[tuple[int, Period], Sums] = {}

    def figures(self, formula: CountedFormula, subjects: Sequence[Subject], period: Period) -> list[Figure]:
        """The figures of some of the subjects that are asked for in a period."""
        subject_ids = [self._ids[subject] for subject in subjects]
        table, column = self._table(period)
        by_procedure: list[Sums | None] = []
        if isinstance(formula, CaseRatio | CaseCount) and formula.count == "procedures":
            by_procedure = [self._by_procedure(one, period) for one in subject_ids]
        columns = [column[one] for one in subject_ids]
        return case_figures(formula, self._layout, table, columns, by_procedure)

    def _table(self, period: Period) -> tuple[Sums, dict[int, int]]:
        """The sums of all subjects that are asked for, and which column is whose."""
        if period not in self._tables:
            subject_ids = sorted(self._asked[period])
            table = _stack([self._of(one, period) for one in subject_ids])
            self._tables[period] = (table, {one: place for place, one in enumerate(subject_ids)})
        return self._tables[period]

    def _by_procedure(self, subject_id: int, period: Period) -> Sums | None:
        """The sums of each procedure of a subject, where they were asked for; none by day."""
        procedures = self._procedures.get(subject_id)
        if period.kind is PeriodKind.DAY or not procedures:
            return None
        if (subject_id, period) not in self._stacked:
            self._stacked[subject_id, period] = _stack([self._of(one, period) for one in procedures])
        return self._stacked[subject_id, period]

    def _of(self, subject_id: int, period: Period) -> Pair:
        known = self._known.get((subject_id, period))
        if known is None:
            known = _sums(self._rows.get(subject_id, {}), period, len(self._layout))
            self._known[subject_id, period] = known
        return known


def _stack(pairs: Sequence[Pair]) -> Sums:
    within = np.asarray([pair[0] for pair in pairs])
    before = np.asarray([pair[1] for pair in pairs])
    return Sums(list(np.ascontiguousarray(within.T)), list(np.ascontiguousarray(before.T)))


def _sums(rows: Rows, period: Period, width: int) -> Pair:
    local = period.start.astimezone(ZONE).date()
    year, month = local.replace(month=1, day=1), local.replace(day=1)
    within: NDArray[np.float64] = np.zeros(width)
    before: NDArray[np.float64] = np.zeros(width)
    end = period.end.astimezone(ZONE).date()
    for (level, start), counts in rows.items():
        if level == "year":
            if start < year:
                before += counts
            elif start == year and period.kind is PeriodKind.YEAR:
                within += counts
        elif level == "month":
            if year <= start < month:
                before += counts
            elif period.kind in _MONTHS and local <= start < end:
                within += counts
        elif period.kind is PeriodKind.DAY and month <= start <= local:
            if start == local:
                within += counts
            else:
                before += counts
    return within, before


async def sums_of(
    connection: "asyncpg.Connection[Any]",
    layout: Layout,
    wanted: Iterable[Wanted],
    ids: Mapping[Subject, int],
) -> CaseSums:
    """Load what the wanted figures need."""
    todo = list(wanted)
    asked: dict[Period, set[int]] = {}
    for one in todo:
        asked.setdefault(one.period, set()).add(ids[one.subject])
    days = [period.start.astimezone(ZONE).date() for period in asked if period.kind is PeriodKind.DAY]
    counting_procedures = {
        active
        for active in {one.active for one in todo}
        if isinstance(active.pair.version.formula, CaseRatio | CaseCount)
        and active.pair.version.formula.count == "procedures"
    }
    by_procedure = {one.subject for one in todo if one.active in counting_procedures}
    procedures: dict[int, list[int]] = {}
    if by_procedure:
        procedures = await repository.procedures_of(
            connection,
            [(ids[subject], *subject) for subject in by_procedure],
            await registry.province_code(connection),
        )
    subject_ids = {ids[one.subject] for one in todo} | {one for many in procedures.values() for one in many}
    rows = await repository.load_sums(connection, subject_ids, min(days).replace(day=1) if days else None)
    return CaseSums(layout, rows, ids, procedures, asked)
