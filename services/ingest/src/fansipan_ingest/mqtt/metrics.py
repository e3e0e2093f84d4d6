"""Instruments of the MQTT door, after OpenTelemetry's semantic conventions for messaging."""

from dataclasses import dataclass
from typing import Final

from opentelemetry.metrics import Counter, Histogram, UpDownCounter, get_meter

from fansipan_common.telemetry import registry
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
        consumed=registry.MESSAGES_CONSUMED.counter(meter),
        process_duration=registry.MESSAGES_PROCESS.histogram(meter),
        connected=registry.MQTT_CONNECTED.up_down_counter(meter),
        dropped=registry.MQTT_DROPPED.counter(meter),
        retries=registry.MQTT_RETRIES.counter(meter),
    )
