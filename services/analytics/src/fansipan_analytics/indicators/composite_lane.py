"""The lane of composites: scores and arithmetic over figures of the other lanes."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import asyncpg

from fansipan_analytics.indicators import queues
from fansipan_analytics.indicators.active import Active, Definitions, Work, holds
from fansipan_analytics.indicators.heads import Heads
from fansipan_analytics.indicators.recorder import Recorder
from fansipan_analytics.indicators.registry import Subjects
from fansipan_analytics.indicators.value_repository import Key
from fansipan_analytics.indicators.values import DEFINITION_CHANGED, Changed, Computed, lasting_cause
from fansipan_indicators.catalogue import COMPOSITES
from fansipan_indicators.composites import expression, normalised_index, weighted_score
from fansipan_indicators.figure import Figure
from fansipan_indicators.formulas import CompositeFormula, Expression, NormalisedIndex, WeightedScore
from fansipan_indicators.periods import Period, PeriodKind

_TAKEN: Final = 20_000
_PIECE: Final = 2000

Place = tuple[int, Period]
"""(subject id, period)."""


class Composites:
    """Computes the composites of a lane from figures that changed in it; those that read others of them last."""

    def __init__(self, lane: str, heads: Heads, subjects: Subjects) -> None:
        self._lane = lane
        self._heads = heads
        self._subjects = subjects

    async def follow(self, recorder: Recorder, changed: Iterable[Changed]) -> None:
        """Compute what reads the changed figures, and what is new or was changed."""
        wanted = await self._piece_of_past(recorder.connection, recorder.definitions)
        self._add_dependents(recorder.definitions, changed, wanted)
        await self.compute(recorder, wanted)

    async def compute(self, recorder: Recorder, wanted: dict[Active, dict[Place, str]]) -> None:
        """Compute composites at some places, with their reasons, and what reads them."""
        for active in recorder.definitions.of_lane(self._lane):
            places = wanted.get(active, {})
            if places:
                changed = await recorder.take(await self._compute(recorder, active, places))
                self._add_dependents(recorder.definitions, changed, wanted)

    def _add_dependents(
        self,
        definitions: Definitions,
        changed: Iterable[Changed],
        wanted: dict[Active, dict[Place, str]],
    ) -> None:
        followed: dict[tuple[Active, Period], list[Changed]] = {}
        for change in changed:
            one = change.computed
            if one.active.key in definitions.dependents:
                followed.setdefault((one.active, one.period), []).append(change)
        for (active, period), changes in followed.items():
            reasons = {(change.computed.subject_id, period): change.head.reason for change in changes}
            for dependent in definitions.dependents[active.key]:
                if dependent.lane == self._lane and holds(dependent, period):
                    wanted.setdefault(dependent, {}).update(reasons)

    async def _compute(
        self, recorder: Recorder, active: Active, places: Mapping[Place, str]
    ) -> list[Computed]:
        formula = active.pair.version.formula
        if not isinstance(formula, CompositeFormula):
            raise TypeError(f"{active.key} is no composite")
        kinds = await self._subjects.names(subject_id for subject_id, _ in places)
        own = {place: reason for place, reason in places.items() if _offers(active, kinds.get(place[0]))}
        if isinstance(formula, NormalisedIndex):
            await recorder.write()  # whom they are compared with is asked of the database
            own = await _all_of_kind(recorder.connection, recorder.definitions, active, formula, own, kinds)
        values = await self._values(recorder.connection, recorder.definitions, formula, own)
        figures = _figures(formula, values, kinds)
        return [
            Computed(active, subject_id, period, figures[subject_id, period], lasting_cause(reason))
            for (subject_id, period), reason in own.items()
        ]

    async def _values(
        self,
        connection: "asyncpg.Connection[Any]",
        definitions: Definitions,
        formula: CompositeFormula,
        places: Iterable[Place],
    ) -> dict[Place, dict[str, float | None]]:
        """The components' values at each place."""
        names = formula.indicators
        by_period: dict[Period, list[Place]] = {}
        for place in places:
            by_period.setdefault(place[1], []).append(place)
        keys: dict[Key, tuple[Place, str]] = {}
        found: dict[Place, dict[str, float | None]] = {}
        for period, of_period in by_period.items():
            kind, start = period.kind.value, period.start
            in_force = [(name, definitions.in_force(name, period)) for name in names]
            components = [(name, component.id) for name, component in in_force if component is not None]
            for place in of_period:
                found[place] = {}
                for name, component_id in components:
                    keys[component_id, place[0], kind, start] = (place, name)
        for key, head in (await self._heads.fetch(connection, keys)).items():
            place, name = keys[key]
            found[place][name] = head.value
        return found

    async def _piece_of_past(
        self, connection: "asyncpg.Connection[Any]", definitions: Definitions
    ) -> dict[Active, dict[Place, str]]:
        """Some periods of a composite that is new or was changed, found by the figures of its components."""
        waiting = await connection.fetchrow(
            """
            SELECT s.definition_id, s.next_from, s.until FROM stale_definition s
            JOIN indicator_definition d ON d.id = s.definition_id
            WHERE d.lane = $1 AND d.retired_at IS NULL AND d.id = ANY($2) ORDER BY s.definition_id LIMIT 1
            """,
            self._lane,
            [one.id for one in definitions.of_lane(self._lane) if is_composite(one)],
        )
        if waiting is None:
            return {}
        active = definitions.by_id.get(waiting["definition_id"])
        formula = None if active is None else active.pair.version.formula
        read = (
            [one.id for one in definitions.actives if one.key in formula.indicators]
            if isinstance(formula, CompositeFormula)
            else []
        )
        # All figures that begin at one moment are taken together, so `next_from` alone says what is left.
        rows = await connection.fetch(
            """
            SELECT DISTINCT subject_id, period, period_start FROM indicator_value
            WHERE definition_id = ANY($1::integer[]) AND period_start >= $2 AND period_start < $3
                AND period_start <= coalesce((
                    SELECT period_start FROM indicator_value
                    WHERE definition_id = ANY($1::integer[]) AND period_start >= $2 AND period_start < $3
                    ORDER BY period_start OFFSET $4 LIMIT 1), $3)
            """,
            read,
            waiting["next_from"],
            waiting["until"],
            _PIECE,
        )
        if not rows or active is None:
            await connection.execute(
                "DELETE FROM stale_definition WHERE definition_id = $1", waiting["definition_id"]
            )
            return {}
        await connection.execute(
            "UPDATE stale_definition SET next_from = $2::timestamptz + interval '1 microsecond'"
            " WHERE definition_id = $1",
            waiting["definition_id"],
            max(row["period_start"] for row in rows),
        )
        places = {
            (row["subject_id"], Period(PeriodKind(row["period"]), row["period_start"])): DEFINITION_CHANGED
            for row in rows
        }
        return {active: {place: cause for place, cause in places.items() if holds(active, place[1])}}


