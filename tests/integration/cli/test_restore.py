"""The restore drill: load, back up, load more, destroy the database, restore it, replay Kafka; all is as it was.

The database is on a server of the module's own, which archives its log. What was loaded, and how it looked then, is a
fixture (`loaded`); each test brings the services and the database into the state it needs, so none needs another.
"""

import asyncio
import os
import time
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
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
from tests.support.archiving_server import ArchivingServer
from tests.support.backup import Backups
from tests.support.command import Ran, run_command
from tests.support.processes import ServiceProcess
from tests.support.providers import make_key
from tests.support.rollups import assert_rollups_equal_raw
from tests.support.sending import Sender

from fansipan_cli.database import connected
from fansipan_cli.store_replay.plan import Place
from fansipan_cli.store_replay.store_offsets import move_back, read_offsets
from fansipan_cli.store_replay.topic_reader import TopicReader
from fansipan_db import load_areas, migrate
from fansipan_local import Stack

SIZE = int(os.environ.get("FANSIPAN_RESTORE_READINGS", "3000"))
GAUGES = 10
DOSSIERS = 100
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
BEGIN = TODAY - timedelta(days=4)  # long enough ago for its days to be over, and soon computed up to now
_RESTORE_POINT = "half-way"
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
_REPLACED = "SELECT datastream_id, phenomenon_time, result FROM observation_history ORDER BY 1, 2, id"
# The lane of data health has its turn each half minute only.
_AT_ONCE = "UPDATE evaluation_lane SET evaluated_at = now() - interval '1 hour' WHERE name = 'health'"
_QUEUES = ("dirty_bucket", "changed_series", "changed_case", "stale_value", "stale_definition")


def reading(thing: str, second: int, result: float) -> dict[str, Any]:
    return {
        "datastream": f"acme/{thing}/water_level",
        "phenomenonTime": (BEGIN + timedelta(seconds=second)).isoformat(),
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
        "time": (BEGIN + timedelta(hours=hour)).isoformat(),
        "data": {"dossierId": f"D{number}", "agency": "H38.1", "area": "02671"} | data,
    }


def received(number: int) -> dict[str, Any]:
    due = (BEGIN + timedelta(days=2)).isoformat()
    return dossier_event("received", number, number % 20, procedure="1.0", channel="online", dueAt=due)


def returned(number: int) -> dict[str, Any]:
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


@dataclass(frozen=True)
class Loaded:
    """What was loaded, how it looked, and the backups that were made on the way.

    Attributes:
        half: observations when the dump and the base backup were made.
        archived: observations at the restore point.
    """

    drill: Drill
    key: str
    dump: Path
    half: int
    archived: int
    before: dict[str, list[asyncpg.Record]]
    replaced: list[asyncpg.Record]
    letters: int


