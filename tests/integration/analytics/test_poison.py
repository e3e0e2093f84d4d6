"""Kafka records that can never be used: set aside, their neighbours stored; a storm of them halts."""

import asyncio
import base64
import time
from datetime import UTC, datetime
from typing import Any

import asyncpg
import orjson
import pytest
from tests.integration.conftest import Pipeline
from tests.support.kafka import publish
from tests.support.processes import ServiceProcess

from fansipan_common.contracts import TopicName

KIND = [("ce_type", b"vn.fansipan.observations.v1")]
START = 1_782_867_600_000


def batch(stream: int, ms: int, result: Any = 1.0, **more: Any) -> bytes:
    return orjson.dumps({"datastreamId": [stream], "phenomenonTime": [ms], "result": [result], **more})


@pytest.fixture(scope="module")
async def analytics(pipeline: Pipeline) -> ServiceProcess:
    process = pipeline.processes.start(
        "analytics", FANSIPAN_MAX_POISON_PER_MINUTE="14", FANSIPAN_CASCADE_INTERVAL_SECONDS="0.1"
    )
    await process.ready()
    return process


@pytest.fixture
async def stream(own: "asyncpg.Connection[Any]") -> int:
    await own.execute(
        """
        INSERT INTO provider (key, name) VALUES ('p', 'P') ON CONFLICT DO NOTHING;
        INSERT INTO thing (provider_id, key, name) SELECT id, 't', 'T' FROM provider ON CONFLICT DO NOTHING;
        INSERT INTO sensor (key, name) VALUES ('s', 'S') ON CONFLICT DO NOTHING;
        INSERT INTO observed_property (key, name) VALUES ('o', 'O') ON CONFLICT DO NOTHING;
        INSERT INTO datastream (key, thing_id, sensor_id, observed_property_id, name, observation_type)
        SELECT 'p/t/x', t.id, s.id, o.id, 'D', 'x' FROM thing t, sensor s, observed_property o ON CONFLICT DO NOTHING;
        """
    )
    return await own.fetchval("SELECT id FROM datastream")


async def reach(own: "asyncpg.Connection[Any]", topic: str, partition: int, offset: int) -> None:
    """Wait until the store has moved past a record."""
    until = time.monotonic() + 20.0
    while (await next_offset(own, topic, partition) or 0) <= offset:
        assert time.monotonic() < until, "the record was not passed within 20 s"
        await asyncio.sleep(0.05)


async def next_offset(own: "asyncpg.Connection[Any]", topic: str, partition: int) -> int | None:
    return await own.fetchval(
        "SELECT next_offset FROM consumer_offset WHERE topic = $1 AND partition = $2", topic, partition
    )


@pytest.mark.usefixtures("analytics")
async def test_poison_observations_are_set_aside_and_their_neighbours_stored(
    pipeline: Pipeline, stream: int, own: "asyncpg.Connection[Any]"
):
    topic = pipeline.prefix + TopicName.OBSERVATIONS
    poison = [
        (b"\x00\xffgarbage", KIND, "not JSON"),
        (None, KIND, "not JSON"),
        (batch(stream, START), [("ce_type", b"other.v1")], "ce_type is 'other.v1'"),
        (batch(stream, START), [], "ce_type is None"),
        (batch(2_000_000, START), KIND, "no such datastream: 2000000"),
        (batch(stream, START).replace(b"1.0", b"NaN"), KIND, "not JSON"),
        (batch(stream, -5), KIND, "phenomenonTime"),
        (batch(stream, START, "a\0b"), KIND, "u0000"),
        (batch(stream, START, 1e300), KIND, "beyond"),
    ]
    records: list[tuple[bytes | None, list[tuple[str, bytes]]]] = []
    for place, (value, headers, _) in enumerate(poison):
        records += [(batch(stream, START + place * 60_000), KIND), (value, headers)]
    records.append((batch(stream, START + len(poison) * 60_000), KIND))
    offsets = await publish(pipeline.kafka, topic, records, partition=2)
    await reach(own, topic, 2, offsets[-1])
    times = [row[0] for row in await own.fetch("SELECT phenomenon_time FROM observation ORDER BY 1")]
    assert times == [
        datetime.fromtimestamp(START / 1000 + place * 60, UTC) for place in range(len(poison) + 1)
    ]
    letters = {letter["offset"]: letter for letter in await pipeline.dead_letters.all()}
    assert sorted(letters) == offsets[1::2]
    for offset, (value, _, reason) in zip(offsets[1::2], poison, strict=True):
        letter = letters[offset]
        assert (letter["origin"], letter["target"]) == ("kafka", "observations")
        assert (letter["topic"], letter["partition"]) == (topic, 2)
        assert base64.b64decode(letter["items"][0]["payloadBase64"]) == (value or b"")
        assert reason in letter["items"][0]["detail"]
        assert letter["items"][0]["code"] in ("poison-record", "unstorable-record")


