"""The lane of indicators over cases: count what changed, then compute the figures whose sums changed."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import asyncpg

from fansipan_analytics.indicators import case_repository as repository
from fansipan_analytics.indicators import queues, registry
from fansipan_analytics.indicators.active import Active, Definitions, Work, holds
from fansipan_analytics.indicators.case_counting import CaseCounter, Dirty
from fansipan_analytics.indicators.case_sums import Wanted, sums_of
from fansipan_analytics.indicators.composite_lane import Composites, is_composite
from fansipan_analytics.indicators.heads import Heads
from fansipan_analytics.indicators.lane_repository import CaseLaneState, load_case_state, save_case_state
from fansipan_analytics.indicators.recorder import Recorder
from fansipan_analytics.indicators.registry import Subject, Subjects
from fansipan_analytics.indicators.value_repository import Key, mark_stale
from fansipan_analytics.indicators.values import (
    CORRECTION,
    DEFINITION_CHANGED,
    NEW_DATA,
    Computed,
)
from fansipan_indicators.calendars import WorkingCalendar
from fansipan_indicators.catalogue import CASES, DURATIONS
from fansipan_indicators.figure import Figure
from fansipan_indicators.formulas import (
    CaseCount,
    CaseDuration,
    CaseFormula,
    CaseRatio,
    CaseSet,
    DueSoon,
    RatingMean,
    UsageRatio,
)
from fansipan_indicators.measures import Layout, measures_of
from fansipan_indicators.periods import ZONE, Period, PeriodKind, period_at, periods_between

_TAKEN_CASES: Final = 2000
_LATE_CASES: Final = 5000
_SUBJECTS_AT_ONCE: Final = 5
_LONGEST_REST_DAYS: Final = 400
_CUMULATIVE: Final = frozenset({"handled", "late", "onTime", "open", "overdue"})


class CaseLane:
    """Evaluates the definitions over cases."""

    def __init__(self, subjects: Subjects, heads: Heads, calendar: WorkingCalendar) -> None:
        self._subjects = subjects
        self._heads = heads
        self._composites = Composites(CASES, heads, subjects)
        self._calendar = calendar
        self._counter = CaseCounter(subjects)

    async def work(
        self, connection: "asyncpg.Connection[Any]", definitions: Definitions, now: datetime, *, tick: bool
    ) -> Work:
        """Count and evaluate, as much as fits into one transaction.

        While everything is counted anew, because what is counted has changed, no figure is computed: none would be
        true. `tick`: look also at what changes with time alone.
        """
        state = await load_case_state(connection)
        if not state.is_of(definitions.layout):
            await repository.forget_counts(connection, len(definitions.layout))
            await repository.enqueue_all(connection)
            state = state.counting(definitions.layout, now)
        late, seen = await repository.became_late(connection, state.looked_at, now, _LATE_CASES)
        changed = await repository.take_changed(connection, _TAKEN_CASES)
        actives = [
            one for lane in (CASES, DURATIONS) for one in definitions.of_lane(lane) if not is_composite(one)
        ]
        counted = await self._counter.count(
            connection,
            definitions.layout,
            {**dict.fromkeys(late, False), **changed},
            now,
            kinds=_kinds(actives),
        )
        state = state.at(seen)
        wanted: list[Wanted] = []
        if state.is_counting:
            if not changed:
                state = state.counted()
        else:
            wanted = _figures(actives, counted, now, definitions.layout)
            if tick:
                wanted += await self._with_time(connection, actives, state, now)
            if await queues.definitions_changed(connection, [one.id for one in actives]):
                state = state.anew()
            if state.subject_cursor is not None:
                anew, cursor = await self._next_subjects(connection, actives, state.subject_cursor, now)
                wanted, state = wanted + anew, state.after(cursor)
        await save_case_state(connection, state)
        recorder = Recorder(connection, definitions, self._heads, self._subjects, now)
        computed = await self._evaluate(connection, definitions, wanted, now)
        done = await recorder.take(computed)
        if not state.is_counting:
            await self._composites.follow(recorder, done)
        return Work(await recorder.write(), more=len(changed) >= _TAKEN_CASES)

    async def _next_subjects(
        self,
        connection: "asyncpg.Connection[Any]",
        actives: Collection[Active],
        cursor: int,
        now: datetime,
    ) -> tuple[list[Wanted], int | None]:
        """Every figure of the next subjects after `cursor`, and the last of them; None: there are no more."""
        rows = await connection.fetch(
            """
            SELECT s.id, s.kind, s.key, min(c.start) AS first FROM indicator_subject s
            JOIN case_count c ON c.subject_id = s.id AND c.level = CASE WHEN s.owner = s.key THEN 'day' ELSE 'month' END
            WHERE s.id > $1 AND s.kind = ANY($3) GROUP BY s.id ORDER BY s.id LIMIT $2
            """,
            cursor,
            _SUBJECTS_AT_ONCE,
            list(_kinds(actives)),
        )
        today = now.astimezone(ZONE).date()
        every = {
            (row["kind"], row["key"]): Dirty(
                {
                    row["first"],
                    *(row["first"] + timedelta(days=n) for n in range((today - row["first"]).days + 1)),
                }
            )
            for row in rows
        }
        wanted = [
            Wanted(one.active, one.subject, one.period, DEFINITION_CHANGED)
            for one in _figures(actives, every, now)
        ]
        return wanted, rows[-1]["id"] if rows else None

    async def _with_time(
        self,
        connection: "asyncpg.Connection[Any]",
        actives: Collection[Active],
        state: CaseLaneState,
        now: datetime,
    ) -> list[Wanted]:
        """What changes without a case changing: what is due soon, and what a new day takes over from the day before."""
        soon = [active for active in actives if isinstance(active.pair.version.formula, DueSoon)]
        new_day = now.astimezone(ZONE).date() > state.ticked_at.astimezone(ZONE).date()
        wanted = actives if new_day else soon
        if not wanted:
            return []
        rows = await connection.fetch(
            """
            SELECT DISTINCT s.kind, s.key FROM case_count c JOIN indicator_subject s ON s.id = c.subject_id
            WHERE c.level = 'month' AND s.kind = ANY($1)
            """,
            list(_kinds(wanted)),
        )
        passed = Dirty(_days_since(state.ticked_at, now))
        return _figures(wanted, {(row["kind"], row["key"]): passed for row in rows}, now)

    async def _evaluate(
        self,
        connection: "asyncpg.Connection[Any]",
        definitions: Definitions,
        wanted: Iterable[Wanted],
        now: datetime,
    ) -> list[Computed]:
        everything = {(one.active, one.subject, one.period): one for one in wanted}.values()
        ids = await self._subjects.ids({one.subject for one in everything})
        await _pass_on([one for one in everything if one.active.lane == DURATIONS], ids, connection)
        todo = [one for one in everything if one.active.lane != DURATIONS]
        if not todo:
            return []
        sums = await sums_of(connection, definitions.layout, todo, ids)
        due_soon = await self._due_soon(connection, todo, now)
        groups: dict[tuple[Active, Period], list[Wanted]] = {}
        for one in todo:
            groups.setdefault((one.active, one.period), []).append(one)
        computed: list[Computed] = []
        for (active, period), ones in groups.items():
            formula = active.pair.version.formula
            if isinstance(formula, CaseRatio | CaseCount | RatingMean | UsageRatio):
                figures = sums.figures(formula, [one.subject for one in ones], period)
            elif isinstance(formula, DueSoon):
                nothing = Figure(0.0, numerator=0.0)
                figures = [due_soon.get((active.id, one.subject), nothing) for one in ones]
            else:
                raise TypeError(f"{active.key} is no indicator over cases")
            computed += [
                Computed(active, ids[one.subject], period, figure, one.cause)
                for one, figure in zip(ones, figures, strict=True)
            ]
        return computed

    async def _due_soon(
        self, connection: "asyncpg.Connection[Any]", wanted: Iterable[Wanted], now: datetime
    ) -> dict[tuple[int, Subject], Figure]:
        actives = {one.active for one in wanted}
        province = await registry.province_code(connection)
        found: dict[tuple[int, Subject], float] = {}
        for active in actives:
            formula = active.pair.version.formula
            if not isinstance(formula, DueSoon):
                continue
            until = self._calendar.deadline(now, formula.working_days)
            successions = await registry.successions(connection)
            for agency, procedure, area, day, count in await repository.due_soon(connection, now, until):
                subjects: set[Subject] = {("agency", agency)}
                subjects |= {("area", code) for code in (province,) if code is not None}
                subjects |= (
                    {("area", key) for key in registry.areas_of(area, day, successions)} if area else set()
                )
                subjects |= {("procedure", procedure)} if procedure is not None else set[Subject]()
                for subject in subjects:
                    found[active.id, subject] = found.get((active.id, subject), 0.0) + count
        return {
            key: Figure(count, numerator=count, sample_count=round(count)) for key, count in found.items()
        }


async def _pass_on(
    wanted: Iterable[Wanted], ids: Mapping[Subject, int], connection: "asyncpg.Connection[Any]"
) -> None:
    """Queue figures of how long cases took: their lane looks at the cases themselves."""
    stale: dict[int, list[tuple[Key, str]]] = {}
    for one in wanted:
        key = (one.active.id, ids[one.subject], one.period.kind.value, one.period.start)
        stale.setdefault(one.active.id, []).append((key, one.cause or NEW_DATA))
    for definition_id, keys in stale.items():
        await mark_stale(connection, DURATIONS, definition_id, keys)


def is_cumulative(formula: CaseFormula) -> bool:
    """Whether a change on one day changes later periods too: cases that are open pass from one to the next."""
    match formula:
        case CaseRatio():
            sets: tuple[CaseSet, ...] = (formula.numerator, formula.denominator)
        case CaseCount():
            sets = (formula.cases,)
        case _:
            return False
    return any(one.set in _CUMULATIVE for one in sets)


def _figures(
    actives: Iterable[Active],
    dirty: Mapping[Subject, Dirty],
    now: datetime,
    layout: Layout | None = None,
) -> list[Wanted]:
    """The figures that changed sums touch; with a layout, only those that read what changed. None in the future."""
    by_days: dict[frozenset[date], dict[tuple[PeriodKind, bool], list[Period]]] = {}
    # of the sums of a subject, and of how long its cases took
    touched: dict[Subject, tuple[frozenset[date], frozenset[date]]] = {}
    for subject, mark in dirty.items():
        touched[subject] = (frozenset(mark.days), frozenset(mark.days if mark.places is None else mark.ends))
        for days in touched[subject]:
            if days not in by_days:
                by_days[days] = _periods(days, now)
    by_kind: dict[str, list[tuple[Subject, Dirty]]] = {}
    for subject, mark in dirty.items():
        by_kind.setdefault(_kind_of(subject), []).append((subject, mark))
    wanted: list[Wanted] = []
    for active in actives:
        formula = active.pair.version.formula
        if not isinstance(formula, CaseFormula):
            continue
        later = is_cumulative(formula)
        looks_at_cases, is_of_now = isinstance(formula, CaseDuration), isinstance(formula, DueSoon)
        places = None if layout is None else _places_read(formula, layout)
        for subject, mark in (
            pair for kind in active.pair.version.subjects for pair in by_kind.get(kind, ())
        ):
            if places is not None and mark.places is not None and places.isdisjoint(mark.places):
                continue
            periods = by_days[touched[subject][looks_at_cases]]
            cause = CORRECTION if mark.corrected else None
            wanted += [
                Wanted(active, subject, period, cause)
                for kind in active.pair.version.periods
                for period in periods[kind, later]
                if holds(active, period) and (not is_of_now or period.start <= now < period.end)
            ]
    return wanted


def _periods(days: Collection[date], now: datetime) -> dict[tuple[PeriodKind, bool], list[Period]]:
    """The periods that hold some days; for formulas that carry over (True), with all that follow."""
    moments = sorted(datetime.combine(day, time(12), ZONE).astimezone(UTC) for day in days)
    found: dict[tuple[PeriodKind, bool], list[Period]] = {}
    for kind in list(PeriodKind)[1:]:
        own = {period_at(kind, moment) for moment in moments}
        found[kind, False] = [period for period in own if period.start <= now]
        found[kind, True] = periods_between(kind, moments[0], now) if moments else []
    return found


def _days_since(before: datetime, now: datetime) -> set[date]:
    """The local days that began since a moment, and today; today alone when it was long ago: then all is new."""
    today, last = now.astimezone(ZONE).date(), before.astimezone(ZONE).date()
    passed = (today - last).days
    return {today - timedelta(days=n) for n in range(passed if passed <= _LONGEST_REST_DAYS else 1)} | {today}


def _kinds(actives: Iterable[Active]) -> frozenset[str]:
    """The kinds of subjects, as stored, that some definitions have figures about."""
    named = {name for active in actives for name in active.pair.version.subjects}
    return frozenset("area" if name in ("commune", "province") else name for name in named)


def _places_read(formula: CaseFormula, layout: Layout) -> frozenset[int] | None:
    """The places of the sums that a formula reads; None: it looks at cases themselves."""
    measures = measures_of(formula)
    return frozenset(layout.place[measure] for measure in measures) if measures else None


def _kind_of(subject: Subject) -> str:
    """The kind of a subject as definitions name it."""
    kind, key = subject
    return kind if kind != "area" else "province" if len(key) == 2 else "commune"