@pytest.fixture(scope="module")
def server(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Generator[ArchivingServer]:
    own = ArchivingServer(stack, tmp_path_factory.mktemp("server") / "postgres")
    own.start()
    yield own
    own.stop()


@pytest.fixture(scope="module")
def database_url(server: ArchivingServer) -> str:
    """On the own server, in place of the shared one's."""
    url = server.create("drill")
    migrate(url)
    load_areas(url, ROOT / "catalogue")
    return url


@pytest.fixture(scope="module")
async def loaded(
    pipeline: Pipeline,
    server: ArchivingServer,
    stack: Stack,
    http: httpx.AsyncClient,
    tmp_path_factory: pytest.TempPathFactory,
) -> Loaded:
    folder = tmp_path_factory.mktemp("backup")
    drill = Drill(pipeline, Backups(stack, folder), server, http)
    key = make_key(pipeline.database, "acme").key
    sender = Sender(http, (await drill.start("analytics", "ingest")).url, key)
    half, archived = SIZE // 3, SIZE * 2 // 3
    await sender.store(readings(0, half, 1.0))
    await sender.store_events(*(received(number) for number in range(DOSSIERS)))

    dump = folder / "fansipan.dump"
    await asyncio.gather(
        asyncio.to_thread(drill.backups.dump, pipeline.database, dump),
        asyncio.to_thread(server.base_backup, "base"),
    )

    await sender.store(readings(half, archived, 2.0))
    await sender.store(readings(0, 200, 50.0))  # corrections of what is in the backups
    await asyncio.to_thread(server.restore_point, _RESTORE_POINT)

    await sender.store(readings(archived, SIZE, 3.0))
    await sender.store(readings(half, half + 200, 60.0))  # corrections of what is not in the dump,
    await sender.store(readings(0, 50, 70.0))  # and of corrections
    await sender.store([reading("new-gauge", n, 3.0) for n in range(100)])  # registered after the backups
    await sender.store([reading("new-gauge", n, 4.0) for n in range(20)])
    await sender.store_events(*(returned(number) for number in range(0, DOSSIERS, 2)))

    before = await drill.state()
    assert len(before["observations"]) == SIZE + 100
    assert {row["key"] for row in before["figures"]} > {"river-stage"}
    assert any(row["subject"] == "acme/new-gauge" for row in before["figures"])
    letters = await drill.value("SELECT count(*) FROM dead_letter")
    return Loaded(drill, key, dump, half, archived, before, await drill.rows(_REPLACED), letters)


def same(found: dict[str, list[asyncpg.Record]], wanted: dict[str, list[asyncpg.Record]]) -> None:
    for name, rows in wanted.items():
        assert len(found[name]) == len(rows), name
        different = [(a, b) for a, b in zip(found[name], rows, strict=True) if tuple(a) != tuple(b)]
        assert not different, f"{name}: {different[:3]}"


async def test_from_a_dump(loaded: Loaded) -> None:
    drill = loaded.drill
    await drill.stop()
    await asyncio.to_thread(drill.backups.restore, drill.pipeline.database, loaded.dump)
    assert await drill.value("SELECT count(*) FROM observation") == loaded.half
    assert await drill.value("SELECT count(*) FROM datastream WHERE key LIKE 'acme/new-gauge/%'") == 0

    tried = await drill.replay("--dry-run")
    assert tried.code == 0, tried.output
    assert "1 datastreams are registered again: acme/new-gauge/water_level" in tried.output
    assert "nothing was changed" in tried.output
    assert await drill.value("SELECT count(*) FROM datastream WHERE key LIKE 'acme/new-gauge/%'") == 0
    registered = await drill.replay("--no-wait")
    assert registered.code == 0, registered.output
    await drill.start("analytics")
    done = await drill.replay()  # only watches: a store that is under way is not moved
    assert done.code == 0, done.output
    assert "0 partitions were moved" in done.output

    same(await drill.state(), loaded.before)
    assert await drill.rows(_REPLACED) == loaded.replaced
    assert await drill.value("SELECT count(*) FROM dead_letter") == loaded.letters


async def test_from_a_base_backup_and_the_archive_to_a_point_in_time(loaded: Loaded) -> None:
    drill = loaded.drill
    await drill.stop()
    await asyncio.to_thread(drill.server.destroy)
    await asyncio.to_thread(drill.server.restore, "base", _RESTORE_POINT)
    assert await drill.value("SELECT count(*) FROM observation") == loaded.archived
    assert await drill.value("SELECT count(*) FROM datastream WHERE key LIKE 'acme/new-gauge/%'") == 0

    registered = await drill.replay("--no-wait")
    assert registered.code == 0, registered.output
    assert "1 datastreams are registered again" in registered.output
    await drill.start("analytics")
    done = await drill.replay()
    assert done.code == 0, done.output
    same(await drill.state(), loaded.before)
    assert await drill.rows(_REPLACED) == loaded.replaced


async def test_a_full_store_takes_them_again_and_is_as_it_was(loaded: Loaded) -> None:
    """While analytics runs, and without telling it: it finds out by itself."""
    drill = loaded.drill
    await drill.start("analytics")
    done = await drill.replay("--from", "1d")
    assert done.code == 0, done.output
    assert "partitions were moved" in done.output
    assert "records/s" in done.output
    same(await drill.state(), loaded.before)
    assert await drill.value("SELECT count(*) FROM audit_event WHERE action = 'store.replayed'") >= 1
    again = await drill.replay("--from", "2100-01-01T00:00:00Z")  # nothing is passed over, nothing is moved
    assert again.code == 0, again.output
    assert "0 records are taken; 0 partitions were moved" in again.output
    only = await drill.replay("--from", "1d", "--into", "service-events", "--dry-run")
    assert "observations.v1" not in only.output


async def test_without_a_backup_an_empty_database_gets_what_kafka_has(loaded: Loaded) -> None:
    drill = loaded.drill
    await drill.stop()
    lost = drill.pipeline
    anew = await asyncio.to_thread(drill.server.create, "anew")
    await asyncio.to_thread(migrate, anew)
    await asyncio.to_thread(load_areas, anew, ROOT / "catalogue")
    drill.pipeline = replace(lost, database=anew)
    try:
        registered = await drill.replay("--no-wait")
        assert registered.code == 0, registered.output
        await drill.start("analytics", DATABASE_URL=anew)
        done = await drill.replay()
        assert done.code == 0, done.output
        found = await drill.state()
        whole = {name: rows for name, rows in loaded.before.items() if name not in ("events", "figures")}
        same(found, whole)
        assert len(found["events"]) == len(loaded.before["events"])
        stages = {
            name: [tuple(row)[2:] for row in state["figures"] if row["key"] == "river-stage"]
            for name, state in (("before", loaded.before), ("after", found))
        }
        assert stages["after"] == stages["before"] != []
    finally:
        await drill.stop()
        drill.pipeline = lost
        with psycopg.connect(lost.database, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE anew WITH (FORCE)"))


async def test_new_datastreams_get_new_ids(loaded: Loaded) -> None:
    drill = loaded.drill
    newest = await drill.value("SELECT max(id) FROM datastream")
    sender = Sender(drill.http, (await drill.start("analytics", "ingest")).url, loaded.key)
    await sender.store([reading("later-gauge", 1, 1.0)])
    assert await drill.value("SELECT max(id) FROM datastream") > newest


@pytest.mark.parametrize(
    ("first", "wanted", "now_at", "goes_to"),
    [
        (0, None, 50, 50),  # nothing is asked: a store that has gone on since 10 stays where it is
        (0, 5, 50, 5),  # asked for: back
        (0, 5, 3, 3),  # somebody else moved it further back
        (60, None, 50, 60),  # past what is gone
        (60, None, 70, 70),  # it is past that by itself
    ],
)
def test_a_store_that_moves_is_moved_only_as_far_as_was_asked(
    database_url: str, first: int, wanted: int | None, now_at: int, goes_to: int
) -> None:
    place = Place("elsewhere", 0, first, 100, 10, wanted)  # looked at when the store was at 10
    with connected(database_url) as connection:
        connection.execute("INSERT INTO consumer_offset VALUES ('store', 'elsewhere', 0, %s)", [now_at])
        moved = move_back(connection, [place])
        offsets = read_offsets(connection, ["elsewhere"])
        connection.rollback()
    assert offsets == {("elsewhere", 0): goes_to}
    assert moved == (goes_to != now_at)


async def test_a_time_that_cannot_be_read(loaded: Loaded) -> None:
    wrong = await loaded.drill.replay("--from", "yesterday")
    assert (wrong.code, "is no time" in wrong.output) == (2, True)


async def test_ids_that_were_given_to_others_meanwhile(loaded: Loaded) -> None:
    drill = loaded.drill
    rename = "UPDATE datastream SET key = $1 WHERE key = $2"
    await drill.value(rename, "acme/other/x", "acme/new-gauge/water_level")
    refused = await drill.replay("--from", "1d")
    await drill.value(rename, "acme/new-gauge/water_level", "acme/other/x")
    assert refused.code == 1, refused.output
    assert "have other ids in Kafka than in the store" in refused.output
    assert "acme/other/x in the store" in refused.output


async def test_waiting_ends_when_nobody_stores(loaded: Loaded) -> None:
    await loaded.drill.stop()
    waited = await loaded.drill.replay("--from", "1d", "--patience", "1")
    assert waited.code == 1, waited.output
    assert "the store has not moved for 1 s" in waited.output


async def test_what_kafka_no_longer_has_is_said(loaded: Loaded) -> None:
    """The last: it takes records away."""
    drill = loaded.drill
    topic = f"{drill.pipeline.prefix}observations.v1"
    await drill.stop()
    ends = {
        place.partition: place.end
        for place in await TopicReader(drill.pipeline.kafka).places([topic], {}, None)
    }
    partition = max(ends, key=lambda number: ends[number])
    end = ends[partition]
    assert end > 3
    admin = AIOKafkaAdminClient(bootstrap_servers=drill.pipeline.kafka)
    await admin.start()
    try:
        await admin.delete_records({TopicPartition(topic, partition): RecordsToDelete(end - 1)})
    finally:
        await admin.close()
    await _set_offset(drill, topic, partition, 1)
    refused = await drill.replay("--no-wait")
    assert refused.code == 1
    assert f"Kafka no longer has {end - 2:,} records" in refused.output
    assert f"offset {end - 1:,}" in refused.output
    assert "--accept-loss" in refused.output
    accepted = await drill.replay("--no-wait", "--accept-loss")
    assert accepted.code == 0, accepted.output
    assert await _offset(drill, topic, partition) == end - 1

    await _set_offset(drill, topic, partition, end + 1_000)  # as after Kafka was made anew
    refused = await drill.replay("--no-wait")
    assert "further than Kafka has ever been" in refused.output
    analytics = drill.pipeline.processes.start("analytics")  # it takes nothing, rather than pass over all
    drill.running["analytics"] = analytics
    until = time.monotonic() + 180.0
    while "it was made anew" not in analytics.log:
        assert time.monotonic() < until, analytics.log[-4000:]
        await asyncio.sleep(0.2)
    parts = await analytics.ready(503)
    assert "made anew" in str(parts)
    await drill.stop()
    anew = await drill.replay("--no-wait", "--from", "1d")
    assert anew.code == 0, anew.output
    assert await _offset(drill, topic, partition) == end - 1


async def _offset(drill: Drill, topic: str, partition: int) -> int:
    return await drill.value(
        "SELECT next_offset FROM consumer_offset WHERE consumer = 'store' AND topic = $1 AND partition = $2",
        topic,
        partition,
    )


async def _set_offset(drill: Drill, topic: str, partition: int, offset: int) -> None:
    await drill.value(
        "INSERT INTO consumer_offset (consumer, topic, partition, next_offset) VALUES ('store', $1, $2, $3)"
        " ON CONFLICT (consumer, topic, partition) DO UPDATE SET next_offset = excluded.next_offset",
        topic,
        partition,
        offset,
    )
