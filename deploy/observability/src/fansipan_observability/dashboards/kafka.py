"""Kafka and MQTT as the platform's clients see them: what is sent, acknowledged, taken, and how far behind."""

from fansipan_common.telemetry import registry as r
from fansipan_observability.dashboards.panels import WINDOW, Board
from fansipan_observability.promql import quantile, rate, select, total

_KAFKA = {"messaging.system": "kafka"}


def board() -> Board:
    """Build it."""
    topic, place = "messaging_destination_name", "messaging_destination_partition_id"
    sent, taken = (
        rate(select(r.MESSAGES_SENT, _KAFKA), WINDOW),
        rate(select(r.MESSAGES_CONSUMED, _KAFKA), WINDOW),
    )
    refused = rate(select(r.MESSAGES_SENT, _KAFKA | {"error.type": ".+"}), WINDOW)
    by_group = "{{messaging_consumer_group_name}} {{messaging_destination_name}}"
    return (
        Board("kafka", "Kafka", "What is sent, acknowledged and taken, and how far are consumers behind?")
        .numbers(
            ("Records sent a second", "ops", total(sent)),
            ("Not acknowledged", "ops", f"{total(refused)} or vector(0)"),
            ("Records behind", "short", total(select(r.CONSUMER_LAG))),
            ("Seconds behind", "s", f"max({select(r.CONSUMER_LAG_AGE)})"),
            ("Bytes in flight", "bytes", total(select(r.PUBLISH_IN_FLIGHT))),
        )
        .row("Sending")
        .graphs(
            ("Sent", "ops", [(total(sent, "job", topic), "{{job}} {{messaging_destination_name}}")]),
            (
                "Until acknowledged, 99%",
                "s",
                [
                    (
                        quantile(0.99, r.MESSAGES_OPERATION, WINDOW, "job", "messaging_system"),
                        "{{job}} {{messaging_system}}",
                    )
                ],
            ),
            ("Bytes in flight", "bytes", [(total(select(r.PUBLISH_IN_FLIGHT), "job"), "{{job}}")]),
        )
        .row("Taking")
        .graphs(
            ("Taken", "ops", [(total(taken, "messaging_consumer_group_name", topic), by_group)]),
            (
                "Records behind",
                "short",
                [(total(select(r.CONSUMER_LAG), "messaging_consumer_group_name", topic), by_group)],
            ),
            (
                "Seconds behind, each partition",
                "s",
                [
                    (
                        f"max by ({topic}, {place}) ({select(r.CONSUMER_LAG_AGE)})",
                        "{{messaging_destination_name}}-{{messaging_destination_partition_id}}",
                    )
                ],
            ),
        )
        .row("MQTT")
        .graphs(
            (
                "Connected",
                "short",
                [
                    (total(select(r.MQTT_CONNECTED), "instance"), "in {{instance}}"),
                    (total(select(r.MQTT_OUT_CONNECTED), "instance"), "out {{instance}}"),
                ],
            ),
            (
                "Messages",
                "ops",
                [
                    (total(rate(select(r.MESSAGES_CONSUMED, {"messaging.system": "mqtt"}), WINDOW)), "in"),
                    (total(rate(select(r.MESSAGES_SENT, {"messaging.system": "mqtt"}), WINDOW)), "out"),
                ],
            ),
            ("A batch, 99%", "s", [(quantile(0.99, r.MESSAGES_PROCESS, WINDOW), "99%")]),
        )
    )
