"""What the bridge publishes, what it lets go, and where it goes on after the broker was away."""

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any, cast

import orjson
import pytest

from fansipan_common.errors import NotFound
from fansipan_common.mqtt.connection import MqttAway
from fansipan_gateway.broadcast.changes import EntityChange, EntityChanges
from fansipan_gateway.broadcast.domain import Asked, Publication
from fansipan_gateway.broadcast.metrics import broadcast_metrics
from fansipan_gateway.broadcast.publisher import BrokerPublisher, Pace
from fansipan_gateway.broadcast.repository import Identity, Observations, StoredFeed
from fansipan_gateway.broadcast.sources import ChangedEntities, StoredObservations
from fansipan_gateway.sensor_things.planner.resources import Resource
from fansipan_gateway.sensor_things.rendering.answers import Answer
from fansipan_gateway.sensor_things.service import SensorThings


def _now() -> int:
    """In milliseconds; what waits is let go by the clock, and this module may run long after it was read."""
    return int(time.time() * 1000)


class FakePublisher:
    """Keeps what is published; away when told so."""

    def __init__(self) -> None:
        self.sent: list[Publication] = []
        self.away = False

    async def publish(self, publications: Sequence[Publication]) -> None:
        await asyncio.sleep(0)
        if self.away:
            raise MqttAway("away")
        self.sent += publications


class FakeFeed:
    """Entries of a stream, each with its place in milliseconds."""

    def __init__(self) -> None:
        self.entries: list[tuple[int, list[Identity]]] = []
        self.wanted: list[list[int] | None] = []
        self.lost = False

    async def want(self, datastreams: list[int] | None) -> None:
        self.wanted.append(datastreams)

    async def newest(self) -> str:
        return f"{self.entries[-1][0]}-0" if self.entries else "0-0"

    async def following(self, place: str, count: int) -> tuple[str, list[Identity]]:
        await asyncio.sleep(0)
        after = int(place.partition("-")[0])
        found = [(ms, identities) for ms, identities in self.entries if ms > after][:count]
        if not found:
            await asyncio.sleep(0.005)
            return place, []
        return f"{found[-1][0]}-0", [each for _, identities in found for each in identities]

    async def is_lost(self, _place: str) -> bool:
        return self.lost


class FakeObservations:
    """Every observation is there, and every datastream of the provider `demo`."""

    async def read(self, identities: Sequence[Identity]) -> list[tuple[int, dict[str, Any]]]:
        return [(datastream, {"@iot.id": ms, "result": datastream}) for datastream, ms in identities]

    async def providers(self, datastreams: Sequence[int]) -> dict[int, str]:
        return dict.fromkeys(datastreams, "demo")

    async def provider_of(self, entities: str, _entity_id: int) -> str | None:
        return "demo" if entities == "Things" else None


class FakeThings:
    """Things whose name is to be set; those with an id over 100 are gone."""

    def __init__(self) -> None:
        self.name = "one"

    async def read(self, resource: Resource, *_: object) -> Answer:
        number = resource.last.id
        assert isinstance(number, int)
        if number > 100:
            raise NotFound("gone")
        return Answer(orjson.dumps({"@iot.id": number, "name": self.name, "description": "d"}))


def observations_source(feed: FakeFeed, per_second: int = 100) -> StoredObservations:
    return StoredObservations(
        cast("StoredFeed", feed),
        cast("Observations", FakeObservations()),
        per_second,
        broadcast_metrics(),
    )


class Changes(EntityChanges):
    """Notifications without a database."""

    def __init__(self) -> None:
        super().__init__("")

    def notify(self, payload: object) -> None:
        self._hear(None, 0, "entity_changed", payload if isinstance(payload, str) else json.dumps(payload))


def entities_source(changes: EntityChanges, things: FakeThings) -> ChangedEntities:
    return ChangedEntities(
        changes,
        cast("SensorThings", things),
        cast("Observations", FakeObservations()),
        "https://city.example/sta/v1.1",
        broadcast_metrics(),
    )


async def until(what: Any) -> None:
    async with asyncio.timeout(5.0):
        while not what():
            await asyncio.sleep(0.002)


class Running:
    """A source that publishes, until the block ends."""

    def __init__(self, source: Any, publisher: FakePublisher) -> None:
        self._task = asyncio.create_task(source.publish(cast("BrokerPublisher", publisher)))

    async def __aenter__(self) -> "Running":
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    async def failure(self) -> BaseException | None:
        await asyncio.wait([self._task], timeout=5.0)
        return self._task.exception()


async def test_observations_go_to_the_topics_that_are_asked_for() -> None:
    feed, publisher = FakeFeed(), FakePublisher()
    now = _now()
    source = observations_source(feed)
    source.asked = Asked(["v1.1/Datastreams(2)/#", "live/providers/demo/#"])
    async with Running(source, publisher):
        await until(lambda: feed.wanted)
        feed.entries.append((now, [(1, 5), (2, 6)]))
        await until(lambda: len(publisher.sent) == 5)
    assert feed.wanted == [None]  # all of a provider may be any
    assert [(each.topic, each.qos) for each in publisher.sent] == [
        ("live/providers/demo/v1.1/Datastreams(1)/Observations", 0),
        ("live/providers/demo/v1.1/Observations", 0),
        ("v1.1/Datastreams(2)/Observations", 0),
        ("live/providers/demo/v1.1/Datastreams(2)/Observations", 0),
        ("live/providers/demo/v1.1/Observations", 0),
    ]


