"""`make bench-gateway`: remembered reads beside computed ones, and 2,000 clients of live events on one replica."""

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
import psutil
from rich.console import Console
from rich.table import Table
from tests.support.live import EventSource
from tests.support.processes import free_port

from benchmarks.requests import answer_to
from fansipan_common.contracts.live import LiveTopic, NewestReadings
from fansipan_common.live import LiveRing
from fansipan_common.redis import Speedup
from fansipan_local import Ports, Stack

ROOT: Final = Path(__file__).parent.parent
MUST_RATIO: Final = 5.0
CONNECTIONS: Final = 16
MANY: Final = 64
FEW: Final = 4
ACCEPT: Final = "Accept-Encoding: gzip\r\n"
"""As every browser asks, and our own client."""
console = Console(width=110)

_WORLD: Final = """
INSERT INTO provider (key, name) VALUES ('bench', 'bench');
INSERT INTO sensor (key, name) VALUES ('bench', 'bench');
INSERT INTO observed_property (key, name) VALUES ('bench', 'bench');
INSERT INTO thing (provider_id, key, name, area_code)
    SELECT p.id, 's' || i, 'Station ' || i, a.code
      FROM generate_series(1, 500) i, provider p,
           (SELECT code, row_number() OVER (ORDER BY code) - 1 AS place FROM area WHERE parent_code = '15') a
     WHERE p.key = 'bench' AND a.place = i % 99;
INSERT INTO datastream (key, thing_id, sensor_id, observed_property_id, name, observation_type)
    SELECT 'bench/' || t.key || '/level', t.id, s.id, o.id, t.name, 'measurement'
      FROM thing t, sensor s, observed_property o WHERE s.key = 'bench' AND o.key = 'bench';
INSERT INTO latest_observation (datastream_id, phenomenon_time, result) SELECT id, now(), id FROM datastream;
INSERT INTO indicator_subject (kind, key) SELECT 'area', code FROM area WHERE code = '15' OR parent_code = '15'
    ON CONFLICT DO NOTHING;
INSERT INTO indicator_value
    SELECT d.id, s.id, 'hour', h, 1, 20 + s.id % 50, NULL, NULL, NULL, 60, 1, '{}', 'new-data', h + interval '1 hour'
      FROM indicator_definition d, indicator_subject s,
           generate_series(date_trunc('hour', now()) - interval '47 hours', date_trunc('hour', now()), '1 hour') h
     WHERE d.key = ANY($1::text[]) AND s.kind = 'area'
    ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Reads:
    """Answers a second of one kind of read, and CPU ms of the gateway for one; medians over the rounds."""

    name: str
    computed: float
    remembered: float
    computed_cpu_ms: float
    remembered_cpu_ms: float

    @property
    def ratio(self) -> float:
        """Remembered ÷ computed."""
        return self.remembered / self.computed


@dataclass(frozen=True, slots=True)
class Live:
    """What a replica did for its clients, and what it took.

    Attributes:
        clients, events: how many.
        exact: clients that got every event exactly once, in order.
        reconnected: clients that came back in between.
        memory_mib: of the process, before, with the clients, and at most.
        cpu_seconds: of the process, while events came.
        seconds: that took.
        p50_ms, p99_ms: from an event's being told to a client's having it.
    """

    clients: int
    events: int
    exact: int
    reconnected: int
    memory_mib: tuple[float, float, float]
    cpu_seconds: float
    seconds: float
    p50_ms: float
    p99_ms: float


@asynccontextmanager
async def gateway(stack: Stack, **settings: str) -> AsyncGenerator[tuple[str, psutil.Process]]:
    """A replica of its own on the stack's database and Redis: its address, and its process."""
    port = free_port()
    env = {
        **os.environ,
        "DATABASE_URL": stack.env["DATABASE_URL"],
        "REDIS_URL": stack.env["REDIS_URL"],
        "FANSIPAN_PORT": str(port),
        "FANSIPAN_ANONYMOUS_READ": "true",
        "FANSIPAN_ANONYMOUS_REQUESTS_PER_MINUTE": "10000000",
        "FANSIPAN_LIVE_CLIENTS_EACH": "10000",
        "FANSIPAN_LOG_LEVEL": "error",
        **settings,
    }
    process = await asyncio.to_thread(subprocess.Popen, [sys.executable, "-m", "fansipan_gateway"], env=env)
    try:
        base = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 60.0
        while not await _is_ready(base):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the gateway is not ready")
            await asyncio.sleep(0.1)
        yield base, psutil.Process(process.pid)
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 30.0)


async def _is_ready(base: str) -> bool:
    try:
        reader, writer = await asyncio.open_connection(urlsplit(base).hostname, urlsplit(base).port)
    except OSError:
        return False
    writer.write(b"GET /readyz HTTP/1.1\r\nHost: bench\r\n\r\n")
    head, _ = await answer_to(reader)
    writer.close()
    return b" 200 " in head.split(b"\r\n", 1)[0]