async def test_poison_service_events_are_set_aside(
    pipeline: Pipeline, stream: int, own: "asyncpg.Connection[Any]", analytics: ServiceProcess
):
    assert stream
    topic = pipeline.prefix + TopicName.SERVICE_EVENTS
    data = {"dossierId": "d-1", "agency": "a", "procedure": "p", "channel": "online"}
    headers = {
        "ce_specversion": "1.0",
        "ce_id": "e-1",
        "ce_source": "/s",
        "ce_type": "vn.fansipan.dossier.received.v1",
        "ce_time": "2026-07-01T08:00:00+07:00",
        "ce_provider": "p",
    }

    def record(value: Any, **change: str) -> tuple[bytes, list[tuple[str, bytes]]]:
        return orjson.dumps(value), [(k, v.encode()) for k, v in (headers | change).items()]

    offsets = await publish(
        pipeline.kafka,
        topic,
        [
            record(data),
            record(data | {"citizenName": "x"}, ce_id="e-2"),
            record(data, ce_id="e-3", ce_provider="nobody"),
            record(data | {"dueAt": 17}, ce_id="e-4"),
            record(data, ce_id="e\0-5"),
            record(data, ce_id="e-6"),
        ],
        partition=1,
    )
    await reach(own, topic, 1, offsets[-1])
    rows = await own.fetch("SELECT event_id FROM service_event ORDER BY event_id")
    assert [row["event_id"] for row in rows] == ["e-1", "e-6"]
    letters = [x for x in await pipeline.dead_letters.all() if x["target"] == "service-events"]
    assert sorted(letter["offset"] for letter in letters) == offsets[1:5]
    await analytics.ready(timeout=1.0)


async def test_a_storm_turns_readiness_red_within_five_seconds_and_skips_nothing(
    pipeline: Pipeline, stream: int, own: "asyncpg.Connection[Any]", analytics: ServiceProcess
):
    topic = pipeline.prefix + TopicName.OBSERVATIONS
    [good] = await publish(pipeline.kafka, topic, [(batch(stream, START + 1), KIND)], partition=3)
    await reach(own, topic, 3, good)
    storm = [(b"poison %d" % n, KIND) for n in range(20)]
    offsets = await publish(pipeline.kafka, topic, storm, partition=3)
    published = time.monotonic()
    parts = await analytics.ready(503, timeout=5.0)
    assert time.monotonic() - published < 5.0
    assert parts["task:store"].startswith("PoisonStorm: more than 14 unusable records")
    assert await analytics.healthy()
    kept = {letter["offset"] for letter in await pipeline.dead_letters.all() if letter["partition"] == 3}
    moved = await next_offset(own, topic, 3)
    assert moved is not None
    assert kept.issuperset(range(offsets[0], moved)), "an offset moved past a record that was not set aside"
    assert moved < offsets[-1]
    await asyncio.sleep(1.0)
    assert await next_offset(own, topic, 3) == moved

    assert await analytics.terminate() == 0
    braver = pipeline.processes.start("analytics", FANSIPAN_MAX_POISON_PER_MINUTE="1000")
    await reach(own, topic, 3, offsets[-1])
    assert {x["offset"] for x in await pipeline.dead_letters.all() if x["partition"] == 3} >= set(offsets)
    assert await braver.terminate() == 0
