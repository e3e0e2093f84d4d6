"""When the publisher refuses: Kafka away, behind, silent, or a record too large. The producer is a stand-in."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka.errors import NotLeaderForPartitionError, OutOfOrderSequenceNumber
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from fansipan_common.contracts.topics import MAX_RECORD_BYTES
from fansipan_common.kafka import BrokerAway, BrokerBehind, Message, Publisher, RecordTooLarge
from fansipan_common.telemetry import metrics_of
from fansipan_common.telemetry.registry import MESSAGES_SENT


class FakeProducer:
    """Takes records; each is acknowledged when the test says so."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.waiting: list[asyncio.Future[object]] = []
        self.at_once = True
        self.error: Exception | None = None

    async def send(self, topic: str, value: bytes, **_: Any) -> asyncio.Future[object]:
        if self.error is not None:
            raise self.error
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self.sent.append((topic, value))
        self.waiting.append(future)
        if self.at_once:
            self.acknowledge()
        return future

    def acknowledge(self) -> None:
        for future in self.waiting:
            future.set_result(SimpleNamespace(topic="t", partition=0, offset=len(self.sent)))
        self.waiting.clear()


def publisher_with(producer: FakeProducer | None, **options: Any) -> Publisher:
    publisher = Publisher("nowhere:1", client_id="test", metrics=metrics_of("test"), **options)
    vars(publisher)["_producer"] = cast(Any, producer)
    return publisher


def message(size: int = 10) -> Message:
    return Message("t", b"x" * size, [])


async def test_it_answers_where_the_records_went():
    publisher = publisher_with(FakeProducer())
    written = await publisher.publish([message(), message()])
    assert [record.offset for record in written] == [1, 2]
    assert publisher.in_flight_bytes == 0
    await publisher.check()


async def test_without_a_producer_nothing_is_accepted():
    publisher = publisher_with(None)
    with pytest.raises(BrokerAway) as caught:
        await publisher.publish([message()])
    assert caught.value.extra == {"duplicatesPossible": False}
    assert caught.value.headers["Retry-After"]
    with pytest.raises(BrokerAway):
        await publisher.check()
    with pytest.raises(BrokerAway):
        await publisher.partitions("t")


async def test_no_acknowledgement_in_time_says_that_it_may_be_written():
    producer = FakeProducer()
    producer.at_once = False
    publisher = publisher_with(producer, ack_timeout=0.05)
    with pytest.raises(BrokerAway) as caught:
        await publisher.publish([message()])
    assert caught.value.extra == {"duplicatesPossible": True}
    assert publisher.in_flight_bytes > 0
    producer.acknowledge()
    await asyncio.sleep(0)
    assert publisher.in_flight_bytes == 0


async def test_while_the_oldest_record_waits_too_long_the_next_is_refused_at_once():
    producer = FakeProducer()
    producer.at_once = False
    publisher = publisher_with(producer, ack_timeout=0.05)
    with pytest.raises(BrokerAway):
        await publisher.publish([message()])
    with pytest.raises(BrokerAway, match="for a while") as caught:
        await publisher.publish([message()])
    assert caught.value.extra == {"duplicatesPossible": False}
    assert len(producer.sent) == 1
    with pytest.raises(BrokerAway):
        await publisher.check()
    producer.acknowledge()
    producer.at_once = True
    await asyncio.sleep(0)
    await publisher.publish([message()])


async def test_beyond_the_bound_it_refuses_instead_of_queueing():
    producer = FakeProducer()
    producer.at_once = False
    publisher = publisher_with(producer, max_in_flight_bytes=1000)
    first = asyncio.create_task(publisher.publish([message(900)]))
    await asyncio.sleep(0.01)
    with pytest.raises(BrokerBehind):
        await publisher.publish([message(900)])
    assert len(producer.sent) == 1
    producer.acknowledge()
    await first
    producer.at_once = True
    await publisher.publish([message(5000)])  # alone, even a large one goes through


async def test_an_error_that_no_retry_mends_asks_for_a_new_producer():
    producer = FakeProducer()
    publisher = publisher_with(producer)
    producer.error = NotLeaderForPartitionError()
    with pytest.raises(BrokerAway):
        await publisher.publish([message()])
    broken: asyncio.Event = vars(publisher)["_broken"]
    assert not broken.is_set()
    producer.error = OutOfOrderSequenceNumber()
    with pytest.raises(BrokerAway):
        await publisher.publish([message()])
    assert broken.is_set()


async def test_a_record_larger_than_kafka_takes_is_the_clients_fault_and_hands_nothing_over():
    producer = FakeProducer()
    publisher = publisher_with(producer)
    with pytest.raises(RecordTooLarge) as caught:
        await publisher.publish([message(), message(MAX_RECORD_BYTES)])
    assert caught.value.status == 413
    assert producer.sent == []
    assert not vars(publisher)["_broken"].is_set()


async def test_what_is_acknowledged_and_what_is_refused_is_counted():
    reader = InMemoryMetricReader()
    sent = MESSAGES_SENT.counter(MeterProvider(metric_readers=[reader]).get_meter("test"))
    for producer in (FakeProducer(), None):
        publisher = publisher_with(producer)
        vars(publisher)["_metrics"] = replace(metrics_of("test"), sent=sent)
        with suppress(BrokerAway):
            await publisher.publish([message(), message()])
    data: Any = reader.get_metrics_data()
    points = data.resource_metrics[0].scope_metrics[0].metrics[0].data.data_points
    always = {
        "messaging.system": "kafka",
        "messaging.operation.name": "send",
        "messaging.destination.name": "t",
    }
    assert [(dict(point.attributes), point.value) for point in points] == [
        (always, 2),
        (always | {"error.type": "broker-away"}, 2),
    ]
