"""The real 311 cases as dossier events give the figures that SQL over the rows of the file gives."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

import pytest
from tests.integration.indicators.town import ROOT, Town, at
from tests.support.oracle_cases import Told
from tests.support.oracle_figure import close
from tests.support.oracle_time import Span, spans

from fansipan_cli.scenario.cases import Case, case_events, read_cases
from fansipan_cli.scenario.catalogue import load_scenario
from fansipan_cli.scenario.timeline import Timeline

SHIFT = timedelta(weeks=732)
"""From October and November 2011 to October to December 2025, when Decision 766 is in force."""
NOW = at("2025-12-20T10:00")
_BATCH = 1500

_TABLE = "CREATE TABLE cases (agency, procedure, area, received, due, ended)"
_SUBJECTS = {"agency": "agency", "procedure": "procedure", "area": "area", "province": "'15'"}
# Times are Unix seconds. Decision 766, 2.1: what has ended is late when it ended after its due time, what is open when
# that is over; it is late from the due time on, but not before it came.
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
_DURATIONS = """
SELECT {subject}, ended - received FROM cases WHERE ended >= :start AND ended < :end ORDER BY 1, 2
"""
_STORED = """
SELECT d.key, s.kind, s.key AS subject, v.period, v.period_start, v.value, v.numerator, v.denominator
FROM indicator_value v JOIN indicator_definition d ON d.id = v.definition_id
JOIN indicator_subject s ON s.id = v.subject_id WHERE d.key = ANY($1)
"""


_NUMBERS = ("received", "finished", "open", "overdue", "handled", "on_time")


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


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """The cases of the demo's scenario."""
    loaded = load_scenario(ROOT / "demo" / "scenarios" / "laocai.yaml")
    (source,) = (one for one in loaded.scenario.sources if one.dossiers is not None)
    assert source.dossiers is not None
    return read_cases(loaded.path(source), source.dossiers)


@pytest.fixture(scope="module")
async def counted(town: Town, cases: list[Case]) -> dict[Place, Numbers]:
    """All figures over cases after everything that had happened by now arrived in any order."""
    town.now = NOW
    events = list(_told(cases))
    Random(311).shuffle(events)
    for start in range(0, len(events), _BATCH):
        await town.tell(events[start : start + _BATCH])
        if start // _BATCH == 9:
            await town.evaluate()
    await town.settle()
    town.now = NOW
    rows = await town.connection.fetch(
        _STORED,
        [
            "cases-received",
            "cases-finished",
            "cases-open",
            "cases-overdue",
            "cases-median-days",
            "cases-p90-days",
            "d766-2.1",
        ],
    )
    return {Place(*row[:5]): Numbers(*row[5:]) for row in rows}


def _told(cases: list[Case]) -> Iterator[Told]:
    timeline = Timeline(int(SHIFT.total_seconds() * 1000), 0)
    for case in cases:
        for at_ms, event in case_events(case, "//demo/boston-311", timeline):
            moment = datetime.fromtimestamp(at_ms / 1000, UTC)
            if moment < NOW:
                name = event["type"].removeprefix("vn.fansipan.").removesuffix(".v1")
                yield Told(event["id"], name, moment, event["data"])


@pytest.fixture(scope="module")
def table(cases: list[Case]) -> Iterator[sqlite3.Connection]:
    """The rows of the file, with times moved; what had not ended by now is open."""
    shift, now = SHIFT.total_seconds(), NOW.timestamp()
    with sqlite3.connect(":memory:") as connection:
        connection.execute(_TABLE)
        for case in cases:
            received = case.received_ms / 1000 + shift
            due = None if case.due_ms is None else case.due_ms / 1000 + shift
            ended = None if case.finished_ms is None else max(received, case.finished_ms / 1000 + shift)
            row = (
                case.agency,
                case.procedure,
                case.area,
                received,
                due,
                None if ended is None or ended >= now else ended,
            )
            connection.execute("INSERT INTO cases VALUES (?, ?, ?, ?, ?, ?)", row)
        yield connection


