"""Instruments of the MQTT door, after OpenTelemetry's semantic conventions for messaging."""

from dataclasses import dataclass
from typing import Final

from opentelemetry.metrics import Counter, Histogram, UpDownCounter, get_meter

from fansipan_ingest.mqtt.topics import FILTERS

ATTRIBUTES: Final = {
    "messaging.system": "mqtt",
    "messaging.operation.name": "process",
    "messaging.destination.template": FILTERS[0],
}


@dataclass(frozen=True, slots=True)
class MqttMetrics:
    """Instruments of the door.

    Attributes:
        consumed: messages taken from the broker. Attributes: `error.type` for those that became dead letters.
        process_duration: seconds from a batch's first message to Kafka's ack of the whole batch.
        connected: 1 while the door is subscribed.
        dropped: messages of QoS 0 that were not waited for.
        retries: times that a batch had to wait because Kafka or the database was away.
    """

    consumed: Counter
    process_duration: Histogram
    connected: UpDownCounter
    dropped: Counter
    retries: Counter


def mqtt_metrics() -> MqttMetrics:
    """Create the instruments."""
    meter = get_meter("fansipan_ingest.mqtt")
    return MqttMetrics(
        consumed=meter.create_counter("messaging.client.consumed.messages", "{message}", "Messages taken"),
        process_duration=meter.create_histogram("messaging.process.duration", "s", "One batch of messages"),
        connected=meter.create_up_down_counter(
            "fansipan.ingest.mqtt.connected", "{connection}", "Subscribed at the broker"
        ),
        dropped=meter.create_counter("fansipan.ingest.mqtt.dropped", "{message}", "Messages of QoS 0 let go"),
        retries=meter.create_counter("fansipan.ingest.mqtt.retries", "{retry}", "Batches that had to wait"),
    )
