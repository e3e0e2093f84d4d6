"""Files that are imported into the real stack: killed and resumed, corrected and sent again, dropped into a folder."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, LiteralString

import openpyxl
import psycopg
import pytest
from tests.conftest import ROOT, Addresses
from tests.support.providers import make_key

pytestmark = pytest.mark.integration

ROWS = 100_000
MINUTES_A_DAY = 1440


class Cli:
    """`fansipan import` as a process, as one provider."""

    def __init__(self, addresses: Addresses, provider: str) -> None:
        self.provider = provider
        self._database = addresses.database
        self._environment = os.environ | {
            "FANSIPAN_INGEST_URL": addresses.ingest,
            "FANSIPAN_INGEST_KEY": make_key(addresses.database, provider).key,
        }

    def start(self, *arguments: object) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "fansipan_cli", "import", *map(str, arguments)],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: object) -> tuple[int, str]:
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=120)
        return process.returncode, output

    def stored(self, wanted: int) -> list[tuple[str, float, str]]:
        """Key, result and time of the provider's observations once there are so many (or all there are after 60 s)."""
        query = (
            "SELECT d.key, o.result, o.phenomenon_time::text FROM observation o"
            " JOIN datastream d ON d.id = o.datastream_id JOIN thing t ON t.id = d.thing_id"
            " JOIN provider p ON p.id = t.provider_id WHERE p.key = %s ORDER BY 1, 3"
        )
        until = time.monotonic() + 60
        with psycopg.connect(self._database, autocommit=True) as connection:
            connection.execute("SET timezone = 'UTC'")
            while True:
                rows = connection.execute(query, [self.provider]).fetchall()
                if len(rows) >= wanted or time.monotonic() > until:
                    return [(row[0], row[1], row[2]) for row in rows]
                time.sleep(0.2)

    def events(self, least: int, where: LiteralString = "true", *, wanted: int | None = None) -> int:
        """How many service events of the provider there are, once there are as many as wanted (or after 60 s)."""
        query = (
            "SELECT count(*) FROM service_event e JOIN provider p ON p.id = e.provider_id"
            f" WHERE p.key = %s AND {where}"
        )
        until = time.monotonic() + 60
        with psycopg.connect(self._database, autocommit=True) as connection:
            while True:
                row = connection.execute(query, [self.provider]).fetchone()
                count = 0 if row is None else int(row[0])
                if count >= (least if wanted is None else wanted) or time.monotonic() > until:
                    return count
                time.sleep(0.2)


@pytest.fixture
def cli(addresses: Addresses, new_provider: str) -> Cli:
    return Cli(addresses, new_provider)


def readings(path: Path, rows: int) -> dict[str, float]:
    """A file of readings of 20 stations; the sum of the results of each datastream."""
    sums: dict[str, float] = {}
    with path.open("w", encoding="utf-8") as file:
        file.write("Thời gian,Trạm,Giá trị\n")
        for number in range(rows):
            minute, station = divmod(number, 20)
            day, rest = divmod(minute, MINUTES_A_DAY)
            value = number % 997 / 8
            sums[f"tram-{station}"] = sums.get(f"tram-{station}", 0.0) + value
            file.write(f"{day + 1:02d}/03/2025 {rest // 60:02d}:{rest % 60:02d},tram-{station},{value}\n")
    return sums


