"""The store and the cascade on a real database, without Kafka: batches against an oracle, two workers, fencing."""

import asyncio
import random
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from tests.support.rollups import assert_rollups_equal_raw

from fansipan_analytics.domain.records import Prepared
from fansipan_analytics.repository.observations import to_datetime, to_ms
from fansipan_analytics.repository.offsets import Fenced, load_offsets
from fansipan_analytics.service.cascade import Cascade
from fansipan_analytics.service.observations import Unusable
from fansipan_analytics.service.store import Store
from fansipan_common.contracts.observation_batch import decode_columns, encode_columns
from fansipan_common.db import Database, DatabaseAway
from fansipan_common.kafka import Partition
from fansipan_common.telemetry import metrics_of
from fansipan_indicators.calendars import load_calendar
from fansipan_indicators.location import catalogue_folder

PARTITION = Partition("observations.v1", 0)
START = to_ms(datetime(2026, 6, 30, 16, tzinfo=UTC))  # 23:00 in Việt Nam
METRICS = metrics_of("test")
CALENDAR = load_calendar(catalogue_folder() / "calendars" / "lao-cai.yaml")
Item = tuple[int, int, Any, int | None]
"""(datastream id, Unix ms, result, quality)"""


@pytest.fixture
async def database(database_url: str) -> AsyncGenerator[Database]:
    database = Database(database_url, application="test", max_size=4)
    yield database
    await database.close()


@pytest.fixture
async def streams(own: "asyncpg.Connection[Any]") -> list[int]:
    """Ids of datastreams without observations."""
    await own.execute(
        "TRUNCATE observation, observation_history, latest_observation, dirty_bucket, consumer_offset"
    )
    await own.execute("TRUNCATE rollup_1m, rollup_1h, rollup_1d")
    await own.execute(
        """
        INSERT INTO provider (key, name) VALUES ('p', 'P') ON CONFLICT DO NOTHING;
        INSERT INTO thing (provider_id, key, name) SELECT id, 't', 'T' FROM provider ON CONFLICT DO NOTHING;
        INSERT INTO sensor (key, name) VALUES ('s', 'S') ON CONFLICT DO NOTHING;
        INSERT INTO observed_property (key, name) VALUES ('o', 'O') ON CONFLICT DO NOTHING;
        INSERT INTO datastream (key, thing_id, sensor_id, observed_property_id, name, observation_type)
        SELECT 'p/t/' || n, t.id, s.id, o.id, 'D', 'x'
        FROM generate_series(1, 20) n, thing t, sensor s, observed_property o ON CONFLICT DO NOTHING;
        """
    )
    return [row["id"] for row in await own.fetch("SELECT id FROM datastream ORDER BY id")]


def prepared(items: list[Item]) -> Prepared:
    data = encode_columns(
        datastream_keys={},
        datastream_ids=[item[0] for item in items],
        phenomenon_ms=[item[1] for item in items],
        result=[item[2] for item in items],
        result_quality=[item[3] for item in items],
    )
    return Prepared(batches=[decode_columns(data)], rows=len(items))


