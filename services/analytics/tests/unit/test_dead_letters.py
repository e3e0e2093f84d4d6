"""Unusable records are set aside, confirmed, once; a storm of them halts."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import orjson
import pytest

from fansipan_analytics.consumer.dead_letters import DeadLetterOffice, PoisonStorm
from fansipan_common.kafka import BrokerAway, Message, Publisher
from fansipan_common.telemetry import metrics_of


@dataclass
class FakeRecord:
    offset: int
    value: bytes | None = b"\xffgarbage"
    topic: str = "x-observations.v1"
    partition: int = 3
    timestamp: int = 1_782_867_600_000
    headers: Sequence[tuple[str, bytes]] = ()


@dataclass
class FakePublisher:
    published: list[Message] = field(default_factory=list[Message])
    away: bool = False

    async def publish(self, messages: Sequence[Message]) -> list[object]:
        if self.away:
            raise BrokerAway("away")
        self.published += messages
        return []


@dataclass
class Clock:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def publisher() -> FakePublisher:
    return FakePublisher()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(publisher: FakePublisher, clock: Clock) -> DeadLetterOffice:
    return DeadLetterOffice(
        cast(Publisher, publisher),
        topic_prefix="x-",
        max_per_minute=3,
        metrics=metrics_of("test"),
        monotonic=clock,
    )


async def test_the_letter_says_what_and_where_and_why(office: DeadLetterOffice, publisher: FakePublisher):
    await office.set_aside(FakeRecord(7), "poison-record", "not JSON")
    [message] = publisher.published
    assert message.topic == "x-dead-letter.v1"
    assert orjson.loads(message.value) == {
        "origin": "kafka",
        "target": "observations",
        "receivedAt": "2026-07-01T01:00:00Z",
        "topic": "x-observations.v1",
        "partition": 3,
        "offset": 7,
        "items": [
            {
                "index": 0,
                "code": "poison-record",
                "detail": "not JSON",
                "payloadBase64": base64.b64encode(b"\xffgarbage").decode(),
            }
        ],
    }


async def test_service_events_are_told_apart(office: DeadLetterOffice, publisher: FakePublisher):
    await office.set_aside(FakeRecord(1, None, topic="x-service-events.v1"), "poison-record", "x")
    assert orjson.loads(publisher.published[0].value)["target"] == "service-events"


async def test_a_storm_halts_and_sets_nothing_more_aside(office: DeadLetterOffice, publisher: FakePublisher):
    for offset in range(3):
        await office.set_aside(FakeRecord(offset), "poison-record", "x")
    with pytest.raises(PoisonStorm, match=r"more than 3 .* x-observations.v1/3/3: x\. Nothing was skipped"):
        await office.set_aside(FakeRecord(3), "poison-record", "x")
    assert len(publisher.published) == 3


async def test_as_many_spread_over_time_are_no_storm(
    office: DeadLetterOffice, publisher: FakePublisher, clock: Clock
):
    for offset in range(20):
        await office.set_aside(FakeRecord(offset), "poison-record", "x")
        clock.seconds += 20.1
    assert len(publisher.published) == 20


async def test_a_record_that_is_read_again_is_neither_published_nor_counted_again(
    office: DeadLetterOffice, publisher: FakePublisher
):
    for _ in range(10):
        await office.set_aside(FakeRecord(1), "poison-record", "x")
    assert len(publisher.published) == 1
    await office.set_aside(FakeRecord(2), "poison-record", "x")


async def test_what_was_not_confirmed_is_published_again(office: DeadLetterOffice, publisher: FakePublisher):
    publisher.away = True
    with pytest.raises(BrokerAway):
        await office.set_aside(FakeRecord(1), "poison-record", "x")
    publisher.away = False
    await office.set_aside(FakeRecord(1), "poison-record", "x")
    assert len(publisher.published) == 1


async def test_of_a_huge_record_the_beginning_is_kept(office: DeadLetterOffice, publisher: FakePublisher):
    await office.set_aside(FakeRecord(1, bytes(15 * 1024 * 1024)), "poison-record", "too much")
    letter = orjson.loads(publisher.published[0].value)
    assert letter["items"][0]["detail"] == (
        "too much (the first 8388608 of its 15728640 bytes are kept here)"
    )
    assert len(publisher.published[0].value) < 12 * 1024 * 1024
