"""The platform's own metrics, one typed list; the names are part of the contract with dashboards and alerts."""

from dataclasses import dataclass

from opentelemetry.metrics import Counter, Histogram, Meter, UpDownCounter, get_meter


@dataclass(frozen=True, slots=True)
class Metrics:
    """Instruments of every service; each uses those of its own doors and stores.

    Attributes:
        accepted: items that Kafka has acknowledged. Attributes: `fansipan.target`.
        rejected: items answered with a reason. Attributes: `fansipan.target`, `error.type`.
        ignored: messages that hold nothing to store. Attributes: `fansipan.door`, `fansipan.event`.
        publish_duration: seconds from hand-over to Kafka's ack, one request.
        publish_in_flight: bytes handed to Kafka and not yet acknowledged.
        stored: rows by outcome: `inserted`, `duplicate`, `corrected`, `deleted`, `orphaned` (of a deleted datastream).
            Attributes: `fansipan.target`, `fansipan.outcome`.
        commit_duration: seconds of one micro-batch transaction.
        commit_rows: rows of one micro-batch.
        commit_age: seconds from a record's Kafka timestamp to its commit, the oldest of each micro-batch.
        dead_lettered: records that analytics could not use.
        missed: records that Kafka no longer had when the store came to them (retention was too short).
        rolled_up: buckets recomputed. Attributes: `fansipan.level`.
        swept: stored rows of deleted datastreams that were taken away.
        evaluated: figures that became a revision. Attributes: `fansipan.lane`.
        evaluation_duration: seconds of one transaction of a lane. Attributes: `fansipan.lane`.
        untold: stored observations that were left out of the stream for live listeners. Attributes: `error.type`.
        loop_errors: faults that an outermost loop caught. Attributes: `fansipan.task`, `error.type`.
    """

    accepted: Counter
    rejected: Counter
    ignored: Counter
    publish_duration: Histogram
    publish_in_flight: UpDownCounter
    stored: Counter
    commit_duration: Histogram
    commit_rows: Histogram
    commit_age: Histogram
    dead_lettered: Counter
    missed: Counter
    rolled_up: Counter
    swept: Counter
    evaluated: Counter
    evaluation_duration: Histogram
    untold: Counter
    loop_errors: Counter


def metrics_of(scope: str) -> Metrics:
    """Create the instruments under an instrumentation scope, for example `fansipan_ingest`."""
    meter: Meter = get_meter(scope)
    return Metrics(
        accepted=meter.create_counter("fansipan.ingest.accepted", "{item}", "Items acknowledged by Kafka"),
        rejected=meter.create_counter("fansipan.ingest.rejected", "{item}", "Items answered with a reason"),
        ignored=meter.create_counter("fansipan.ingest.ignored", "{message}", "Messages that hold no reading"),
        publish_duration=meter.create_histogram(
            "fansipan.ingest.publish.duration", "s", "Hand-over to Kafka's acknowledgement"
        ),
        publish_in_flight=meter.create_up_down_counter(
            "fansipan.ingest.publish.in_flight", "By", "Bytes not yet acknowledged by Kafka"
        ),
        stored=meter.create_counter("fansipan.store.rows", "{row}", "Rows by outcome"),
        commit_duration=meter.create_histogram("fansipan.store.commit.duration", "s", "One transaction"),
        commit_rows=meter.create_histogram("fansipan.store.commit.rows", "{row}", "Rows of one transaction"),
        commit_age=meter.create_histogram("fansipan.store.commit.age", "s", "Record timestamp to commit"),
        dead_lettered=meter.create_counter("fansipan.store.dead_lettered", "{record}", "Records set aside"),
        missed=meter.create_counter(
            "fansipan.store.missed", "{record}", "Records gone before they were read"
        ),
        rolled_up=meter.create_counter("fansipan.rollup.buckets", "{bucket}", "Buckets recomputed"),
        swept=meter.create_counter("fansipan.sweep.rows", "{row}", "Rows of deleted datastreams taken away"),
        evaluated=meter.create_counter("fansipan.indicator.revisions", "{value}", "Figures that changed"),
        evaluation_duration=meter.create_histogram(
            "fansipan.indicator.evaluation.duration", "s", "One transaction of a lane"
        ),
        untold=meter.create_counter(
            "fansipan.store.untold", "{row}", "Rows that live listeners do not hear of"
        ),
        loop_errors=meter.create_counter(
            "fansipan.task.errors", "{error}", "Faults caught by an outermost loop"
        ),
    )
