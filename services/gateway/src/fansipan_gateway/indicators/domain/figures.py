"""A stored figure as callers see it; of a closed period, what was closed, with what is known today beside it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from fansipan_gateway.domain.time_range import format_instant
from fansipan_gateway.indicators.domain.subjects import Subject
from fansipan_gateway.indicators.domain.versions import IndicatorVersion
from fansipan_indicators.definitions import Band
from fansipan_indicators.periods import Period, PeriodKind

ABSENT_AT_CLOSE: Final = "absent-at-close"
"""Why a closed figure has no value although one is known today: there was none when the period was closed."""


@dataclass(frozen=True, slots=True)
class NamedSubject:
    """A subject with its id in the database (None: it never had a figure) and its names, where they are known.

    `seen` says whether the reader sees all of it, also what is not public.
    """

    subject: Subject
    id: int | None
    name: str | None
    name_en: str | None
    seen: bool = True

    def item(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "kind": self.subject.kind,
            "key": self.subject.key,
            "name": self.name,
            "nameEn": self.name_en,
        }


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One revision of a figure."""

    definition_id: int
    subject_id: int
    kind: PeriodKind
    start: datetime
    revision: int
    value: float | None
    band: str | None
    numerator: float | None
    denominator: float | None
    sample_count: int
    completeness: float | None
    reason: str | None
    known_from: datetime | None
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def identity(self) -> tuple[int, int, PeriodKind, datetime]:
        """What it is a figure of."""
        return (self.definition_id, self.subject_id, self.kind, self.start)

    @property
    def period(self) -> Period:
        """Of which period."""
        return Period(self.kind, self.start)


@dataclass(frozen=True, slots=True)
class Closed:
    """That the period of a figure is closed.

    Attributes:
        label, at: which close, and when.
        figure: what was closed; None: there was no such figure then.
    """

    label: str
    at: datetime
    figure: FigureRow | None


@dataclass(frozen=True, slots=True)
class ShownFigure:
    """What is shown for a subject and period.

    Attributes:
        row: the present revision, or the one known at the time asked for.
        closed: set when the period was closed by then: then what was closed is the figure.
    """

    row: FigureRow
    closed: Closed | None = None

    @property
    def value(self) -> float | None:
        """The value of the figure."""
        if self.closed is None:
            return self.row.value
        return None if self.closed.figure is None else self.closed.figure.value

    @property
    def figure(self) -> FigureRow | None:
        """The figure itself; None: the period was closed without it."""
        return self.row if self.closed is None else self.closed.figure

    @property
    def restated(self) -> bool:
        """Whether something else is known than what was closed."""
        if self.closed is None:
            return False
        closed, row = self.closed.figure, self.row
        # A revision made just after the end of its period may have been replaced without a number of its own.
        return closed is None or (
            (closed.revision, closed.value, closed.numerator, closed.denominator, closed.sample_count)
            != (row.revision, row.value, row.numerator, row.denominator, row.sample_count)
        )


def figure_item(
    version: IndicatorVersion, subject: NamedSubject, shown: ShownFigure, now: datetime
) -> dict[str, Any]:
    """A figure as JSON, as seen at `now`."""
    figure, period = shown.figure, shown.row.period
    bands = version.version.bands
    item: dict[str, Any] = {
        "indicator": version.definition.id,
        "version": version.number,
        "subject": subject.item(),
        "period": period.label,
        "start": format_instant(period.start),
        "end": format_instant(period.end),
    }
    if figure is None:
        item |= {
            "value": None,
            "band": None,
            "numerator": None,
            "denominator": None,
            "sampleCount": 0,
            "completeness": None,
            "revision": None,
            "reason": None,
            "knownFrom": None,
            "missing": ABSENT_AT_CLOSE,
        }
    else:
        item |= {
            "value": figure.value,
            "band": band_item(bands, figure.band),
            "numerator": figure.numerator,
            "denominator": figure.denominator,
            "sampleCount": figure.sample_count,
            "completeness": figure.completeness,
            "revision": figure.revision,
            "reason": figure.reason,
            "knownFrom": instant(figure.known_from),
            "missing": figure.details.get("missing") if figure.value is None else None,
        }
    item |= {
        "provisional": period.end > now,
        "closed": shown.closed is not None,
        "restated": {
            "value": shown.row.value,
            "reason": shown.row.reason,
            "at": instant(shown.row.known_from),
            "revision": shown.row.revision,
        }
        if shown.restated
        else None,
    }
    return item


def band_item(bands: list[Band], key: str | None) -> dict[str, Any] | None:
    """The band with a key as JSON; a key that the definition no longer has is given without name and colour."""
    if key is None:
        return None
    for band in bands:
        if band.key == key:
            return {"key": key, "name": {"vi": band.name.vi, "en": band.name.en}, "colour": band.colour}
    return {"key": key, "name": None, "colour": None}


def instant(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC, or None."""
    return None if moment is None else format_instant(moment.astimezone(UTC))
