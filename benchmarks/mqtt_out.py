"""`make bench-mqtt-out`: what data out by MQTT costs those who store, while a province sends.

The same steady load is sent four times: nobody may subscribe; somebody may and listens to everything; five do; nobody
again, to see how much the machine itself differs from round to round.
Printed are the CPU seconds of each process, how long ingest takes to answer, and how many messages came.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from rich.console import Console
from rich.table import Table

from benchmarks.processes import Sampler
from fansipan_cli.database import connected
from fansipan_cli.providers import add_key, ensure_provider
from fansipan_common.security import NewApiKey, Scope, generate_api_key
from fansipan_local import Ports, Stack

ROOT: Final = Path(__file__).parent.parent
PROVIDER: Final = "bench-mqtt"
DATASTREAMS: Final = 1_000
ITEMS: Final = 100
PARTS: Final = ("ingest", "analytics", "gateway", "mosquitto", "redis", "postgres")
SETTLE_SECONDS: Final = 6.0
BEGIN: Final = datetime(2026, 7, 1, tzinfo=UTC)
console = Console(width=130)


@dataclass(frozen=True, slots=True)
class Round:
    """One load.

    Attributes:
        name: what was different.
        sent: observations.
        messages: that all listeners together heard, on `v1.1/Datastreams(id)/Observations`.
        p50_ms, p95_ms: of ingest's answers.
        cpu: seconds of each process.
    """

    name: str
    sent: int
    messages: int
    p50_ms: float
    p95_ms: float
    cpu: dict[str, float]


class Listeners:
    """Clients of the broker in processes of their own, whose lines are counted."""

    def __init__(self, url: str, key: NewApiKey, count: int, folder: Path) -> None:
        address = urlsplit(url)
        command = ["mosquitto_sub", "-h", str(address.hostname), "-p", str(address.port), "-V", "5"]
        command += ["-u", key.id, "-P", key.text, "-q", "0", "-t", "v1.1/+/Observations", "-F", "%l"]
        self._outputs = [folder / f"listener-{number}" for number in range(count)]
        self._processes: list[subprocess.Popen[bytes]] = []
        for output in self._outputs:
            with output.open("wb") as file:
                self._processes.append(subprocess.Popen(command, stdout=file))

    def close(self) -> int:
        """End them; returns how many messages came."""
        for process in self._processes:
            process.terminate()
            process.wait(10.0)
        return sum(output.read_bytes().count(b"\n") for output in self._outputs)


def make_key(stack: Stack) -> NewApiKey:
    """A new key of the provider that reads and writes."""
    key = generate_api_key()
    with connected(stack.env["DATABASE_URL"]) as connection:
        owner = ensure_provider(connection, PROVIDER, name=None, auto_register=True)
        scopes = [Scope.READ, Scope.WRITE]
        add_key(connection, owner, key, name="bench", scopes=scopes, prefixes=[], expires_at=None)
    return key


class Load:
    """Sends readings at a steady rate, each of its own time."""

    def __init__(self, http: httpx.AsyncClient, url: str, key: NewApiKey) -> None:
        self._http = http
        self._url = f"{url}/v1/observations"
        self._headers = {"Authorization": f"Bearer {key.text}"}
        self._number = 0

    async def send(self, rate: int, seconds: float) -> tuple[int, list[float]]:
        """Send for a while; returns how many readings, and how many seconds each answer took."""
        took: list[float] = []
        began, sent = time.monotonic(), 0
        async with asyncio.TaskGroup() as tasks:
            while (elapsed := time.monotonic() - began) < seconds:
                if sent < rate * elapsed:
                    tasks.create_task(self._post(self._body(), took))
                    sent += ITEMS
                else:
                    await asyncio.sleep(0.005)
        return sent, took

    async def register(self) -> None:
        """Let every datastream be known before anything is measured."""
        for _ in range(DATASTREAMS // ITEMS):
            await self._post(self._body(), [])

    def _body(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        for _ in range(ITEMS):
            step, place = divmod(self._number, DATASTREAMS)
            name = f"{PROVIDER}/box-{place % 200}/p{place // 200}"
            at = (BEGIN + timedelta(milliseconds=step * 100)).isoformat()
            items.append({"datastream": name, "phenomenonTime": at, "result": self._number % 977 / 8})
            self._number += 1
        return items

    async def _post(self, body: list[dict[str, Any]], took: list[float]) -> None:
        began = time.monotonic()
        answer = await self._http.post(self._url, json=body, headers=self._headers)
        answer.raise_for_status()
        took.append(time.monotonic() - began)


async def measure(stack: Stack, rate: int, seconds: float, folder: Path) -> list[Round]:
    """The four rounds; what listeners write is left in a folder."""
    env, sender, key = stack.env, make_key(stack), make_key(stack)
    rounds: list[Round] = []
    async with httpx.AsyncClient(timeout=60.0) as http:
        load = Load(http, env["FANSIPAN_INGEST_URL"], sender)
        await load.register()
        for name, listeners in (
            ("nobody may subscribe", 0),
            ("one listens to everything", 1),
            ("five listen to everything", 5),
            ("nobody again", 0),
        ):
            listening = None
            if listeners:
                answer = await http.put(
                    f"{env['FANSIPAN_INGEST_URL']}/v1/mqtt/access",
                    params={"subscribe": "true"},
                    headers={"Authorization": f"Bearer {key.text}"},
                )
                answer.raise_for_status()
                listening = Listeners(env["MQTT_URL"], key, listeners, folder)
            elif rounds:
                with connected(env["DATABASE_URL"]) as connection:
                    connection.execute("UPDATE api_key SET revoked_at = now() WHERE id = %s", (key.id,))
            await asyncio.sleep(SETTLE_SECONDS)
            sampler = Sampler({part: stack.pid(part) for part in PARTS})
            sampler.start()
            sent, took = await load.send(rate, seconds)
            await asyncio.sleep(SETTLE_SECONDS)
            usage = await asyncio.to_thread(sampler.stop)
            messages = 0 if listening is None else await asyncio.to_thread(listening.close)
            quantiles = statistics.quantiles(took, n=20)
            cpu = {part: round(used.cpu_seconds, 1) for part, used in usage.items()}
            rounds.append(Round(name, sent, messages, quantiles[9] * 1000, quantiles[18] * 1000, cpu))
    return rounds


def show(rounds: list[Round], seconds: float) -> None:
    """Print what was measured."""
    table = Table(title=f"Data out by MQTT; CPU seconds in {seconds + SETTLE_SECONDS:.0f} s")
    for title in ("", "stored", "messages", "ingest p50", "p95", *rounds[0].cpu):
        table.add_column(title)
    for each in rounds:
        table.add_row(
            each.name,
            f"{each.sent:,}",
            f"{each.messages:,}",
            f"{each.p50_ms:.0f} ms",
            f"{each.p95_ms:.0f} ms",
            *(f"{used:.1f}" for used in each.cpu.values()),
        )
    console.print(table)


def main() -> int:
    """Start a stack of its own, measure, stop it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=2_000, help="observations a second")
    parser.add_argument("--seconds", type=float, default=30.0, help="of each round")
    chosen = parser.parse_args()
    stack = Stack.at(ROOT / ".local" / "bench-mqtt", ports=Ports.free())
    stack.clean()
    stack.up()
    try:
        with tempfile.TemporaryDirectory() as folder:
            rounds = asyncio.run(measure(stack, chosen.rate, chosen.seconds, Path(folder)))
    finally:
        stack.down()
    show(rounds, chosen.seconds)
    written = ROOT / ".local" / "bench-mqtt-out.json"
    written.write_text(json.dumps([asdict(each) for each in rounds], indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