def mapping(path: Path, provider: str, **more: Any) -> Path:
    document = {
        "provider": provider,
        "time": {"column": "Thời gian", "format": "day-first"},
        "values": {
            "form": "long",
            "thing": "Trạm",
            "property": {"value": "level"},
            "result": "Giá trị",
        },
    } | more
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def until(found: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 60
    while not found():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def rows_done(checkpoint: Path) -> int:
    try:
        return json.loads(checkpoint.read_text())["totals"]["rows"]
    except FileNotFoundError:
        return 0


def test_killed_in_the_middle_it_goes_on_and_stores_each_row_once(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "readings.csv"
    sums = readings(file, ROWS)
    described = mapping(tmp_path / "m.json", cli.provider)
    checkpoint = tmp_path / "readings.csv.checkpoint"

    killed = cli.start(file, "--mapping", described, "--batch-size", 1000, "--in-flight", 2)
    until(lambda: rows_done(checkpoint) > 0, killed)
    killed.send_signal(signal.SIGKILL)
    killed.wait(10)
    done = rows_done(checkpoint)
    assert 0 < done < ROWS
    code, output = cli.run(file, "--mapping", described)

    assert code == 0, output
    assert f"{done:,} rows" in output
    assert not checkpoint.exists()
    stored = cli.stored(ROWS)
    assert len(stored) == ROWS
    assert {
        f"tram-{station}": sum(row[1] for row in stored if row[0] == f"{cli.provider}/tram-{station}/level")
        for station in range(20)
    } == sums


def test_what_is_wrong_is_told_by_line_and_can_be_corrected_and_imported(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(
        "Thời gian;Trạm;Giá trị\n01/03/2025 00:00;s1;1,5\n31/02/2025 00:00;s1;2\n01/03/2025 00:02;s1;x\n"
        '01/03/2025 00:03;"s\n2";-\n01/03/2025 00:04;s1;4\n'
    )
    described = mapping(tmp_path / "m.json", cli.provider, numbers={"decimal": ","})
    errors = tmp_path / "a.csv.errors.csv"

    code, output = cli.run(file, "--mapping", described, "--dry-run")
    assert (code, "nothing was sent" in output) == (1, True)
    assert cli.stored(0) == []
    code, output = cli.run(file, "--mapping", described)

    assert code == 1
    wrong = errors.read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(";")[:3] for line in wrong[1:]] == [
        ["3", "Thời gian", "time-invalid"],
        ["4", "Giá trị", "number-invalid"],
    ]
    corrected = tmp_path / "corrected.csv"
    corrected.write_text(errors.read_text().replace("31/02/2025", "28/02/2025").replace(";x", ";3"))
    assert cli.run(corrected, "--mapping", described, "--compress")[0] == 0
    assert [row[1] for row in cli.stored(4)] == [2.0, 1.5, 3.0, 4.0]


def test_what_only_ingest_can_refuse_is_told_by_line_too(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "b.csv"
    file.write_text(f"t,ds,v\n2025-03-01,{cli.provider}/s1/a,1\n2025-03-01,other/s1/a,2\n")
    described = tmp_path / "m.yaml"
    described.write_text(
        "time: {column: t}\nvalues: {form: long, datastream: ds, result: v}\n", encoding="utf-8"
    )

    code, output = cli.run(file, "--mapping", described)

    assert code == 1
    assert "datastream-forbidden" in output
    wrong = (tmp_path / "b.csv.errors.csv").read_text(encoding="utf-8-sig").splitlines()
    assert wrong[1].startswith("3,v,datastream-forbidden,")
    assert wrong[1].endswith(",2025-03-01,other/s1/a,2")
    assert [row[1] for row in cli.stored(1)] == [1.0]


def test_cases_of_a_service_become_events_and_a_later_export_corrects_them(cli: Cli, tmp_path: Path) -> None:
    file, described = tmp_path / "cases.csv", tmp_path / "m.json"
    fields = {"dossierId": "id", "agency": {"value": "a"}}
    received = fields | {"procedure": {"value": "p"}, "channel": "channel"}
    document = {
        "time": {"column": "received", "format": "day-first"},
        "values": {
            "form": "events",
            "source": "/one-stop",
            "events": [
                {"type": "vn.fansipan.dossier.received.v1", "data": received},
                {"type": "vn.fansipan.dossier.returned.v1", "time": "returned", "data": fields},
            ],
        },
    }
    described.write_text(json.dumps(document))
    rows = "".join(f"{cli.provider}-{n},online,01/06/2026 08:00,02/06/2026 0{n}:00\n" for n in range(3))
    file.write_text("id,channel,received,returned\n" + rows)

    code, output = cli.run(file, "--mapping", described)
    assert code == 0, output
    assert cli.events(6) == 6
    file.write_text(file.read_text().replace("02/06/2026 01:00", "02/06/2026 11:30"))
    assert cli.run(file, "--mapping", described)[0] == 0
    assert cli.events(6, "e.time = '2026-06-02T04:30:00Z'", wanted=1) == 1


def test_a_watched_folder_survives_a_kill_and_sorts_what_it_was_given(cli: Cli, tmp_path: Path) -> None:
    drop, mappings = tmp_path / "drop", tmp_path / "mappings"
    drop.mkdir()
    mappings.mkdir()
    mapping(mappings / "readings.json", cli.provider, files=["readings-*.csv", "*.xlsx"])
    rows = 60_000
    readings(drop / "readings-1.csv", rows)
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["Thời gian", "Trạm", "Giá trị"])
    sheet.append(["2025-04-01 07:00", "s9", 5])
    sheet.append(["someday", "s9", 6])
    book.save(drop / "April.xlsx")
    (drop / "notes.txt").write_text("hello")
    (drop / "readings-2.csv.part").write_text("Thời gian,Trạm,Giá trị\n")
    watch = ("watch", drop, "--mapping-dir", mappings, "--settle", 0.1)

    # so small and one by one that it takes seconds: a checkpoint is written each half second
    killed = cli.start(*watch, "--batch-size", 100, "--in-flight", 1)
    checkpoint = drop / ".fansipan" / "readings-1.csv.checkpoint"
    until(lambda: rows_done(checkpoint) > 0, killed)
    second = cli.start(*watch, "--once")  # waits for the first one
    time.sleep(0.5)
    killed.send_signal(signal.SIGKILL)
    killed.wait(10)
    output, _ = second.communicate(timeout=120)

    assert second.returncode == 0, output
    assert sorted(path.name for path in (drop / "done").iterdir()) == [
        "April.xlsx",
        "April.xlsx.errors.csv",
        "April.xlsx.report.json",
        "readings-1.csv",
        "readings-1.csv.report.json",
    ]
    assert sorted(path.name for path in (drop / "failed").iterdir()) == ["notes.txt", "notes.txt.report.json"]
    assert [path.name for path in drop.iterdir() if path.is_file()] == ["readings-2.csv.part"]
    report = json.loads((drop / "done" / "April.xlsx.report.json").read_text())
    assert report["report"]["problems"][0]["lines"] == [3]
    assert json.loads((drop / "failed" / "notes.txt.report.json").read_text())["code"] == "mapping-missing"
    stored = cli.stored(rows + 1)
    assert len(stored) == rows + 1
    assert (f"{cli.provider}/s9/level", 5.0, "2025-04-01 00:00:00+00") in stored


def test_the_sample_of_the_documentation_is_imported_as_the_page_says(
    addresses: Addresses, tmp_path: Path
) -> None:
    page = (ROOT / "docs" / "integrators" / "files.md").read_text(encoding="utf-8")
    commands = [
        line.split()[2:] for line in page.splitlines() if line.startswith("    fansipan import demo/")
    ]
    assert len(commands) == 3
    own = tmp_path / "own"
    shutil.copytree(ROOT / "demo" / "files", own / "demo" / "files")
    output = ""
    for command in commands:
        ended = subprocess.run(
            [sys.executable, "-m", "fansipan_cli", "import", *command],
            env=os.environ | {"FANSIPAN_INGEST_URL": addresses.ingest, "FANSIPAN_INGEST_KEY": addresses.key},
            cwd=own,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        output = ended.stdout
        assert ended.returncode == 0, (command, output, ended.stderr)
    assert "335" in output
    assert [path.name for path in (own / "demo" / "files").iterdir() if "checkpoint" in path.name] == []


def test_sigterm_ends_a_watcher_in_order(cli: Cli, tmp_path: Path) -> None:
    drop, mappings = tmp_path / "drop", tmp_path / "mappings"
    drop.mkdir()
    mappings.mkdir()
    watching = cli.start("watch", drop, "--mapping-dir", mappings)
    until((drop / ".fansipan" / "lock").exists, watching)

    watching.send_signal(signal.SIGTERM)

    output, _ = watching.communicate(timeout=30)
    assert watching.returncode == 0
    assert "ended" in output
