"""One connection to the broker: paho-mqtt on the event loop, with acknowledgements left to the caller."""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import get_ident
from typing import Any, Final

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from fansipan_common.errors import ServerFault
from fansipan_common.mqtt.broker import Broker

_log = structlog.get_logger(__name__)

_CONNECT_SECONDS: Final = 10.0
_ANSWER_SECONDS: Final = 60.0
_KEEP_ALIVE_SECONDS: Final = 30
_HOUSEKEEPING_SECONDS: Final = 1.0
_MOST_WAITING_BYTES: Final = 16 * 1024 * 1024
_PACKETS_A_TURN: Final = 100
"""Read at most so many before others on the event loop have their turn."""


class MqttAway(ServerFault):
    """The MQTT broker cannot be reached, refuses us or went away."""

    code, title = "mqtt-away", "MQTT broker unavailable"


class SessionTakenOver(MqttAway):
    """Somebody else connected under our client id."""


class Connection:
    """A connection that is opened once, used and closed.

    The broker is to send `receive_maximum` messages of QoS 1 before we acknowledge. Mosquitto 2.0.11 keeps to that only
    until the first acknowledgement, so what is not taken from us is bounded here: with more than four times as many, or
    many bytes, we stop reading; from twice as many on QoS 0 is dropped. Who takes nothing for a minute and a half is
    disconnected by the broker, and gets it all again. `lost` ends with the reason when the connection is gone.

    Args:
        broker: where and as whom.
        client_id: of the session.
        session_seconds: how long the broker keeps the session when we are away; 0: a new session that ends with us.
        receive_maximum: messages of QoS 1 the broker may send before we acknowledge.
        ignored: messages of QoS 0 that are let go as soon as they come.
    """

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        *,
        session_seconds: int = 0,
        receive_maximum: int = 100,
        ignored: Callable[[MQTTMessage], bool] = lambda _message: False,
    ) -> None:
        self._broker = broker
        self._ignored = ignored
        self._session_seconds = session_seconds
        self._receive_maximum = receive_maximum
        self._loop = asyncio.get_running_loop()
        self._thread = get_ident()
        self._connected: asyncio.Future[bool] = self._loop.create_future()
        self._answers: dict[int, asyncio.Future[list[ReasonCode]]] = {}
        self._published: dict[int, asyncio.Future[list[ReasonCode]]] = {}
        self._housekeeping: asyncio.Task[None] | None = None
        self._received = 0
        self._messages: asyncio.Queue[MQTTMessage] = asyncio.Queue()
        self._waiting_bytes = 0
        self._is_reading = True
        self._may_pause = False
        self._all_written = asyncio.Event()
        self._all_written.set()
        self.lost: asyncio.Future[MqttAway] = self._loop.create_future()
        self._dropped = 0
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=MQTTv5,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        if broker.username is not None:
            client.username_pw_set(broker.username, broker.password)
        if broker.tls is not None:
            client.tls_set_context(broker.tls)
        client.connect_timeout = _CONNECT_SECONDS
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        client.on_unsubscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_socket_open = lambda _c, _u, sock: self._on_loop(self._watch, sock)
        client.on_socket_close = lambda _c, _u, sock: self._on_loop(self._unwatch, sock.fileno())
        client.on_socket_register_write = lambda _c, _u, sock: self._on_loop(self._watch_writing, sock)
        client.on_socket_unregister_write = lambda _c, _u, sock: self._on_loop(self._unwatch_writing, sock)
        self._client = client

    async def open(self) -> bool:
        """Connect; returns whether the broker still had our session.

        Raises:
            MqttAway.
        """
        properties = Properties(PacketTypes.CONNECT)
        properties.ReceiveMaximum = self._receive_maximum
        if self._session_seconds:
            properties.SessionExpiryInterval = self._session_seconds
        try:
            # It looks the name up and waits for the other side: off the event loop.
            await asyncio.to_thread(
                self._client.connect,
                self._broker.host,
                self._broker.port,
                _KEEP_ALIVE_SECONDS,
                clean_start=not self._session_seconds,
                properties=properties,
            )
        except (OSError, ValueError) as error:
            raise MqttAway(f"the MQTT broker cannot be reached: {error}") from error
        self._housekeeping = asyncio.create_task(self._keep_house(), name="mqtt-keep-alive")
        return await self._first(self._connected, "did not answer our CONNECT")

    async def subscribe(self, topic_filter: str, qos: int, *, retained: bool = False) -> None:
        """Subscribe, unless `retained` leaving out messages that were retained before.

        Raises:
            MqttAway: refused, or no answer.
        """
        handling = (
            SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE if retained else SubscribeOptions.RETAIN_DO_NOT_SEND
        )
        options = SubscribeOptions(qos=qos, retainHandling=handling)
        _, packet_id = self._client.subscribe(topic_filter, options=options)
        codes = await self._answer(self._answers, packet_id, "did not answer our SUBSCRIBE")
        if any(code.is_failure for code in codes):
            raise MqttAway(f"the MQTT broker refuses the subscription to {topic_filter}: {codes[0]}")

    async def unsubscribe(self, topic_filter: str) -> None:
        """End a subscription that the session may have from earlier; none is fine.

        Raises:
            MqttAway: no answer.
        """
        _, packet_id = self._client.unsubscribe(topic_filter)
        await self._answer(self._answers, packet_id, "did not answer our UNSUBSCRIBE")

    async def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, properties: Properties | None = None
    ) -> None:
        """Publish with QoS 1 and wait for the acknowledgement.

        Raises:
            MqttAway: refused, or no answer.
        """
        info = self._client.publish(topic, payload, qos=1, retain=retain, properties=properties)
        codes = await self._answer(self._published, info.mid, "did not acknowledge")
        if any(code.is_failure for code in codes):
            raise MqttAway(f"the MQTT broker refuses what we publish to {topic}: {codes[0]}")

    def send(self, topic: str, payload: bytes, properties: Properties | None = None) -> None:
        """Publish with QoS 0. Call `written` now and then, for what the broker does not read piles up here."""
        if not self.lost.done():
            self._client.publish(topic, payload, qos=0, properties=properties)

    async def written(self, seconds: float) -> None:
        """Wait until all that was sent is in the hands of the operating system.

        Raises:
            MqttAway: the broker has not read on for so long, or the connection is lost.
        """
        await asyncio.sleep(0)  # what paho told us while it sent is known behind this
        if self.lost.done():
            raise self.lost.result()
        if self._all_written.is_set():
            return
        waiting = asyncio.ensure_future(self._all_written.wait())
        try:
            await asyncio.wait([waiting, self.lost], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if self.lost.done():
            raise self.lost.result()
        if not self._all_written.is_set():
            raise MqttAway(f"the MQTT broker has not read what we sent for {seconds:.0f} s")

    def hold_back(self) -> None:
        """From now on stop reading when much waits. Not earlier: after a reconnect all that was not acknowledged comes
        first, and the answer to SUBSCRIBE behind it."""
        self._may_pause = True

    async def receive(self) -> MQTTMessage:
        """The next message, whenever it comes. `lost` is to be watched beside."""
        message = await self._messages.get()
        self._took(message)
        return message

    def receive_nowait(self) -> MQTTMessage | None:
        """The next message, if it is there."""
        if self._messages.empty():
            return None
        message = self._messages.get_nowait()
        self._took(message)
        return message

    def acknowledge(self, message: MQTTMessage) -> None:
        """Tell the broker that a message is in safe hands. Call it in the order in which messages came."""
        if not self.lost.done():
            self._client.ack(message.mid, message.qos)

    def take_dropped(self) -> int:
        """How many messages of QoS 0 were let go since this was last asked."""
        dropped, self._dropped = self._dropped, 0
        return dropped

    async def close(self) -> None:
        """Say goodbye and close the socket. A persistent session stays at the broker."""
        if self._housekeeping is not None:
            self._housekeeping.cancel()
        if not self.lost.done():
            self.lost.set_result(MqttAway("we closed the connection"))
            self._client.disconnect()
            with suppress(OSError):
                self._client.loop_write()
            await asyncio.sleep(0)
        # paho closes its socket when the broker does; ours has to be gone now.
        sock = self._client.socket()
        if sock is not None:
            self._unwatch(sock.fileno())
            sock.close()

    async def _first(self, answer: "asyncio.Future[Any]", silence: str) -> Any:
        """The answer, unless the connection is lost or nothing comes."""
        waiting: list[asyncio.Future[Any]] = [answer, self.lost]
        await asyncio.wait(waiting, timeout=_ANSWER_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        if self.lost.done():
            raise self.lost.result()
        raise MqttAway(f"the MQTT broker {silence} within {_ANSWER_SECONDS:.0f} s")

    async def _answer(
        self, waiting: "dict[int, asyncio.Future[list[ReasonCode]]]", packet_id: int | None, silence: str
    ) -> list[ReasonCode]:
        if packet_id is None:
            raise MqttAway("the MQTT broker went away")
        waiting[packet_id] = self._loop.create_future()
        try:
            return await self._first(waiting[packet_id], silence)
        finally:
            del waiting[packet_id]

    async def _keep_house(self) -> None:
        """Pings, and lets a broker be lost that does not answer. Reads, too: uvloop is silent when a socket fails."""
        while not self.lost.done():
            if self._is_reading:
                self._or_lose(self._client.loop_misc)
                self._read()
            await asyncio.sleep(_HOUSEKEEPING_SECONDS)

    def _or_lose(self, work: Callable[[], Any]) -> None:
        """Let paho work. Whatever it did not foresee ends this connection, which is told of, and not what called."""
        try:
            work()
        except Exception as error:  # noqa: BLE001 - a packet that cannot be read, a socket that is closed: all the same
            self._lose(MqttAway(f"the connection to the MQTT broker failed: {error!r}"))

    # What paho calls. While it connects it does so from a thread, hence the detour over the loop.

    def _on_loop(self, callback: Any, *arguments: Any) -> None:
        if get_ident() == self._thread:
            callback(*arguments)
        else:
            self._loop.call_soon_threadsafe(callback, *arguments)

    def _watch(self, sock: Any) -> None:
        if sock.fileno() >= 0:
            self._loop.add_reader(sock, self._read)

    def _watch_writing(self, sock: Any) -> None:
        if sock.fileno() < 0:
            return
        self._all_written.clear()
        try:
            self._loop.add_writer(sock, self._or_lose, self._client.loop_write)
        except RuntimeError as error:  # of uvloop: the socket failed a moment ago
            self._lose(MqttAway(f"the connection to the MQTT broker failed: {error}"))

    def _unwatch_writing(self, sock: Any) -> None:
        self._all_written.set()
        if sock.fileno() >= 0:
            self._loop.remove_writer(sock)

    def _unwatch(self, descriptor: int) -> None:
        if descriptor >= 0:
            self._loop.remove_reader(descriptor)
            self._loop.remove_writer(descriptor)

    def _read(self) -> None:
        self._or_lose(self._read_packets)

    def _read_packets(self) -> None:
        """Read what is there: as long as each packet turns out to be a message, there may be another."""
        for _ in range(_PACKETS_A_TURN):
            if not self._is_reading:
                return
            before = self._received
            if self._client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS:
                return
            if self._received == before:
                break
        sock = self._client.socket()
        if isinstance(sock, ssl.SSLSocket) and sock.pending():
            self._loop.call_soon(self._read)  # it is unpacked already: the socket will not call

    def _on_connect(
        self, _client: Client, _userdata: Any, flags: ConnectFlags, reason: ReasonCode, _properties: Any
    ) -> None:
        if reason.is_failure:
            self._lose(MqttAway(f"the MQTT broker refuses us: {reason}"))
        elif not self._connected.done():
            self._connected.set_result(flags.session_present)

    def _on_disconnect(
        self, _client: Client, _userdata: Any, _flags: DisconnectFlags, reason: ReasonCode, _properties: Any
    ) -> None:
        if reason == "Session taken over":
            self._lose(SessionTakenOver("another client uses our session"))
        else:
            self._lose(MqttAway(f"the MQTT broker went away: {reason}"))

    def _lose(self, error: MqttAway) -> None:
        if not self.lost.done():
            self.lost.set_result(error)

    def _on_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        self._received += 1
        if message.qos == 0 and self._ignored(message):
            return
        waiting = self._messages.qsize()
        if message.qos == 0 and waiting >= 2 * self._receive_maximum:
            self._dropped += 1
            return
        self._messages.put_nowait(message)
        self._waiting_bytes += len(message.payload)
        sock = self._client.socket()
        if (
            sock is not None
            and self._may_pause
            and (waiting >= 4 * self._receive_maximum or self._waiting_bytes > _MOST_WAITING_BYTES)
        ):
            self._is_reading = False
            self._loop.remove_reader(sock.fileno())

    def _took(self, message: MQTTMessage) -> None:
        """Read on when little is left."""
        self._waiting_bytes -= len(message.payload)
        if self._is_reading or self._messages.qsize() > self._receive_maximum:
            return
        if self._waiting_bytes <= _MOST_WAITING_BYTES // 2:
            self._is_reading = True
            sock = self._client.socket()
            if sock is not None:
                self._watch(sock)
                self._loop.call_soon(self._read)  # what TLS has unpacked already does not call

    def _on_subscribe(
        self, _client: Client, _userdata: Any, packet_id: int, codes: Sequence[ReasonCode], _properties: Any
    ) -> None:
        _settle(self._answers.get(packet_id), list(codes))

    def _on_publish(
        self, _client: Client, _userdata: Any, packet_id: int, code: ReasonCode, _properties: Any
    ) -> None:
        _settle(self._published.get(packet_id), [code])


def _settle(waiting: "asyncio.Future[list[ReasonCode]] | None", codes: list[ReasonCode]) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(codes)
