"""The bridge: what is stored, changed and computed goes to the topics that somebody may subscribe to."""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final

import structlog
from pydantic import ValidationError
from redis.exceptions import RedisError

from fansipan_common.contracts.broadcast import ASKED_TOPIC, AskedTopics
from fansipan_common.db import DatabaseAway
from fansipan_common.mqtt.broker import Broker
from fansipan_common.mqtt.connection import Connection, MqttAway
from fansipan_common.mqtt.turn import SoleTurn
from fansipan_gateway.broadcast.domain import Asked
from fansipan_gateway.broadcast.metrics import ATTRIBUTES, BroadcastMetrics
from fansipan_gateway.broadcast.publisher import BrokerPublisher, Pace
from fansipan_gateway.broadcast.sources import Source
from fansipan_gateway.live.repository import BadRing

_log = structlog.get_logger(__name__)

_FIRST_PAUSE_SECONDS: Final = 0.5
_LONGEST_PAUSE_SECONDS: Final = 15.0
_SESSION: Final = "publisher"
_AWAY: Final = (RedisError, OSError, TimeoutError, BadRing, DatabaseAway)


class Broadcast:
    """Publishes in one replica of many. Run `run()` as a background task.

    Args:
        broker: where, and as whom.
        turn: whose turn it is.
        sources: what is published.
        asked: what somebody may subscribe to, when ingest does not say it; None: ingest does.
        per_second: messages at most.
        metrics: of the bridge.
    """

    def __init__(
        self,
        broker: Broker,
        turn: SoleTurn,
        sources: list[Source],
        asked: Asked | None,
        per_second: int,
        metrics: BroadcastMetrics,
    ) -> None:
        self._broker = broker
        self._turn = turn
        self._sources = sources
        self._ingest_says = asked is None
        for source in sources:
            source.asked = asked or Asked(())
        self._pace = Pace(per_second)
        self._metrics = metrics
        self._reason: str | None = "not connected yet"

    async def check(self) -> None:
        """Raise the reason when it is our turn and nothing is published."""
        if self._turn.is_ours and self._reason is not None:
            raise MqttAway(self._reason)

    async def run(self) -> None:
        """Publish when it is our turn; until cancelled."""
        await self._turn.run(self._work)

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for source in self._sources:
                tasks.create_task(source.listen(), name=f"mqtt-{source.name}-listens")
            await self._stay_connected()

    async def _stay_connected(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            began = time.monotonic()
            try:
                await self._session()
            except* MqttAway as group:
                error = _first(group)
                self._reason = error.detail
                if time.monotonic() - began > _LONGEST_PAUSE_SECONDS:
                    pause = _FIRST_PAUSE_SECONDS
                _log.warning("nothing is published by mqtt", error=error.detail, retry_in=pause)
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - not all replicas at once
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _session(self) -> None:
        """From one connect to the loss of the connection."""
        connection = Connection(self._broker, self._broker.client_id(_SESSION))
        connected = False
        try:
            await connection.open()
            publisher = BrokerPublisher(connection, self._pace, self._metrics)
            if self._ingest_says:
                await connection.subscribe(ASKED_TOPIC, qos=1, retained=True)
            _log.info("mqtt is connected: data goes out")
            self._reason = None
            self._metrics.connected.add(1, ATTRIBUTES)
            connected = True
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_until_lost(connection), name="mqtt-watch")
                tasks.create_task(self._hear_what_is_asked(connection), name="mqtt-asked")
                for source in self._sources:
                    tasks.create_task(
                        self._keep_going(source.name, lambda source=source: source.publish(publisher)),
                        name=f"mqtt-{source.name}",
                    )
        finally:
            if connected:
                self._metrics.connected.add(-1, ATTRIBUTES)
            await connection.close()

    async def _hear_what_is_asked(self, connection: Connection) -> None:
        """Learn from ingest which topics somebody may subscribe to."""
        while True:
            message = await connection.receive()
            connection.acknowledge(message)
            try:
                asked = Asked(AskedTopics.model_validate_json(bytes(message.payload)).filters)
            except ValidationError as error:
                _log.error("what is asked for cannot be read; is ingest newer?", error=str(error))
                continue
            if all(source.asked.filters == asked.filters for source in self._sources):
                continue  # ingest says it once a minute
            _log.info("topics are asked for", filters=len(asked.filters))
            for source in self._sources:
                source.asked = asked

    async def _keep_going(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run what reads Redis or the database; while one is away, try again with back-off."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            began = time.monotonic()
            try:
                await work()
            except _AWAY as error:
                if time.monotonic() - began > _LONGEST_PAUSE_SECONDS:
                    pause = _FIRST_PAUSE_SECONDS
                reason = str(error) or type(error).__name__
                _log.warning("what is published by mqtt waits", source=name, error=reason, retry_in=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


async def _until_lost(connection: Connection) -> None:
    raise await asyncio.shield(connection.lost)


def _first(group: BaseExceptionGroup[MqttAway]) -> MqttAway:
    for error in group.exceptions:
        return _first(error) if isinstance(error, BaseExceptionGroup) else error
    raise AssertionError("a group holds at least one error")
