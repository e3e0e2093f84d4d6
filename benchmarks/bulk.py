"""`make bench-bulk`: a CSV file of 5,000,000 rows into the whole stack; killed in the middle, resumed, counted."""

import argparse
import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.paths import end_offsets, until_stored
from benchmarks.processes import Sampler
from fansipan_common.contracts import TopicName
from fansipan_local import Ports, Stack

ROOT: Final = Path(__file__).parent.parent
STATIONS: Final = 200
PROPERTIES: Final = ("pm2_5", "pm10", "temperature", "humidity", "wind_speed")
EVERY_SECONDS: Final = 60
FIRST: Final = np.datetime64("2025-03-01T00:00:00")
MAPPING: Final = """
provider: bench
time: {column: Thời gian, format: day-first, zone: Asia/Ho_Chi_Minh}
values: {form: long, thing: Trạm, property: Thông số, result: Giá trị}
"""
_WAIT_SECONDS: Final = 900.0
console = Console(width=110)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the command.

    Attributes:
        seconds: how long it ran.
        rows: rows that it did, as far as its checkpoint or its end says.
        memory_mib: its largest resident memory.
    """

    seconds: float
    rows: int
    memory_mib: float


def write_file(path: Path, rows: int) -> None:
    """Readings of every station and property once a minute, one a line, as an agency writes them."""
    names = [f"tram-{station},{prop}" for station in range(STATIONS) for prop in PROPERTIES]
    steps = rows // len(names)
    with path.open("w", encoding="utf-8") as file:
        file.write("Thời gian,Trạm,Thông số,Giá trị\n")
        for step in range(steps):
            at = str(FIRST + np.timedelta64(step * EVERY_SECONDS, "s"))
            written = f"{at[8:10]}/{at[5:7]}/{at[:4]} {at[11:16]}"
            values = 20.0 + 10.0 * np.sin((step * len(names) + np.arange(len(names))) / 977.0)
            file.write(
                "".join(f"{written},{name},{value:.2f}\n" for name, value in zip(names, values, strict=True))
            )


class Command:
    """`fansipan import` of one file, as a process."""

    def __init__(self, file: Path, mapping: Path, environment: dict[str, str]) -> None:
        self._began = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fansipan_cli", "import", str(file), "--mapping", str(mapping)],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def killed_after(self, checkpoint: Path, rows: int) -> Run:
        """SIGKILL once its checkpoint says so many rows.

        Raises:
            RuntimeError: it ended before.
        """
        while _rows_done(checkpoint) < rows:
            if self._process.poll() is not None:
                raise RuntimeError(f"it ended before it could be killed: {self._process.communicate()[0]}")
            time.sleep(0.05)
        memory = _high_water(self._process.pid)
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10.0)
        return Run(time.monotonic() - self._began, _rows_done(checkpoint), memory)

    def ended(self, before: int, rows: int) -> tuple[Run, str]:
        """Wait for its end; what it printed. Raises RuntimeError when it failed."""
        output, _ = self._process.communicate(timeout=_WAIT_SECONDS)
        seconds = time.monotonic() - self._began
        memory = re.search(r"most memory\s+([\d,]+) MiB", output)
        if self._process.returncode or memory is None:
            raise RuntimeError(output)
        return Run(seconds, rows - before, float(memory[1].replace(",", ""))), output


async def measure(stack: Stack, rows: int) -> dict[str, Any]:
    """Import, kill, resume, count."""
    folder = ROOT / ".local" / "bench"
    file, mapping = folder / "bulk.csv", folder / "bulk.yaml"
    checkpoint = file.with_name("bulk.csv.checkpoint")
    rows -= rows % (STATIONS * len(PROPERTIES))
    await asyncio.to_thread(write_file, file, rows)
    mapping.write_text(MAPPING, encoding="utf-8")
    console.print(f"{file.name}: {rows:,} rows, {file.stat().st_size / 2**20:,.0f} MiB")
    kafka, topic = stack.env["KAFKA_BOOTSTRAP_SERVERS"], TopicName.OBSERVATIONS.value
    database = await asyncpg.connect(stack.env["DATABASE_URL"])
    await _owned_by_bench(database, stack)
    environment = {name: stack.env[name] for name in ("FANSIPAN_INGEST_URL", "FANSIPAN_INGEST_KEY")}

    sampler = Sampler({name: stack.pid(name) for name in ("ingest", "analytics", "postgres", "kafka")})
    sampler.start()
    began = time.monotonic()
    killed = await asyncio.to_thread(Command(file, mapping, environment).killed_after, checkpoint, rows // 2)
    await until_stored(database, topic, await end_offsets(kafka, topic))
    in_between = time.monotonic()
    before = await _count(database)
    counted = time.monotonic() - in_between
    console.print(
        f"killed at {killed.rows:,} rows; {before:,} are stored, so {before - killed.rows:,} are sent again"
    )
    resumed, output = await asyncio.to_thread(Command(file, mapping, environment).ended, killed.rows, rows)
    await until_stored(database, topic, await end_offsets(kafka, topic))
    seconds = time.monotonic() - began - counted
    usage = sampler.stop()
    console.print(output, markup=False, highlight=False)
    stored = await _count(database)
    corrected = await database.fetchval("SELECT count(*) FROM observation_history")
    await database.close()
    return {
        "rows": rows,
        "file_bytes": file.stat().st_size,
        "stored": stored,
        "corrected": corrected,
        "killed_at": killed.rows,
        "sent_again": before - killed.rows,
        "rows_per_second_first_run": round(killed.rows / killed.seconds),
        "rows_per_second_second_run": round(resumed.rows / resumed.seconds),
        "rows_per_second_until_readable": round(rows / seconds),
        "seconds": round(seconds, 1),
        "memory_mib": {"first run": round(killed.memory_mib), "second run": round(resumed.memory_mib)},
        "processes": {
            name: {"cpu_seconds": round(used.cpu_seconds, 1), "memory_mib": round(used.memory_mib)}
            for name, used in usage.items()
        },
    }


async def _owned_by_bench(database: asyncpg.Connection, stack: Stack) -> None:
    provider = await database.fetchval(
        "INSERT INTO provider (key, name, auto_register) VALUES ('bench', 'bench', true) RETURNING id"
    )
    key_id = stack.env["FANSIPAN_INGEST_KEY"].split("_")[1]
    await database.execute("UPDATE api_key SET provider_id = $1 WHERE id = $2", provider, key_id)


async def _count(database: asyncpg.Connection) -> int:
    """Distinct observations of the benchmark."""
    return await database.fetchval(
        "SELECT count(*) FROM (SELECT DISTINCT o.datastream_id, o.phenomenon_time FROM observation o"
        " JOIN datastream d ON d.id = o.datastream_id WHERE d.key LIKE 'bench/%') distinct_ones"
    )


def _rows_done(checkpoint: Path) -> int:
    try:
        return int(json.loads(checkpoint.read_bytes())["totals"]["rows"])
    except FileNotFoundError:
        return 0


def _high_water(pid: int) -> float:
    """Largest resident memory of a process so far, MiB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return 0.0 if found is None else int(found[1]) / 1024


