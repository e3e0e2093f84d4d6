"""Sending: in order, resumable, told by line; ingest is a fake."""

import asyncio
import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fansipan_bulk import (
    Answer,
    FileFault,
    ImportHalted,
    ImportOptions,
    Mapping,
    Refused,
    parse_mapping,
    run_import,
)
from fansipan_bulk.sources import csv_source, lines

MAPPING: Mapping = parse_mapping(
    {
        "provider": "p",
        "time": {"column": "t", "format": "unix-s"},
        "values": {"form": "long", "thing": "s", "property": {"value": "x"}, "result": "v"},
    }
)
START = 1_700_000_000


class Away(Exception):
    """Ingest takes nothing any more."""


@dataclass
class Ingest:
    """Keeps the last result of each identity; `turns` says how many event loop turns each request takes."""

    turns: Iterable[int] = ()
    fails_after: int | None = None
    refuse: frozenset[float] = frozenset()
    stored: dict[tuple[str, str], float] = field(default_factory=dict[tuple[str, str], float])
    taken: int = 0
    at_once: int = 0
    most_at_once: int = 0

    async def __call__(self, body: bytes, items: int) -> Answer:
        if self.fails_after is not None and self.taken >= self.fails_after:
            raise Away
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        for _ in range(next(iter(self.turns), 0) if not isinstance(self.turns, list) else self.turns.pop(0)):
            await asyncio.sleep(0.001)
        self.at_once -= 1
        refused: list[Refused] = []
        for index, item in enumerate(json.loads(body)):
            if item["result"] in self.refuse:
                refused.append(Refused(index, "datastream-forbidden", "not yours"))
            else:
                self.stored[item["datastream"], item["phenomenonTime"]] = item["result"]
        self.taken += items
        return Answer(items - len(refused), refused)


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "PIECE", 400)
    monkeypatch.setattr(csv_source, "_SAMPLE_BYTES", 400)


def readings(path: Path, rows: int, *, same_time: bool = False) -> Path:
    path.write_text(
        "t,s,v\n" + "".join(f"{START + (0 if same_time else n)},s{n % 3},{n}\n" for n in range(rows)),
        encoding="utf-8",
    )
    return path


async def test_every_row_is_sent_once_with_several_blocks_on_their_way(tmp_path: Path) -> None:
    ingest = Ingest(turns=[3, 1, 2] * 100)
    seen: list[int] = []
    options = ImportOptions(
        in_flight=3, max_items=7, on_progress=lambda progress: seen.append(progress.accepted)
    )

    outcome = await run_import(readings(tmp_path / "a.csv", 500), MAPPING, ingest, options)

    assert outcome.complete
    assert (outcome.report.rows, outcome.report.accepted, ingest.taken, len(ingest.stored)) == (
        500,
        500,
        500,
        500,
    )
    assert 1 < ingest.most_at_once <= 3
    assert seen == sorted(seen)
    assert seen[-1] == 500


async def test_of_two_results_for_one_time_the_later_line_counts(tmp_path: Path) -> None:
    ingest = Ingest(turns=[9, 1, 5, 1] * 200)

    await run_import(
        readings(tmp_path / "a.csv", 300, same_time=True),
        MAPPING,
        ingest,
        ImportOptions(in_flight=4, max_items=5),
    )

    assert sorted(ingest.stored.values()) == [297.0, 298.0, 299.0]


