"""From HTTP to the database: repeats, corrections, late data, and rollups that equal raw."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from tests.support.providers import Credentials
from tests.support.rollups import assert_rollups_equal_raw, wait_for_cascade
from tests.support.sending import Sender

START = datetime(2026, 5, 4, 15, 0, tzinfo=UTC)  # 22:00 in Việt Nam: two hours later it is another day there


def item(provider: str, thing: str, at: timedelta, result: Any, **more: Any) -> dict[str, Any]:
    time = (START + at).isoformat(timespec="milliseconds")
    return {"datastream": f"{provider}/{thing}/level", "phenomenonTime": time, "result": result, **more}


async def raw(
    owner: "asyncpg.Connection[Any]", provider: str, table: str = "observation"
) -> list[asyncpg.Record]:
    order = "id" if table == "observation_history" else "phenomenon_time"
    return await owner.fetch(
        f"SELECT o.* FROM {table} o JOIN datastream d ON d.id = o.datastream_id"
        f" WHERE d.key LIKE $1 || '/%' ORDER BY d.key, o.{order}",
        provider,
    )


async def buckets(owner: "asyncpg.Connection[Any]", provider: str) -> dict[tuple[str, int, datetime], Any]:
    """Every rollup row of a provider with the transaction that wrote it."""
    found: dict[tuple[str, int, datetime], Any] = {}
    for table in ("rollup_1m", "rollup_1h", "rollup_1d"):
        for row in await owner.fetch(
            f"SELECT r.*, r.xmin::text AS writer FROM {table} r JOIN datastream d ON d.id = r.datastream_id"
            " WHERE d.key LIKE $1 || '/%'",
            provider,
        ):
            found[table, row["datastream_id"], row["bucket"]] = tuple(row.values())
    return found


async def test_the_same_again_changes_nothing(
    sender: Sender, credentials: Credentials, owner: "asyncpg.Connection[Any]"
):
    items = [item(credentials.provider, "a", timedelta(seconds=20 * n), n) for n in range(100)]
    await sender.store(items)
    await wait_for_cascade(owner)
    before = await buckets(owner, credentials.provider)
    await sender.store(items[:50] + items[:70])
    await sender.store(random.Random(1).sample(items, 100))
    await assert_rollups_equal_raw(owner)
    assert await buckets(owner, credentials.provider) == before
    assert [row["result"] for row in await raw(owner, credentials.provider)] == list(range(100))
    assert await raw(owner, credentials.provider, "observation_history") == []


async def test_times_that_are_one_millisecond_are_one_observation(
    sender: Sender, credentials: Credentials, owner: "asyncpg.Connection[Any]"
):
    texts = ["2026-05-04T15:00:00.1239Z", "2026-05-04T22:00:00.123+07:00", "2026-05-04T15:00:00.123999999Z"]
    key = f"{credentials.provider}/a/level"
    await sender.store({"datastream": key, "phenomenonTime": text, "result": 1} for text in texts)
    [row] = await raw(owner, credentials.provider)
    assert row["phenomenon_time"] == START + timedelta(milliseconds=123)


async def test_a_correction_replaces_and_history_keeps_the_rest_in_order(
    sender: Sender, credentials: Credentials, owner: "asyncpg.Connection[Any]"
):
    provider = credentials.provider
    at = timedelta(minutes=1)
    await sender.store([item(provider, "a", timedelta(minutes=n), n) for n in range(3)])
    await sender.store([item(provider, "a", at, 10)])
    await sender.store(
        [item(provider, "a", at, 20), item(provider, "a", at, 20), item(provider, "a", at, 30)]
    )
    await sender.store([item(provider, "a", at, 30, resultQuality="good")])
    await sender.store([item(provider, "a", at, 40, parameters={"by": "hand"})])
    rows = await raw(owner, provider)
    assert [row["result"] for row in rows] == [0, 40, 2]
    assert (rows[1]["parameters"], rows[1]["result_quality"]) == ({"by": "hand"}, None)
    history = await raw(owner, provider, "observation_history")
    assert [(row["result"], row["result_quality"]) for row in history] == [
        (1, None),
        (10, None),
        (20, None),
        (30, None),
        (30, 0),
    ]
    await assert_rollups_equal_raw(owner)


async def test_bad_quality_is_kept_but_does_not_count(
    sender: Sender, credentials: Credentials, owner: "asyncpg.Connection[Any]"
):
    provider, at = credentials.provider, timedelta(seconds=30)
    await sender.store(
        [
            item(provider, "a", timedelta(), 1),
            item(provider, "a", at, 999, resultQuality="bad"),
            item(provider, "only-bad", timedelta(), 5, resultQuality="bad"),
            item(provider, "text", timedelta(), "wet"),
        ]
    )
    await assert_rollups_equal_raw(owner)
    found = await buckets(owner, provider)
    assert len(found) == 3
    assert {row[2] for row in found.values()} == {1}
    await sender.store([item(provider, "a", at, 999, resultQuality="good")])
    await assert_rollups_equal_raw(owner)
    assert {row[2] for row in (await buckets(owner, provider)).values()} == {2}
    await sender.store([item(provider, "a", each, 1, resultQuality="bad") for each in (timedelta(), at)])
    await assert_rollups_equal_raw(owner)
    assert await buckets(owner, provider) == {}


async def test_a_late_batch_changes_only_its_own_buckets(
    sender: Sender, credentials: Credentials, owner: "asyncpg.Connection[Any]"
):
    provider = credentials.provider
    now, month_ago = timedelta(days=31), timedelta()
    await sender.store(
        item(provider, thing, day + timedelta(seconds=40 * n), n)
        for thing in ("a", "b")
        for day in (now, month_ago)
        for n in range(200)
    )
    await wait_for_cascade(owner)
    before = await buckets(owner, provider)
    late = [item(provider, "a", month_ago + timedelta(minutes=5, seconds=n), -1) for n in range(1, 30, 7)]
    await sender.store(late)
    await assert_rollups_equal_raw(owner)
    after = await buckets(owner, provider)
    assert after.keys() == before.keys()
    changed = {key for key, row in after.items() if before[key] != row}
    stream = await owner.fetchval("SELECT id FROM datastream WHERE key = $1", f"{provider}/a/level")
    minute = START + timedelta(minutes=5)
    day = datetime(2026, 5, 3, 17, tzinfo=UTC)
    assert changed == {
        ("rollup_1m", stream, minute),
        ("rollup_1h", stream, START),
        ("rollup_1d", stream, day),
    }
    latest = await owner.fetchval(
        "SELECT phenomenon_time FROM latest_observation WHERE datastream_id = $1", stream
    )
    assert latest == START + now + timedelta(seconds=40 * 199)


async def test_the_latest_value_follows_the_newest_and_its_correction(
    sender: Sender, credentials: Credentials, owner: "asyncpg.Connection[Any]"
):
    async def latest() -> tuple[Any, ...]:
        row = await owner.fetchrow(
            "SELECT l.* FROM latest_observation l JOIN datastream d ON d.id = l.datastream_id WHERE d.key = $1",
            f"{credentials.provider}/a/level",
        )
        assert row is not None
        return row["phenomenon_time"] - START, row["result"], row["result_quality"]

    provider, minute = credentials.provider, timedelta(minutes=1)
    await sender.store([item(provider, "a", 5 * minute, 5)])
    await sender.store([item(provider, "a", 4 * minute, 4)])
    assert await latest() == (5 * minute, 5, None)
    await sender.store([item(provider, "a", 5 * minute, 50, resultQuality="suspect")])
    assert await latest() == (5 * minute, 50, 1)
    await sender.store([item(provider, "a", 4 * minute, 40), item(provider, "a", 6 * minute, 6)])
    assert await latest() == (6 * minute, 6, None)


async def test_whatever_comes_in_whatever_order_rollups_equal_raw(
    sender: Sender, credentials: Credentials, owner: "asyncpg.Connection[Any]"
):
    """Several days across local midnight, out of order, with repeats, corrections and every quality."""
    rng = random.Random(20260704)
    identities = [(f"t{rng.randrange(4)}", rng.randrange(0, 3 * 86_400_000, 7_001)) for _ in range(1500)]
    identities += rng.sample(identities, 400)
    expected: dict[tuple[str, int], float] = {}
    items: list[dict[str, Any]] = []
    for thing, ms in identities:
        result = round(rng.gauss(20, 8), 2)
        expected[thing, ms] = result
        quality = rng.choice([{}, {}, {"resultQuality": rng.choice(["good", "suspect", "bad"])}])
        items.append(item(credentials.provider, thing, timedelta(milliseconds=ms), result, **quality))
    for start in range(0, len(items), 173):
        await sender.store(items[start : start + 173])
    rows = await raw(owner, credentials.provider)
    names = dict(
        await owner.fetch(
            "SELECT id, split_part(key, '/', 2) FROM datastream WHERE key LIKE $1 || '/%'",
            credentials.provider,
        )
    )
    found = {
        (names[row["datastream_id"]], (row["phenomenon_time"] - START) // timedelta(milliseconds=1)): row[
            "result"
        ]
        for row in rows
    }
    assert found == expected
    await assert_rollups_equal_raw(owner)
