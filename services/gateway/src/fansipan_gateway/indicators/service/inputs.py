"""What a figure was made of: readings, figures of things, cases, or figures of other indicators; page by page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.time_range import format_instant
from fansipan_gateway.domain.visibility import EVERYTHING, Visibility
from fansipan_gateway.indicators.catalogue import IndicatorCatalogue
from fansipan_gateway.indicators.domain import input_cursors as cursors
from fansipan_gateway.indicators.domain.figures import FigureRow, figure_item
from fansipan_gateway.indicators.domain.input_items import (
    bucket_item,
    case_item,
    correction_item,
    subjects_named_by,
)
from fansipan_gateway.indicators.domain.inputs import cases_read, judged_at, rollup_level, time_read
from fansipan_gateway.indicators.domain.subjects import Subject
from fansipan_gateway.indicators.domain.versions import IndicatorVersion
from fansipan_gateway.indicators.repository.cases import CaseRepository
from fansipan_gateway.indicators.repository.figures import FigureRepository
from fansipan_gateway.indicators.repository.history import HistoryRepository
from fansipan_gateway.indicators.repository.readings import ReadingRepository
from fansipan_gateway.indicators.repository.subjects import SubjectRepository
from fansipan_indicators.formulas import CaseFormula, CompositeFormula, DataHealth, DueSoon, SeriesFormula


@dataclass(frozen=True, slots=True)
class InputQuery:
    """Which inputs.

    Attributes:
        version, subject, figure: the figure, and the definition that it follows.
        as_of: of the time at which the figure was known; None: now.
        seen: whether figures of this subject are shown that are not public.
        cursor, corrections_cursor: where the pages before ended.
    """

    version: IndicatorVersion
    subject: Subject
    figure: FigureRow
    visibility: Visibility
    seen: bool
    as_of: datetime | None
    limit: int
    cursor: str | None
    corrections_cursor: str | None


@dataclass(frozen=True, slots=True)
class Inputs:
    """Inputs as JSON, and where their pages end."""

    body: dict[str, Any]
    cursor: str | None = None
    corrections_cursor: str | None = None


class FigureInputs:
    """Finds what figures were made of. Readings and cases are those known now, also for a figure of the past."""

    def __init__(
        self,
        catalogue: IndicatorCatalogue,
        figures: FigureRepository,
        subjects: SubjectRepository,
        readings: ReadingRepository,
        cases: CaseRepository,
        history: HistoryRepository,
        now: Callable[[], datetime],
    ) -> None:
        self._catalogue = catalogue
        self._figures = figures
        self._subjects = subjects
        self._readings = readings
        self._cases = cases
        self._history = history
        self._now = now

    async def find(self, query: InputQuery) -> Inputs:
        """One page of inputs.

        Raises:
            BadCursor, DatabaseAway.
        """
        match query.version.version.formula:
            case SeriesFormula() as formula if query.subject.kind == "thing":
                return await self._of_readings(query, formula)
            case SeriesFormula():
                return await self._of_things(query)
            case CaseFormula() as formula:
                return await self._of_cases(query, formula)
            case formula:
                return await self._of_components(query, formula)

    async def _of_readings(self, query: InputQuery, formula: SeriesFormula) -> Inputs:
        ignored = formula.ignore if isinstance(formula, DataHealth) else []
        every = await self._readings.datastreams(query.subject.key, sorted(formula.properties), ignored)
        seen = {row["id"]: row for row in every if _seen(row, query.visibility)}
        level = rollup_level(formula, query.figure.kind)
        window = time_read(formula, query.figure.period)
        buckets = await self._readings.buckets(
            level, list(seen), window, after=cursors.bucket_in(query.cursor), limit=query.limit + 1
        )
        page = buckets[: query.limit]
        corrections = await self._readings.corrections(
            list(seen),
            window,
            after=cursors.correction_in(query.corrections_cursor),
            limit=query.limit + 1,
        )
        excluded = await self._readings.excluded(list(seen), window)
        return Inputs(
            {
                "kind": "readings",
                "datastreams": [
                    {"key": row["key"], "property": row["property"], "unit": row["unit_symbol"]}
                    for row in seen.values()
                ],
                "hidden": len(every) - len(seen),
                "granularity": level,
                "start": format_instant(window.start),
                "end": format_instant(window.end),
                "items": [bucket_item(row, seen[row["datastream_id"]]["key"]) for row in page],
                "excluded": None
                if excluded is None
                else [
                    {"reason": "quality-bad", "count": excluded["bad"]},
                    {"reason": "not-a-number", "count": excluded["other"]},
                ],
                "corrections": [
                    correction_item(row, seen[row["datastream_id"]]["key"])
                    for row in corrections[: query.limit]
                ],
            },
            cursor=cursors.behind_bucket(page[-1]) if len(buckets) > query.limit else None,
            corrections_cursor=cursors.behind_correction(corrections[query.limit - 1])
            if len(corrections) > query.limit
            else None,
        )

    async def _of_things(self, query: InputQuery) -> Inputs:
        keys = await self._history.things_with_figure(
            query.subject.key,
            query.figure,
            query.visibility,
            after=cursors.thing_in(query.cursor),
            limit=query.limit + 1,
        )
        page = keys[: query.limit]
        named = await self._subjects.find_all([Subject("thing", key) for key in page], query.visibility)
        by_id = {one.id: one for one in named if one.id is not None}
        shown = await self._figures.fetch_together(
            [query.version.id],
            list(by_id),
            query.figure.kind,
            query.figure.start,
            query.visibility,
            as_of=query.as_of,
        )
        seen_at = judged_at(query.as_of, self._now())
        decisive = query.figure.details.get("from")
        items: list[dict[str, Any]] = [
            {
                **figure_item(query.version, by_id[one.row.subject_id], one, seen_at),
                "used": one.value is not None,
                "decisive": by_id[one.row.subject_id].subject.key == decisive,
            }
            for one in shown
        ]
        areas = query.version.version.areas
        return Inputs(
            {
                "kind": "things",
                "partial": not (query.version.public or query.visibility.sees_all_figures),
                "combine": None if areas is None else areas.combine,
                "items": sorted(items, key=lambda item: item["subject"]["key"]),
            },
            cursor=cursors.behind_thing(page[-1]) if len(keys) > query.limit else None,
        )

    async def _of_cases(self, query: InputQuery, formula: CaseFormula) -> Inputs:
        wanted = cases_read(formula)
        cases = await self._cases.fetch(
            wanted.kind,
            query.subject,
            query.figure.period,
            query.visibility,
            after=cursors.case_in(query.cursor),
            limit=query.limit + 1,
        )
        page = cases[: query.limit]
        partial = not query.visibility.sees_all_figures
        now = self._now()
        subjects = subjects_named_by(one for _, one in page)
        named = await self._subjects.find_all(subjects, query.visibility) if subjects else []
        names = {one.subject: one for one in named}
        items = [case_item(provider, one, names, wanted, query.figure.period, now) for provider, one in page]
        if isinstance(formula, DueSoon):  # what is soon depends on the working days from when it was computed
            items = [item | {"inNumerator": None} for item in items]
        return Inputs(
            {"kind": "cases", "caseKind": wanted.kind, "partial": partial, "items": items},
            cursor=cursors.behind_case(page[-1][1]) if len(cases) > query.limit else None,
        )

    async def _of_components(self, query: InputQuery, formula: CompositeFormula) -> Inputs:
        entries = {entry.key: entry for entry in await self._catalogue.entries(EVERYTHING)}
        parts: list[dict[str, Any]] = query.figure.details.get("components", [])
        computed = {part["indicator"]: part for part in parts}
        items: list[dict[str, Any]] = []
        for key in (*computed, *sorted(formula.indicators - computed.keys())):
            entry = entries.get(key)
            hidden = not query.seen and (entry is None or not entry.public)
            part: dict[str, Any] = (
                {"indicator": key, "value": None} if hidden else dict(computed.get(key, {}))
            )
            items.append(
                {
                    "value": None,
                    "points": None,
                    "maximum": None,
                    "fullAt": None,
                    "normalised": None,
                    "weight": None,
                    "assumed": False,
                    **part,
                    "indicator": key,
                    "names": None
                    if entry is None or hidden
                    else entry.shown(query.figure.start).definition.names.model_dump(),
                    "missing": not hidden and part.get("value") is None,
                    "hidden": hidden,
                }
            )
        return Inputs({"kind": "components", "items": items})


def _seen(datastream: Row, visibility: Visibility) -> bool:
    return visibility.shows(datastream["provider_id"], datastream["key"], datastream["area_code"])
