"""The parts of a restore drill: what is loaded, and the command with the addresses of what is restored."""

import asyncio
import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
from tests.integration.conftest import Pipeline, connect
from tests.support.archiving_server import ArchivingServer
from tests.support.backup import Backups
from tests.support.command import Ran, run_command
from tests.support.processes import ServiceProcess
from tests.support.rollups import assert_rollups_equal_raw

SIZE = int(os.environ.get("FANSIPAN_RESTORE_READINGS", "3000"))
GAUGES = 10
DOSSIERS = 100
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
BEGIN = TODAY - timedelta(days=4)  # long enough ago for its days to be over, and soon computed up to now
_STATE = {
    "observations": """
        SELECT d.id, d.key, o.phenomenon_time, o.result, o.result_json, o.result_quality, o.parameters
        FROM observation o JOIN datastream d ON d.id = o.datastream_id ORDER BY 1, 3""",
    "minutes": "SELECT * FROM rollup_1m ORDER BY datastream_id, bucket",
    "hours": "SELECT * FROM rollup_1h ORDER BY datastream_id, bucket",
    "days": "SELECT * FROM rollup_1d ORDER BY datastream_id, bucket",
    "latest": "SELECT datastream_id, phenomenon_time, result, result_json FROM latest_observation ORDER BY 1",
    "events": "SELECT provider_id, source, event_id, type, time, data FROM service_event ORDER BY 1, 2, 3",
    "dossiers": "SELECT dossier_id, state, agency, received_at, finished_at, event_count FROM dossier ORDER BY 1",
    "figures": """
        SELECT d.key, s.kind, s.key AS subject, v.period, v.period_start, v.value, v.band, v.numerator, v.denominator,
               v.sample_count
        FROM indicator_value v JOIN indicator_definition d ON d.id = v.definition_id
        JOIN indicator_subject s ON s.id = v.subject_id
        WHERE v.period IN ('hour', 'day') AND v.period_start < now() - interval '50 hours' ORDER BY 1, 2, 3, 4, 5""",
}
# The lane of data health has its turn each half minute only.
_AT_ONCE = "UPDATE evaluation_lane SET evaluated_at = now() - interval '1 hour' WHERE name = 'health'"
_QUEUES = ("dirty_bucket", "changed_series", "changed_case", "stale_value", "stale_definition")


def reading(thing: str, second: int, result: float) -> dict[str, Any]:
    """Of a gauge, so many seconds after the beginning."""
    return {
        "datastream": f"acme/{thing}/water_level",
        "phenomenonTime": (BEGIN + timedelta(seconds=second)).isoformat(),
        "result": result,
    }


def readings(first: int, last: int, result: float) -> list[dict[str, Any]]:
    """Those of ten-second steps, of all gauges in turn."""
    return [reading(f"gauge-{n % GAUGES}", n // GAUGES * 10, result + n % 7) for n in range(first, last)]


def dossier_event(kind: str, number: int, hour: int, **data: Any) -> dict[str, Any]:
    """Something that happened to a dossier, so many hours after the beginning."""
    return {
        "specversion": "1.0",
        "id": f"{number}-{kind}",
        "source": "/agencies/acme",
        "type": f"vn.fansipan.dossier.{kind}.v1",
        "time": (BEGIN + timedelta(hours=hour)).isoformat(),
        "data": {"dossierId": f"D{number}", "agency": "H38.1", "area": "02671"} | data,
    }


def received(number: int) -> dict[str, Any]:
    """That a dossier came."""
    due = (BEGIN + timedelta(days=2)).isoformat()
    return dossier_event("received", number, number % 20, procedure="1.0", channel="online", dueAt=due)


def returned(number: int) -> dict[str, Any]:
    """That it was done."""
    return dossier_event("returned", number, 24 + number % 20, resultCode="1")


@dataclass
class Drill:
    """The parts of one drill, and the command with their addresses."""

    pipeline: Pipeline
    backups: Backups
    server: ArchivingServer
    http: httpx.AsyncClient
    running: dict[str, ServiceProcess] = field(default_factory=dict[str, ServiceProcess])

    async def start(self, *names: str, **environment: str) -> ServiceProcess:
        """Have services running; returns the last one."""
        for name in names:
            if name not in self.running:
                self.running[name] = self.pipeline.processes.start(name, **environment)
        await asyncio.gather(*(self.running[name].ready() for name in names))
        return self.running[names[-1]]

    async def stop(self) -> None:
        """Stop all services, as the runbook says: another member then takes over at once."""
        stopped, self.running = self.running, {}
        await asyncio.gather(*(process.terminate() for process in stopped.values()))

    async def replay(self, *options: str) -> Ran:
        """`fansipan topics replay`."""
        return await run_command(
            "topics",
            "replay",
            *options,
            DATABASE_URL=self.pipeline.database,
            KAFKA_BOOTSTRAP_SERVERS=self.pipeline.kafka,
            KAFKA_TOPIC_PREFIX=self.pipeline.prefix,
        )

    async def state(self) -> dict[str, list[asyncpg.Record]]:
        """What the store says, once nothing is left to compute."""
        connection = await connect(self.pipeline.database)
        try:
            await assert_rollups_equal_raw(connection)
            quiet, until = 0, time.monotonic() + 120.0
            while quiet < 5:
                assert time.monotonic() < until, "figures are still being computed after two minutes"
                await connection.execute(_AT_ONCE)
                waiting = [await connection.fetchval(f"SELECT count(*) FROM {queue}") for queue in _QUEUES]
                quiet = 0 if any(waiting) else quiet + 1
                await asyncio.sleep(0.1)
            return {name: await connection.fetch(query) for name, query in _STATE.items()}
        finally:
            await connection.close()

    async def value(self, query: str, *arguments: object) -> Any:
        """The first value of a query."""
        connection = await connect(self.pipeline.database)
        try:
            return await connection.fetchval(query, *arguments)
        finally:
            await connection.close()

    async def rows(self, query: str) -> list[asyncpg.Record]:
        """All rows of a query."""
        connection = await connect(self.pipeline.database)
        try:
            return await connection.fetch(query)
        finally:
            await connection.close()
