"""The restore drill: load, back up, load more, destroy the database, restore it, replay Kafka; all is as it was.

The database is on a server of the module's own, which archives its log. What was loaded, and how it looked then, is a
fixture (`loaded`); each test brings the services and the database into the state it needs, so none needs another.
"""

import asyncio
import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg
import httpx
import psycopg
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from psycopg import sql
from tests.conftest import ROOT
from tests.integration.conftest import Pipeline
from tests.support.archiving_server import ArchivingServer
from tests.support.backup import Backups
from tests.support.providers import make_key
from tests.support.restore_drill import (
    DOSSIERS,
    SIZE,
    Drill,
    reading,
    readings,
    received,
    returned,
)
from tests.support.sending import Sender

from fansipan_cli.database import connected
from fansipan_cli.store_replay.plan import Place
from fansipan_cli.store_replay.store_offsets import move_back, read_offsets
from fansipan_cli.store_replay.topic_reader import TopicReader
from fansipan_db import load_areas, migrate
from fansipan_local import Stack

_RESTORE_POINT = "half-way"
_REPLACED = "SELECT datastream_id, phenomenon_time, result FROM observation_history ORDER BY 1, 2, id"


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
