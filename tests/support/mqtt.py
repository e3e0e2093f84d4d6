"""Devices that publish and clients that subscribe by MQTT, as a test sees them."""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from paho.mqtt.client import Client, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from fansipan_local import Stack

PATIENCE = 20.0


class Refused(Exception):
    """The broker does not let us in."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that came."""

    topic: str
    payload: bytes
    qos: int
    retained: bool

    @property
    def json(self) -> Any:
        """What the payload holds."""
        return json.loads(self.payload)


class Device:
    """A client of the broker that waits for each answer."""

    def __init__(
        self,
        url: str,
        username: str | None,
        password: str | None,
        *,
        version: int = MQTTv5,
        authority: Path | None = None,
    ) -> None:
        address = urlsplit(url)
        assert address.hostname is not None
        assert address.port is not None
        self._codes: dict[int, str] = {}
        self._heard = threading.Condition()
        self._answers: list[str] = []
        self._messages: list[Heard] = []
        self.lost = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5 if version == MQTTv5 else MQTTv311)
        if authority is not None:
            self._client.tls_set(str(authority))
        if username is not None:
            self._client.username_pw_set(username, password)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = lambda *_: self.lost.set()
        self._client.on_publish = self._on_publish
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.connect(address.hostname, address.port)
        self._client.loop_start()
        self._wait(lambda: bool(self._answers))
        if self._answers[0] != "Success":
            self.close()
            raise Refused(self._answers[0])

    def publish(self, topic: str, payload: str | bytes, *, qos: int = 1, retain: bool = False) -> str:
        """Publish and wait; returns the broker's reason: `Success`, `No matching subscribers`, `Not authorized` …"""
        info = self._client.publish(topic, payload, qos=qos, retain=retain)
        if qos == 0:
            info.wait_for_publish(PATIENCE)
            return "Success"
        self._wait(lambda: info.mid in self._codes)
        return self._codes[info.mid]

    def publish_all(self, messages: Sequence[tuple[str, str]]) -> list[str]:
        """Publish many at once with QoS 1; returns the broker's reasons in their order."""
        infos = [self._client.publish(topic, payload, qos=1) for topic, payload in messages]
        self._wait(lambda: all(info.mid in self._codes for info in infos))
        return [self._codes[info.mid] for info in infos]

    def subscribe(self, topic_filter: str) -> str:
        """Subscribe and wait; returns the broker's reason."""
        _, packet_id = self._client.subscribe(topic_filter, qos=1)
        assert packet_id is not None
        self._wait(lambda: packet_id in self._codes)
        return self._codes[packet_id]

    def heard(self, topic: str | None = None, count: int = 1, patience: float = PATIENCE) -> list[Heard]:
        """The messages of a topic, or all, once there are `count` of them."""

        def so_far() -> list[Heard]:
            return [each for each in self._messages if topic is None or each.topic == topic]

        with self._heard:
            assert self._heard.wait_for(lambda: len(so_far()) >= count, patience), (
                f"{len(so_far())} of {count} messages came; topics: {sorted({m.topic for m in self._messages})}"
            )
            return so_far()

    @property
    def messages(self) -> list[Heard]:
        """All that came by now."""
        with self._heard:
            return list(self._messages)

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def __enter__(self) -> "Device":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _on_connect(
        self, _client: Client, _userdata: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        with self._heard:
            self._answers.append(str(reason))
            self._heard.notify_all()

    def _on_message(self, _client: Client, _userdata: Any, message: Any) -> None:
        with self._heard:
            self._messages.append(
                Heard(message.topic, bytes(message.payload), message.qos, bool(message.retain))
            )
            self._heard.notify_all()

    def _on_publish(self, _client: Client, _userdata: Any, packet_id: int, reason: Any, _p: Any) -> None:
        with self._heard:
            self._codes[packet_id] = str(reason)
            self._heard.notify_all()

    def _on_subscribe(self, _client: Client, _userdata: Any, packet_id: int, reasons: Any, _p: Any) -> None:
        with self._heard:
            self._codes[packet_id] = str(reasons[0])
            self._heard.notify_all()

    def _wait(self, what: Callable[[], bool]) -> None:
        with self._heard:
            assert self._heard.wait_for(what, PATIENCE), "the broker does not answer"


def address_for_ingest(stack: Stack, mqtt: str) -> str:
    """The broker's address with ingest's own name and password."""
    password = json.loads(stack.paths.secrets.read_text(encoding="utf-8"))["mqtt"]
    return mqtt.replace("mqtt://", f"mqtt://fansipan-ingest:{password}@")
