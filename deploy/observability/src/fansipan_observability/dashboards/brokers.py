"""Kafka's nodes as they see themselves: where `components/stores-monitoring` has them scraped."""

from fansipan_observability import brokers as b
from fansipan_observability.dashboards.panels import WINDOW, Board
from fansipan_observability.promql import rate, total


def board() -> Board:
    """Build it."""
    # Each topic has a series, and there is one without a topic, of all of them.
    arriving, leaving = (rate(each.select(topic=""), WINDOW) for each in (b.BYTES_IN, b.BYTES_OUT))
    lacking = total(b.UNDER_REPLICATED.select())
    return (
        Board("brokers", "Kafka's brokers", "Is every partition led and copied, and is there room for more?")
        .numbers(
            ("Brokers", "short", f"max({b.ACTIVE_BROKERS.select()})"),
            ("Brokers away", "short", f"max({b.FENCED_BROKERS.select()})"),
            ("Active controllers", "short", total(b.ACTIVE_CONTROLLERS.select())),
            ("Partitions without a leader", "short", f"max({b.OFFLINE_PARTITIONS.select()})"),
            ("Partitions that refuse", "short", total(b.UNDER_MINIMUM.select())),
            ("Partitions that lack a replica", "short", lacking),
        )
        .row("Work")
        .graphs(
            ("Arriving", "Bps", [(total(arriving, "instance"), "{{instance}}")]),
            ("Leaving", "Bps", [(total(leaving, "instance"), "{{instance}}")]),
            ("Request handlers busy", "percentunit", [(b.handlers_busy(WINDOW), "{{instance}}")]),
        )
        .row("Time and disk")
        .graphs(
            *(
                (
                    title,
                    "ms",
                    [
                        (
                            f"max by (instance) ({b.REQUEST_TIME.select(request=request, quantile='0.99')})",
                            "{{instance}}",
                        )
                    ],
                )
                for title, request in (("Writing, 99%", "Produce"), ("Copying, 99%", "FetchFollower"))
            ),
            ("Size on disk", "bytes", [(total(b.LOG_SIZE.select(), "topic"), "{{topic}}")]),
        )
        .row("Copies")
        .graphs(
            (
                "Partitions that lack a replica",
                "short",
                [(total(b.UNDER_REPLICATED.select(), "instance"), "{{instance}}")],
            ),
            (
                "Log directories lost",
                "short",
                [(f"max by (instance) ({b.OFFLINE_DIRECTORIES.select()})", "{{instance}}")],
            ),
        )
    )
