"""A batch is done with when each message is in Kafka or a dead letter; what is wrong with one harms no other."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import orjson
import pytest

from fansipan_common.api_keys import Principal
from fansipan_common.contracts import ObservationItem
from fansipan_common.errors import Forbidden, PayloadTooLarge, ServerFault
from fansipan_common.kafka import Message, Publisher, Written
from fansipan_common.security import Scope
from fansipan_common.telemetry import metrics_of
from fansipan_ingest.domain.parsing import ParsedItems
from fansipan_ingest.mqtt.intake import MqttIntake, Received
from fansipan_ingest.mqtt.metrics import mqtt_metrics
from fansipan_ingest.mqtt.payloads import Limits
from fansipan_ingest.mqtt.providers import KnownProviders
from fansipan_ingest.publisher import IngestPublisher
from fansipan_ingest.repository.datastreams import DatastreamRepository
from fansipan_ingest.service.answer import Answer
from fansipan_ingest.service.observations import ObservationService
from fansipan_ingest.usage.domain import QuotaExhausted
from fansipan_ingest.usage.meter import UsageMeter


class FakeObservations:
    """Takes everything, but as told fails for the result 666 or so many times in a row."""

    def __init__(self, error: Exception | None = None, times: int = 0) -> None:
        self.error = error
        self.times = times
        self.taken: list[tuple[str, Any]] = []
        self.calls = 0

    async def accept_plain(self, *_: Any) -> None:
        return None

    async def accept(
        self, principal: Principal, parsed: ParsedItems[ObservationItem], *, strict: bool, origin: str
    ) -> Answer:
        assert (strict, origin) == (False, "mqtt")
        self.calls += 1
        if self.calls <= self.times:
            raise ServerFault("away")
        if self.error is not None and any(item.result == 666 for item in parsed.items):
            raise self.error
        self.taken += [(principal.provider_key, item.result) for item in parsed.items]
        return Answer(len(parsed.items))


class FakeKafka:
    """Keeps what is published; away for the first `away` calls."""

    def __init__(self, away: int = 0) -> None:
        self.away = away
        self.letters: list[dict[str, Any]] = []

    async def publish(self, messages: Sequence[Message]) -> list[Written]:
        if self.away:
            self.away -= 1
            raise ServerFault("away")
        self.letters += [orjson.loads(message.value) for message in messages]
        return []


class FakeProviders:
    async def principal(self, key: str) -> Principal:
        if key == "nobody":
            raise Forbidden("there is no provider nobody")
        return Principal(1, key, "k", frozenset({Scope.WRITE}), (), True)


class FakeDatastreams:
    """Knows datastream 12, once the database is back."""

    def __init__(self) -> None:
        self.away = 2

    async def find(self, names: set[int]) -> dict[int, Any]:
        if self.away:
            self.away -= 1
            raise ServerFault("away")
        return {12: SimpleNamespace(provider="owner")} if 12 in names else {}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    real = asyncio.sleep

    async def at_once(_seconds: float) -> None:
        await real(0)

    monkeypatch.setattr("fansipan_ingest.mqtt.intake.asyncio.sleep", at_once)


class FakeMeter:
    """Counts, and refuses what is over `allowed` requests."""

    def __init__(self, allowed: int = 1_000_000) -> None:
        self.allowed = allowed
        self.requests = 0
        self.received = 0

    def admit(self, principal: Principal, requests: int) -> None:
        assert principal.key_id == "mqtt"
        if self.requests >= self.allowed:
            raise QuotaExhausted("enough", retry_after=60)
        self.requests += requests

    def add(self, _principal: Principal, *, received: int) -> None:
        self.received += received


def intake_with(
    observations: FakeObservations,
    kafka: FakeKafka,
    meter: FakeMeter | None = None,
    sensor_things_provider: str | None = None,
) -> MqttIntake:
    return MqttIntake(
        cast(ObservationService, observations),
        IngestPublisher(cast(Publisher, kafka), topic_prefix=""),
        cast(KnownProviders, FakeProviders()),
        cast(DatastreamRepository, FakeDatastreams()),
        limits=Limits(1000, 10),
        clock=lambda: datetime(2026, 7, 1, tzinfo=UTC),
        meter=cast(UsageMeter, meter or FakeMeter()),
        metrics=metrics_of("test"),
        mqtt_metrics=mqtt_metrics(),
        sensor_things_provider=sensor_things_provider,
    )


def message(payload: str, topic: str = "fansipan/demo/box/pm2_5") -> Received:
    return Received(topic, payload.encode(), 1_782_867_600_250)


async def test_a_batch_of_several_providers() -> None:
    observations, kafka = FakeObservations(), FakeKafka()
    await intake_with(observations, kafka).take(
        [
            message("1"),
            message("2", "fansipan/other/box/pm2_5"),
            message("3"),
            message("no", "fansipan/demo/x/y"),
        ]
    )
    assert sorted(observations.taken) == [("demo", 1.0), ("demo", 3.0), ("other", 2.0)]
    (letter,) = kafka.letters
    assert (letter["origin"], letter["provider"], letter["items"][0]["code"]) == (
        "mqtt",
        "demo",
        "invalid-json",
    )


async def test_kafka_away_is_waited_for_and_nothing_is_left_out() -> None:
    observations, kafka = FakeObservations(times=5), FakeKafka(away=5)
    await intake_with(observations, kafka).take([message("1"), message("nothing")])
    assert observations.taken == [("demo", 1.0)]
    assert len(kafka.letters) == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [(ZeroDivisionError("a fault of ours"), "internal"), (PayloadTooLarge("too much"), "payload-too-large")],
)
async def test_one_message_that_cannot_be_taken_does_not_stop_the_others(error: Exception, code: str) -> None:
    observations, kafka = FakeObservations(error), FakeKafka()
    await intake_with(observations, kafka).take([message("1"), message("666"), message("2")])
    assert observations.taken == [("demo", 1.0), ("demo", 2.0)]
    (letter,) = kafka.letters
    detail = letter["items"][0]["detail"]
    about = {"door": "mqtt", "context": {"topic": "fansipan/demo/box/pm2_5"}}
    assert letter["items"] == [{"index": 0, "code": code, "detail": detail, "payload": 666, **about}]


async def test_messages_of_a_provider_that_is_gone_are_dead_letters() -> None:
    observations, kafka = FakeObservations(), FakeKafka()
    await intake_with(observations, kafka).take(
        [message("1", "fansipan/nobody/a/b"), message("1", "elsewhere")]
    )
    found = {(letter.get("provider"), letter["items"][0]["code"]) for letter in kafka.letters}
    assert found == {("nobody", "forbidden"), (None, "topic-unknown")}


async def test_a_topic_of_sensor_things_belongs_to_the_owner_of_its_datastream() -> None:
    observations, kafka = FakeObservations(), FakeKafka()
    await intake_with(observations, kafka).take(
        [message('{"result": 5}', f"v1.1/Datastreams({number})/Observations") for number in (12, 13)]
    )
    assert observations.taken == [("owner", 5.0)]
    (letter,) = kafka.letters
    assert (letter.get("provider"), letter["items"][0]["code"]) == (None, "datastream-unknown")


async def test_what_is_over_a_quota_becomes_dead_letters_and_the_rest_goes_on() -> None:
    observations, kafka, meter = FakeObservations(), FakeKafka(), FakeMeter(allowed=2)
    intake = intake_with(observations, kafka, meter)
    await intake.take([message("1"), message("2")])
    await intake.take([message("3"), message("4")])
    assert observations.taken == [("demo", 1.0), ("demo", 2.0)]
    assert [letter["items"][0]["code"] for letter in kafka.letters] == ["quota-exhausted"] * 2
    assert (meter.requests, meter.received) == (2, 2)


async def test_messages_that_wait_for_kafka_are_counted_once() -> None:
    meter = FakeMeter()
    await intake_with(FakeObservations(times=3), FakeKafka(), meter).take([message("1"), message("2")])
    assert (meter.requests, meter.received) == (2, 2)


async def test_topics_that_name_nobody_are_for_one_provider_if_for_any() -> None:
    entity = '{"result": 1, "Datastream": {"@iot.id": 12}}'
    topics = ("v1.1/Observations", "v1.1/FeaturesOfInterest(7)/Observations")
    batch = [message(entity, topic) for topic in topics]
    observations, kafka = FakeObservations(), FakeKafka()
    await intake_with(observations, kafka).take(batch)
    assert observations.taken == []
    assert [letter["items"][0]["code"] for letter in kafka.letters] == ["topic-unknown", "topic-unknown"]
    observations, kafka = FakeObservations(), FakeKafka()
    await intake_with(observations, kafka, sensor_things_provider="sole").take(batch)
    assert observations.taken == [("sole", 1.0), ("sole", 1.0)]
    assert kafka.letters == []
