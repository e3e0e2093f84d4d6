"""Observations that are taken back, and time series of datastreams that were deleted, on a real database."""

import random
from collections.abc import AsyncGenerator
from typing import Any

import asyncpg
import numpy as np
import pytest
from tests.integration.analytics.test_store_and_cascade import (
    CALENDAR,
    METRICS,
    PARTITION,
    START,
    database,
    streams,
)
from tests.support.rollups import assert_rollups_equal_raw

from fansipan_analytics.domain.batch import Rows
from fansipan_analytics.domain.records import Prepared
from fansipan_analytics.repository.observations import to_datetime, to_ms
from fansipan_analytics.repository.offsets import load_offsets
from fansipan_analytics.service.cascade import Cascade
from fansipan_analytics.service.observations import FallenBack
from fansipan_analytics.service.store import Store
from fansipan_analytics.service.sweeping import Sweeping
from fansipan_common.contracts.observation_batch import decode_columns, encode_columns
from fansipan_common.db import Database

__all__ = ["database", "streams"]

DELETED = object()
Item = tuple[int, int, Any, int | None]
"""(datastream id, Unix ms, result or DELETED, feature id)"""
LENGTH = 60


class Member:
    """A member of the consumer group that owns one partition, and what it says of latest readings."""

    def __init__(self, database: Database) -> None:
        self.latest: dict[int, tuple[int, float | None]] = {}
        self.store = Store(
            database, CALENDAR, metrics=METRICS, observed=self._observed, fell_back=self._fell_back
        )
        self.database = database
        self.offset = 0

    async def begin(self) -> "Member":
        self.offset = (await load_offsets(self.database, {PARTITION}))[PARTITION]
        return self

    async def commit(self, items: list[Item]) -> None:
        data = encode_columns(
            datastream_keys={},
            datastream_ids=[item[0] for item in items],
            phenomenon_ms=[item[1] for item in items],
            result=[None if item[2] is DELETED else item[2] for item in items],
            feature_ids=[item[3] for item in items],
            deleted=[item[2] is DELETED for item in items],
        )
        prepared = Prepared(batches=[decode_columns(data)], rows=len(items))
        await self.store.commit(prepared, {PARTITION: self.offset}, {PARTITION: self.offset + 1})
        self.offset += 1

    def _observed(self, rows: Rows) -> None:
        for row in range(len(rows)):
            value = float(rows.values[row])
            self.latest[int(rows.ids[row])] = (int(rows.ms[row]), None if np.isnan(value) else value)

    def _fell_back(self, newest: FallenBack) -> None:
        for datastream_id, found in newest.items():
            if found is None:
                self.latest.pop(datastream_id, None)
            else:
                self.latest[datastream_id] = (found[0], found[1].value)


@pytest.fixture
async def features(own: "asyncpg.Connection[Any]") -> AsyncGenerator[list[int]]:
    """Two features of interest, and an id that is none."""
    rows = await own.fetch(
        "INSERT INTO feature_of_interest (name, description, encoding_type, feature)"
        " SELECT 'f' || n, '', 'application/geo+json', '{}' FROM generate_series(1, 2) n RETURNING id"
    )
    yield [*(row["id"] for row in rows), 2_000_000_000]
    await own.execute("DELETE FROM datastream_feature")


def random_items(rng: random.Random, streams: list[int], features: list[int], size: int) -> list[Item]:
    """Few enough identities that they come, go and come again."""
    return [
        (
            rng.choice(streams[:4]),
            START + rng.randrange(LENGTH) * 97_001,
            rng.choice([1.0, 2.5, -3.0, "wet", DELETED, DELETED]),
            rng.choice([None, None, *features]),
        )
        for _ in range(size)
    ]


@pytest.mark.parametrize("seed", range(4))
async def test_taking_back_is_as_one_by_one_would(
    database: Database,
    streams: list[int],
    features: list[int],
    own: "asyncpg.Connection[Any]",
    seed: int,
):
    rng = random.Random(seed)
    member = await Member(database).begin()
    current: dict[tuple[int, int], tuple[Any, int | None]] = {}
    history: dict[tuple[int, int], list[tuple[Any, int | None, bool]]] = {}
    for _ in range(12):
        items = random_items(rng, streams, features, rng.choice([1, 3, 40, 200]))
        for stream, ms, result, named in items:
            key, feature = (stream, ms), named if named in features[:2] else None
            before = current.get(key)
            if result is DELETED:
                if current.pop(key, None) is not None:
                    history.setdefault(key, []).append((*before, True))  # type: ignore[misc]
                continue
            if before is not None and before != (result, feature):
                history.setdefault(key, []).append((*before, False))
            current[key] = (result, feature)
        await member.commit(items)
        if rng.random() < 0.3:
            await Cascade(database, interval=1.0, metrics=METRICS).work_off()
        if rng.random() < 0.2:
            member.store.forget()

    def value(row: asyncpg.Record) -> tuple[Any, int | None]:
        return (row["result"] if row["result_json"] is None else row["result_json"], row["feature_id"])

    stored = await own.fetch("SELECT * FROM observation")
    assert {(r["datastream_id"], to_ms(r["phenomenon_time"])): value(r) for r in stored} == current
    kept: dict[tuple[int, int], list[tuple[Any, int | None, bool]]] = {}
    for row in await own.fetch("SELECT * FROM observation_history ORDER BY id"):
        key = (row["datastream_id"], to_ms(row["phenomenon_time"]))
        kept.setdefault(key, []).append((*value(row), row["deleted"]))
    assert kept == history
    named = {(feature, stream) for (stream, _), (_, feature) in current.items() if feature is not None}
    linked = await own.fetch("SELECT feature_id, datastream_id FROM datastream_feature")
    assert named <= {(row[0], row[1]) for row in linked}
    newest = {
        row["datastream_id"]: (to_ms(row["phenomenon_time"]), row["result"])
        for row in await own.fetch("SELECT * FROM latest_observation")
    }
    assert member.latest == newest
    await Cascade(database, interval=1.0, metrics=METRICS).work_off()
    await assert_rollups_equal_raw(own)


