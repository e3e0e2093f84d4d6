"""Publishing at the broker: not faster than allowed, and only what somebody may hear."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from fansipan_common.contracts.broadcast import ORIGIN
from fansipan_common.mqtt.connection import Connection
from fansipan_gateway.broadcast.domain import Publication
from fansipan_gateway.broadcast.metrics import ATTRIBUTES, BroadcastMetrics

_BURST: Final = 200
_WRITE_SECONDS: Final = 30.0


class Pace:
    """Lets so many a second pass: a bucket that holds the allowance of a second."""

    def __init__(self, per_second: int) -> None:
        self.per_second = per_second
        self._left = float(per_second)
        self._at = time.monotonic()

    async def take(self, count: int) -> None:
        """Wait until `count` more may pass."""
        now = time.monotonic()
        self._left = min(float(self.per_second), self._left + (now - self._at) * self.per_second)
        self._at = now
        self._left -= count
        if self._left < 0:
            await asyncio.sleep(-self._left / self.per_second)


class BrokerPublisher:
    """Publishes over one connection. Others on the event loop have their turn after each 200 messages."""

    def __init__(self, connection: Connection, pace: Pace, metrics: BroadcastMetrics) -> None:
        self._connection = connection
        self._pace = pace
        self._metrics = metrics
        self._properties = Properties(PacketTypes.PUBLISH)
        self._properties.UserProperty = ORIGIN

    async def publish(self, publications: Sequence[Publication]) -> None:
        """Publish; of QoS 1 wait for the broker's acknowledgement, of QoS 0 until it is sent.

        Raises:
            MqttAway.
        """
        for first in range(0, len(publications), _BURST):
            burst = publications[first : first + _BURST]
            await self._pace.take(len(burst))
            sure: list[Publication] = []
            for each in burst:
                if each.qos:
                    sure.append(each)
                else:
                    self._connection.send(each.topic, each.payload, self._properties)
            await self._connection.written(_WRITE_SECONDS)
            async with asyncio.TaskGroup() as tasks:
                for each in sure:
                    tasks.create_task(self._publish_surely(each))
            self._metrics.sent.add(len(burst), ATTRIBUTES)

    async def _publish_surely(self, publication: Publication) -> None:
        await self._connection.publish(publication.topic, publication.payload, properties=self._properties)
