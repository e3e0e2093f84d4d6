"""`python -m benchmarks.sensor_things`: CreateObservations beside POST /v1/observations, ten thousand rows a request.

Both wait until the rows are stored. Rounds take turns, each with datastreams of its own; medians are compared.
"""

import asyncio
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
import orjson
from rich.console import Console
from tests.support.sensor_things_writer import StaWriter, sta_writer

from fansipan_local import Ports, Stack

ROOT: Final = Path(__file__).parent.parent
ROWS: Final = 10_000
ROUNDS: Final = 7
START: Final = datetime(2026, 6, 1, tzinfo=UTC)
console = Console(width=110)


def _times(number: int) -> list[str]:
    begin = START + timedelta(days=number)
    return [
        (begin + timedelta(seconds=row)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        for row in range(ROWS)
    ]


async def _create(writer: StaWriter, times: list[str]) -> float:
    rows = [[at, row / 8] for row, at in enumerate(times)]
    group = {**writer.link(), "components": ["phenomenonTime", "result"], "dataArray": rows}
    body = orjson.dumps([group])
    headers = {"content-type": "application/json"}
    began = time.perf_counter()
    answer = await writer.send("POST", "CreateObservations", content=body, headers=headers)
    took = time.perf_counter() - began
    if answer.status_code != 201 or "error" in answer.json() or len(answer.json()) != ROWS:
        raise RuntimeError(answer.text[:500])
    return took


async def _push(writer: StaWriter, ingest: str, times: list[str]) -> float:
    key = f"{writer.provider}/station/level"
    items = [{"datastream": key, "phenomenonTime": at, "result": row / 8} for row, at in enumerate(times)]
    body = orjson.dumps(items)
    headers = {"content-type": "application/json", "authorization": f"Bearer {writer.key}"}
    began = time.perf_counter()
    answer = await writer.http.post(f"{ingest}/v1/observations?wait=stored", content=body, headers=headers)
    took = time.perf_counter() - began
    if answer.status_code != 202 or answer.json()["accepted"] != ROWS or not answer.json()["stored"]:
        raise RuntimeError(answer.text[:500])
    return took


async def main() -> int:
    """Run on a stack of its own; returns the exit code."""
    stack = Stack.at(ROOT / ".local" / "bench-sensor-things", ports=Ports.free())
    await asyncio.to_thread(stack.clean)
    console.print("starting a stack of its own …")
    await asyncio.to_thread(stack.up)
    try:
        env = stack.env
        owner: Any = await asyncpg.connect(env["DATABASE_URL"])
        async with httpx.AsyncClient(timeout=60.0) as http:
            pair = [
                await sta_writer(http, env["FANSIPAN_GATEWAY_URL"], env["DATABASE_URL"], owner)
                for _ in range(2)
            ]
            created: list[float] = []
            pushed: list[float] = []
            for number in range(ROUNDS + 1):
                times = _times(number)
                created.append(await _create(pair[0], times))
                pushed.append(await _push(pair[1], env["FANSIPAN_INGEST_URL"], times))
        await owner.close()
    finally:
        await asyncio.to_thread(stack.down)
    first, second = (statistics.median(part[1:]) for part in (created, pushed))  # the first round warms up
    console.print(f"CreateObservations    {ROWS / first:>9,.0f} rows/s  ({first * 1000:.0f} ms for {ROWS:,})")
    console.print(f"POST /v1/observations {ROWS / second:>9,.0f} rows/s  ({second * 1000:.0f} ms)")
    console.print(f"ratio {second / first:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
