"""Instruments of data out by MQTT."""

from dataclasses import dataclass
from typing import Final

from opentelemetry.metrics import Counter, Histogram, UpDownCounter, get_meter

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
        sent=meter.create_counter("messaging.client.sent.messages", "{message}", "Messages published"),
        dropped=meter.create_counter("fansipan.gateway.mqtt.dropped", "{item}", "What was not published"),
        connected=meter.create_up_down_counter(
            "fansipan.gateway.mqtt.connected", "{connection}", "Publishing at the broker"
        ),
        batch_duration=meter.create_histogram("messaging.client.operation.duration", "s", "One batch"),
    )