def show(report: dict[str, Any]) -> None:
    """Print what was measured."""
    table = Table(
        title="A CSV file into the whole stack, killed in the middle and resumed", show_header=False
    )
    table.add_column("what")
    table.add_column("figure", justify="right")
    for name, value in report.items():
        if not isinstance(value, dict):
            table.add_row(name.replace("_", " "), f"{value:,}")
    for run, memory in report["memory_mib"].items():
        table.add_row(f"memory of the command, {run}", f"{memory} MiB")
    for process, used in report["processes"].items():
        table.add_row(process, f"{used['cpu_seconds']} CPU s, {used['memory_mib']} MiB")
    console.print(table)


async def main(rows: int) -> int:
    """Run on a stack of its own; exit code 1 when not exactly every row is stored once."""
    stack = Stack.at(ROOT / ".local" / "bench", ports=Ports.free())
    await asyncio.to_thread(stack.clean)
    console.print("starting a stack of its own …")
    try:
        await asyncio.to_thread(stack.up)
        report = await measure(stack, rows)
    finally:
        await asyncio.to_thread(stack.down)
    show(report)
    path = ROOT / ".local" / "bench-bulk.json"
    path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    console.print(f"written to {path.relative_to(ROOT)}")
    exact = report["stored"] == report["rows"] and not report["corrected"]
    console.print("every row is stored once" if exact else "NOT every row is stored once")
    return 0 if exact else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bulk", description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000, help="rows of the file")
    arguments = parser.parse_args()
    sys.exit(asyncio.run(main(arguments.rows)))