def _every_span(kinds: tuple[str, ...]) -> Iterator[Span]:
    for kind in kinds:
        yield from spans(kind, at("2025-10-11T12:00"), NOW)


def _count(table: sqlite3.Connection, span: Span) -> dict[tuple[str, str], Counter[str]]:
    """What a period counts, by kind and key of the subject."""
    times = {"start": span.start.timestamp(), "end": span.end.timestamp(), "now": NOW.timestamp()}
    found: dict[tuple[str, str], Counter[str]] = {}
    for agency, procedure, area, *numbers in table.execute(_COUNTS, times):
        one = {name: number or 0 for name, number in zip(_NUMBERS, numbers, strict=True)}
        for subject in (("agency", agency), ("procedure", procedure), ("area", area), ("area", "15")):
            found.setdefault(subject, Counter()).update(one)
    return found


def test_counts_of_every_day_month_quarter_and_year(
    counted: dict[Place, Numbers], table: sqlite3.Connection
) -> None:
    expected: dict[Place, Numbers] = {}
    for span in _every_span(("day", "month", "quarter", "year")):
        for (kind, subject), numbers in _count(table, span).items():
            for name in ("received", "finished", "open", "overdue"):
                place = Place(f"cases-{name}", kind, subject, span.kind, span.start)
                expected[place] = Numbers(numbers[name], numbers[name], None)
    assert len(expected) > 8000
    assert sum(numbers.value or 0 for numbers in expected.values()) > 100_000
    _compare(counted, expected, "cases-received", "cases-finished", "cases-open", "cases-overdue")


def test_on_time_by_agency_commune_procedure_and_month(
    counted: dict[Place, Numbers], table: sqlite3.Connection
) -> None:
    expected: dict[Place, Numbers] = {}
    for span in _every_span(("month", "quarter", "year")):
        for (kind, subject), numbers in _count(table, span).items():
            on_time, handled = numbers["on_time"], numbers["handled"]
            share = on_time / handled * 100 if handled else None
            expected[Place("d766-2.1", kind, subject, span.kind, span.start)] = Numbers(
                share, on_time, handled
            )
    province = expected[Place("d766-2.1", "area", "15", "month", at("2025-11-01T00:00"))]
    assert province.value is not None
    assert 50 < province.value < 100
    _compare(counted, expected, "d766-2.1")


def test_median_and_90th_percentile_of_days(counted: dict[Place, Numbers], table: sqlite3.Connection) -> None:
    expected: dict[Place, Numbers] = {}
    for span in _every_span(("month", "quarter", "year")):
        times = {"start": span.start.timestamp(), "end": span.end.timestamp()}
        for kind, column in _SUBJECTS.items():
            lengths: dict[str, list[float]] = {}
            for subject, seconds in table.execute(_DURATIONS.format(subject=column), times):
                lengths.setdefault(subject, []).append(seconds / 86_400)
            for subject, days in lengths.items():
                for key, share in (("cases-median-days", 0.5), ("cases-p90-days", 0.9)):
                    place = Place(key, "area" if kind == "province" else kind, subject, span.kind, span.start)
                    expected[place] = Numbers(_quantile(days, share), None, None)
    _compare(counted, expected, "cases-median-days", "cases-p90-days")


def _quantile(ordered: list[float], share: float) -> float:
    place = (len(ordered) - 1) * share
    low = int(place)
    return ordered[low] + (ordered[min(low + 1, len(ordered) - 1)] - ordered[low]) * (place - low)


def _compare(counted: dict[Place, Numbers], expected: dict[Place, Numbers], *keys: str) -> None:
    """Stored figures are the expected ones. Where nothing is expected they are nothing, and nothing may be left out."""
    wrong: list[Any] = []
    for place in {place for place in counted if place.key in keys} | expected.keys():
        nothing = Numbers(None, None, None)
        stored, want = counted.get(place, nothing), expected.get(place, nothing)
        if all(close(one or 0.0, other or 0.0) for one, other in zip(stored, want, strict=True)):
            continue
        wrong.append((place, stored, want))
    assert not wrong, f"{len(wrong)} differ, such as {wrong[:4]}"
