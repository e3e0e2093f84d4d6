"""What a figure reads: which rollups of which time, and which cases it looks at."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fansipan_gateway.domain.time_range import TimeRange
from fansipan_indicators.formulas import (
    AirQuality,
    CaseCount,
    CaseDuration,
    CaseFormula,
    CaseKind,
    CaseRatio,
    CaseSet,
    Condition,
    DataHealth,
    DueSoon,
    RatingMean,
    SeriesFormula,
    Statistic,
    TimeShare,
    UsageRatio,
)
from fansipan_indicators.periods import Period, PeriodKind

_HOUR: Final = timedelta(hours=1)


def rollup_level(formula: SeriesFormula, kind: PeriodKind) -> str:
    """Which rollups a formula reads for a kind of period: `1m`, `1h` or `1d`."""
    match formula:
        case TimeShare():
            return "1m"
        case AirQuality() | DataHealth():
            return "1h"
        case Statistic(statistic="hourlyMean"):
            return "1h"
        case _:
            return "1h" if kind is PeriodKind.HOUR else "1d"


def time_read(formula: SeriesFormula, period: Period) -> TimeRange:
    """The time that a formula reads for a period."""
    return TimeRange(period.start - _HOUR * formula.reach_hours, period.end)


@dataclass(frozen=True, slots=True)
class CasesRead:
    """Cases that a formula looks at.

    Attributes:
        kind: dossier, petition, rating or usage.
        numerator, denominator: the sets that it counts; None where it has none.
    """

    kind: CaseKind
    numerator: CaseSet | None = None
    denominator: CaseSet | None = None


def cases_read(formula: CaseFormula) -> CasesRead:
    """The cases that a formula looks at.

    Raises:
        TypeError: it is no formula over cases.
    """
    match formula:
        case CaseRatio():
            return CasesRead(formula.of, formula.numerator, formula.denominator)
        case CaseCount():
            return CasesRead(formula.of, formula.cases)
        case CaseDuration():
            return CasesRead("dossier", CaseSet(set="finished"))
        case DueSoon():
            return CasesRead("dossier", CaseSet(set="open"))
        case RatingMean():
            return CasesRead("rating", denominator=CaseSet(set="received"))
        case UsageRatio():
            base = formula.denominator
            return CasesRead("usage", _uses(formula.services), None if base is None else _uses(base))
        case _:
            raise TypeError(f"{type(formula).__name__} is no formula over cases")


def _uses(services: list[str]) -> CaseSet:
    return CaseSet(set="received", where=[Condition(field="service", in_=list(services))])


def judged_at(as_of: datetime | None, now: datetime) -> datetime:
    """When it is judged whether an open case is late."""
    return now if as_of is None else min(as_of, now)
