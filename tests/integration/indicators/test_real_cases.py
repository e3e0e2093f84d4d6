"""The real 311 cases as dossier events give the figures that SQL over the rows of the file gives.

October and November by default, as the demo ships them; all five months with FANSIPAN_REAL_DATA.
"""

import csv
import gzip
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from tests.integration.indicators.town import ROOT, Town, at
from tests.support.case_table import CaseRow, CaseTable, Figures, Place, compare, stored_figures
from tests.support.oracle_cases import Told
from tests.support.real_data import DEMO, patience, rows_of, whole

from fansipan_cli.scenario.cases import case_events, read_cases
from fansipan_cli.scenario.catalogue import load_scenario
from fansipan_cli.scenario.model import Dossiers
from fansipan_cli.scenario.timeline import Timeline

SHIFT = timedelta(weeks=732)
"""From July to November 2011 to July to December 2025, when Decision 766 is in force."""
NOW = at("2025-12-20T10:00")
_SHIFT_MS = SHIFT // timedelta(milliseconds=1)
_BATCH = 1500

pytestmark = pytest.mark.timeout(patience(300, 3600))


@pytest.fixture(scope="module")
def mapping() -> Dossiers:
    """How the demo makes dossiers of cases."""
    loaded = load_scenario(ROOT / "demo" / "scenarios" / "laocai.yaml")
    (source,) = (one for one in loaded.scenario.sources if one.dossiers is not None)
    assert source.dossiers is not None
    return source.dossiers


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that the demo ships, or the whole one with the two columns that the demo derives."""
    given = whole("public_services/boston_311_2011_07_11.csv.gz")
    if given is None:
        return DEMO / "boston-311.csv.gz"
    made = tmp_path_factory.mktemp("cases") / "boston-311.csv.gz"
    rows = list(rows_of(given))
    with gzip.open(made, "wt", encoding="utf-8", newline="", compresslevel=1) as file:
        writer = csv.DictWriter(file, [*rows[0], "procedure", "place"])
        writer.writeheader()
        for row in rows:
            writer.writerow(row | {"procedure": _slug(row["category"]), "place": _slug(row["neighborhood"])})
    return made


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


@pytest.fixture(scope="module")
async def counted(town: Town, cases: Path, mapping: Dossiers) -> Figures:
    """All figures over cases after everything that had happened by now arrived in any order."""
    town.now = NOW
    events = list(_told(cases, mapping))
    Random(311).shuffle(events)
    for start in range(0, len(events), _BATCH):
        await town.tell(events[start : start + _BATCH])
        if start // _BATCH == 9:
            await town.evaluate()
    await town.settle()
    town.now = NOW
    return await stored_figures(town.connection)


def _told(path: Path, mapping: Dossiers) -> Iterator[Told]:
    timeline = Timeline(_SHIFT_MS, 0)
    for case in read_cases(path, mapping):
        for at_ms, event in case_events(case, mapping.source, timeline):
            moment = datetime.fromtimestamp(at_ms / 1000, UTC)
            if moment < NOW:
                name = event["type"].removeprefix("vn.fansipan.").removesuffix(".v1")
                yield Told(event["id"], name, moment, event["data"])


@pytest.fixture(scope="module")
def table(cases: Path, mapping: Dossiers) -> Iterator[CaseTable]:
    """The rows of the file, with times moved."""
    made = CaseTable((_row(row, mapping) for row in rows_of(cases)), NOW)
    yield made
    made.close()


def _row(row: dict[str, str], mapping: Dossiers) -> CaseRow:
    received, due, ended = (_moved(row[name]) for name in ("opened_at", "due_at", "closed_at"))
    assert received is not None
    return CaseRow(
        mapping.agency.map[row["agency"]],
        f"sample-{row['procedure']}",
        mapping.area.map.get(row["place"], "02647"),
        received,
        due,
        None if ended is None else max(received, ended),
    )


def _moved(text: str) -> int | None:
    return round(datetime.fromisoformat(text).timestamp() * 1000) + _SHIFT_MS if text else None


def test_counts_of_every_day_month_quarter_and_year(counted: Figures, table: CaseTable) -> None:
    expected = table.counts()
    assert len(expected) > 8000
    assert sum(numbers.value or 0 for numbers in expected.values()) > 100_000
    compare(counted, expected)


def test_on_time_by_agency_commune_procedure_and_month(counted: Figures, table: CaseTable) -> None:
    expected = table.on_time()
    province = expected[Place("d766-2.1", "area", "15", "month", at("2025-11-01T00:00"))]
    assert province.value is not None
    assert 50 < province.value < 100
    compare(counted, expected)


def test_median_and_90th_percentile_of_days(counted: Figures, table: CaseTable) -> None:
    compare(counted, table.durations())
