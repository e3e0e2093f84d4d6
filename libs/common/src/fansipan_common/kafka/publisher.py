"""Publishing with `acks=all` and idempotence: refuses when Kafka is away or behind, never queues without bound."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError
from aiokafka.structs import RecordMetadata
from opentelemetry.trace import SpanKind, get_tracer

from fansipan_common.contracts.topics import MAX_RECORD_BYTES
from fansipan_common.errors import PayloadTooLarge, ServerFault
from fansipan_common.kafka.connection import KafkaConnection, connection_to
from fansipan_common.kafka.headers import Headers
from fansipan_common.tasks import ended
from fansipan_common.telemetry.metrics import Metrics

_log = structlog.get_logger(__name__)

_SENDING: Final = {"messaging.system": "kafka", "messaging.operation.name": "send"}
_LOOK_SECONDS: Final = 5.0
_START_SECONDS: Final = 10.0
_STOP_SECONDS: Final = 5.0
_AWAY: Final = (KafkaError, OSError, TimeoutError, asyncio.CancelledError)
_OVERHEAD_BYTES: Final = 64 * 1024
"""Room for the headers and the framing of a record."""


class BrokerAway(ServerFault):
    """Kafka did not acknowledge."""

    code, title = "broker-away", "Message broker unavailable"


class BrokerBehind(ServerFault):
    """Kafka acknowledges more slowly than we are asked to publish."""

    code, title = "broker-behind", "Message broker behind"


class RecordTooLarge(PayloadTooLarge):
    """A record would be larger than Kafka takes."""

    code = "record-too-large"


@dataclass(frozen=True, slots=True)
class Message:
    """One record to publish. `partition` None lets the key decide."""

    topic: str
    value: bytes
    headers: Headers
    key: bytes | None = None
    partition: int | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """Where a record went."""

    topic: str
    partition: int
    offset: int


@dataclass(slots=True)
class _InFlight:
    bytes: int = 0
    started: deque[tuple[float, "asyncio.Future[RecordMetadata]"]] = field(default_factory=deque)


class Publisher:
    """A producer that is (re)made in the background, so a service starts and goes on in whatever order parts come up.

    Run `run()` as a background task. A message that was handed over is delivered once Kafka is back, even when its
    caller has been told 503 in the meantime: what it carries has an identity, so sending it again is harmless.
    A producer that gets no acknowledgement while Kafka answers others is given up with all that it has.

    Args:
        kafka: where it is and how we come to it; host:port, comma separated, is enough without TLS and password.
        client_id: shown in Kafka's logs.
        ack_timeout: seconds a caller waits for the acknowledgement.
        max_in_flight_bytes: beyond this, publishing is refused until acknowledgements come in.
        patience: seconds without an acknowledgement after which a producer that could have one is given up.
    """

    def __init__(
        self,
        kafka: KafkaConnection | str,
        *,
        client_id: str,
        metrics: Metrics,
        ack_timeout: float = 10.0,
        max_in_flight_bytes: int = 64 * 1024 * 1024,
        patience: float = 30.0,
    ) -> None:
        self._kafka = connection_to(kafka)
        self._away = "not tried yet"
        self._client_id = client_id
        self._metrics = metrics
        self._tracer = get_tracer("fansipan_common")
        self._ack_timeout = ack_timeout
        self._max_in_flight_bytes = max_in_flight_bytes
        self._patience = patience
        self._producer: AIOKafkaProducer | None = None
        self._in_flight = _InFlight()
        self._broken = asyncio.Event()

    async def run(self) -> None:
        """Keep a working producer until cancelled."""
        delay = 0.2
        while True:
            producer = AIOKafkaProducer(
                **self._kafka.options(),
                client_id=self._client_id,
                acks="all",
                enable_idempotence=True,
                compression_type="lz4",
                max_request_size=MAX_RECORD_BYTES,
                max_batch_size=256 * 1024,
                request_timeout_ms=10_000,
                retry_backoff_ms=100,
                metadata_max_age_ms=60_000,
            )
            try:
                fault = await ended(producer.start(), _START_SECONDS)
            except asyncio.CancelledError:
                await _stop(producer)
                raise
            if fault is not None:
                await _stop(producer)
                if not isinstance(fault, _AWAY):
                    raise fault
                self._away = await self._kafka.why_away() or str(fault) or type(fault).__name__
                _log.warning("kafka cannot be reached", error=self._away, retry_in=delay)
                await asyncio.sleep(delay)
                delay = min(delay * 2, 5.0)
                continue
            delay = 0.2
            self._broken.clear()
            self._producer = producer
            try:
                await self._until_broken()
                self._away = "its producer is made anew"
                _log.warning("producer is broken, making a new one")
            finally:
                self._producer = None
                await _stop(producer)
                self._give_up_waiting()

    async def _until_broken(self) -> None:
        """Wait until the producer has failed for good, or gets no acknowledgement while Kafka lets others in.

        A task of aiokafka that meets what it does not foresee ends, and nobody is told.
        """
        look = min(_LOOK_SECONDS, self._patience)
        while not self._broken.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(look):
                    await self._broken.wait()
            if self._waited() > self._patience and await self._kafka.why_away() is None:
                return

    def _waited(self) -> float:
        """Seconds that the oldest message waits for its acknowledgement."""
        started = self._in_flight.started
        while started and started[0][1].done():
            started.popleft()
        return time.monotonic() - started[0][0] if started else 0.0

    def _give_up_waiting(self) -> None:
        """What a producer that was stopped has not had acknowledged never will be."""
        for _, future in self._in_flight.started:
            if not future.done():
                future.set_exception(KafkaConnectionError("the producer was given up"))

    async def partitions(self, topic: str) -> int:
        """How many partitions a topic has.

        Raises:
            BrokerAway: Kafka cannot be reached or has no such topic.
        """
        producer = self._producer
        if producer is None:
            raise BrokerAway("Kafka cannot be reached yet; send the same again")
        try:
            async with asyncio.timeout(self._ack_timeout):
                return len(await producer.partitions_for(topic))
        except (KafkaError, OSError, TimeoutError) as error:
            raise BrokerAway(f"Kafka does not tell the partitions of {topic}: {error!r}") from error

    async def publish(self, messages: Sequence[Message]) -> list[Written]:
        """Hand over all messages and wait until every one is acknowledged by all in-sync replicas.

        Raises:
            BrokerAway: not all were acknowledged in time; `extra["duplicatesPossible"]` tells whether some may be
                written already.
            BrokerBehind: too much is waiting for acknowledgements; nothing was handed over.
            RecordTooLarge: Kafka would not take one of them; nothing was handed over.
        """
        topics = {message.topic for message in messages}
        destination = {"messaging.destination.name": topics.pop()} if len(topics) == 1 else {}
        with self._tracer.start_as_current_span(
            " ".join(("send", *destination.values())),
            kind=SpanKind.PRODUCER,
            attributes={
                **_SENDING,
                "messaging.operation.type": "send",
                "messaging.batch.message_count": len(messages),
                **destination,
            },
        ):
            began = time.monotonic()
            try:
                written = await self._publish(messages)
            except (BrokerAway, BrokerBehind) as fault:
                self._count(messages, began, {"error.type": fault.code})
                raise
            self._count(messages, began, {})
            return written

    async def _publish(self, messages: Sequence[Message]) -> list[Written]:
        _refuse_too_large(messages)
        producer = self._producer
        if producer is None:
            raise BrokerAway(
                "Kafka cannot be reached; send the same again", extra={"duplicatesPossible": False}
            )
        size = sum(len(message.value) + 256 for message in messages)
        self._refuse_when_behind(size)
        futures: list[asyncio.Future[RecordMetadata]] = []
        try:
            async with asyncio.timeout(self._ack_timeout):
                for message in messages:
                    future: asyncio.Future[RecordMetadata] = await producer.send(
                        message.topic,
                        message.value,
                        key=message.key,
                        partition=message.partition,
                        headers=message.headers,
                    )
                    self._track(future, len(message.value) + 256)
                    futures.append(future)
                results = await asyncio.gather(*map(asyncio.shield, futures))
        except (KafkaError, OSError, TimeoutError) as error:
            if isinstance(error, KafkaError) and not error.retriable:
                self._broken.set()
            raise BrokerAway(
                "Kafka did not acknowledge in time; send the same again, it is stored once",
                extra={"duplicatesPossible": bool(futures)},
            ) from error
        return [Written(r.topic, r.partition, r.offset) for r in results]

    def _count(self, messages: Sequence[Message], began: float, error: dict[str, str]) -> None:
        self._metrics.publish_duration.record(time.monotonic() - began, _SENDING | error)
        for topic, count in Counter(message.topic for message in messages).items():
            self._metrics.sent.add(count, {**_SENDING, "messaging.destination.name": topic, **error})

    def _refuse_when_behind(self, size: int) -> None:
        waiting, waited = self._in_flight, self._waited()
        if waiting.bytes and waiting.bytes + size > self._max_in_flight_bytes:
            raise BrokerBehind(
                f"{waiting.bytes} bytes wait for Kafka's acknowledgement; send the same again later",
                extra={"duplicatesPossible": False},
            )
        if waited > self._ack_timeout:
            raise BrokerAway(
                "Kafka has not acknowledged for a while; send the same again later",
                extra={"duplicatesPossible": False},
            )

    def _track(self, future: "asyncio.Future[RecordMetadata]", size: int) -> None:
        waiting = self._in_flight
        waiting.bytes += size
        self._metrics.publish_in_flight.add(size)
        waiting.started.append((time.monotonic(), future))

        def acknowledged(done: "asyncio.Future[RecordMetadata]") -> None:
            waiting.bytes -= size
            self._metrics.publish_in_flight.add(-size)
            if not done.cancelled():
                done.exception()  # a caller that has been told 503 no longer asks

        future.add_done_callback(acknowledged)

    @property
    def in_flight_bytes(self) -> int:
        """Bytes handed over and not yet acknowledged."""
        return self._in_flight.bytes

    async def check(self) -> None:
        """Raise the reason when publishing would be refused now."""
        if self._producer is None:
            raise BrokerAway(f"Kafka cannot be reached ({self._away})")
        self._refuse_when_behind(0)


def _refuse_too_large(messages: Sequence[Message]) -> None:
    largest = max((len(message.value) for message in messages), default=0)
    if largest > MAX_RECORD_BYTES - _OVERHEAD_BYTES:
        raise RecordTooLarge(
            f"a record of {largest} bytes would come of this: send several smaller requests",
            extra={"maxRecordBytes": MAX_RECORD_BYTES - _OVERHEAD_BYTES},
        )


async def _stop(producer: AIOKafkaProducer) -> None:
    fault = await ended(producer.stop(), _STOP_SECONDS)
    if fault is not None:
        # It waited for acknowledgements that do not come, and left its connections and its task as they are.
        _log.warning("producer did not stop cleanly", error=repr(fault))
        await producer.client.close()
        await ended(producer._sender.close(), _STOP_SECONDS)  # pyright: ignore[reportPrivateUsage]