async def test_what_could_not_be_published_comes_when_the_broker_is_back() -> None:
    feed, publisher = FakeFeed(), FakePublisher()
    now = _now()
    feed.entries.append((now - 1000, [(1, 1)]))  # before anybody listened
    source = observations_source(feed)
    source.asked = Asked(["v1.1/Observations"])
    async with Running(source, publisher) as running:
        await until(lambda: feed.wanted)
        publisher.away = True
        feed.entries.append((now, [(1, 2)]))
        assert isinstance(await running.failure(), MqttAway)
    feed.entries.append((now + 1, [(1, 3)]))
    publisher.away = False
    async with Running(source, publisher):
        await until(lambda: len(publisher.sent) == 2)
    assert [json.loads(each.payload)["@iot.id"] for each in publisher.sent] == [2, 3]


async def test_what_waited_for_too_long_is_let_go() -> None:
    feed, publisher = FakeFeed(), FakePublisher()
    now = _now()
    feed.entries.append((now - 400_000, [(1, 1)]))
    source = observations_source(feed)
    source.asked = Asked(["v1.1/Observations"])
    async with Running(source, publisher):
        await until(lambda: feed.wanted)
    feed.entries += [(now - 390_000, [(1, 2)]), (now - 1_000, [(1, 3)])]
    async with Running(source, publisher):
        await until(lambda: publisher.sent)
    assert [json.loads(each.payload)["@iot.id"] for each in publisher.sent] == [3]


async def test_of_what_comes_too_fast_the_newest_of_each_datastream_is_published() -> None:
    feed, publisher = FakeFeed(), FakePublisher()
    now = _now()
    source = observations_source(feed, per_second=10)
    source.asked = Asked(["v1.1/Observations"])
    async with Running(source, publisher):
        await until(lambda: feed.wanted)
        feed.entries.append((now, [(number % 3, number) for number in range(30)]))
        await until(lambda: len(publisher.sent) == 3)
    assert sorted(json.loads(each.payload)["@iot.id"] for each in publisher.sent) == [27, 28, 29]


async def test_while_nobody_asks_nothing_is_read_and_later_it_begins_with_what_is_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fansipan_gateway.broadcast.sources._IDLE_SECONDS", 0.005)
    feed, publisher = FakeFeed(), FakePublisher()
    now = _now()
    source = observations_source(feed)
    async with Running(source, publisher):
        feed.entries.append((now, [(1, 1)]))
        await asyncio.sleep(0.05)
        assert (feed.wanted, publisher.sent) == ([], [])
        source.asked = Asked(["v1.1/Datastreams(1)/Observations"])
        await until(lambda: feed.wanted == [[1]])
        feed.entries.append((now + 1, [(1, 2)]))
        await until(lambda: publisher.sent)
    assert [json.loads(each.payload)["@iot.id"] for each in publisher.sent] == [2]


async def test_entities_and_the_properties_that_changed() -> None:
    changes, things, publisher = Changes(), FakeThings(), FakePublisher()
    source = entities_source(changes, things)
    source.asked = Asked(["v1.1/#"])
    async with Running(source, publisher):
        changes.notify({"set": "Things", "id": 7, "what": "created"})
        await until(lambda: len(publisher.sent) == 2)
        things.name = "two"
        changes.notify({"set": "Things", "id": 7, "what": "updated"})
        await until(lambda: len(publisher.sent) == 5)
        for ignored in (
            "no JSON",
            {"set": "Things", "id": 7, "what": "moved"},
            {"set": "Things", "id": 101, "what": "updated"},
            {"set": "Things", "id": 7, "what": "deleted"},
            {"set": "Observations", "id": 7, "what": "updated"},
        ):
            changes.notify(ignored)
        await asyncio.sleep(0.05)
    assert [(each.topic, each.qos) for each in publisher.sent] == [
        ("v1.1/Things(7)", 1),
        ("v1.1/Things", 1),
        ("v1.1/Things(7)", 1),
        ("v1.1/Things", 1),
        ("v1.1/Things(7)/name", 1),
    ]
    assert json.loads(publisher.sent[-1].payload) == {"name": "two"}


async def test_an_entity_that_could_not_be_published_comes_first_and_once() -> None:
    changes, things, publisher = Changes(), FakeThings(), FakePublisher()
    source = entities_source(changes, things)
    source.asked = Asked(["v1.1/Things"])
    publisher.away = True
    changes.notify({"set": "Things", "id": 1, "what": "updated"})
    changes.notify({"set": "Things", "id": 2, "what": "updated"})
    async with Running(source, publisher) as running:
        assert isinstance(await running.failure(), MqttAway)
    changes.notify({"set": "Things", "id": 2, "what": "updated"})
    publisher.away = False
    async with Running(source, publisher):
        await until(lambda: len(publisher.sent) == 2)
        await asyncio.sleep(0.02)
    assert [json.loads(each.payload)["@iot.id"] for each in publisher.sent] == [1, 2]


async def test_changes_that_nobody_takes_are_bounded() -> None:
    changes = Changes()
    for number in range(10_005):
        changes.notify({"set": "Things", "id": number, "what": "updated"})
    assert (changes.take_dropped(), changes.take_dropped()) == (5, 0)
    assert await changes.take() == EntityChange(set="Things", id=5, what="updated")


async def test_the_pace_lets_a_second_pass_at_once_and_then_holds_back() -> None:
    pace = Pace(1_000)
    began = time.monotonic()
    await pace.take(1_000)
    assert time.monotonic() - began < 0.9
    await pace.take(200)
    assert time.monotonic() - began >= 0.15
