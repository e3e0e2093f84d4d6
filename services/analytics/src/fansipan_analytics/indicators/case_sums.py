"""Sums of periods from sums of days, months and years."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import numpy as np
from numpy.typing import NDArray

from fansipan_analytics.indicators import case_repository as repository
from fansipan_analytics.indicators import registry
from fansipan_analytics.indicators.registry import Subject
from fansipan_indicators.formulas import CaseCount, CaseRatio
from fansipan_indicators.measures import Layout, Sums
from fansipan_indicators.periods import ZONE, Period, PeriodKind

if TYPE_CHECKING:
    from fansipan_analytics.indicators.case_lane import Wanted

Rows = Mapping[tuple[str, date], NDArray[np.float64]]
"""(level, start) → sums, of one subject."""
_MONTHS: Final = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3}


class CaseSums:
    """The sums of some subjects, for any period."""

    def __init__(
        self,
        layout: Layout,
        rows: Mapping[int, Rows],
        ids: Mapping[Subject, int],
        procedures: Mapping[int, Sequence[int]],
    ) -> None:
        self._width = len(layout)
        self._rows = rows
        self._ids = ids
        self._procedures = procedures
        self._known: dict[tuple[int, Period], Sums] = {}
        self._stacked: dict[tuple[int, Period], Sums] = {}

    def of(self, subject: Subject, period: Period) -> Sums:
        """The sums of a subject."""
        return self._of_id(self._ids[subject], period)

    def by_procedure(self, subject: Subject, period: Period) -> Sums | None:
        """The sums of each procedure of a subject, a row each, where they were asked for; none by day."""
        procedures = self._procedures.get(self._ids[subject])
        if period.kind is PeriodKind.DAY or not procedures:
            return None
        place = (self._ids[subject], period)
        if place not in self._stacked:
            each = [self._of_id(one, period) for one in procedures]
            within = np.asarray([one.within for one in each])
            before = np.asarray([one.before for one in each])
            self._stacked[place] = Sums(list(within.T), list(before.T))
        return self._stacked[place]

    def _of_id(self, subject_id: int, period: Period) -> Sums:
        known = self._known.get((subject_id, period))
        if known is None:
            known = _sums(self._rows.get(subject_id, {}), period, self._width)
            self._known[subject_id, period] = known
        return known


def _sums(rows: Rows, period: Period, width: int) -> Sums:
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
    return Sums(within.tolist(), before.tolist())


async def sums_of(
    connection: "asyncpg.Connection[Any]",
    layout: Layout,
    wanted: Iterable["Wanted"],
    ids: Mapping[Subject, int],
) -> CaseSums:
    """Load what the wanted figures need."""
    todo = list(wanted)
    days = [one.period.start.astimezone(ZONE).date() for one in todo if one.period.kind is PeriodKind.DAY]
    by_procedure = {
        one.subject
        for one in todo
        if isinstance(one.active.pair.version.formula, CaseRatio | CaseCount)
        and one.active.pair.version.formula.count == "procedures"
    }
    procedures: dict[int, list[int]] = {}
    if by_procedure:
        procedures = await repository.procedures_of(
            connection,
            [(ids[subject], *subject) for subject in by_procedure],
            await registry.province_code(connection),
        )
    subject_ids = {ids[one.subject] for one in todo} | {one for many in procedures.values() for one in many}
    rows = await repository.load_sums(connection, subject_ids, min(days).replace(day=1) if days else None)
    return CaseSums(layout, rows, ids, procedures)
