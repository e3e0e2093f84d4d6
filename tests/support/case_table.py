"""Figures over cases by SQL over the rows of a file, and how they are compared with what is stored."""

import logging
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import asyncpg
from tests.support.oracle_figure import close
from tests.support.oracle_time import Span, spans

_log = logging.getLogger(__name__)

DURATIONS = {"cases-median-days": 0.5, "cases-p90-days": 0.9}
COUNTS = ("received", "finished", "open", "overdue")
DAY_MS = 86_400_000

_TABLE = "CREATE TABLE cases (agency, procedure, area, received, due, ended)"
_SUBJECTS = {"agency": "agency", "procedure": "procedure", "area": "area", "province": "'15'"}
# Times are Unix milliseconds. Decision 766, 2.1: what has ended is late when it ended after its due time, what is open
# when that is over; it is late from the due time on, but not before it came.
_COUNTS = """
WITH judged AS (
    SELECT *, CASE WHEN due IS NOT NULL AND coalesce(ended, :now) > due THEN max(due, received) END AS late FROM cases
)
SELECT agency, procedure, area,
    sum(received >= :start) AS received,
    sum(ended >= :start AND ended < :end) AS finished,
    sum(ended IS NULL OR ended >= :end) AS open,
    sum((ended IS NULL OR ended >= :end) AND late < :end) AS overdue,
    sum(ended IS NULL OR ended >= :start) AS handled,
    sum((ended IS NULL OR ended >= :start) AND (late IS NULL OR late >= :end)) AS on_time
FROM judged WHERE received < :end GROUP BY 1, 2, 3
"""
_NUMBERS = (*COUNTS, "handled", "on_time")
_DURATIONS = """
SELECT {subject}, ended - received FROM cases WHERE ended >= :start AND ended < :end ORDER BY 1, 2
"""
_STORED = """
SELECT d.key, s.kind, s.key AS subject, v.period, v.period_start, v.value, v.numerator, v.denominator
FROM indicator_value v JOIN indicator_definition d ON d.id = v.definition_id
JOIN indicator_subject s ON s.id = v.subject_id WHERE d.key = ANY($1)
"""


class CaseRow(NamedTuple):
    """A case as its file tells of it, in Unix milliseconds; `ended` is not before `received`."""

    agency: str
    procedure: str
    area: str
    received: int
    due: int | None
    ended: int | None


class Place(NamedTuple):
    """Where a figure is stored."""

    key: str
    kind: str
    subject: str
    period: str
    start: datetime


class Numbers(NamedTuple):
    """What is compared of a figure."""

    value: float | None
    numerator: float | None
    denominator: float | None


Figures = dict[Place, Numbers]

_NOTHING = Numbers(None, None, None)


class CaseTable:
    """The cases of a file as a table, as of `now`: what had not ended by then is open."""

    def __init__(self, cases: Iterable[CaseRow], now: datetime) -> None:
        self._now = now
        until = _ms(now)
        self.connection = sqlite3.connect(":memory:")
        self.connection.execute(_TABLE)
        for case in cases:
            ended = case.ended if case.ended is not None and case.ended < until else None
            self.connection.execute("INSERT INTO cases VALUES (?, ?, ?, ?, ?, ?)", (*case[:5], ended))
        (first,) = self.connection.execute("SELECT min(received) FROM cases").fetchone()
        self._first = datetime.fromtimestamp(first / 1000, UTC)

    def close(self) -> None:
        """Forget the table."""
        self.connection.close()

    def counts(self) -> Figures:
        """What each day, month, quarter and year received, finished, left open and left overdue."""
        return {
            Place(f"cases-{name}", *subject, span.kind, span.start): Numbers(
                numbers[name], numbers[name], None
            )
            for span in self._spans(("day", "month", "quarter", "year"))
            for subject, numbers in self._count(span).items()
            for name in COUNTS
        }

    def on_time(self) -> Figures:
        """Decision 766, 2.1, of each month, quarter and year."""
        found: Figures = {}
        for span in self._spans(("month", "quarter", "year")):
            for subject, numbers in self._count(span).items():
                on_time, handled = numbers["on_time"], numbers["handled"]
                share = on_time / handled * 100 if handled else None
                found[Place("d766-2.1", *subject, span.kind, span.start)] = Numbers(share, on_time, handled)
        return found

    def durations(self) -> Figures:
        """Median and 90th percentile of days from receipt to end, of what each month, quarter and year finished."""
        found: Figures = {}
        for span in self._spans(("month", "quarter", "year")):
            for kind, column in _SUBJECTS.items():
                lengths: dict[str, list[float]] = {}
                for subject, ms in self.connection.execute(_DURATIONS.format(subject=column), _times(span)):
                    lengths.setdefault(subject, []).append(ms / DAY_MS)
                for subject, days in lengths.items():
                    for key, share in DURATIONS.items():
                        name = "area" if kind == "province" else kind
                        place = Place(key, name, subject, span.kind, span.start)
                        found[place] = Numbers(_quantile(days, share), None, None)
        return found

    def _spans(self, kinds: tuple[str, ...]) -> Iterator[Span]:
        for kind in kinds:
            yield from spans(kind, self._first, self._now)

    def _count(self, span: Span) -> dict[tuple[str, str], Counter[str]]:
        """What a period counts, by kind and key of the subject."""
        found: dict[tuple[str, str], Counter[str]] = {}
        times = _times(span) | {"now": _ms(self._now)}
        for agency, procedure, area, *numbers in self.connection.execute(_COUNTS, times):
            one = {name: number or 0 for name, number in zip(_NUMBERS, numbers, strict=True)}
            for subject in (("agency", agency), ("procedure", procedure), ("area", area), ("area", "15")):
                found.setdefault(subject, Counter()).update(one)
        return found


async def stored_figures(connection: "asyncpg.Connection[Any]") -> Figures:
    """The figures that are stored, of all the indicators that a table of cases knows."""
    keys = [*(f"cases-{name}" for name in COUNTS), *DURATIONS, "d766-2.1"]
    rows = await connection.fetch(_STORED, keys)
    return {Place(*row[:5]): Numbers(*row[5:]) for row in rows}


def compare(stored: Figures, expected: Figures) -> None:
    """Stored figures are the expected ones. Where nothing is expected they are nothing, and nothing may be left out."""
    keys = {place.key for place in expected}
    places = {place for place in stored if place.key in keys} | expected.keys()
    wrong = [
        (place, stored.get(place, _NOTHING), expected.get(place, _NOTHING))
        for place in places
        if not _same(stored.get(place, _NOTHING), expected.get(place, _NOTHING))
    ]
    _log.info("%d figures of %s compared, %d differ", len(places), ", ".join(sorted(keys)), len(wrong))
    assert not wrong, f"{len(wrong)} of {len(places)} differ, such as {wrong[:4]}"


def _same(stored: Numbers, expected: Numbers) -> bool:
    return all(close(one or 0.0, other or 0.0) for one, other in zip(stored, expected, strict=True))


def _times(span: Span) -> dict[str, int]:
    return {"start": _ms(span.start), "end": _ms(span.end)}


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = (len(ordered) - 1) * share
    low = int(place)
    return ordered[low] + (ordered[min(low + 1, len(ordered) - 1)] - ordered[low]) * (place - low)