async def throughput(
    base: str, process: psutil.Process, addresses: Sequence[str], seconds: float
) -> tuple[float, float]:
    """Answers a second over kept connections, each of which asks for the addresses in turn; and CPU ms for one."""
    until = time.monotonic() + seconds
    cpu = sum(process.cpu_times()[:2])
    counts = await asyncio.gather(
        *(_ask(base, [*addresses[n:], *addresses[:n]], until) for n in range(CONNECTIONS))
    )
    return sum(counts) / seconds, (sum(process.cpu_times()[:2]) - cpu) * 1000 / sum(counts)


async def _ask(base: str, addresses: Sequence[str], until: float) -> int:
    url = urlsplit(base)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    head = f"HTTP/1.1\r\nHost: {url.netloc}\r\n{ACCEPT}\r\n"
    requests = [f"GET {address} {head}".encode() for address in addresses]
    count = 0
    while time.monotonic() < until:
        writer.write(requests[count % len(requests)])
        head, body = await answer_to(reader)
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            raise RuntimeError(f"{head!r} {body[:500]!r}")
        count += 1
    writer.close()
    return count


async def measure_reads(stack: Stack, rounds: int, seconds: float) -> list[Reads]:
    """Each kind of read on a replica that remembers and on one that does not, in turn.

    The addresses differ by `limit` only. Those that are computed are many, so that those who ask at one moment seldom
    share an answer; those that are remembered are few, as on screens that show the same, and made anew each second.
    """
    kinds = {
        "ranking of 99 communes": "/v1/indicators/rain-1h/latest?by=area&period=hour&limit={}",
        "48 hours of a commune": "/v1/indicators/rain-1h/values?area=02671&period=hour&limit={}",
        "latest of 500 datastreams": "/v1/latest?area=15&limit={}",
        "500 datastreams": "/v1/datastreams?area=15&limit={}",
        "500 things": "/v1/things?area=15&limit={}",
    }
    results: list[Reads] = []
    async with gateway(stack) as quick, gateway(stack, FANSIPAN_CACHE_SECONDS="0") as plain:
        for name, template in kinds.items():
            addresses = [template.format(1_000 + number) for number in range(MANY)]
            measured = [
                (
                    *(await throughput(*plain, addresses, seconds)),
                    *(await throughput(*quick, addresses[:FEW], seconds)),
                )
                for _ in range(rounds)
            ]
            computed, computed_cpu, remembered, remembered_cpu = map(
                statistics.median, zip(*measured, strict=True)
            )
            results.append(Reads(name, computed, remembered, computed_cpu, remembered_cpu))
            console.print(f"{name}: {results[-1].ratio:.1f}")
    return results


