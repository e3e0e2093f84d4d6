"""Late data are just data: they change the buckets they fall in, and no other row."""

import random
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import asyncpg
from tests.conftest import Addresses
from tests.faults.load import Load, outcomes
from tests.faults.real_data import RIVER_AS_RECORDED, Observation, read
from tests.faults.store_checks import (
    BUCKETS,
    assert_derived_equals_raw,
    assert_raw_is,
    wait_until_settled,
)

PREFIX = "late"
GAUGES = 4
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
LOCAL = 7 * HOUR  # Asia/Ho_Chi_Minh is seven hours ahead of UTC all year

Row = tuple[str, str]
"""Transaction that wrote a row, and all that is in it."""


async def test_a_late_batch_changes_only_its_own_buckets(
    site: Addresses, owner: "asyncpg.Connection[Any]", show: Callable[[str], None]
) -> None:
    readings = _ending_now(read(RIVER_AS_RECORDED, PREFIX))
    late = _kept_back(readings)
    in_time = [reading for reading in readings if reading not in set(late)]
    await _push(site, in_time)
    await wait_until_settled(owner, site.kafka, "observations.v1", patience=60.0)
    before = await _rows(owner)

    await _push(site, late)
    await wait_until_settled(owner, site.kafka, "observations.v1", patience=60.0)
    after = await _rows(owner)

    ids = {row["key"]: row["id"] for row in await owner.fetch("SELECT id, key FROM datastream")}
    for table, cut in _CUTS.items():
        own = {(ids[reading.datastream], cut(reading.ms)) for reading in late}
        changed = {bucket for bucket, row in after[table].items() if row != before[table].get(bucket)}
        assert before[table].keys() <= after[table].keys(), f"rows of {table} are gone"
        assert changed == own, f"{table}: {len(changed - own)} others changed, {len(own - changed)} did not"
    await assert_raw_is(owner, outcomes([reading] for reading in readings), f"demo/{PREFIX}-")
    await assert_derived_equals_raw(owner)
    show(f"late batch: {len(late)} of {len(readings):,} readings, 29 days late")


_CUTS: dict[str, Callable[[int], int]] = {
    "rollup_1m": lambda ms: ms - ms % MINUTE,
    "rollup_1h": lambda ms: ms - ms % HOUR,
    "rollup_1d": lambda ms: ms - (ms + LOCAL) % DAY,
}
assert _CUTS.keys() == BUCKETS.keys()


def _ending_now(readings: list[Observation]) -> list[Observation]:
    """A month of some gauges, as if it ended a moment ago."""
    gauges = sorted({reading.datastream for reading in readings})[:GAUGES]
    chosen = [reading for reading in readings if reading.datastream in gauges]
    shift = int(time.time() * 1000) - HOUR - max(reading.ms for reading in chosen)
    return [replace(reading, ms=reading.ms + shift - shift % MINUTE) for reading in chosen]


def _kept_back(readings: list[Observation]) -> list[Observation]:
    """Every other reading of one gauge in a day of the first week: buckets that exist, and some that do not."""
    gauge = readings[0].datastream
    begin = readings[0].ms + 2 * DAY
    day = [reading for reading in readings if reading.datastream == gauge and 0 <= reading.ms - begin < DAY]
    first_hours = [reading for reading in day if reading.ms - begin < 3 * HOUR]
    return first_hours + day[len(first_hours) :: 2]


async def _push(site: Addresses, readings: list[Observation]) -> None:
    load = Load([[reading] for reading in readings], url=site.ingest, key=site.key, rng=random.Random(1))
    load.let(1.0)
    await load.run()


async def _rows(connection: "asyncpg.Connection[Any]") -> dict[str, dict[tuple[int, int], Row]]:
    """Every rollup row by table and (datastream id, bucket in Unix ms)."""
    return {
        table: {
            (row["datastream_id"], row["ms"]): (row["writer"], row["content"])
            for row in await connection.fetch(
                "SELECT datastream_id, (extract(epoch FROM bucket) * 1000)::bigint AS ms, r.xmin::text AS writer,"
                f" r::text AS content FROM {table} r"
            )
        }
        for table in BUCKETS
    }
