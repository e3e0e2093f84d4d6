"""The instruments that services share, made from the registry."""

from dataclasses import dataclass

from opentelemetry.metrics import Counter, Histogram, UpDownCounter, get_meter

from fansipan_common.telemetry import registry
from fansipan_common.telemetry.instrument import Observed


@dataclass(frozen=True, slots=True)
class Metrics:
    """Instruments of every service; each uses those of its own doors and stores.

    What each means, its unit and its attributes: `registry.py`.
    """

    accepted: Counter
    rejected: Counter
    ignored: Counter
    sent: Counter
    consumed: Counter
    publish_duration: Histogram
    publish_in_flight: UpDownCounter
    lag: Observed
    lag_age: Observed
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
    webhook_deliveries: Counter
    notifications: Counter
    cache_reads: Counter
    import_steps: Counter
    task_alive: Observed
    loop_errors: Counter


def metrics_of(scope: str) -> Metrics:
    """Create the instruments under an instrumentation scope, for example `fansipan_ingest`; once in a process."""
    meter = get_meter(scope)
    return Metrics(
        accepted=registry.ACCEPTED.counter(meter),
        rejected=registry.REJECTED.counter(meter),
        ignored=registry.IGNORED.counter(meter),
        sent=registry.MESSAGES_SENT.counter(meter),
        consumed=registry.MESSAGES_CONSUMED.counter(meter),
        publish_duration=registry.MESSAGES_OPERATION.histogram(meter),
        publish_in_flight=registry.PUBLISH_IN_FLIGHT.up_down_counter(meter),
        lag=registry.CONSUMER_LAG.observed(meter),
        lag_age=registry.CONSUMER_LAG_AGE.observed(meter),
        stored=registry.STORED.counter(meter),
        commit_duration=registry.COMMIT_DURATION.histogram(meter),
        commit_rows=registry.COMMIT_ROWS.histogram(meter),
        commit_age=registry.COMMIT_AGE.histogram(meter),
        dead_lettered=registry.DEAD_LETTERED.counter(meter),
        missed=registry.MISSED.counter(meter),
        rolled_up=registry.ROLLED_UP.counter(meter),
        swept=registry.SWEPT.counter(meter),
        evaluated=registry.EVALUATED.counter(meter),
        evaluation_duration=registry.EVALUATION_DURATION.histogram(meter),
        untold=registry.UNTOLD.counter(meter),
        webhook_deliveries=registry.WEBHOOK_DELIVERIES.counter(meter),
        notifications=registry.NOTIFICATIONS.counter(meter),
        cache_reads=registry.CACHE_READS.counter(meter),
        import_steps=registry.IMPORT_STEPS.counter(meter),
        task_alive=registry.TASK_ALIVE.observed(meter),
        loop_errors=registry.LOOP_ERRORS.counter(meter),
    )


@dataclass(frozen=True, slots=True)
class PoolMetrics:
    """Instruments of a pool of PostgreSQL's connections."""

    duration: Histogram
    connections: Observed
    connections_max: Observed
    wait: Histogram
    use: Histogram
    timeouts: Counter


def command_duration() -> Histogram:
    """For a client of Redis."""
    return registry.DB_DURATION.histogram(get_meter("fansipan_common"))


def pool_metrics(pool: str) -> PoolMetrics:
    """Create those of a pool.

    What is observed has one observer in each scope, so each pool has one of its own for that. All the rest is of one
    scope: the same series of two scopes would come twice in a scrape, which Prometheus refuses.
    """
    meter, own = get_meter("fansipan_common"), get_meter(f"fansipan_common.db.{pool}")
    return PoolMetrics(
        duration=registry.DB_DURATION.histogram(meter),
        connections=registry.DB_CONNECTIONS.observed(own),
        connections_max=registry.DB_CONNECTIONS_MAX.observed(own),
        wait=registry.DB_WAIT.histogram(meter),
        use=registry.DB_USE.histogram(meter),
        timeouts=registry.DB_TIMEOUTS.counter(meter),
    )
