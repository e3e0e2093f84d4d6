"""The lane of processing times: percentiles look at every case that ended, so they have a pace of their own.

The lane of cases says which figures to compute again; what comes while this lane rests is computed once.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple

import asyncpg

from fansipan_analytics.indicators import case_repository as repository
from fansipan_analytics.indicators import queues, registry
from fansipan_analytics.indicators.active import Active, Definitions, Work
from fansipan_analytics.indicators.composite_lane import Composites
from fansipan_analytics.indicators.heads import Heads
from fansipan_analytics.indicators.recorder import Recorder
from fansipan_analytics.indicators.registry import Subject, Subjects
from fansipan_analytics.indicators.values import Computed, lasting_cause
from fansipan_indicators.catalogue import DURATIONS
from fansipan_indicators.figure import Figure
from fansipan_indicators.formulas import CaseDuration
from fansipan_indicators.periods import Period

_TAKEN: Final = 20_000
_SECONDS: Final = {"hours": 3600.0, "days": 86_400.0}


class _Wanted(NamedTuple):
    active: Active
    formula: CaseDuration
    subject_id: int
    subject: Subject
    period: Period
    cause: str | None


class DurationLane:
    """Evaluates how long cases took."""

    def __init__(self, heads: Heads, subjects: Subjects) -> None:
        self._heads = heads
        self._subjects = subjects
        self._composites = Composites(DURATIONS, heads, subjects)

    async def work(
        self, connection: "asyncpg.Connection[Any]", definitions: Definitions, now: datetime, *, tick: bool
    ) -> Work:
        """Evaluate what is queued, as much as fits into one transaction."""
        del tick  # nothing here changes with time alone
        stale = await queues.take_stale(connection, DURATIONS, _TAKEN)
        names = await self._subjects.names(one.subject_id for one in stale)
        wanted: list[_Wanted] = []
        for one in stale:
            active = definitions.by_id.get(one.definition_id)
            formula = None if active is None else active.pair.version.formula
            if active is not None and isinstance(formula, CaseDuration):
                subject = names[one.subject_id]
                cause = lasting_cause(one.reason)
                wanted.append(_Wanted(active, formula, one.subject_id, subject, one.period, cause))
        found = await _durations(connection, wanted)
        computed = [
            Computed(
                one.active,
                one.subject_id,
                one.period,
                _figure(one.formula, found.get((one.subject, one.period))),
                one.cause,
            )
            for one in wanted
        ]
        recorder = Recorder(connection, definitions, self._heads, self._subjects, now)
        await self._composites.follow(recorder, await recorder.take(computed))
        return Work(await recorder.write(), more=len(stale) >= _TAKEN)


async def _durations(
    connection: "asyncpg.Connection[Any]", wanted: Iterable[_Wanted]
) -> dict[tuple[Subject, Period], repository.Durations]:
    asked: dict[tuple[Period, str], dict[str, Subject]] = {}
    province = await registry.province_code(connection)
    for one in wanted:
        kind, key = one.subject
        whole = kind == "area" and key == province
        asked.setdefault((one.period, "province" if whole else kind), {})[key] = one.subject
    successions = await registry.successions(connection) if asked else {}
    found: dict[tuple[Subject, Period], repository.Durations] = {}
    for (period, column), subjects in asked.items():
        grounds = registry.grounds_of(subjects, successions if column == "area" else {})
        for key, one in (await repository.durations(connection, period, column, grounds)).items():
            found[subjects[key], period] = one
    return found


def _figure(formula: CaseDuration, found: repository.Durations | None) -> Figure | None:
    if found is None:
        return None
    return Figure(found.seconds(formula.statistic) / _SECONDS[formula.unit], sample_count=found.count)
