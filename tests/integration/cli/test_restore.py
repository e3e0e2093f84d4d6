"""The restore drill: load, back up, load more, destroy the database, restore it, replay Kafka; all is as it was."""

import asyncio
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psycopg
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from psycopg import sql
from tests.conftest import ROOT
from tests.integration.conftest import Pipeline, connect
from tests.support.backup import Backups
from tests.support.processes import ServiceProcess
from tests.support.providers import make_key
from tests.support.rollups import assert_rollups_equal_raw
from tests.support.sending import Sender

from fansipan_db import load_areas, migrate
from fansipan_local import Stack

SIZE = int(os.environ.get("FANSIPAN_RESTORE_READINGS", "8000"))
GAUGES = 20
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
        WHERE v.period_start < '2026-08-01' ORDER BY 1, 2, 3, 4, 5""",
}
_REPLACED = "SELECT datastream_id, phenomenon_time, result FROM observation_history ORDER BY 1, 2, id"
_QUEUES = ("dirty_bucket", "changed_series", "changed_case", "stale_value", "stale_definition")


def reading(thing: str, second: int, result: float) -> dict[str, Any]:
    hour, rest = divmod(second, 3600)
    day, hour = divmod(hour, 24)
    return {
        "datastream": f"acme/{thing}/water_level",
        "phenomenonTime": f"2026-07-{day + 1:02}T{hour:02}:{rest // 60:02}:{rest % 60:02}Z",
        "result": result,
    }


def readings(first: int, last: int, result: float) -> list[dict[str, Any]]:
    """Those of ten-second steps, of all gauges in turn."""
    return [reading(f"gauge-{n % GAUGES}", n // GAUGES * 10, result + n % 7) for n in range(first, last)]


def dossier_event(kind: str, number: int, hour: int, **data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"{number}-{kind}",
        "source": "/agencies/acme",
        "type": f"vn.fansipan.dossier.{kind}.v1",
        "time": f"2026-07-{hour // 24 + 1:02}T{hour % 24:02}:00:00Z",
        "data": {"dossierId": f"D{number}", "agency": "H38.1", "area": "02671"} | data,
    }


def received(number: int) -> dict[str, Any]:
    due = "2026-07-20T00:00:00Z"
    return dossier_event("received", number, number % 100, procedure="1.0", channel="online", dueAt=due)


@dataclass
class Drill:
    """The parts of one drill, and the command with their addresses."""

    pipeline: Pipeline
    backups: Backups
    http: httpx.AsyncClient
    running: list[ServiceProcess] = field(default_factory=list[ServiceProcess])

    async def start(self, *names: str, **environment: str) -> ServiceProcess:
        started = [self.pipeline.processes.start(name, **environment) for name in names]
        await asyncio.gather(*(process.ready() for process in started))
        self.running += started
        return started[-1]

    def kill(self) -> None:
        while self.running:
            self.running.pop().kill()

    def replay(self, *options: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {
            "DATABASE_URL": self.pipeline.database,
            "KAFKA_BOOTSTRAP_SERVERS": self.pipeline.kafka,
            "KAFKA_TOPIC_PREFIX": self.pipeline.prefix,
            "COLUMNS": "200",
        }
        return subprocess.run(
            [sys.executable, "-m", "fansipan_cli", "topics", "replay", *options],
            env=environment,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    async def state(self) -> dict[str, list[asyncpg.Record]]:
        """What the store says, once nothing is left to compute."""
        connection = await connect(self.pipeline.database)
        try:
            await assert_rollups_equal_raw(connection)
            quiet, until = 0, time.monotonic() + 60.0
            while quiet < 10:
                assert time.monotonic() < until, "figures are still being computed after a minute"
                waiting = [await connection.fetchval(f"SELECT count(*) FROM {queue}") for queue in _QUEUES]
                quiet = 0 if any(waiting) else quiet + 1
                await asyncio.sleep(0.1)
            return {name: await connection.fetch(query) for name, query in _STATE.items()}
        finally:
            await connection.close()

    async def value(self, query: str, *arguments: object) -> Any:
        connection = await connect(self.pipeline.database)
        try:
            return await connection.fetchval(query, *arguments)
        finally:
            await connection.close()

    async def rows(self, query: str) -> list[asyncpg.Record]:
        connection = await connect(self.pipeline.database)
        try:
            return await connection.fetch(query)
        finally:
            await connection.close()


@pytest.fixture(scope="module")
async def drill(
    pipeline: Pipeline, stack: Stack, http: httpx.AsyncClient, tmp_path_factory: pytest.TempPathFactory
) -> Drill:
    return Drill(pipeline, Backups(stack, tmp_path_factory.mktemp("backup")), http)


def same(found: dict[str, list[asyncpg.Record]], wanted: dict[str, list[asyncpg.Record]]) -> None:
    for name, rows in wanted.items():
        assert len(found[name]) == len(rows), name
        different = [(a, b) for a, b in zip(found[name], rows, strict=True) if tuple(a) != tuple(b)]
        assert not different, f"{name}: {different[:3]}"


async def test_restored_and_replayed_everything_is_as_it_was(drill: Drill, tmp_path: Path) -> None:
    key = make_key(drill.pipeline.database, "acme").key
    ingest = await drill.start("analytics", "ingest")
    sender = Sender(drill.http, ingest.url, key)
    half = SIZE // 2
    await sender.store(readings(0, half, 1.0))
    await sender.store_events(*(received(number) for number in range(200)))

    backup = tmp_path / "fansipan.dump"
    await asyncio.to_thread(drill.backups.dump, drill.pipeline.database, backup)

    await sender.store(readings(half, SIZE, 2.0))
    await sender.store(readings(0, 500, 50.0))  # corrections of what is in the backup,
    await sender.store(readings(half, half + 500, 60.0))  # of what is not,
    await sender.store(readings(0, 100, 70.0))  # and of corrections
    await sender.store([reading("new-gauge", n, 3.0) for n in range(300)])  # registered after the backup
    await sender.store([reading("new-gauge", n, 4.0) for n in range(50)])
    await sender.store_events(
        *(dossier_event("returned", number, 300 + number, resultCode="1") for number in range(0, 200, 2))
    )
    before, replaced = await drill.state(), await drill.rows(_REPLACED)
    assert len(before["observations"]) == SIZE + 300
    assert {row["key"] for row in before["figures"]} > {"river-stage"}
    assert any(row["subject"] == "acme/new-gauge" for row in before["figures"])
    letters = await drill.value("SELECT count(*) FROM dead_letter")

    drill.kill()
    await asyncio.to_thread(drill.backups.restore, drill.pipeline.database, backup)
    assert await drill.value("SELECT count(*) FROM observation") == half
    assert await drill.value("SELECT count(*) FROM datastream WHERE key LIKE 'acme/new-gauge/%'") == 0

    tried = drill.replay("--dry-run")
    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert "1 datastreams are registered again: acme/new-gauge/water_level" in tried.stdout
    assert "nothing was changed" in tried.stdout
    assert await drill.value("SELECT count(*) FROM datastream WHERE key LIKE 'acme/new-gauge/%'") == 0
    assert drill.replay("--no-wait").returncode == 0
    await drill.start("analytics")
    done = drill.replay()
    assert done.returncode == 0, done.stdout + done.stderr

    same(await drill.state(), before)
    assert await drill.rows(_REPLACED) == replaced
    assert await drill.value("SELECT count(*) FROM dead_letter") == letters
    newest = await drill.value("SELECT max(id) FROM datastream")
    sender = Sender(drill.http, (await drill.start("ingest")).url, key)
    await sender.store([reading("later-gauge", 1, 1.0)])
    assert await drill.value("SELECT max(id) FROM datastream") > newest


async def test_a_full_store_takes_them_again_and_is_as_it_was(drill: Drill) -> None:
    """While analytics runs, and without telling it: it finds out by itself."""
    before = await drill.state()
    done = drill.replay("--from", "1d")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "partitions were moved" in done.stdout
    assert "records/s" in done.stdout
    same(await drill.state(), before)
    assert await drill.value("SELECT count(*) FROM audit_event WHERE action = 'store.replayed'") >= 1
    again = drill.replay("--from", "2100-01-01T00:00:00Z")  # nothing is passed over, nothing is moved
    assert again.returncode == 0, again.stdout + again.stderr
    assert "0 records are taken; 0 partitions were moved" in again.stdout
    only = drill.replay("--from", "1d", "--into", "service-events", "--dry-run")
    assert "observations.v1" not in only.stdout


async def test_without_a_backup_an_empty_database_gets_what_kafka_has(drill: Drill) -> None:
    before = await drill.state()
    drill.kill()
    lost = drill.pipeline
    anew = lost.database + "_anew"
    with psycopg.connect(lost.database, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(anew.rpartition("/")[2])))
    await asyncio.to_thread(migrate, anew)
    await asyncio.to_thread(load_areas, anew, ROOT / "catalogue")
    drill.pipeline = replace(lost, database=anew)
    try:
        assert drill.replay("--no-wait").returncode == 0
        await drill.start("analytics", DATABASE_URL=anew)
        done = drill.replay()
        assert done.returncode == 0, done.stdout + done.stderr
        found = await drill.state()
        same(found, {name: rows for name, rows in before.items() if name not in ("events", "figures")})
        assert len(found["events"]) == len(before["events"])
        stages = {
            name: [tuple(row)[2:] for row in state["figures"] if row["key"] == "river-stage"]
            for name, state in (("before", before), ("after", found))
        }
        assert stages["after"] == stages["before"] != []
    finally:
        drill.kill()
        drill.pipeline = lost
        with psycopg.connect(lost.database, autocommit=True) as admin:
            name = sql.Identifier(anew.rpartition("/")[2])
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


async def test_a_time_that_cannot_be_read(drill: Drill) -> None:
    wrong = drill.replay("--from", "yesterday")
    assert (wrong.returncode, "is no time" in wrong.stderr) == (2, True)


async def test_ids_that_were_given_to_others_meanwhile(drill: Drill) -> None:
    with psycopg.connect(drill.pipeline.database, autocommit=True) as connection:
        connection.execute(
            "UPDATE datastream SET key = 'acme/other/x' WHERE key = 'acme/new-gauge/water_level'"
        )
        refused = drill.replay("--from", "1d")
        connection.execute(
            "UPDATE datastream SET key = 'acme/new-gauge/water_level' WHERE key = 'acme/other/x'"
        )
    assert refused.returncode == 1
    assert "have other ids in Kafka than in the store" in refused.stderr
    assert "acme/other/x in the store" in refused.stderr


async def test_what_kafka_no_longer_has_is_said(drill: Drill) -> None:
    topic = f"{drill.pipeline.prefix}observations.v1"
    drill.kill()
    rows = await drill.rows(
        "SELECT topic, partition, next_offset FROM consumer_offset WHERE consumer = 'store'"
    )
    ends = {row["partition"]: row["next_offset"] for row in rows if row["topic"] == topic}
    partition = max(ends, key=lambda number: ends[number])
    assert ends[partition] > 3
    admin = AIOKafkaAdminClient(bootstrap_servers=drill.pipeline.kafka)
    await admin.start()
    try:
        await admin.delete_records({TopicPartition(topic, partition): RecordsToDelete(ends[partition] - 1)})
    finally:
        await admin.close()
    await _set_offset(drill, topic, partition, 1)
    refused = drill.replay("--no-wait")
    first = f"{ends[partition] - 1:,}"
    assert refused.returncode == 1
    assert f"Kafka no longer has {ends[partition] - 2:,} records" in refused.stdout.replace("\n", " ")
    assert f"offset {first}" in refused.stdout.replace("\n", " ")
    assert "--accept-loss" in refused.stderr
    accepted = drill.replay("--no-wait", "--accept-loss")
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr
    assert await _offset(drill, topic, partition) == ends[partition] - 1

    await _set_offset(drill, topic, partition, ends[partition] + 1_000)  # as after Kafka was made anew
    refused = drill.replay("--no-wait")
    assert "further than Kafka has ever been" in refused.stderr
    analytics = drill.pipeline.processes.start("analytics")  # it takes nothing, rather than pass over all
    drill.running.append(analytics)
    async with asyncio.timeout(60.0):
        while "it was made anew" not in analytics.log:
            await asyncio.sleep(0.2)
    parts = await analytics.ready(503)
    assert "made anew" in str(parts)
    drill.kill()
    anew = drill.replay("--no-wait", "--from", "1d")
    assert anew.returncode == 0, anew.stdout + anew.stderr
    assert await _offset(drill, topic, partition) == ends[partition] - 1


async def test_waiting_ends_when_nobody_stores(drill: Drill) -> None:
    waited = drill.replay("--from", "1d", "--patience", "1")
    assert waited.returncode == 1
    assert "the store has not moved for 1 s" in waited.stderr


async def _offset(drill: Drill, topic: str, partition: int) -> int:
    return await drill.value(
        "SELECT next_offset FROM consumer_offset WHERE consumer = 'store' AND topic = $1 AND partition = $2",
        topic,
        partition,
    )


async def _set_offset(drill: Drill, topic: str, partition: int, offset: int) -> None:
    await drill.value(
        "UPDATE consumer_offset SET next_offset = $3 WHERE consumer = 'store' AND topic = $1 AND partition = $2",
        topic,
        partition,
        offset,
    )