async def measure_live(stack: Stack, clients: int, events: int, every: float) -> Live:
    """All clients on one replica; half of them lose their connection in the middle and come back."""
    redis = Speedup(stack.env["REDIS_URL"], timeout=10.0)
    prefix = "bench-live:"
    ring = LiveRing(redis, prefix)
    await ring.append([(LiveTopic.MARK, "")])
    async with gateway(stack, FANSIPAN_REDIS_PREFIX=prefix) as (base, process):
        before = _memory(process)
        sources = [_Timed("/v1/live?topics=observations&datastream=bench/s1/level") for _ in range(clients)]
        for first in range(0, clients, 100):
            await asyncio.gather(*(source.open(base) for source in sources[first : first + 100]))
        joined = most = _memory(process)
        cpu = sum(process.cpu_times()[:2])
        datastream = await _datastream(stack)
        leaving = sources[::2]
        told: list[float] = []
        began = time.monotonic()

        async def come_back() -> None:
            await asyncio.sleep(events * every / 3)
            await asyncio.gather(*(source.close() for source in leaving))
            await asyncio.sleep(1.0)
            for first in range(0, len(leaving), 100):
                await asyncio.gather(*(source.open(base) for source in leaving[first : first + 100]))

        async with asyncio.TaskGroup() as group:
            group.create_task(come_back())
            for number in range(events):
                event = NewestReadings(ids=[datastream], ms=[1_782_864_000_000], results=[number])
                told.append(time.monotonic())
                await ring.append([(LiveTopic.OBSERVATIONS, event.model_dump_json())])
                most = max(most, _memory(process))
                await asyncio.sleep(max(0.0, began + (number + 1) * every - time.monotonic()))
        await asyncio.gather(*(source.wait_for(events, 60.0) for source in sources))
        await asyncio.sleep(1.0)  # an event that came twice would be here by now
        seconds = time.monotonic() - began
        most = max(most, _memory(process))
        cpu = sum(process.cpu_times()[:2]) - cpu
        wanted = list(range(events))
        exact = sum(source.numbers == wanted for source in sources)
        stayed = [source for source in sources if source not in set(leaving)]
        delays = sorted(
            (at - told[number]) * 1000
            for source in stayed
            for number, at in zip(source.numbers, source.times, strict=True)
        )
        await asyncio.gather(*(source.close() for source in sources))
    await redis.close()
    return Live(
        clients,
        events,
        exact,
        len(leaving),
        (before, joined, most),
        cpu,
        seconds,
        delays[len(delays) // 2],
        delays[len(delays) * 99 // 100],
    )


class _Timed(EventSource):
    """A client that notes the number in each event, and when it came."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.times: list[float] = []

    def _take(self, block: bytes) -> None:
        before = len(self.events)
        super()._take(block)
        self.times += [time.monotonic()] * (len(self.events) - before)

    @property
    def numbers(self) -> list[int]:
        """What the events hold; -1 for any other event, which there must not be."""
        return [
            event.data["datastreams"][0]["result"] if event.name == "observations" else -1
            for event in self.events
        ]


def _memory(process: psutil.Process) -> float:
    return process.memory_full_info().pss / 2**20


async def _datastream(stack: Stack) -> int:
    connection = await asyncpg.connect(stack.env["DATABASE_URL"])
    try:
        return await connection.fetchval("SELECT id FROM datastream WHERE key = 'bench/s1/level'")
    finally:
        await connection.close()


async def _fill(stack: Stack) -> None:
    connection = await asyncpg.connect(stack.env["DATABASE_URL"])
    try:
        deadline = time.monotonic() + 30.0
        while not await connection.fetchval("SELECT count(*) FROM indicator_definition"):
            if time.monotonic() > deadline:
                raise RuntimeError("analytics has not written the catalogue")
            await asyncio.sleep(0.2)
        *statements, figures = _WORLD.split(";\n")
        for statement in statements:
            await connection.execute(statement)
        await connection.execute(figures, ["rain-1h", "rain-24h", "river-stage"])
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def show(reads: Sequence[Reads], live: Live) -> None:
    """Print what was measured."""
    table = Table(
        title=f"Reads over {CONNECTIONS} connections: {MANY} addresses computed, {FEW} remembered (medians)"
    )
    for heading in ("read", "computed /s", "remembered /s", "ratio", "gateway CPU ms", "remembered"):
        table.add_column(heading, justify="right")
    for read in reads:
        table.add_row(
            read.name,
            f"{read.computed:,.0f}",
            f"{read.remembered:,.0f}",
            f"{read.ratio:.1f}",
            f"{read.computed_cpu_ms:.2f}",
            f"{read.remembered_cpu_ms:.2f}",
        )
    console.print(table)
    before, joined, most = live.memory_mib
    console.print(
        f"live: {live.exact} of {live.clients} clients got each of {live.events} events exactly once,"
        f" {live.reconnected} of them came back in between; memory {before:.0f} → {joined:.0f} MiB with all clients,"
        f" {most:.0f} at most; {live.cpu_seconds:.1f} CPU s in {live.seconds:.0f} s;"
        f" delay p50 {live.p50_ms:.0f} ms, p99 {live.p99_ms:.0f} ms"
    )
    least = min(read.ratio for read in reads)
    console.print(
        f"remembered ÷ computed: least {least:.1f}, must be ≥ {MUST_RATIO}:"
        f" {'met' if least >= MUST_RATIO else 'NOT MET'}; every client exact:"
        f" {'met' if live.exact == live.clients else 'NOT MET'}"
    )


async def main(arguments: Mapping[str, Any]) -> int:
    """Run everything on a stack of its own; returns the exit code."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65_536)), hard))
    stack = Stack.at(ROOT / ".local" / "bench-gateway", ports=Ports.free(), services={"analytics"})
    await asyncio.to_thread(stack.clean)
    console.print("starting a stack of its own …")
    await asyncio.to_thread(stack.up)
    try:
        await _fill(stack)
        live = await measure_live(stack, arguments["clients"], arguments["events"], arguments["every"])
        reads = await measure_reads(stack, arguments["rounds"], arguments["seconds"])
    finally:
        await asyncio.to_thread(stack.down)
    show(reads, live)
    report = {
        "reads": [asdict(read) | {"ratio": round(read.ratio, 2)} for read in reads],
        "live": asdict(live),
    }
    path = ROOT / ".local" / "bench-gateway.json"
    path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    console.print(f"written to {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gateway", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=3, help="rounds of each kind of read; the median counts"
    )
    parser.add_argument("--seconds", type=float, default=3.0, help="seconds of each measurement")
    parser.add_argument("--clients", type=int, default=2_000, help="clients of live events")
    parser.add_argument("--events", type=int, default=200, help="live events")
    parser.add_argument("--every", type=float, default=0.1, help="seconds from one to the next")
    sys.exit(asyncio.run(main(vars(parser.parse_args()))))
