"""Instruments of data out by MQTT."""

from dataclasses import dataclass
from typing import Final

from opentelemetry.metrics import Counter, Histogram, UpDownCounter, get_meter

from fansipan_common.telemetry import registry

ATTRIBUTES: Final = {"messaging.system": "mqtt", "messaging.operation.name": "send"}


@dataclass(frozen=True, slots=True)
class BroadcastMetrics:
    """Instruments of the bridge.

    Attributes:
        sent: messages published.
        dropped: observations, entities or events that were not published. Attributes: `error.type`: `too-fast`,
            `too-old`, `cannot-be-read`.
        connected: 1 while this replica publishes.
        batch_duration: seconds from a batch of identities to its last message.
    """

    sent: Counter
    dropped: Counter
    connected: UpDownCounter
    batch_duration: Histogram


def broadcast_metrics() -> BroadcastMetrics:
    """Create the instruments."""
    meter = get_meter("fansipan_gateway.broadcast")
    return BroadcastMetrics(
        sent=registry.MESSAGES_SENT.counter(meter),
        dropped=registry.MQTT_OUT_DROPPED.counter(meter),
        connected=registry.MQTT_OUT_CONNECTED.up_down_counter(meter),
        batch_duration=registry.MESSAGES_OPERATION.histogram(meter),
    )