async def test_what_was_answered_before_a_failure_is_not_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fansipan_bulk.importing._CHECKPOINT_SECONDS", 0.0)
    path = readings(tmp_path / "a.csv", 500)
    path.write_text(path.read_text().replace(f"{START + 5},", "x,").replace(f"{START + 490},", "y,"))
    options = ImportOptions(checkpoint=tmp_path / "c", errors=tmp_path / "e.csv")
    first = Ingest(fails_after=300, refuse=frozenset({7.0}))
    with pytest.raises(Away):
        await run_import(path, MAPPING, first, options)
    with (tmp_path / "e.csv").open("a") as file:
        file.write("written after the checkpoint\r\n")

    second = Ingest()
    outcome = await run_import(path, MAPPING, second, options)

    assert outcome.resumed_rows > 0
    assert second.taken + first.taken - 498 <= 4 * 25  # at most what was on its way
    assert first.stored.keys() | second.stored.keys() == {
        (f"p/s{n % 3}/x", (await _text(START + n))) for n in range(500) if n not in (5, 7, 490)
    }
    assert (outcome.report.rows, outcome.report.accepted, outcome.report.faults) == (500, 497, 3)
    wrong = (tmp_path / "e.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in wrong] == ["error_line", "7", "9", "492"]
    assert not (tmp_path / "c").exists()


async def _text(seconds: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


async def test_a_stopped_import_goes_on(tmp_path: Path) -> None:
    path = readings(tmp_path / "a.csv", 500)
    stop = asyncio.Event()
    ingest = Ingest()
    options: dict[str, Any] = {"checkpoint": tmp_path / "c", "in_flight": 1}

    stopped = await run_import(
        path, MAPPING, ingest, ImportOptions(**options, stop=stop, on_progress=lambda _: stop.set())
    )
    outcome = await run_import(path, MAPPING, ingest, ImportOptions(**options))

    assert (stopped.complete, outcome.complete) == (False, True)
    assert 0 < stopped.report.rows == outcome.resumed_rows < 500
    assert (ingest.taken, outcome.report.accepted) == (500, 500)


async def test_it_stops_also_while_ingest_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fansipan_bulk.importing._GRACE_SECONDS", 0.05)
    stop = asyncio.Event()

    async def never(body: bytes, items: int) -> Answer:
        stop.set()
        await asyncio.Event().wait()
        raise AssertionError("it never comes here")

    async with asyncio.timeout(10):
        outcome = await run_import(
            readings(tmp_path / "a.csv", 500),
            MAPPING,
            never,
            ImportOptions(stop=stop, checkpoint=tmp_path / "c"),
        )

    assert (outcome.complete, outcome.report.rows) == (False, 0)


async def test_a_file_that_is_damaged_further_on_says_what_was_accepted_before(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    whole = gzip.compress(readings(tmp_path / "a.csv", 5000).read_bytes())
    path.write_bytes(whole[: len(whole) // 2])
    ingest = Ingest()

    with pytest.raises(FileFault) as fault:
        await run_import(path, MAPPING, ingest, ImportOptions(in_flight=1))

    assert fault.value.code == "file-damaged"
    assert fault.value.report is not None
    assert 0 < fault.value.report.accepted <= ingest.taken < 5000


async def test_another_file_or_mapping_does_not_go_on_where_the_first_was(tmp_path: Path) -> None:
    path = readings(tmp_path / "a.csv", 500)
    options = ImportOptions(checkpoint=tmp_path / "c")
    with pytest.raises(Away):
        await run_import(path, MAPPING, Ingest(fails_after=100), options)
    readings(path, 501)

    with pytest.raises(ImportHalted, match="restart"):
        await run_import(path, MAPPING, Ingest(), options)
    outcome = await run_import(
        path, MAPPING, Ingest(), ImportOptions(checkpoint=tmp_path / "c", restart=True)
    )
    assert (outcome.resumed_rows, outcome.report.accepted) == (0, 501)


async def test_it_stops_where_ingest_refuses_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fansipan_bulk.importing._HOPELESS", 100)
    ingest = Ingest(refuse=frozenset(float(n) for n in range(500)))

    with pytest.raises(ImportHalted, match="datastream-forbidden: not yours") as halted:
        await run_import(readings(tmp_path / "a.csv", 500), MAPPING, ingest, ImportOptions(in_flight=1))
    assert halted.value.code == "import-refused"
    assert ingest.taken < 300


async def test_a_file_is_imported_by_one_at_a_time(tmp_path: Path) -> None:
    path = readings(tmp_path / "a.csv", 100)

    async def meanwhile(body: bytes, items: int) -> Answer:
        with pytest.raises(FileFault, match="another") as fault:
            await run_import(path, MAPPING, Ingest(), ImportOptions())
        assert fault.value.code == "file-in-use"
        return Answer(items)

    assert (await run_import(path, MAPPING, meanwhile, ImportOptions(in_flight=1))).complete
