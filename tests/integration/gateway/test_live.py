"""`/v1/live` on a real Redis: who sees what, going on after a broken connection, and who does not read."""

import asyncio
import secrets
import time
from base64 import b64encode
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import orjson
import pytest
from tests.conftest import Addresses
from tests.integration.gateway.conftest import World
from tests.support.live import Event, EventSource, Refused
from tests.support.processes import Processes, ServiceProcess, processes

from fansipan_common.contracts.live import LiveTopic, NewestReadings
from fansipan_common.live import LiveRing
from fansipan_common.redis import Speedup

READINGS = "/v1/live?topics=observations&datastream=demo/s1/pm25&datastream=other/x/level"
SETTINGS = {"FANSIPAN_LIVE_CLIENTS_EACH": "1000", "FANSIPAN_ANONYMOUS_REQUESTS_PER_MINUTE": "100000"}


@pytest.fixture(scope="module")
def prefix() -> str:
    return f"test-{secrets.token_hex(4)}:"


@pytest.fixture(scope="module")
async def started(
    world: World,
    addresses: Addresses,
    prefix: str,
    http: httpx.AsyncClient,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncGenerator[Processes]:
    environment = {
        "DATABASE_URL": world.url,
        "REDIS_URL": addresses.redis,
        "FANSIPAN_REDIS_PREFIX": prefix,
        **SETTINGS,
    }
    async with processes(environment, tmp_path_factory.mktemp("logs"), http) as group:
        yield group


@pytest.fixture(scope="module")
async def replicas(started: Processes) -> list[ServiceProcess]:
    both = [started.start("gateway", FANSIPAN_ANONYMOUS_READ="true") for _ in range(2)]
    for replica in both:
        await replica.ready()
    return both


@pytest.fixture(scope="module")
async def ring(addresses: Addresses, prefix: str) -> AsyncGenerator[LiveRing]:
    redis = Speedup(addresses.redis, timeout=10.0)
    ring = LiveRing(redis, prefix)
    await ring.append([(LiveTopic.MARK, "")])
    yield ring
    await redis.close()


async def tell(ring: LiveRing, *numbers: float, datastream: int = 1) -> None:
    await ring.append(
        [
            (
                LiveTopic.OBSERVATIONS,
                NewestReadings(ids=[datastream], ms=[1_782_864_000_000], results=[number]).model_dump_json(),
            )
            for number in numbers
        ]
    )


def results(events: list[Event]) -> list[float]:
    return [event.data["datastreams"][0]["result"] for event in events if event.name == "observations"]


async def test_readings_of_the_datastreams_that_were_asked_for(
    replicas: list[ServiceProcess], ring: LiveRing
) -> None:
    source = EventSource(READINGS)
    await source.open(replicas[0].url)
    await tell(ring, 1.5)
    await tell(ring, 99, datastream=3)
    await tell(ring, 2.5, datastream=4)
    events = await source.wait_for(2)
    assert [event.name for event in events] == ["observations", "observations"]
    assert events[0].data == {
        "datastreams": [
            {"id": 1, "key": "demo/s1/pm25", "phenomenonTime": "2026-07-01T00:00:00.000Z", "result": 1.5}
        ]
    }
    assert events[1].data["datastreams"][0]["key"] == "other/x/level"
    await source.close()


async def test_half_of_three_hundred_come_back_and_each_gets_every_event_once(
    replicas: list[ServiceProcess], ring: LiveRing
) -> None:
    sources = [EventSource(READINGS) for _ in range(300)]
    await asyncio.gather(*(source.open(replicas[0].url) for source in sources))

    async def come_back() -> None:
        await asyncio.sleep(0.5)
        leaving = sources[::2]
        await asyncio.gather(*(source.close() for source in leaving))
        await asyncio.sleep(0.5)
        await asyncio.gather(
            *(source.open(replicas[number % 2].url) for number, source in enumerate(leaving))
        )

    async with asyncio.TaskGroup() as group:
        group.create_task(come_back())
        for number in range(100):
            await tell(ring, number)
            await asyncio.sleep(0.02)
    await asyncio.gather(*(source.wait_for(100, 30.0) for source in sources))
    await asyncio.sleep(0.3)  # an event that came twice would be here by now
    for source in sources:
        assert {event.name for event in source.events} == {"observations"}
        assert results(source.events) == list(range(100))
    await asyncio.gather(*(source.close() for source in sources))


async def test_who_was_away_longer_than_the_ring_reads_again(
    replicas: list[ServiceProcess], ring: LiveRing
) -> None:
    source = EventSource(READINGS)
    source.last_id = "1000-0"
    await source.open(replicas[0].url)
    assert [event.name for event in await source.wait_for(1)] == ["reset"]
    await tell(ring, 7)
    assert results(await source.wait_for(2)) == [7]
    await source.close()
    await source.open(replicas[1].url)
    await tell(ring, 8)
    assert [event.name for event in await source.wait_for(3)] == ["reset", "observations", "observations"]
    await source.close()


async def test_what_the_writer_lost_is_a_reset(
    replicas: list[ServiceProcess], addresses: Addresses, prefix: str
) -> None:
    source = EventSource(READINGS)
    await source.open(replicas[0].url)
    redis = Speedup(addresses.redis, timeout=10.0)
    await tell(
        LiveRing(redis, prefix), 5
    )  # a writer that begins does not know what the one before it has told
    await redis.close()
    assert [event.name for event in await source.wait_for(2)] == ["reset", "observations"]
    await source.close()


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("topics=values,weather", 400, "bad-request"),
        ("topics=observations", 400, "bad-request"),
        ("topics=observations&datastream=demo/none/x", 404, "not-found"),
        ("indicator=nothing", 404, "not-found"),
        ("subject=planet:earth", 400, "invalid-subject"),
        ("topic=values", 400, "invalid-parameter"),
    ],
)
async def test_what_cannot_be_followed(
    replicas: list[ServiceProcess], http: httpx.AsyncClient, query: str, status: int, code: str
) -> None:
    answer = await http.get(f"{replicas[0].url}/v1/live?{query}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_keys_of_a_provider_see_its_readings_only(
    started: Processes, world: World, ring: LiveRing
) -> None:
    closed = started.start("gateway", FANSIPAN_LIVE_CLIENTS_EACH="2")
    await closed.ready()

    def source(topics: str, key: str | None) -> EventSource:
        return EventSource(f"/v1/live?{topics}", {} if key is None else {"Authorization": f"Bearer {key}"})

    for topics, key, status in (
        ("topics=values", None, 401),
        ("topics=alerts", world.reader, 403),
        ("topics=observations&datastream=other/x/level", world.reader, 404),
        ("topics=values", world.writer, 403),
    ):
        with pytest.raises(Refused) as refused:
            await source(topics, key).open(closed.url)
        assert refused.value.status == status
    open_ones = [source("topics=observations&datastream=demo/s1/pm25", world.reader) for _ in range(2)]
    for one in open_ones:
        await one.open(closed.url)
    with pytest.raises(Refused) as refused:
        await source("topics=values", world.reader).open(closed.url)
    assert refused.value.status == 429
    assert "retry-after" in refused.value.headers.lower()
    await open_ones[0].close()
    await asyncio.sleep(0.3)
    third = source("topics=values", world.reader)
    await third.open(closed.url)
    await third.close()
    await open_ones[1].close()


