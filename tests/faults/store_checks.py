"""What must hold of the store, asked in SQL: raw equals what was sent, everything derived equals raw."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer
from tests.faults.load import Outcome

QUALITY = {None: None, "good": 0, "suspect": 1, "bad": 2}

# How each level cuts time, said here anew so that the database's own functions are checked, too.
BUCKETS = {
    "rollup_1m": "date_trunc('minute', o.phenomenon_time)",
    "rollup_1h": "date_trunc('hour', o.phenomenon_time, 'Asia/Ho_Chi_Minh')",
    "rollup_1d": "date_trunc('day', o.phenomenon_time, 'Asia/Ho_Chi_Minh')",
}


async def wait_until_settled(
    connection: "asyncpg.Connection[Any]", bootstrap: str, topic: str, patience: float
) -> float:
    """Wait until the store has reached the end of the topic and no bucket is dirty; returns how long it took (s).

    Nothing may be published meanwhile.
    """
    began = time.monotonic()
    ends = await _ends(bootstrap, topic)
    while True:
        rows = await connection.fetch(
            "SELECT partition, next_offset FROM consumer_offset WHERE consumer = 'store' AND topic = $1",
            topic,
        )
        dirty = await connection.fetchval("SELECT count(*) FROM dirty_bucket")
        stored = {row["partition"]: row["next_offset"] for row in rows}
        left = {partition: end - stored.get(partition, 0) for partition, end in ends.items()}
        if dirty == 0 and not any(left.values()):
            return time.monotonic() - began
        assert time.monotonic() < began + patience, (
            f"after {patience:.0f} s: records left {left}, {dirty} rows of dirty buckets"
        )
        await asyncio.sleep(0.1)


async def _ends(bootstrap: str, topic: str) -> dict[int, int]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=None)
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
    finally:
        await consumer.stop()
    assert ends, f"there is no topic {topic}"
    return {partition.partition: end for partition, end in ends.items()}


async def assert_raw_is(
    connection: "asyncpg.Connection[Any]", expected: Mapping[tuple[str, int], Outcome], prefix: str
) -> None:
    """Raw rows of the datastreams below `prefix` are exactly the last values, the history exactly the rest in order."""
    async with connection.transaction():
        await connection.execute(
            """
            CREATE TEMPORARY TABLE sent (key text, ms bigint, place integer, result double precision, quality smallint)
            ON COMMIT DROP
            """
        )
        await connection.copy_records_to_table(
            "sent",
            records=[
                (*identity, place, observation.result, QUALITY[observation.quality])
                for identity, outcome in expected.items()
                for place, observation in [(0, outcome.current), *enumerate(outcome.replaced, start=1)]
            ],
        )
        await connection.execute(
            """
            CREATE TEMPORARY VIEW expected AS
                SELECT d.id AS datastream_id, timestamptz 'epoch' + s.ms * interval '1 millisecond' AS phenomenon_time,
                       s.place, s.result, s.quality, s.key
                FROM sent s LEFT JOIN datastream d ON d.key = s.key
            """
        )
        raw = await connection.fetchrow(
            _COMPARED.format(
                actual="SELECT o.*, 0 AS place FROM observation o JOIN datastream d ON d.id = o.datastream_id"
                " WHERE starts_with(d.key, $1)",
                wanted="SELECT * FROM expected WHERE place = 0",
            ),
            prefix,
        )
        history = await connection.fetchrow(
            _COMPARED.format(
                actual="SELECT h.*, row_number() OVER (PARTITION BY datastream_id, phenomenon_time"
                " ORDER BY h.id) AS place"
                " FROM observation_history h JOIN datastream d ON d.id = h.datastream_id"
                " WHERE starts_with(d.key, $1)",
                wanted="SELECT * FROM expected WHERE place > 0",
            ),
            prefix,
        )
        await connection.execute("DROP VIEW expected")
    assert raw is not None
    assert history is not None
    replaced = sum(len(outcome.replaced) for outcome in expected.values())
    _assert_same("raw", raw, len(expected))
    _assert_same("history", history, replaced)


def _assert_same(what: str, counts: asyncpg.Record, size: int) -> None:
    wanted = {"missing": 0, "unexpected": 0, "different": 0, "same": size}
    assert dict(counts) == wanted, f"{what}: {dict(counts)} instead of {wanted}"


_COMPARED = """
WITH actual AS MATERIALIZED ({actual}), wanted AS MATERIALIZED ({wanted}), compared AS (
    SELECT a.datastream_id IS NULL AS missing, w.key IS NULL AS unexpected,
           a.result IS NOT DISTINCT FROM w.result AND a.result_quality IS NOT DISTINCT FROM w.quality
               AND a.result_json IS NULL AND a.result_time IS NULL AND a.parameters IS NULL AS same
    FROM actual a FULL JOIN wanted w
        ON w.datastream_id = a.datastream_id AND w.phenomenon_time = a.phenomenon_time AND w.place = a.place
)
SELECT count(*) FILTER (WHERE missing) AS missing, count(*) FILTER (WHERE unexpected) AS unexpected,
       count(*) FILTER (WHERE NOT missing AND NOT unexpected AND NOT same) AS different,
       count(*) FILTER (WHERE NOT missing AND NOT unexpected AND same) AS same
