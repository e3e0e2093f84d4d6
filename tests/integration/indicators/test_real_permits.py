"""The real permit files of a Dutch municipality as dossier events give the figures that SQL over the file gives.

The file (`tests/support/real_data.py` says where it comes from) is a log of steps; each row repeats what is known of
its permit file. What becomes an event is what the log states of the permit file as a whole:

- `case_start` is `received`, `case_deadline` its due time, `case_end` is `processed`. 27 have no end: they stay open.
  352 ended after their deadline, taken to the millisecond as the log gives it.
- The steps become nothing. "Stop advice" and "stop indication" prepare a decision to suspend the time limit, and
  whether it was suspended is not in the log; the deadline has whatever came of it.
- One file ended an hour before its start and counts as ended when it was received. 12 steps lie before `case_start` and
  137 after `case_end`: they move neither.
- The department is the agency, the case group (empty for most) the procedure; internet and e-mail are online, the desk
  is in person, post and internal mail postal. The municipality stands for one commune.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from tests.integration.indicators.town import Town, at
from tests.support.case_table import CaseRow, CaseTable, Figures, Place, compare, stored_figures
from tests.support.oracle_cases import Told
from tests.support.real_data import VARIABLE, rows_of, whole

FILE = "public_services/wabo_permit_receipt_events.csv.gz"
COMMUNE = "02647"
SHIFT = timedelta(weeks=770)
"""From October 2010 to January 2012 to July 2025 to October 2026: after the communes were merged."""
NOW = at("2026-11-01T10:00")
"""Everything has ended that ever will; two of the 27 that have no end are not due yet."""
_CHANNELS = {
    "Internet": "online",
    "e-mail": "online",
    "Desk": "in-person",
    "Post": "postal",
    "Intern": "postal",
}
_BATCH = 100


@pytest.fixture(scope="module")
def permits() -> dict[str, dict[str, str]]:
    """What the log states of each permit file, by its number."""
    path = whole(FILE)
    if path is None:
        pytest.skip(
            f"set {VARIABLE} to a folder with {FILE}: the log of 4TU.ResearchData, "
            "doi:10.4121/uuid:a07386a5-7be3-4367-9535-70bc9e77dbe6, whose licence does not let us ship it"
        )
    return _permits(path)


def _permits(path: Path) -> dict[str, dict[str, str]]:
    stated = ("channel", "department", "case_group", "case_start", "case_deadline", "case_end")
    found: dict[str, dict[str, str]] = {}
    for row in rows_of(path):
        one = {name: row[name] for name in stated}
        assert found.setdefault(row["case_id"], one) == one, "the log contradicts itself"
    return found


@pytest.fixture(scope="module")
async def counted(town: Town, permits: dict[str, dict[str, str]]) -> Figures:
    """All figures over cases after the events arrived in any order."""
    town.now = NOW
    events = [event for number, permit in permits.items() for event in _told(number, permit)]
    Random(766).shuffle(events)
    for start in range(0, len(events), _BATCH):
        await town.tell(events[start : start + _BATCH])
        if start // _BATCH % 5 == 0:
            await town.evaluate()
    await town.settle()
    town.now = NOW
    return await stored_figures(town.connection)


def _told(number: str, permit: dict[str, str]) -> Iterator[Told]:
    common = {
        "dossierId": number,
        "agency": _agency(permit),
        "procedure": _procedure(permit),
        "area": COMMUNE,
    }
    received = {
        "channel": _CHANNELS[permit["channel"]],
        "dueAt": _moment(permit["case_deadline"]).isoformat(),
    }
    yield Told(f"{number}/start", "dossier.received", _moment(permit["case_start"]), common | received)
    if permit["case_end"]:
        yield Told(f"{number}/end", "dossier.processed", _moment(permit["case_end"]), common)


@pytest.fixture(scope="module")
def table(permits: dict[str, dict[str, str]]) -> Iterator[CaseTable]:
    """The permit files as the log states them, with times moved."""
    made = CaseTable(map(_row, permits.values()), NOW)
    yield made
    made.close()


def _row(permit: dict[str, str]) -> CaseRow:
    received, due = _ms(permit["case_start"]), _ms(permit["case_deadline"])
    ended = max(received, _ms(permit["case_end"])) if permit["case_end"] else None
    return CaseRow(_agency(permit), _procedure(permit), COMMUNE, received, due, ended)


def _agency(permit: dict[str, str]) -> str:
    return permit["department"].lower().replace(" ", "-")


def _procedure(permit: dict[str, str]) -> str:
    return permit["case_group"].lower().replace(" ", "-") or "no-group"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC) + SHIFT


def _ms(text: str) -> int:
    return round((datetime.fromisoformat(text) + SHIFT).timestamp() * 1000)


def test_the_file_is_the_one_that_is_known(permits: dict[str, dict[str, str]], table: CaseTable) -> None:
    found = table.connection.execute(
        "SELECT count(*), sum(ended IS NULL), sum(ended > due) FROM cases"
    ).fetchone()
    assert found == (1145, 27, 352)
    assert len(permits) == 1145


def test_backlog_of_every_day_month_quarter_and_year(counted: Figures, table: CaseTable) -> None:
    expected = table.counts()
    today = {name: _of_province(expected, f"cases-{name}", "day", NOW) for name in ("open", "overdue")}
    assert today == {"open": 27, "overdue": 25}
    compare(counted, expected)


def test_on_time_by_department_and_month(counted: Figures, table: CaseTable) -> None:
    expected = table.on_time()
    assert 0 < (_of_province(expected, "d766-2.1", "year", at("2026-01-01T00:00")) or 0) < 100
    compare(counted, expected)


def test_median_and_90th_percentile_of_days(counted: Figures, table: CaseTable) -> None:
    compare(counted, table.durations())


def _of_province(figures: Figures, key: str, period: str, within: datetime) -> float | None:
    start = max(place.start for place in figures if place.period == period and place.start <= within)
    return figures[Place(key, "area", "15", period, start)].value
