"""When the broker is told that a message is in safe hands, and when it is not."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from fansipan_common.mqtt.broker import Broker
from fansipan_common.mqtt.connection import MqttAway
from fansipan_ingest.mqtt.arrivals import Arrivals
from fansipan_ingest.mqtt.bridge import MqttBridge, Subscription
from fansipan_ingest.mqtt.intake import MqttIntake, Received
from fansipan_ingest.mqtt.metrics import mqtt_metrics

BROKER = Broker("broker", 1883, "ingest", "secret", None)


@dataclass
class FakeMessage:
    mid: int
    payload: bytes
    topic: str = "fansipan/demo/box/rain"
    qos: int = 1
    dup: bool = False


class FakeConnection:
    """Delivers what it is given, notes what is done to it."""

    def __init__(self, *, present: bool = True) -> None:
        self.messages: asyncio.Queue[FakeMessage] = asyncio.Queue()
        self.lost: asyncio.Future[MqttAway] = asyncio.get_running_loop().create_future()
        self.acknowledged: list[int] = []
        self.filters: list[str] = []
        self.closed = False
        self._present = present

    async def open(self) -> bool:
        return self._present

    async def subscribe(self, topic_filter: str, qos: int) -> None:
        assert qos == 1
        self.filters.append(topic_filter)

    async def unsubscribe(self, topic_filter: str) -> None:
        self.filters.append(f"not {topic_filter}")

    async def receive(self) -> FakeMessage:
        return await self.messages.get()

    def receive_nowait(self) -> FakeMessage | None:
        return None if self.messages.empty() else self.messages.get_nowait()

    def acknowledge(self, message: FakeMessage) -> None:
        assert not self.lost.done()
        self.acknowledged.append(message.mid)

    def hold_back(self) -> None:
        assert self.filters

    def take_dropped(self) -> int:
        return 0

    async def close(self) -> None:
        self.closed = True


@dataclass
class FakeIntake:
    """Is done with a batch when the gate is open."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    batches: list[list[Received]] = field(default_factory=list[list[Received]])

    async def take(self, batch: list[Received]) -> None:
        self.begun.set()
        await self.gate.wait()
        self.batches.append(batch)


class World:
    """A bridge whose connections are handed out by the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, group: str | None = None) -> None:
        self.connections: list[FakeConnection] = []
        self.intake = FakeIntake()
        self.ids: list[str] = []
        waiting = [FakeConnection(), FakeConnection()]

        def connect(_broker: Broker, client_id: str, **_: Any) -> FakeConnection:
            self.ids.append(client_id)
            self.connections.append(waiting.pop(0))
            return self.connections[-1]

        monkeypatch.setattr("fansipan_ingest.mqtt.bridge.Connection", connect)
        subscription = Subscription("one", group, 60, 100, 3, 1_000, 0.01)
        self.bridge = MqttBridge(
            BROKER, subscription, cast(MqttIntake, self.intake), Arrivals(lambda: 1_000), mqtt_metrics()
        )
        self.task = asyncio.create_task(self.bridge.run())

    async def until(self, what: Callable[[], bool]) -> None:
        async with asyncio.timeout(5.0):
            while not what():
                await asyncio.sleep(0.001)


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch):
    world = World(monkeypatch)
    await world.until(lambda: bool(world.connections))
    yield world
    world.task.cancel()
    await asyncio.wait([world.task])


async def test_the_broker_hears_in_order_and_only_when_the_batch_is_done(world: World) -> None:
    connection = world.connections[0]
    for number in range(1, 6):
        connection.messages.put_nowait(FakeMessage(number, b"1"))
    await world.intake.begun.wait()
    await asyncio.sleep(0.05)
    assert connection.acknowledged == []
    await world.bridge.check()
    world.intake.gate.set()
    await world.until(lambda: len(connection.acknowledged) == 5)
    assert connection.acknowledged == [1, 2, 3, 4, 5]
    assert [len(batch) for batch in world.intake.batches] == [3, 2]
    assert connection.filters == ["fansipan/#", "not v1.1/#", "v1.1/+/Observations"]


async def test_what_was_not_acknowledged_comes_again_with_its_first_time(world: World) -> None:
    first = world.connections[0]
    first.messages.put_nowait(FakeMessage(7, b"1"))
    await world.intake.begun.wait()
    first.lost.set_result(MqttAway("gone"))
    world.intake.gate.set()
    await world.until(lambda: len(world.connections) == 2)
    assert first.acknowledged == []
    assert first.closed
    second = world.connections[1]
    second.messages.put_nowait(FakeMessage(7, b"1", dup=True))
    second.messages.put_nowait(FakeMessage(8, b"1"))
    await world.until(lambda: second.acknowledged == [7, 8])
    times = [message.arrived_ms for batch in world.intake.batches for message in batch]
    assert times == [1_000, 1_000, 1_001]
    assert world.ids[0] == world.ids[1]


async def test_stopping_finishes_what_was_begun(world: World) -> None:
    connection = world.connections[0]
    connection.messages.put_nowait(FakeMessage(1, b"1"))
    await world.intake.begun.wait()
    stop = asyncio.create_task(world.bridge.stop(5.0))
    await asyncio.sleep(0.02)
    world.intake.gate.set()
    await stop
    assert connection.acknowledged == [1]
    assert connection.closed
    assert not world.task.done()  # its death would be seen as a fault
    with pytest.raises(MqttAway):
        await world.bridge.check()


async def test_a_group_shares_and_leaves_an_earlier_subscription(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, "g")
    await world.until(lambda: bool(world.connections) and len(world.connections[0].filters) == 6)
    assert world.connections[0].filters == [
        "$share/g/fansipan/#",
        *("not v1.1/#", "not $share/g/v1.1/#", "not fansipan/#", "not v1.1/+/Observations"),
        "$share/g/v1.1/+/Observations",
    ]
    world.task.cancel()
    await asyncio.wait([world.task])


def test_a_session_cannot_be_guessed_and_is_the_same_each_time() -> None:
    ours = BROKER.client_id("one")
    assert ours == Broker("elsewhere", 1, "x", "secret", None).client_id("one")
    assert ours.startswith("fansipan-one-")
    assert ours not in {
        BROKER.client_id("two"),
        Broker("broker", 1883, "ingest", "other", None).client_id("one"),
    }
    assert "secret" not in repr(BROKER)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [("mqtt://u:p%40s@h", "h", 1883), ("mqtts://u:p%40s@h:1", "h", 1), ("mqtts://u:p%40s@h", "h", 8883)],
)
def test_the_address(url: str, host: str, port: int) -> None:
    broker = Broker.of(url, None)
    assert (broker.host, broker.port, broker.username, broker.password) == (host, port, "u", "p@s")
    assert (broker.tls is not None) == url.startswith("mqtts")


async def test_topics_of_sensor_things_are_subscribed_to_while_somebody_may_publish_there(
    world: World,
) -> None:
    connection = world.connections[0]
    before = len(connection.filters)
    world.intake.gate.set()
    world.bridge.sensor_things(True)  # they are already
    world.bridge.sensor_things(False)
    await world.until(lambda: len(connection.filters) == before + 1)
    connection.messages.put_nowait(FakeMessage(1, b"1"))
    await world.until(lambda: connection.acknowledged == [1])
    world.bridge.sensor_things(True)
    await world.until(lambda: len(connection.filters) == before + 2)
    assert connection.filters[before:] == ["not v1.1/+/Observations", "v1.1/+/Observations"]
    connection.lost.set_result(MqttAway("gone"))
    await world.until(lambda: len(world.connections) == 2 and len(world.connections[1].filters) == 3)
