"""A part of a Kafka client that ends unseen is noticed, and the client made anew or given back."""

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from tests.conftest import Addresses
from tests.support.providers import make_key

from fansipan_common.kafka import BrokerAway, Feed, FeedStalled, Message, Publisher
from fansipan_common.mqtt.broker import Broker
from fansipan_common.mqtt.connection import Connection
from fansipan_common.telemetry import metrics_of

PARTITIONS = 3


@pytest.fixture
async def topic(addresses: Addresses, request: pytest.FixtureRequest) -> AsyncGenerator[str]:
    name = f"silent-{time.time_ns()}"
    admin = AIOKafkaAdminClient(bootstrap_servers=addresses.kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, PARTITIONS, 1)])
        yield name
        await admin.delete_topics([name])
    finally:
        await admin.close()


def publisher_for(addresses: Addresses, **options: Any) -> Publisher:
    return Publisher(addresses.kafka, client_id="test", metrics=metrics_of("test"), **options)


async def published(publisher: Publisher, topic: str, *values: bytes) -> None:
    """Publish as soon as there is a producer."""
    async with asyncio.timeout(30.0):
        while True:
            try:
                await publisher.publish([Message(topic, value, [], partition=0) for value in values])
            except BrokerAway:
                await asyncio.sleep(0.05)
            else:
                return


async def test_a_producer_that_gets_no_acknowledgement_is_made_anew(addresses: Addresses, topic: str):
    publisher = publisher_for(addresses, ack_timeout=0.5, patience=1.0)
    running = asyncio.create_task(publisher.run())
    try:
        await published(publisher, topic, b"before")
        wedged = vars(publisher)["_producer"]
        sender = vars(wedged)["_sender"]
        vars(sender)["_message_accumulator"].drain_by_nodes = lambda *_, **__: (
            {},
            False,
        )  # nothing is due, ever
        with pytest.raises(BrokerAway, match="did not acknowledge in time"):
            await publisher.publish([Message(topic, b"lost", [], partition=0)])
        assert publisher.in_flight_bytes > 0
        with pytest.raises(BrokerAway, match="has not acknowledged for a while"):
            await publisher.check()
        await published(publisher, topic, b"after")
        assert vars(publisher)["_producer"] is not wedged
        assert publisher.in_flight_bytes == 0
        await publisher.check()
        assert vars(sender)["_sender_task"].done()
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.wait({running}, timeout=20.0)


async def test_a_consumer_that_does_not_fetch_is_said_to_be_stalled(addresses: Addresses, topic: str):
    publisher = publisher_for(addresses)
    running = asyncio.create_task(publisher.run())

    async def from_the_beginning(partitions: set[Any]) -> dict[Any, int]:
        return dict.fromkeys(partitions, 0)

    async def nothing(partitions: set[Any]) -> None:
        del partitions

    feed = Feed(
        addresses.kafka,
        group=topic,
        topics=[topic],
        client_id="test",
        load_offsets=from_the_beginning,
        release=nothing,
        silence=1.0,
    )
    await feed.start()
    try:
        await published(publisher, topic, b"1")
        assert await values(feed, 1) == [b"1"]
        quiet = time.monotonic()
        while time.monotonic() - quiet < 3.5:  # asked three times, and there is nothing: that is no fault
            assert await feed.poll(timeout=0.1, max_records=10) == {}
        await published(publisher, topic, b"2")
        assert await values(feed, 1) == [b"2"]
        vars(vars(feed)["_consumer"])["_fetcher"]._fetch_task.cancel()
        await published(publisher, topic, b"3")
        began = time.monotonic()
        with pytest.raises(FeedStalled, match="records of 1 partitions"):
            await values(feed, 1)
        assert time.monotonic() - began < 15.0
    finally:
        await feed.stop()
        running.cancel()
        await asyncio.wait({running}, timeout=20.0)


async def test_a_connection_to_mosquitto_that_fails_within_is_lost(
    addresses: Addresses, http: httpx.AsyncClient
):
    key = make_key(addresses.database, "silent")
    headers = {"Authorization": f"Bearer {key.key}"}
    assert (await http.put(f"{addresses.ingest}/v1/mqtt/access", headers=headers)).status_code == 200
    broker = Broker.of(addresses.mqtt.replace("//", f"//{key.key_id}:{key.key}@"), None)
    broken = ValueError("a packet that nobody can read")

    def fails() -> None:
        raise broken

    for part in ("loop_misc", "loop_read", "loop_write"):
        connection = Connection(broker, f"silent-{part}")
        assert not await connection.open()
        try:
            vars(vars(connection)["_client"])[part] = fails
            if part == "loop_write":
                connection.send("fansipan/silent", b"x" * 8_000_000)  # more than the socket takes at once
            async with asyncio.timeout(20.0):
                lost = await connection.lost
            assert repr(broken) in lost.detail
        finally:
            await connection.close()


async def values(feed: Feed, count: int) -> list[bytes]:
    """So many records."""
    found: list[bytes] = []
    async with asyncio.timeout(30.0):
        while len(found) < count:
            polled = await feed.poll(timeout=0.1, max_records=10)
            found += [record.value or b"" for records in polled.values() for record in records]
    return found