async def test_public_indicators_for_all_and_the_others_for_operators(
    addresses: Addresses, owner: Any
) -> None:
    """On the shared stack, whose catalogue says what is public."""
    public, internal = [
        await owner.fetchval("SELECT key FROM indicator_definition WHERE public = $1 LIMIT 1", is_public)
        for is_public in (True, False)
    ]
    assert public is not None
    if internal is None:
        await owner.execute(
            "INSERT INTO indicator_definition (key, version, digest, document, public)"
            " SELECT 'internal-' || key, version, digest, jsonb_set(document, '{id}', to_jsonb('internal-' || key)),"
            " false FROM indicator_definition WHERE key = $1 LIMIT 1",
            public,
        )
        internal = f"internal-{public}"
    redis = Speedup(addresses.redis, timeout=10.0)
    ring = LiveRing(redis, "fansipan:")
    await ring.append([(LiveTopic.MARK, "")])
    await asyncio.sleep(1.0)
    token = b64encode(":".join(addresses.operator).encode()).decode()
    anybody = EventSource("/v1/live?topics=values&subject=area:02671")
    operator = EventSource("/v1/live?topics=values&subject=area:02671", {"Authorization": f"Basic {token}"})
    await anybody.open(addresses.gateway)
    await operator.open(addresses.gateway)
    for key in (internal, public):
        await ring.append([(LiveTopic.VALUES, values_of(key))])
    try:
        seen = [e for e in await operator.wait_for(2) if e.data["indicator"] in (internal, public)]
        assert [event.data["indicator"] for event in seen] == [internal, public]
        assert seen[0].data["figures"] == [
            {
                "subject": "area:02671",
                "period": "2026-11-26T07",
                "value": 78.96,
                "band": "good",
                "revision": 1,
                "reason": "new-data",
            }
        ]
        assert {event.data["indicator"] for event in await anybody.wait_for(1)} == {public}
    finally:
        await anybody.close()
        await operator.close()
        await redis.close()
        await owner.execute("DELETE FROM indicator_definition WHERE key LIKE 'internal-%'")


