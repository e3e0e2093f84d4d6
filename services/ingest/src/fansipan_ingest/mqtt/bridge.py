"""The outermost loop: stay connected, take messages in batches, acknowledge them when Kafka has."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from opentelemetry.trace import SpanKind, get_tracer
from paho.mqtt.client import MQTTMessage

from fansipan_common.contracts.broadcast import ORIGIN
from fansipan_common.mqtt.broker import Broker
from fansipan_common.mqtt.connection import Connection, MqttAway, SessionTakenOver
from fansipan_ingest.mqtt.arrivals import Arrivals
from fansipan_ingest.mqtt.intake import MqttIntake, Received
from fansipan_ingest.mqtt.metrics import ATTRIBUTES, MqttMetrics
from fansipan_ingest.mqtt.topics import FILTERS, FORMER_FILTERS, SENSOR_THINGS_FILTERS, WITHOUT_DATASTREAM

_log = structlog.get_logger(__name__)
_tracer = get_tracer(__name__)

_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 5.0
_TAKEN_OVER_PAUSE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Subscription:
    """How messages are fetched.

    Attributes:
        session: name of our session at the broker.
        group: of the shared subscription that divides the messages among replicas; None: this session gets all.
        session_seconds: how long the broker keeps our session when we are away.
        receive_maximum: messages that may wait for our acknowledgement.
        batch_messages, batch_bytes: a batch is not larger, unless one message is.
        batch_seconds: a batch waits no longer for more.
        without_datastream: whether somebody may publish observations to a topic that does not say of what.
    """

    session: str
    group: str | None
    session_seconds: int
    receive_maximum: int
    batch_messages: int
    batch_bytes: int
    batch_seconds: float
    without_datastream: bool = False

    @property
    def filters(self) -> list[str]:
        """What is always subscribed to."""
        return self._shared(FILTERS)

    @property
    def sensor_things_filters(self) -> list[str]:
        """What is subscribed to while somebody may publish there; else only what we publish ourselves would come."""
        return self._shared(self._of_sensor_things)

    @property
    def former_filters(self) -> list[str]:
        """What a lasting session may be subscribed to from an earlier time, and must not be."""
        if self.group is None:
            return [*FORMER_FILTERS]
        # alone, of a time without a group, they would give us everything
        return [*FORMER_FILTERS, *self._shared(FORMER_FILTERS), *FILTERS, *self._of_sensor_things]

    @property
    def _of_sensor_things(self) -> list[str]:
        return [*SENSOR_THINGS_FILTERS, *([WITHOUT_DATASTREAM] if self.without_datastream else ())]

    def _shared(self, names: Sequence[str]) -> list[str]:
        return [name if self.group is None else f"$share/{self.group}/{name}" for name in names]


class MqttBridge:
    """Run `run()` as a background task. `stop()` ends it with nothing half done."""

    def __init__(
        self,
        broker: Broker,
        subscription: Subscription,
        intake: MqttIntake,
        arrivals: Arrivals,
        metrics: MqttMetrics,
    ) -> None:
        self._broker = broker
        self._subscription = subscription
        self._take: Callable[[list[Received]], Awaitable[None]] = intake.take
        self._arrivals = arrivals
        self._metrics = metrics
        self._stopping = asyncio.Event()
        self._stopped = asyncio.Event()
        self._sensor_things_wanted = True
        self._sensor_things_subscribed = False
        self._changed = asyncio.Event()
        self._connected = False
        self._reason = "not connected yet"

    def sensor_things(self, used: bool) -> None:
        """Whether anybody may publish to the topics of SensorThings that name no provider; until that is said, somebody
        may."""
        self._sensor_things_wanted = used
        self._changed.set()

    async def check(self) -> None:
        """Raise the reason when messages are not being taken now."""
        if not self._connected:
            raise MqttAway(self._reason)

    async def run(self) -> None:
        """Take messages until cancelled."""
        pause = _FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                await self._session()
            except MqttAway as error:
                self._reason = error.detail
                if time.monotonic() - began > _LONGEST_PAUSE_SECONDS:
                    pause = _FIRST_PAUSE_SECONDS
                if isinstance(error, SessionTakenOver):
                    _log.error("our MQTT session is used elsewhere: every replica needs a name of its own")
                    pause = _TAKEN_OVER_PAUSE_SECONDS
                else:
                    _log.warning("mqtt is away", error=error.detail, retry_in=pause)
                wait = pause * random.uniform(0.8, 1.2)  # noqa: S311 - so that replicas do not come all at once
                await _either(self._stopping.wait(), wait)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
        self._stopped.set()
        await asyncio.Event().wait()

    async def stop(self, timeout: float) -> None:
        """Finish the batch that is being taken, acknowledge it and take no more."""
        self._stopping.set()
        await _either(self._stopped.wait(), timeout)

    async def _session(self) -> None:
        """From one connect to the loss of the connection. Returns only when stopping."""
        subscription = self._subscription
        connection = Connection(
            self._broker,
            self._broker.client_id(subscription.session),
            session_seconds=subscription.session_seconds,
            receive_maximum=subscription.receive_maximum,
            ignored=_is_of_the_platform,
        )
        try:
            if not await connection.open():
                self._arrivals.forget()
            # Each time: Mosquitto 2.0 keeps sessions over its restart, but not their shared subscriptions.
            for topic_filter in subscription.filters:
                await connection.subscribe(topic_filter, qos=1)
            for topic_filter in subscription.former_filters:
                await connection.unsubscribe(topic_filter)
            await self._follow_sensor_things(connection)
            connection.hold_back()
            _log.info("mqtt is connected", subscriptions=subscription.filters)
            self._connected = True
            self._metrics.connected.add(1, ATTRIBUTES)
            while not self._stopping.is_set():
                if self._sensor_things_wanted != self._sensor_things_subscribed:
                    await self._follow_sensor_things(connection)
                await self._one_batch(connection)
        finally:
            if self._connected:
                self._connected = False
                self._metrics.connected.add(-1, ATTRIBUTES)
            await connection.close()

    async def _follow_sensor_things(self, connection: Connection) -> None:
        """Subscribe to the topics of SensorThings, or to them no more."""
        self._sensor_things_subscribed = wanted = self._sensor_things_wanted
        for topic_filter in self._subscription.sensor_things_filters:
            if wanted:
                await connection.subscribe(topic_filter, qos=1)
            else:
                await connection.unsubscribe(topic_filter)
        _log.info("topics of sensorthings", subscribed=wanted)

    async def _one_batch(self, connection: Connection) -> None:
        messages = await self._collect(connection)
        if not messages:
            return
        began = time.monotonic()
        batch = [self._received(message) for message in messages]
        with _tracer.start_as_current_span(
            f"process {FILTERS[0]}",
            kind=SpanKind.CONSUMER,
            attributes={**ATTRIBUTES, "messaging.batch.message_count": len(batch)},
        ):
            await self._take(batch)
        if connection.lost.done():
            raise connection.lost.result()  # the broker delivers them again: they are known by their times
        for message, received in zip(messages, batch, strict=True):
            connection.acknowledge(message)
            self._arrivals.acknowledged(message.mid, received.topic, received.payload)
        if dropped := connection.take_dropped():
            self._metrics.dropped.add(dropped, ATTRIBUTES)
        self._metrics.process_duration.record(time.monotonic() - began, ATTRIBUTES)

    def _received(self, message: MQTTMessage) -> Received:
        topic, payload = message.topic, bytes(message.payload)
        packet_id = message.mid if message.qos else 0
        return Received(topic, payload, self._arrivals.of(packet_id, topic, payload, again=bool(message.dup)))

    async def _collect(self, connection: Connection) -> list[MQTTMessage]:
        """The next messages: what is there, and for a moment what follows. Empty when stopping, and when there are
        topics to subscribe to.

        Raises:
            MqttAway: the connection is lost.
        """
        limits = self._subscription
        first = asyncio.ensure_future(connection.receive())
        stopping = asyncio.ensure_future(self._stopping.wait())
        self._changed.clear()
        changed = asyncio.ensure_future(self._changed.wait())
        try:
            if self._sensor_things_wanted == self._sensor_things_subscribed:
                waiting = [first, stopping, changed, connection.lost]
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            changed.cancel()
            if not first.done():
                first.cancel()
        if connection.lost.done():
            raise connection.lost.result()
        if not first.done() or first.cancelled():
            return []
        messages = [first.result()]
        size = len(messages[0].payload)
        deadline = time.monotonic() + limits.batch_seconds
        while len(messages) < limits.batch_messages and size < limits.batch_bytes:
            message = connection.receive_nowait()
            if message is None:
                left = deadline - time.monotonic()
                if left <= 0 or connection.lost.done():
                    break
                await asyncio.sleep(min(left, 0.005))
                continue
            messages.append(message)
            size += len(message.payload)
        return messages


def _is_of_the_platform(message: MQTTMessage) -> bool:
    """Whether it is what the gateway publishes: its topics are also those of devices."""
    properties = message.properties
    return properties is not None and ORIGIN in getattr(properties, "UserProperty", ())


async def _either(awaitable: Awaitable[object], seconds: float) -> None:
    """Wait for something, at most `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            await awaitable
    except TimeoutError:
        return
