"""When a figure becomes a revision, for which reason, and which former revision is kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from fansipan_analytics.indicators.active import Active
from fansipan_analytics.indicators.value_repository import Head, Key
from fansipan_indicators.figure import Figure, Missing, not_applicable
from fansipan_indicators.periods import Period

CORRECTION: Final = "correction"
DEFINITION_CHANGED: Final = "definition-changed"
LATE_DATA: Final = "late-data"
NEW_DATA: Final = "new-data"

_LATE_AFTER: Final = timedelta(minutes=15)
"""What changes a figure so long after its period's end is late; before, it is still on its way."""
_KEPT_EVERY: Final = 300.0
"""While a period runs, one revision in so many seconds is kept: its figure changes with every reading."""
_SAME: Final = 1e-12
"""Relative difference under which two numbers are one: sums depend on the order of their terms by less."""


class Computed:
    """A figure as computed now; None: nothing is left that it could rest on. `cause` is a reason, or None: by the time.

    Attributes:
        key: what it is stored under.
    """

    __slots__ = ("active", "cause", "figure", "key", "period", "subject_id")

    def __init__(
        self,
        active: Active,
        subject_id: int,
        period: Period,
        figure: Figure | None,
        cause: str | None = None,
    ) -> None:
        self.active = active
        self.subject_id = subject_id
        self.period = period
        self.figure = figure
        self.cause = cause
        self.key: Key = (active.id, subject_id, str(period.kind), period.start)


class Changed(NamedTuple):
    """A figure that became a revision."""

    computed: Computed
    head: Head


def compare(
    computed: Sequence[Computed], heads: Mapping[Key, Head], now: datetime
) -> tuple[list[Changed], list[tuple[Key, Head]]]:
    """What differs from the present revisions, and those of them that are to be kept."""
    changed: list[Changed] = []
    superseded: list[tuple[Key, Head]] = []
    for one in computed:
        known = heads.get(one.key)
        if known is None and one.figure is None:
            continue
        figure = one.figure or not_applicable(Missing.NO_DATA)
        band = one.active.band_of(figure.value)
        if known is not None and same(known, figure, band):
            continue
        reason = _reason(one, known, now)
        keep = known is not None and not _may_replace(known, one.period, reason, now)
        if known is not None and keep:
            superseded.append((one.key, known))
        changed.append(Changed(one, _head(figure, band, known, reason, now, keep=keep)))
    return changed, superseded


def same(head: Head, figure: Figure, band: str | None) -> bool:
    """Whether a stored revision says what a figure in a band says."""
    return (
        head.sample_count == figure.sample_count
        and head.band == band
        and _close(head.value, figure.value)
        and _close(head.numerator, figure.numerator)
        and _close(head.denominator, figure.denominator)
        and _close(head.completeness, figure.completeness)
        and _alike(head.details, figure.details)
    )


def _close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return one == other or abs(one - other) <= _SAME * max(abs(one), abs(other))


def _alike(one: Any, other: Any) -> bool:
    if type(one) is type(other) and one == other:
        return True
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, int | float) and isinstance(other, int | float):
        return _close(one, other)
    return one == other


def lasting_cause(reason: str) -> str | None:
    """The reason of a figure that follows from another change: the same, but for those that follow from the time."""
    return reason if reason in (CORRECTION, DEFINITION_CHANGED) else None


def _reason(one: Computed, known: Head | None, now: datetime) -> str:
    if known is None:
        return NEW_DATA
    if one.cause is not None:
        return one.cause
    return LATE_DATA if now > one.period.end + _LATE_AFTER else NEW_DATA


def _may_replace(known: Head, period: Period, reason: str, now: datetime) -> bool:
    """Whether a revision of a running period may give way without being kept: it is of the same five minutes."""
    running = now < period.end
    same_slot = known.known_from.timestamp() // _KEPT_EVERY == now.timestamp() // _KEPT_EVERY
    return running and same_slot and known.reason == reason == NEW_DATA


def _head(
    figure: Figure, band: str | None, known: Head | None, reason: str, now: datetime, *, keep: bool
) -> Head:
    return Head(
        revision=1 if known is None else known.revision + keep,
        value=figure.value,
        band=band,
        numerator=figure.numerator,
        denominator=figure.denominator,
        sample_count=figure.sample_count,
        completeness=figure.completeness,
        details=figure.details,
        reason=reason,
        known_from=now,
    )