async def test_what_was_taken_back_may_come_again(
    database: Database, streams: list[int], own: "asyncpg.Connection[Any]"
):
    member, stream = await Member(database).begin(), streams[0]
    await member.commit([(stream, START, 1.0, None), (stream, START + 60_000, 2.0, None)])
    await member.commit([(stream, START + 60_000, DELETED, None)])
    assert member.latest == {stream: (START, 1.0)}
    await member.commit([(stream, START + 30_000, 5.0, None)])  # newer than what is left
    assert member.latest == {stream: (START + 30_000, 5.0)}
    await member.commit([(stream, START + 60_000, 3.0, None)])
    await member.commit([(stream, START + each * 30_000, DELETED, None) for each in range(3)])
    assert member.latest == {}
    assert await own.fetchval("SELECT count(*) FROM observation") == 0
    assert await own.fetchval("SELECT count(*) FROM latest_observation") == 0
    await Cascade(database, interval=1.0, metrics=METRICS).work_off()
    await assert_rollups_equal_raw(own)
    rows = await own.fetch("SELECT result, deleted FROM observation_history ORDER BY id")
    assert sorted(map(tuple, rows)) == [(1.0, True), (2.0, True), (3.0, True), (5.0, True)]


async def test_a_deleted_datastream_is_swept_in_pieces_and_others_stay(
    database: Database, streams: list[int], features: list[int], own: "asyncpg.Connection[Any]"
):
    member, gone, other = await Member(database).begin(), streams[0], streams[1]
    for day in range(4):
        await member.commit(
            [
                (stream, START + day * 86_400_000 + n * 600_000, float(n), features[0])
                for stream in (gone, other)
                for n in range(50)
            ]
        )
    await member.commit([(gone, START, 77.0, None), (other, START, 77.0, None)])
    await Cascade(database, interval=1.0, metrics=METRICS).work_off()
    await member.commit([(gone, START + 1, 1.0, None)])  # hours that are still to be computed
    await own.execute("DELETE FROM changed_series")
    await own.execute("DELETE FROM datastream WHERE id = $1", gone)
    told = 0

    def swept() -> None:
        nonlocal told
        told += 1

    sweeping = Sweeping(database, interval=1.0, metrics=METRICS, swept=swept, piece=20)
    left = [201]
    while await sweeping.step():
        left.append(await own.fetchval("SELECT count(*) FROM observation WHERE datastream_id = $1", gone))
    assert told > 2
    assert left == sorted(left, reverse=True)
    assert len(set(left)) == told + 1
    await Cascade(database, interval=1.0, metrics=METRICS).work_off()
    for table in ("observation", "observation_history", "latest_observation", "datastream_feature"):
        rows = await own.fetch(f"SELECT datastream_id, count(*) FROM {table} GROUP BY 1")
        assert [row[0] for row in rows] == [other], table
    for table in ("rollup_1m", "rollup_1h", "rollup_1d"):
        assert await own.fetchval(f"SELECT count(*) FROM {table} WHERE datastream_id = $1", gone) == 0
    await assert_rollups_equal_raw(own)
    row = await own.fetchrow("SELECT passes, due_at > now() AS later FROM deleted_datastream")
    assert row is not None
    assert tuple(row) == (1, True)
    # what was under way is dropped by a store that looks, and swept later when stored by one that did not
    await member.commit([(gone, START + 5, 5.0, None), (other, START + 5, 5.0, None)])
    member.store.forget()
    await member.commit([(gone, START + 6, 6.0, None), (other, START + 6, 6.0, None)])
    rows = await own.fetch(
        "SELECT datastream_id, result FROM observation WHERE result > 4 AND phenomenon_time"
        " BETWEEN $1 AND $2 ORDER BY 2, 1",
        to_datetime(START + 5),
        to_datetime(START + 6),
    )
    assert sorted(map(tuple, rows)) == [(gone, 5.0), (other, 5.0), (other, 6.0)]
    await own.execute("UPDATE deleted_datastream SET due_at = now()")
    while await sweeping.step():
        pass
    assert await own.fetchval("SELECT count(*) FROM observation WHERE datastream_id = $1", gone) == 0
    await Cascade(database, interval=1.0, metrics=METRICS).work_off()
    await assert_rollups_equal_raw(own)
