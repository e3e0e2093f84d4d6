"""A pusher with a spool, killed twice while ingest is away and comes back: every reading is stored once."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.integration.conftest import Pipeline
from tests.support.processes import ServiceProcess
from tests.support.providers import make_key
from tests.support.rollups import assert_rollups_equal_raw

from fansipan_client import AsyncPusher, NewObservation, NewServiceEvent, PushSettings, Rejected

READINGS = 100_000
TOGETHER = 500
PROGRAM = """
import sys
from datetime import UTC, datetime, timedelta
from fansipan_client import NewObservation, Pusher, PushSettings, Backoff

url, key, folder, start, end, together = *sys.argv[1:4], *map(int, sys.argv[4:])
first = datetime(2026, 7, 1, tzinfo=UTC)

def reading(n):
    return NewObservation(f"acme/t{n % 50}/x", first + timedelta(seconds=n), float(n))

settings = PushSettings(spool=folder, linger=0.05, backoff=Backoff(longest=0.5))
with Pusher(url, api_key=key, settings=settings) as pusher:
    print("recovered", pusher.statistics.recovered, flush=True)
    for n in range(start, end, together):
        pusher.add_many(map(reading, range(n, n + together)))
        print("added", n + together, flush=True)
    pusher.flush(120)
    done = pusher.statistics
    print("delivered", done.accepted, done.rejected.total(), done.pending, done.torn, done.damaged, flush=True)
"""


class Child:
    """The program in a process of its own."""

    def __init__(self, folder: Path, *arguments: object) -> None:
        script = folder / "program.py"
        script.write_text(PROGRAM, encoding="utf-8")
        self._process = subprocess.Popen(
            [sys.executable, str(script), *map(str, arguments)], stdout=subprocess.PIPE, text=True
        )

    async def says(self, word: str) -> list[int]:
        """The numbers of its next line, which begins with a word."""
        assert self._process.stdout is not None
        async with asyncio.timeout(130.0):
            line = await asyncio.to_thread(self._process.stdout.readline)
        found, *figures = line.split() or ["(it has ended)"]
        assert found == word
        return [int(figure) for figure in figures]

    async def added(self, least: int) -> int:
        """How many it had added when it was past a number."""
        while (count := (await self.says("added"))[0]) < least:
            pass
        return count

    def kill(self) -> None:
        """SIGKILL."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10.0)
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture
def children() -> Generator[list[Child]]:
    """Those that are to be ended with the test."""
    started: list[Child] = []
    yield started
    for child in started:
        child.kill()


@pytest.fixture(scope="module")
async def ingest(pipeline: Pipeline) -> ServiceProcess:
    """One of the module's own, with a store behind it."""
    analytics, ingest = pipeline.processes.start("analytics"), pipeline.processes.start("ingest")
    await asyncio.gather(ingest.ready(), analytics.ready())
    return ingest


async def test_everything_is_stored_once_whatever_is_killed(
    pipeline: Pipeline,
    ingest: ServiceProcess,
    own: "asyncpg.Connection[Any]",
    tmp_path: Path,
    children: list[Child],
) -> None:
    key = make_key(pipeline.database, "acme").key

    def start(begin: int) -> Child:
        child = Child(tmp_path, ingest.url, key, tmp_path / "spool", begin, READINGS, TOGETHER)
        children.append(child)
        return child

    first = start(0)
    assert await first.says("recovered") == [0]
    await first.added(20_000)
    ingest.kill()
    added = await first.added(70_000)
    first.kill()

    second = start(added)
    (recovered,) = await second.says("recovered")
    assert 10_000 < recovered <= READINGS  # what ingest had not taken before it was killed
    again = pipeline.processes.start("ingest", FANSIPAN_PORT=str(ingest.port))
    again.url = ingest.url
    added = await second.added(85_000)
    await again.ready()
    second.kill()

    third = start(added)
    await third.says("recovered")
    await third.added(READINGS)
    accepted, rejected, pending, torn, damaged = await third.says("delivered")
    assert accepted > 0
    assert (rejected, pending, damaged) == (0, 0, 0)
    assert torn <= 1

    async with asyncio.timeout(60.0):
        while await own.fetchval("SELECT count(*) FROM observation") < READINGS:
            await asyncio.sleep(0.1)
    row = await own.fetchrow(
        "SELECT count(*), sum(result), count(DISTINCT result) AS kinds, min(result), max(result) FROM observation"
    )
    assert tuple(row or ()) == (READINGS, READINGS * (READINGS - 1) / 2, READINGS, 0.0, READINGS - 1.0)
    assert await own.fetchval("SELECT count(*) FROM observation_history") == 0
    await assert_rollups_equal_raw(own)
    assert list((tmp_path / "spool").glob("*.damaged")) == []


async def test_answers_of_the_real_ingest(
    pipeline: Pipeline, ingest: ServiceProcess, own: "asyncpg.Connection[Any]", tmp_path: Path
) -> None:
    key = make_key(pipeline.database, "beta", prefixes=("beta/",)).key
    rejected: list[Rejected] = []
    settings = PushSettings(spool=tmp_path, compression="zstd", linger=0.0)
    now = datetime(2026, 7, 1, tzinfo=UTC)
    deep: Any = {}
    for _ in range(300):
        deep = {"x": deep}
    dossier = {"dossierId": "D1", "agency": "H38.1", "procedure": "1.0", "channel": "online"}
    async with AsyncPusher(ingest.url, api_key=key, settings=settings, on_rejected=rejected.append) as pusher:
        await pusher.add(NewObservation("beta/t/x", now, 1.5, result_quality="good"))
        await pusher.add(NewObservation("gamma/t/x", now, 2))
        await pusher.add(NewObservation("beta/t/x", datetime(1970, 1, 1, tzinfo=UTC), 2))
        await pusher.add(NewObservation("beta/t/x", now, deep))
        await pusher.add(NewObservation("beta/t/x", now, 2.5))
        await pusher.add(NewServiceEvent("1", "/agencies/1", "vn.fansipan.dossier.received.v1", now, dossier))
        await pusher.add(NewServiceEvent("2", "/agencies/1", "vn.fansipan.no-such.v1", now, dossier))
        await pusher.flush(20.0)
        done = pusher.statistics
    codes = sorted((one.target, one.code) for one in rejected)
    assert (done.accepted, done.pending, len(codes)) == (3, 0, 4), (codes, done)
    assert [code for target, code in codes if target == "service-events"] == ["invalid-item"]
    assert {"datastream-forbidden", "time-too-early"} < {code for _, code in codes}
    async with asyncio.timeout(20.0):
        while await own.fetchval("SELECT count(*) FROM service_event") < 1:
            await asyncio.sleep(0.05)
        while (
            await own.fetchval(
                "SELECT result FROM observation o JOIN datastream d ON d.id = o.datastream_id WHERE d.key = 'beta/t/x'"
            )
            != 2.5
        ):
            await asyncio.sleep(0.05)