FROM compared
"""


async def assert_derived_equals_raw(connection: "asyncpg.Connection[Any]") -> dict[str, int]:
    """Every rollup and latest value in the database equals what raw gives; returns rows of each table.

    Counts, extremes, first and last values and times are equal; sums differ by rounding only (1e-9 of the sum of
    magnitudes, since their order of addition is not the same).
    """
    rows: dict[str, int] = {}
    for table, bucket in BUCKETS.items():
        wrong = await connection.fetch(_WRONG_ROLLUPS.format(table=table, bucket=bucket))
        assert not wrong, f"{wrong[0]['total']} rows of {table} differ from raw, such as {wrong}"
        rows[table] = await connection.fetchval(f"SELECT count(*) FROM {table}")
    wrong = await connection.fetch(_WRONG_LATEST)
    assert not wrong, f"latest values differ from raw: {wrong}"
    rows["latest_observation"] = await connection.fetchval("SELECT count(*) FROM latest_observation")
    return rows


_WRONG_ROLLUPS = """
WITH raw AS MATERIALIZED (
    SELECT o.datastream_id, {bucket} AS bucket, count(*) AS count, sum(o.result) AS sum, min(o.result) AS min,
           max(o.result) AS max, (array_agg(o.result ORDER BY o.phenomenon_time))[1] AS first,
           (array_agg(o.result ORDER BY o.phenomenon_time DESC))[1] AS last,
           min(o.phenomenon_time) AS first_time, max(o.phenomenon_time) AS last_time,
           sum(abs(o.result)) AS magnitude
    FROM observation o WHERE o.result IS NOT NULL AND o.result_quality IS DISTINCT FROM 2
    GROUP BY 1, 2
)
SELECT count(*) OVER () AS total, raw, r FROM raw FULL JOIN {table} r USING (datastream_id, bucket)
WHERE (raw.count, raw.min, raw.max, raw.first, raw.last, raw.first_time, raw.last_time)
          IS DISTINCT FROM (r.count, r.min, r.max, r.first, r.last, r.first_time, r.last_time)
   OR abs(raw.sum - r.sum) > 1e-9 * raw.magnitude
LIMIT 5
"""
_WRONG_LATEST = """
WITH newest AS MATERIALIZED (
    SELECT DISTINCT ON (datastream_id) * FROM observation ORDER BY datastream_id, phenomenon_time DESC
)
SELECT n, l FROM newest n FULL JOIN latest_observation l USING (datastream_id)
WHERE (n.phenomenon_time, n.result, n.result_json, n.result_quality)
          IS DISTINCT FROM (l.phenomenon_time, l.result, l.result_json, l.result_quality)
LIMIT 5
"""
