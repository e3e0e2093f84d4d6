"""Why a figure is what it is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fansipan_common.errors import NotFound
from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.time_range import TimeRange, format_instant
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.indicators.catalogue import IndicatorCatalogue
from fansipan_gateway.indicators.domain.documents import explained_definition
from fansipan_gateway.indicators.domain.figures import FigureRow, figure_item, instant
from fansipan_gateway.indicators.domain.inputs import judged_at
from fansipan_gateway.indicators.domain.subjects import Subject
from fansipan_gateway.indicators.domain.timespan import read_period
from fansipan_gateway.indicators.domain.versions import IndicatorEntry, IndicatorVersion
from fansipan_gateway.indicators.domain.wording import Words, counted
from fansipan_gateway.indicators.repository.figures import FigureRepository
from fansipan_gateway.indicators.repository.history import HistoryRepository
from fansipan_gateway.indicators.service.inputs import FigureInputs, InputQuery
from fansipan_gateway.indicators.service.series import FigureSeries
from fansipan_indicators.formulas import Statistic
from fansipan_indicators.periods import Period

MAX_REVISIONS: Final = 200
_INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class ExplainQuery:
    """Which figure, and how much of its inputs."""

    indicator: str
    subject: Subject
    period: str
    visibility: Visibility
    as_of: datetime | None = None
    version: int | None = None
    limit: int = 100
    cursor: str | None = None
    corrections_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer but for the addresses of next pages, and where the pages of inputs and corrections end."""

    body: dict[str, Any]
    cursor: str | None
    corrections_cursor: str | None


class Explanations:
    """Explains figures.

    Args:
        catalogue: definitions.
        figures, history: where figures and their past are.
        series: finds subjects as callers name them.
        inputs: finds what figures were made of.
        now: the clock.
    """

    def __init__(
        self,
        catalogue: IndicatorCatalogue,
        figures: FigureRepository,
        history: HistoryRepository,
        series: FigureSeries,
        inputs: FigureInputs,
        now: Callable[[], datetime],
    ) -> None:
        self._catalogue = catalogue
        self._figures = figures
        self._history = history
        self._series = series
        self._inputs = inputs
        self._now = now

    async def explain(self, query: ExplainQuery) -> Explanation:
        """The figure, its definition and law, what it was made of, and how it came to be.

        Raises:
            NotFound: no such indicator, version, subject or figure.
            NotComputed, BadPeriod, BadCursor: what the caller must change.
            DatabaseAway.
        """
        entry = await self._catalogue.find(query.indicator, query.visibility)
        entry.require_subject(query.subject)
        period = read_period(query.period)
        entry.require_period(period.kind)
        version = _version(entry, period, query.version)
        subject, _ = await self._series.named(query.subject, query.visibility)
        found = (
            []
            if subject.id is None
            else await self._figures.fetch_series(
                version.id,
                subject.id,
                period.kind,
                TimeRange(period.start, period.start + _INSTANT),
                query.visibility,
                as_of=query.as_of,
                limit=1,
            )
        )
        if not found:
            raise NotFound(
                f"nothing is known of {entry.key} for {query.subject.reference} in {period.label}"
                + ("" if query.as_of is None else f" as of {query.as_of.isoformat()}")
            )
        shown = found[0]
        figure = shown.figure or shown.row
        inputs = await self._inputs.find(
            InputQuery(
                version=version,
                subject=query.subject,
                figure=figure,
                visibility=query.visibility,
                seen=subject.seen,
                as_of=query.as_of,
                limit=query.limit,
                cursor=query.cursor,
                corrections_cursor=query.corrections_cursor,
            )
        )
        counts = counted(version.version.formula)
        revisions = await self._history.revisions(shown.row, as_of=query.as_of, limit=MAX_REVISIONS + 1)
        body = {
            "definition": explained_definition(entry, version),
            "figure": figure_item(version, subject, shown, judged_at(query.as_of, self._now())),
            "numerator": _part(figure.numerator, counts.numerator),
            "denominator": _part(figure.denominator, counts.denominator),
            "completeness": _completeness(version, figure),
            "details": {name: value for name, value in figure.details.items() if name != "components"},
            "inputs": inputs.body,
            "revisions": [_revision(row) for row in revisions[:MAX_REVISIONS]],
            "moreRevisions": len(revisions) > MAX_REVISIONS,
            "close": await self._close(shown.row, named=query.visibility.internal),
        }
        return Explanation(body, inputs.cursor, inputs.corrections_cursor)

    async def _close(self, figure: FigureRow, *, named: bool) -> dict[str, Any] | None:
        close = await self._history.close(figure)
        if close is None:
            return None
        restatements = await self._history.restatements(figure, limit=MAX_REVISIONS)
        return {
            "period": close["label"],
            "closedAt": instant(close["closed_at"]),
            "closedBy": close["closed_by"] if named else None,
            "note": close["note"],
            "ordinal": close["ordinal"],
            "digest": None if close["digest"] is None else close["digest"].hex(),
            "closeDigest": close["close_digest"].hex(),
            "restatements": [
                {
                    "closedValue": row["closed_value"],
                    "value": row["value"],
                    "revision": row["revision"],
                    "reason": row["reason"],
                    "at": instant(row["restated_at"]),
                }
                for row in restatements
            ],
        }


def _version(entry: IndicatorEntry, period: Period, number: int | None) -> IndicatorVersion:
    version = entry.at(period.start, period.kind) if number is None else entry.numbered(number)
    if version is None:
        raise NotFound(f"no version of {entry.key} was in force at the start of {period.label}")
    return version


def _part(value: float | None, counts: Words | None) -> dict[str, Any] | None:
    if value is None and counts is None:
        return None
    return {"value": value, "counts": None if counts is None else counts.item()}


def _completeness(version: IndicatorVersion, figure: FigureRow) -> dict[str, Any]:
    formula = version.version.formula
    rule = formula.completeness if isinstance(formula, Statistic) else None
    return {
        "value": figure.completeness,
        "sampleCount": figure.sample_count,
        "minimumPercent": None if rule is None else rule.minimum,
        "expectedIntervalSeconds": None if rule is None else rule.expected_interval_seconds,
    }


def _revision(row: Row) -> dict[str, Any]:
    superseded = row["superseded_at"]
    return {
        "revision": row["revision"],
        "value": row["value"],
        "band": row["band"],
        "numerator": row["numerator"],
        "denominator": row["denominator"],
        "sampleCount": row["sample_count"],
        "completeness": row["completeness"],
        "reason": row["reason"],
        "knownFrom": format_instant(row["known_from"].astimezone(UTC)),
        "supersededAt": None if superseded is None else format_instant(superseded.astimezone(UTC)),
    }