class Member:
    """A member of the consumer group that owns one partition: commits batch after batch."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.store = Store(database, CALENDAR, metrics=METRICS)
        self.offset = 0

    async def begin(self) -> "Member":
        self.offset = (await load_offsets(self.database, {PARTITION}))[PARTITION]
        return self

    async def commit(self, items: list[Item]) -> None:
        await self.store.commit(prepared(items), {PARTITION: self.offset}, {PARTITION: self.offset + 1})
        self.offset += 1


def random_items(rng: random.Random, streams: list[int], size: int) -> list[Item]:
    """Few enough identities that many repeat, with equal and different results of every type."""
    return [
        (
            rng.choice(streams[:4]),
            START + rng.randrange(60) * 97_001,
            rng.choice([1.0, 2.5, -3.0, "wet", True, {"a": 1}]),
            rng.choice([None, None, 0, 2]),
        )
        for _ in range(size)
    ]


@pytest.mark.parametrize("seed", range(4))
async def test_batches_store_what_one_by_one_would(
    database: Database, streams: list[int], own: "asyncpg.Connection[Any]", seed: int
):
    rng = random.Random(seed)
    member = await Member(database).begin()
    current: dict[tuple[int, int], tuple[Any, int | None]] = {}
    history: dict[tuple[int, int], list[tuple[Any, int | None]]] = {}
    for _ in range(12):
        items = random_items(rng, streams, rng.choice([1, 3, 40, 200]))
        for stream, ms, result, quality in items:
            before = current.get((stream, ms))
            if before is not None and (before != (result, quality) or type(before[0]) is not type(result)):
                history.setdefault((stream, ms), []).append(before)
            current[stream, ms] = (result, quality)
        await member.commit(items)
        if rng.random() < 0.3:
            await Cascade(database, interval=1.0, metrics=METRICS).work_off()
        if rng.random() < 0.2:
            member.store.forget()

    def value(row: asyncpg.Record) -> tuple[Any, int | None]:
        return (row["result"] if row["result_json"] is None else row["result_json"], row["result_quality"])

    stored = await own.fetch("SELECT * FROM observation")
    assert {(r["datastream_id"], to_ms(r["phenomenon_time"])): value(r) for r in stored} == current
    kept: dict[tuple[int, int], list[tuple[Any, int | None]]] = {}
    for row in await own.fetch("SELECT * FROM observation_history ORDER BY id"):
        kept.setdefault((row["datastream_id"], to_ms(row["phenomenon_time"])), []).append(value(row))
    assert kept == history
    await Cascade(database, interval=1.0, metrics=METRICS).work_off()
    await assert_rollups_equal_raw(own)


async def test_two_workers_share_the_dirty_buckets_while_data_comes_in(
    database: Database, database_url: str, streams: list[int], own: "asyncpg.Connection[Any]"
):
    rng = random.Random(5)
    member = await Member(database).begin()
    databases = [Database(database_url, application=f"worker-{n}", max_size=2) for n in range(2)]
    workers = [asyncio.create_task(Cascade(each, interval=0.01, metrics=METRICS).run()) for each in databases]
    for _ in range(40):
        await member.commit(
            [
                (rng.choice(streams), START + rng.randrange(3 * 86_400_000), float(rng.randrange(1000)), None)
                for _ in range(100)
            ]
        )
    await assert_rollups_equal_raw(own)
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    for each in databases:
        await each.close()


async def test_who_no_longer_owns_the_partition_changes_nothing(
    database: Database, streams: list[int], own: "asyncpg.Connection[Any]"
):
    old, new = await Member(database).begin(), await Member(database).begin()
    await old.commit([(streams[0], START, 1.0, None)])
    with pytest.raises(Fenced):
        await new.commit([(streams[0], START, 2.0, None), (streams[1], START, 3.0, None)])
    new = await Member(database).begin()
    await new.commit([(streams[0], START + 1, 4.0, None)])
    with pytest.raises(Fenced, match="1 of 1 partitions were advanced by somebody else"):
        await old.commit([(streams[0], START, 5.0, None), (streams[2], START, 6.0, None)])
    rows = await own.fetch("SELECT datastream_id, phenomenon_time, result FROM observation ORDER BY 2")
    assert [tuple(row) for row in rows] == [
        (streams[0], to_datetime(START), 1.0),
        (streams[0], to_datetime(START + 1), 4.0),
    ]
    assert await own.fetchval("SELECT count(*) FROM observation_history") == 0
    assert await own.fetchval("SELECT next_offset FROM consumer_offset") == 2


async def test_a_batch_that_cannot_be_stored_moves_no_offset(
    database: Database, streams: list[int], own: "asyncpg.Connection[Any]"
):
    member = await Member(database).begin()
    with pytest.raises(Unusable, match="no such datastream: 2000000"):
        await member.commit([(streams[0], START, 1.0, None), (2_000_000, START, 1.0, None)])
    assert await own.fetchval("SELECT count(*) FROM observation") == 0
    assert await own.fetchval("SELECT next_offset FROM consumer_offset") == 0
    await member.commit([(streams[0], START, 1.0, None)])
    assert await own.fetchval("SELECT next_offset FROM consumer_offset") == 1


async def test_another_writers_rows_are_found_though_the_member_believed_them_new(
    database: Database, streams: list[int], own: "asyncpg.Connection[Any]"
):
    member = await Member(database).begin()
    await member.commit([(streams[0], START, 1.0, None)])
    other = await Member(database).begin()
    await other.commit([(streams[0], START + 5_000, 2.0, None)])
    await member.begin()
    await member.commit([(streams[0], START + 5_000, 3.0, None), (streams[0], START + 9_000, 4.0, None)])
    rows = await own.fetch("SELECT result FROM observation ORDER BY phenomenon_time")
    assert [row["result"] for row in rows] == [1.0, 3.0, 4.0]
    assert [row["result"] for row in await own.fetch("SELECT result FROM observation_history")] == [2.0]
    await Cascade(database, interval=1.0, metrics=METRICS).work_off()
    await assert_rollups_equal_raw(own)


async def test_a_value_that_has_no_form_in_the_database_is_no_outage(database: Database):
    with pytest.raises(asyncpg.DataError, match="boolean is required"):
        await database.execute("SELECT $1::boolean", "yes")
    with pytest.raises(DatabaseAway):
        await database.execute("SET LOCAL statement_timeout = 1; SELECT pg_sleep(1)")
    await database.ping()