def values_of(indicator: str) -> bytes:
    return orjson.dumps(
        {
            "indicator": indicator,
            "version": 1,
            "computedAt": "2026-11-26T00:30:00.000Z",
            "subjectKinds": ["area", "area"],
            "subjectKeys": ["02671", "02647"],
            "periods": ["hour", "hour"],
            "starts": ["2026-11-26T00:00:00.000Z"] * 2,
            "values": [78.96, None],
            "bands": ["good", None],
            "revisions": [1, 1],
            "reasons": ["new-data", "correction"],
        }
    )


async def test_a_reading_that_is_sent_is_seen_and_so_is_its_correction(
    addresses: Addresses, sender: Any, new_provider: str
) -> None:
    key = f"{new_provider}/s1/temperature"

    async def send(result: float) -> None:
        item = {"datastream": key, "phenomenonTime": "2026-11-26T07:00:00+07:00", "result": result}
        answer = await sender.observations([item], wait="stored")
        assert answer.status_code == 202, answer.text

    await send(20)
    source = EventSource(f"/v1/live?topics=observations&datastream={key}")
    await source.open(addresses.gateway)
    for result in (21.5, 22.5):  # of what is sent together only the newest is told: one after the other
        await send(result)
        async with asyncio.timeout(20.0):
            while result not in results(source.events):
                await asyncio.sleep(0.01)
    await send(22.5)
    await asyncio.sleep(0.5)  # the third changed nothing, and is not told
    seen = results(source.events)
    assert seen[-2:] == [21.5, 22.5]
    assert seen[:-2] in ([], [20]), "the first may have been told after the stream was opened"
    await source.close()


async def test_streams_end_when_the_replica_is_told_to_stop(started: Processes, ring: LiveRing) -> None:
    replica = started.start("gateway", FANSIPAN_ANONYMOUS_READ="true")
    await replica.ready()
    source = EventSource(READINGS)
    await source.open(replica.url)
    await tell(ring, 3)
    await source.wait_for(1)
    began = time.monotonic()
    await replica.terminate()
    assert time.monotonic() - began < 10.0, "the server waited for its streams as long as it is allowed to"
    async with asyncio.timeout(20.0):
        while not source.ended:
            await asyncio.sleep(0.01)
    await source.close()
