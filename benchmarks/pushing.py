"""Observations a second through `fansipan_client.Pusher`, beside a bare loop that posts ready batches to one ingest.

set -a; . .local/env; set +a; python -m benchmarks.pushing
"""

import gzip
import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

import httpx

from fansipan_client import NewObservation, Pusher, PushSettings

READINGS: Final = 200_000
BATCH: Final = 2_000
_runs = count(int(time.time()) % 1_000_000 * 10)


def readings() -> list[NewObservation]:
    """Readings of 100 things that no run before has sent."""
    run, first = next(_runs), datetime(2026, 1, 1, tzinfo=UTC)
    return [
        NewObservation(f"demo/bench-{run}-{n % 100}/x", first + timedelta(seconds=n), float(n % 97))
        for n in range(READINGS)
    ]


def bare(url: str, key: str, *, packed: bool) -> float:
    """Seconds for posting bodies that were made before, one after the other over one connection."""
    items = [
        {"datastream": r.datastream, "phenomenonTime": r.phenomenon_time.isoformat(), "result": r.result}
        for r in readings()
    ]
    bodies = [json.dumps(items[n : n + BATCH]).encode() for n in range(0, READINGS, BATCH)]
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    if packed:
        bodies = [gzip.compress(body, 1) for body in bodies]
        headers["Content-Encoding"] = "gzip"
    with httpx.Client(base_url=url, headers=headers, timeout=60.0) as http:
        began = time.perf_counter()
        for body in bodies:
            answer = http.post("/v1/observations", content=body)
            assert answer.status_code == 202, answer.text
        return time.perf_counter() - began


def pushed(url: str, key: str, settings: PushSettings) -> float:
    """Seconds from the first `add` until everything is acknowledged; every reading is added alone."""
    items = readings()
    with Pusher(url, api_key=key, settings=settings) as pusher:
        began = time.perf_counter()
        for item in items:
            pusher.add(item)
        pusher.flush(300.0)
        took = time.perf_counter() - began
        assert pusher.statistics.accepted == READINGS, pusher.statistics
    return took


def main() -> None:
    """Print a line for each way."""
    url, key = os.environ["FANSIPAN_INGEST_URL"], os.environ["FANSIPAN_INGEST_KEY"]
    settings = PushSettings(linger=0.05)
    with tempfile.TemporaryDirectory() as folder:
        ways: dict[str, Callable[[], float]] = {
            "bare loop": lambda: bare(url, key, packed=False),
            "bare loop, gzip": lambda: bare(url, key, packed=True),
            "pusher, memory": lambda: pushed(url, key, replace(settings, compression=None)),
            "pusher, memory, gzip": lambda: pushed(url, key, settings),
            "pusher, memory, zstd": lambda: pushed(url, key, replace(settings, compression="zstd")),
            "pusher, spool": lambda: pushed(url, key, replace(settings, compression=None, spool=folder)),
            "pusher, spool, gzip": lambda: pushed(url, key, replace(settings, spool=folder)),
        }
        bare(url, key, packed=False)  # what is registered and compiled on first use is not measured
        for name, way in ways.items():
            print(f"{name:24}{READINGS / way():>10,.0f} observations/s")


if __name__ == "__main__":
    main()