def is_composite(active: Active) -> bool:
    """Whether a definition reads other indicators."""
    return isinstance(active.pair.version.formula, CompositeFormula)


class CompositeLane:
    """Evaluates composites over indicators of several lanes."""

    def __init__(self, heads: Heads, subjects: Subjects) -> None:
        self._heads = heads
        self._subjects = subjects
        self._composites = Composites(COMPOSITES, heads, subjects)

    async def work(
        self, connection: "asyncpg.Connection[Any]", definitions: Definitions, now: datetime, *, tick: bool
    ) -> Work:
        """Evaluate what changed, as much as fits into one transaction."""
        del tick  # nothing here changes with time alone
        wanted: dict[Active, dict[Place, str]] = {}
        for stale in await queues.take_stale(connection, COMPOSITES, _TAKEN):
            active = definitions.by_id.get(stale.definition_id)
            if active is not None and active.lane == COMPOSITES:
                wanted.setdefault(active, {})[stale.subject_id, stale.period] = stale.reason
        self._heads.forget()  # the components are written by other lanes
        recorder = Recorder(connection, definitions, self._heads, self._subjects, now)
        await self._composites.compute(recorder, wanted)
        await self._composites.follow(recorder, [])
        return Work(await recorder.write())


def _offers(active: Active, subject: tuple[str, str] | None) -> bool:
    if subject is None:
        return False
    kind, key = subject
    name = kind if kind != "area" else "province" if len(key) == 2 else "commune"
    return name in active.pair.version.subjects


async def _all_of_kind(
    connection: "asyncpg.Connection[Any]",
    definitions: Definitions,
    active: Active,
    formula: NormalisedIndex,
    places: Mapping[Place, str],
    kinds: dict[int, tuple[str, str]],
) -> dict[Place, str]:
    """With each subject all others that it is compared with: one that changes moves all."""
    found: dict[Place, str] = dict(places)
    reasons = {period: reason for (_, period), reason in places.items()}
    for period, reason in reasons.items():
        components = [
            component.id
            for key in formula.indicators
            if (component := definitions.in_force(key, period)) is not None
        ]
        rows = await connection.fetch(
            """
            SELECT DISTINCT s.id, s.kind, s.key FROM indicator_value v JOIN indicator_subject s ON s.id = v.subject_id
            WHERE v.definition_id = ANY($1::integer[]) AND v.period = $2 AND v.period_start = $3
            """,
            components,
            period.kind.value,
            period.start,
        )
        for row in rows:
            kinds[row["id"]] = (row["kind"], row["key"])
            if _offers(active, kinds[row["id"]]):
                found.setdefault((row["id"], period), reason)
    return found


def _figures(
    formula: CompositeFormula,
    values: Mapping[Place, Mapping[str, float | None]],
    kinds: Mapping[int, tuple[str, str]],
) -> dict[Place, Figure]:
    match formula:
        case WeightedScore():
            return {place: weighted_score(formula, one) for place, one in values.items()}
        case Expression():
            return {place: expression(formula, one) for place, one in values.items()}
        case NormalisedIndex():
            groups: dict[tuple[Period, str], dict[str, Mapping[str, float | None]]] = {}
            for (subject_id, period), one in values.items():
                groups.setdefault((period, _rank(kinds[subject_id])), {})[str(subject_id)] = one
            return {
                (int(subject_id), period): figure
                for (period, _), group in groups.items()
                for subject_id, figure in normalised_index(formula, group).items()
            }
        case _:
            raise TypeError(f"{type(formula).__name__} is no formula over other indicators")


def _rank(subject: tuple[str, str]) -> str:
    """Subjects of one rank are compared with each other: communes with communes."""
    kind, key = subject
    return f"{kind}-{len(key)}" if kind == "area" else kind
