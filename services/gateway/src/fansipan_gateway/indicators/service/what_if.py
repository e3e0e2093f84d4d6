"""What finishing open dossiers would do to a figure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fansipan_common.errors import NotFound, Unprocessable
from fansipan_gateway.domain.time_range import format_instant
from fansipan_gateway.domain.visibility import EVERYTHING, Visibility
from fansipan_gateway.indicators.catalogue import IndicatorCatalogue
from fansipan_gateway.indicators.domain.figures import instant
from fansipan_gateway.indicators.domain.subjects import Subject
from fansipan_gateway.indicators.domain.timespan import read_period
from fansipan_gateway.indicators.domain.versions import IndicatorVersion
from fansipan_gateway.indicators.domain.what_if import Effect, Finishing, Known, effect_of
from fansipan_gateway.indicators.repository.cases import CaseRepository
from fansipan_gateway.indicators.repository.figures import FigureRepository
from fansipan_gateway.indicators.service.series import FigureSeries
from fansipan_indicators.cases import Case
from fansipan_indicators.formulas import CompositeFormula
from fansipan_indicators.periods import Period

MAX_LOOKED_AT: Final = 50_000
_BATCH: Final = 5_000


@dataclass(frozen=True, slots=True)
class WhatIfQuery:
    """What would be done: the named dossiers (provider, id), or all that are overdue, or all that are open."""

    indicator: str
    subject: Subject
    period: str
    visibility: Visibility
    at: datetime | None = None
    named: tuple[tuple[str, str], ...] = ()
    overdue_only: bool = False


class WhatIf:
    """Computes effects; changes nothing.

    Args:
        catalogue: definitions.
        figures, cases: where they are.
        series: finds subjects as callers name them.
        now: the clock.
    """

    def __init__(
        self,
        catalogue: IndicatorCatalogue,
        figures: FigureRepository,
        cases: CaseRepository,
        series: FigureSeries,
        now: Callable[[], datetime],
    ) -> None:
        self._catalogue = catalogue
        self._figures = figures
        self._cases = cases
        self._series = series
        self._now = now

    async def compute(self, query: WhatIfQuery) -> dict[str, Any]:
        """The figure before and after, and every component of it.

        Only cases that the operator sees are finished.

        Raises:
            NotFound: the subject is not one of the operator's; no such indicator or subject, or no version in force.
            Unprocessable: a named dossier is unknown, not of the subject or not open; or there are too many.
            NotComputed, BadPeriod: what the caller must change.
            DatabaseAway.
        """
        entry = await self._catalogue.find(query.indicator, query.visibility)
        entry.require_subject(query.subject)
        period = read_period(query.period)
        entry.require_period(period.kind)
        subject, _ = await self._series.named(query.subject, query.visibility)
        if not subject.seen:
            raise NotFound(f"you do not see the cases of {query.subject.reference!r}")
        versions = await self._versions(query.indicator, period)
        if query.indicator not in versions:
            raise NotFound(f"no version of {query.indicator} was in force at the start of {period.label}")
        now = self._now()
        chosen = await self._chosen(query, period, now)
        known = await self._known(versions, subject.id, period, query.visibility)
        finishing = Finishing([case for _, case in chosen], query.at or now, now, period)
        formulas = {key: version.version.formula for key, version in versions.items()}
        effects = effect_of(query.indicator, formulas, lambda key: known.get(key, Known()), finishing)
        whole = effects.pop(query.indicator)
        return {
            "indicator": query.indicator,
            "subject": subject.item(),
            "period": period.label,
            "at": format_instant(finishing.at),
            "finished": len(chosen),
            "dossiers": [
                {"provider": provider, "dossierId": case.case_id, "lateAt": instant(case.late_at)}
                for provider, case in chosen[:1_000]
            ],
            **_effect(whole),
            "components": [
                {
                    "indicator": key,
                    "names": versions[key].definition.names.model_dump() if key in versions else None,
                    **_effect(effect),
                }
                for key, effect in effects.items()
            ],
        }

    async def _versions(self, indicator: str, period: Period) -> dict[str, IndicatorVersion]:
        """The versions that judge the period, of an indicator and of all that it is made of."""
        entries = {entry.key: entry for entry in await self._catalogue.entries(EVERYTHING)}
        found: dict[str, IndicatorVersion] = {}
        waiting = [indicator]
        while waiting:
            key = waiting.pop()
            version = entries[key].at(period.start, period.kind) if key in entries else None
            if version is None or key in found:
                continue
            found[key] = version
            if isinstance(version.version.formula, CompositeFormula):
                waiting += version.version.formula.indicators
        return found

    async def _known(
        self,
        versions: dict[str, IndicatorVersion],
        subject_id: int | None,
        period: Period,
        visibility: Visibility,
    ) -> dict[str, Known]:
        keys = {version.id: key for key, version in versions.items()}
        if subject_id is None:
            return {}
        shown = await self._figures.fetch_together(
            list(keys), [subject_id], period.kind, period.start, visibility, as_of=None
        )
        return {
            keys[one.row.definition_id]: Known(one.row.value, one.row.numerator, one.row.denominator)
            for one in shown
        }

    async def _chosen(self, query: WhatIfQuery, period: Period, now: datetime) -> list[tuple[str, Case]]:
        if query.named:
            found = await self._cases.fetch_dossiers(list(query.named), query.subject, query.visibility)
            usable = {
                (provider, case.case_id): (provider, case)
                for provider, case in found
                if case.ended_at is None and case.received_at is not None
            }
            wrong = [f"{provider}/{name}" for provider, name in query.named if (provider, name) not in usable]
            if wrong:
                raise Unprocessable(
                    f"not an open dossier of {query.subject.reference}: {', '.join(wrong[:5])}"
                    + (f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""),
                    extra={"wrong": wrong},
                )
            return list(usable.values())
        chosen: list[tuple[str, Case]] = []
        after, looked_at = (0, ""), 0
        while True:
            batch = await self._cases.fetch(
                "dossier", query.subject, period, query.visibility, after=after, limit=_BATCH
            )
            chosen += [
                (provider, case)
                for provider, case in batch
                if case.ended_at is None
                and case.received_at is not None
                and (not query.overdue_only or case.late_since(now) is not None)
            ]
            looked_at += len(batch)
            if len(batch) < _BATCH:
                return chosen
            if looked_at >= MAX_LOOKED_AT:
                raise Unprocessable(
                    f"over {MAX_LOOKED_AT} dossiers would have to be looked at: name those to finish, or take a "
                    "smaller subject or a shorter period"
                )
            after = (batch[-1][1].provider_id, batch[-1][1].case_id)


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "before": _known(effect.before),
        "after": _known(effect.after),
        "change": effect.change,
        "estimated": effect.estimated,
    }


def _known(known: Known) -> dict[str, Any]:
    return {"value": known.value, "numerator": known.numerator, "denominator": known.denominator}
