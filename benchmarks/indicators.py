"""`make bench-indicators`: how far indicators stay behind what is stored, while a province sends.

1,000 datastreams send a reading a second and public services 100 dossier events a second. Probes carry their own
number, so that a figure says which reading it knows; the lag is from a row being readable to the figure that counts
it being readable.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
import orjson
from rich.console import Console
from rich.table import Table

from benchmarks.processes import Sampler
from fansipan_local import Ports, Stack

ROOT: Final = Path(__file__).parent.parent
MUST_SECONDS: Final = 2.0
FLEET: Final = {
    "gauge": (100, ("water_level",)),
    "air": (100, ("pm2_5", "pm10", "so2", "no2", "co", "o3")),
    "road": (100, ("vehicle_speed", "vehicle_count")),
    "parking": (50, ("parking_occupied",)),
    "weather": (50, ("temperature",)),
}
"""Kinds of thing: how many, and what each measures. 1,000 datastreams in all."""
PROBES: Final = 5
AGENCIES: Final = 20
PROCEDURES: Final = 60
console = Console(width=110)


@dataclass(slots=True)
class Lag:
    """When each number of a probe could be read as a row, and when a figure knew it."""

    stored: dict[int, float] = field(default_factory=dict)
    known: dict[int, float] = field(default_factory=dict)
    stored_upto: int = 0
    known_upto: int = 0

    def saw(self, stored: int, known: int, now: float) -> None:
        """What can be read at `now` (monotonic seconds)."""
        for number in range(self.stored_upto + 1, stored + 1):
            self.stored[number] = now
        for number in range(self.known_upto + 1, known + 1):
            self.known[number] = now
        self.stored_upto, self.known_upto = max(self.stored_upto, stored), max(self.known_upto, known)

    def seconds(self, *, sent_upto: int) -> list[float]:
        """Lag of each number up to `sent_upto`. One that no figure knew by the end counts as never known."""
        return [
            max(0.0, self.known.get(number, float("inf")) - self.stored[number])
            for number in range(1, min(sent_upto, self.stored_upto) + 1)
        ]


_READINGS: Final = """
SELECT k.name, max(l.result)::int AS stored, (
    SELECT v.value::int FROM indicator_value v JOIN indicator_definition d ON d.id = v.definition_id
    JOIN indicator_subject s ON s.id = v.subject_id
    WHERE d.key = 'river-stage' AND s.kind = 'thing' AND s.key = k.name AND v.period = 'hour'
    ORDER BY v.period_start DESC LIMIT 1
) AS known
FROM unnest($1::text[], $2::integer[]) AS k (name, id) LEFT JOIN latest_observation l ON l.datastream_id = k.id
GROUP BY 1
"""
_CASES: Final = """
SELECT k.key AS name, f.known, f.known_denominator, f.known_samples
FROM unnest($1::text[]) AS k (key) LEFT JOIN LATERAL (
    SELECT v.value::int AS known, v.denominator::int AS known_denominator,
           v.sample_count::int AS known_samples
    FROM indicator_value v JOIN indicator_definition d ON d.id = v.definition_id
    JOIN indicator_subject s ON s.id = v.subject_id
    WHERE d.key = k.key AND s.kind = 'area' AND s.key = '15' AND v.period = 'year'
    ORDER BY v.period_start DESC LIMIT 1
) AS f ON true
"""
_COUNT: Final = "SELECT count(*)::int, count(finished_at)::int FROM dossier WHERE received_at "
_OLDER: Final = _COUNT + "< $1"
_NEWER: Final = _COUNT + ">= $1"
_LOOK_EVERY: Final = 0.05
_COUNT_EVERY: Final = 5.0
_IN_FLIGHT: Final = timedelta(seconds=30)


_OVER_CASES: Final = {
    "cases-received": "known",
    "d766-4.3": "known_denominator",
    "cases-median-days": "known_samples",
}
"""Indicators of the province over cases, and what of their figure says how many cases it knows."""


async def _counts(connection: "asyncpg.Connection[Any]", query: str, horizon: datetime) -> tuple[int, int]:
    """Dossiers that were received, and those of them that have ended."""
    received, ended = await connection.fetchrow(query, horizon) or (0, 0)
    return received, ended


class Watch:
    """Looks twenty times a second at what can be read, in few statements: the machine belongs to the platform.

    Dossiers received long ago are counted now and then, those that may be on their way each time.
    """

    def __init__(self, url: str, probes: Mapping[str, int]) -> None:
        self._url = url
        self._probes = probes
        self.lags: dict[str, Lag] = {name: Lag() for name in (*probes, *_OVER_CASES)}

    async def run(self) -> None:
        """Look until cancelled."""
        connection = await asyncpg.connect(self._url)
        older, horizon, counted = (0, 0), datetime(1970, 1, 1, tzinfo=UTC), 0.0
        try:
            while True:
                await asyncio.sleep(_LOOK_EVERY)
                for row in await connection.fetch(_READINGS, list(self._probes), list(self._probes.values())):
                    self._note(row["name"], row["stored"], row["known"])
                if time.monotonic() - counted > _COUNT_EVERY:
                    horizon, counted = datetime.now(UTC) - _IN_FLIGHT, time.monotonic()
                    older = await _counts(connection, _OLDER, horizon)
                newer = await _counts(connection, _NEWER, horizon)
                received, ended = older[0] + newer[0], older[1] + newer[1]
                for row in await connection.fetch(_CASES, list(_OVER_CASES)):
                    stored = ended if row["name"] == "cases-median-days" else received
                    self._note(row["name"], stored, row[_OVER_CASES[row["name"]]])
        finally:
            await connection.close()

    def _note(self, name: str, stored: int | None, known: int | None) -> None:
        self.lags[name].saw(stored or 0, known or 0, time.monotonic())


async def register(stack: Stack) -> dict[str, int]:
    """Things on communes and their datastreams, of provider `bench`; returns the probes: thing → datastream id."""
    database = await asyncpg.connect(stack.env["DATABASE_URL"])
    try:
        provider = await database.fetchval(
            "INSERT INTO provider (key, name) VALUES ('bench', 'bench') RETURNING id"
        )
        key_id = stack.env["FANSIPAN_INGEST_KEY"].split("_")[1]
        await database.execute("UPDATE api_key SET provider_id = $1 WHERE id = $2", provider, key_id)
        await database.execute(
            """
            INSERT INTO thing (provider_id, key, name, area_code, properties)
            SELECT $1, k.kind || '-' || n, k.kind, a.code,
                   '{"referenceSpeed": 50, "capacity": 100, "alarmLevels": {"bd1": 400, "bd2": 500, "bd3": 600}}'::jsonb
            FROM unnest($2::text[], $3::int[]) AS k (kind, size), generate_series(0, k.size - 1) AS n
            JOIN (SELECT code, row_number() OVER (ORDER BY code) - 1 AS place FROM area WHERE parent_code IS NOT NULL)
            AS a
                ON a.place = n % 99
            """,
            provider,
            list(FLEET),
            [size for size, _ in FLEET.values()],
        )
        await database.execute("INSERT INTO sensor (key, name) VALUES ('bench', 'bench')")
        await database.execute(
            "INSERT INTO observed_property (key, name) SELECT p, p FROM unnest($1::text[]) AS p",
            sorted({name for _, names in FLEET.values() for name in names}),
        )
        await database.execute(
            """
            INSERT INTO datastream (key, thing_id, sensor_id, observed_property_id, name, observation_type)
            SELECT 'bench/' || t.key || '/' || o.key, t.id, s.id, o.id, o.key,
                   'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement'
            FROM unnest($2::text[], $3::text[]) AS k (kind, property)
            JOIN thing t ON t.name = k.kind AND t.provider_id = $1
            JOIN observed_property o ON o.key = k.property CROSS JOIN sensor s
            """,
            provider,
            [kind for kind, (_, names) in FLEET.items() for _ in names],
            [name for _, names in FLEET.values() for name in names],
        )
        rows = await database.fetch(
            "SELECT key, id FROM datastream WHERE key = ANY($1)",
            [f"bench/gauge-{n}/water_level" for n in range(PROBES)],
        )
        return {row["key"].rsplit("/", 1)[0]: row["id"] for row in rows}
    finally:
        await database.close()


async def send_readings(http: httpx.AsyncClient, url: str, seconds: int) -> int:
    """A reading a second of every datastream, in ten requests a second; returns how many seconds were late."""
    late = 0
    began = time.monotonic()
    for second in range(1, seconds + 1):
        await asyncio.sleep(max(0.0, began + second - time.monotonic()))
        late += time.monotonic() > began + second + 1.0
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        answers = await asyncio.gather(
            *(http.post(url, content=_readings(part, second, now)) for part in range(10))
        )
        for answer in answers:
            answer.raise_for_status()
    return late


def _readings(part: int, second: int, now: str) -> bytes:
    return orjson.dumps(
        [
            {
                "datastream": f"bench/{kind}-{number}/{name}",
                "phenomenonTime": now,
                "result": second if kind == "gauge" else (number + second) % 60 + 5,
            }
            for kind, (size, names) in FLEET.items()
            for number in range(part, size, 10)
            for name in names
        ]
    )


async def send_dossiers(http: httpx.AsyncClient, url: str, seconds: int, per_second: int) -> int:
    """Dossier events, half of them receipts and half ends of those of ten seconds before; returns how many dossiers."""
    began, number = time.monotonic(), 0
    received: list[list[int]] = []
    for tick in range(seconds * 5):
        await asyncio.sleep(max(0.0, began + tick / 5 - time.monotonic()))
        now = datetime.now(UTC)
        fresh = list(range(number + 1, number + 1 + per_second // 10))
        number += len(fresh)
        received.append(fresh)
        ended = received[tick - 50] if tick >= 50 else []
        events = [_event("received", n, now) for n in fresh] + [_event("processed", n, now) for n in ended]
        answer = await http.post(
            url, content=orjson.dumps(events), headers={"Content-Type": "application/cloudevents-batch+json"}
        )
        answer.raise_for_status()
    return number


def _event(step: str, number: int, now: datetime) -> dict[str, Any]:
    data: dict[str, Any] = {
        "dossierId": f"bench-{number}",
        "agency": f"agency-{number % AGENCIES}",
        "area": f"{_COMMUNES[number % len(_COMMUNES)]}",
    }
    if step == "received":
        data |= {
            "procedure": f"procedure-{number % PROCEDURES}",
            "channel": ("online", "in-person", "postal")[number % 3],
            "dueAt": (now + timedelta(seconds=5 + number % 30)).isoformat(),
            "onlineService": "full",
            "hasFee": number % 2 == 0,
            "digitised": number % 4 != 0,
            "componentsReused": number % 3 == 0,
            "paperResultRequired": True,
        }
    else:
        data |= {"resultCode": "ok", "resultFile": number % 5 != 0}
    return {
        "specversion": "1.0",
        "id": f"{step}-{number}",
        "source": "//bench",
        "type": f"vn.fansipan.dossier.{step}.v1",
        "time": now.isoformat(),
        "data": data,
    }


_COMMUNES: Final = ("02647", "02671", "03006", "04252", "04288", "02683", "02839", "02947", "04303", "04375")


async def measure(stack: Stack, seconds: int, per_second: int) -> dict[str, Any]:
    """Send for `seconds` and watch; returns the figures of the report."""
    probes = await register(stack)
    watch = Watch(stack.env["DATABASE_URL"], probes)
    headers = {
        "Authorization": f"Bearer {stack.env['FANSIPAN_INGEST_KEY']}",
        "Content-Type": "application/json",
    }
    ingest = stack.env["FANSIPAN_INGEST_URL"]
    names = ("ingest", "analytics", "postgres", "kafka")
    sampler = Sampler({name: stack.pid(name) for name in names})
    async with httpx.AsyncClient(headers=headers, timeout=30.0) as http:
        watching = asyncio.create_task(watch.run())
        sampler.start()
        late, dossiers = await asyncio.gather(
            send_readings(http, f"{ingest}/v1/observations", seconds),
            send_dossiers(http, f"{ingest}/v1/service-events", seconds, per_second),
        )
        await asyncio.sleep(10.0)
        usage = sampler.stop()
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    sent = {name: seconds if name in probes else dossiers for name in watch.lags}
    series = [lag for name in probes for lag in watch.lags[name].seconds(sent_upto=sent[name])]
    cases = [
        lag
        for name in ("cases-received", "d766-4.3")
        for lag in watch.lags[name].seconds(sent_upto=sent[name])
    ]
    times = watch.lags["cases-median-days"].seconds(sent_upto=dossiers)
    return {
        "seconds": seconds,
        "datastreams": sum(size * len(names) for size, names in FLEET.values()),
        "dossier_events_per_second": per_second,
        "late_seconds_of_the_sender": late,
        "readings": _spread(series),
        "cases": _spread(cases),
        "processing times": _spread(times),
        "processes": {
            name: {"cpu_share": round(used.cpu_seconds / seconds, 2), "memory_mib": round(used.memory_mib)}
            for name, used in usage.items()
        },
    }


def _spread(lags: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(lags, n=100, method="inclusive")
    return {
        "count": len(lags),
        "p50": round(cuts[49], 3),
        "p95": round(cuts[94], 3),
        "p99": round(cuts[98], 3),
        "max": round(max(lags), 3),
    }


_KINDS: Final = ("readings", "cases", "processing times")


def show(report: dict[str, Any]) -> None:
    """Print what was measured."""
    table = Table(
        title=f"Seconds from a row being readable to the figure that counts it ({report['seconds']} s,"
        f" {report['datastreams']:,} datastreams at 1 Hz, {report['dossier_events_per_second']} dossier events/s)"
    )
    for heading in ("figures over", "samples", "p50", "p95", "p99", "max"):
        table.add_column(heading, justify="right")
    for name in _KINDS:
        spread = report[name]
        table.add_row(
            name, f"{spread['count']:,}", *(f"{spread[key]:.2f}" for key in ("p50", "p95", "p99", "max"))
        )
    console.print(table)
    usage = Table(title="Processes")
    for heading in ("process", "cores", "memory MiB"):
        usage.add_column(heading, justify="right")
    for name, used in report["processes"].items():
        usage.add_row(name, f"{used['cpu_share']:.2f}", f"{used['memory_mib']}")
    console.print(usage)
    worst = max(report[name]["p99"] for name in _KINDS)
    console.print(
        f"p99 {worst:.2f} s, must be ≤ {MUST_SECONDS:.1f} s: {'met' if worst <= MUST_SECONDS else 'NOT MET'}"
    )


async def main(seconds: int, per_second: int) -> int:
    """Run on a stack of its own; returns the exit code."""
    stack = Stack.at(ROOT / ".local" / "bench", ports=Ports.free())
    await asyncio.to_thread(stack.clean)
    console.print("starting a stack of its own …")
    try:
        await asyncio.to_thread(stack.up)
        report = await measure(stack, seconds, per_second)
    finally:
        await asyncio.to_thread(stack.down)
    show(report)
    path = ROOT / ".local" / "bench-indicators.json"
    path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    console.print(f"written to {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.indicators", description=__doc__)
    parser.add_argument("--seconds", type=int, default=300, help="how long to send")
    parser.add_argument("--events", type=int, default=100, help="dossier events a second")
    arguments = parser.parse_args()
    sys.exit(asyncio.run(main(arguments.seconds, arguments.events)))
