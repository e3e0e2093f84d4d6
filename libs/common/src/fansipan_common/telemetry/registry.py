"""Every instrument of the platform. Code, dashboards, rules and `docs/telemetry.md` are all made from this list.

What OpenTelemetry has a name for has that name. To add one: a line here, a field in `metrics.py` (or in the room that
uses it), `make observability`.
"""

from typing import Final

from fansipan_common.telemetry import names
from fansipan_common.telemetry.instrument import Instrument, Kind

_QUICK: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_AGES: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 86_400.0)
_ROWS: Final = (1.0, 10.0, 100.0, 1_000.0, 5_000.0, 10_000.0, 20_000.0, 50_000.0)
_INGEST: Final = "ingest"
_ANALYTICS: Final = "analytics"
_GATEWAY: Final = "gateway"
_WITH_MQTT: Final = "with an MQTT broker"
_DOORS: Final = "in ingest and gateway"

# ---------------------------------------------------------------- HTTP (made by FastAPI)
HTTP_DURATION: Final = Instrument(
    "http.server.request.duration",
    Kind.HISTOGRAM,
    "s",
    "Duration of HTTP server requests.",
    (
        names.HTTP_METHOD,
        names.HTTP_ROUTE,
        names.HTTP_STATUS,
        names.URL_SCHEME,
        names.PROTOCOL_VERSION,
        names.ERROR_TYPE,
    ),
    (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0),
)
HTTP_ACTIVE: Final = Instrument(
    "http.server.active_requests",
    Kind.UP_DOWN_COUNTER,
    "{request}",
    "Number of active HTTP server requests.",
    (names.HTTP_METHOD, names.URL_SCHEME),
)

REQUESTS_IN_FLIGHT: Final = Instrument(
    "fansipan.requests.in_flight",
    Kind.UP_DOWN_COUNTER,
    "{request}",
    "Requests being answered that may be refused",
    (names.PRIORITY,),
    condition=_DOORS,
)
REQUESTS_SHED: Final = Instrument(
    "fansipan.requests.shed",
    Kind.COUNTER,
    "{request}",
    "Requests refused because too many were being answered",
    (names.PRIORITY,),
    condition=_DOORS,
)

# ---------------------------------------------------------------- messaging
MESSAGES_SENT: Final = Instrument(
    "messaging.client.sent.messages",
    Kind.COUNTER,
    "{message}",
    "Messages that the broker has taken, or would not",
    (names.MESSAGING_SYSTEM, names.MESSAGING_OPERATION, names.MESSAGING_DESTINATION, names.ERROR_TYPE),
)
MESSAGES_OPERATION: Final = Instrument(
    "messaging.client.operation.duration",
    Kind.HISTOGRAM,
    "s",
    "From hand-over to the broker to its acknowledgement, one request or batch",
    (names.MESSAGING_SYSTEM, names.MESSAGING_OPERATION, names.ERROR_TYPE),
    _QUICK,
)
MESSAGES_CONSUMED: Final = Instrument(
    "messaging.client.consumed.messages",
    Kind.COUNTER,
    "{message}",
    "Messages taken from the broker",
    (
        names.MESSAGING_SYSTEM,
        names.MESSAGING_OPERATION,
        names.MESSAGING_DESTINATION,
        names.MESSAGING_TEMPLATE,
        names.MESSAGING_GROUP,
        names.ERROR_TYPE,
    ),
)
MESSAGES_PROCESS: Final = Instrument(
    "messaging.process.duration",
    Kind.HISTOGRAM,
    "s",
    "From the first message of a batch to Kafka's acknowledgement of the whole batch",
    (names.MESSAGING_SYSTEM, names.MESSAGING_OPERATION, names.MESSAGING_TEMPLATE),
    _QUICK,
    service=_INGEST,
    condition=_WITH_MQTT,
)
CONSUMER_LAG: Final = Instrument(
    "fansipan.consumer.lag",
    Kind.GAUGE,
    "{record}",
    "Records between what is stored and the end of the partition",
    (names.MESSAGING_GROUP, names.MESSAGING_DESTINATION, names.MESSAGING_PARTITION),
    service=_ANALYTICS,
)
CONSUMER_LAG_AGE: Final = Instrument(
    "fansipan.consumer.lag.age",
    Kind.GAUGE,
    "s",
    "How long the oldest record that is not stored waits; 0: all are stored",
    (names.MESSAGING_GROUP, names.MESSAGING_DESTINATION, names.MESSAGING_PARTITION),
    service=_ANALYTICS,
)

# ---------------------------------------------------------------- stores
DB_DURATION: Final = Instrument(
    "db.client.operation.duration",
    Kind.HISTOGRAM,
    "s",
    "One statement of PostgreSQL (COPY is not seen), or one use of Redis",
    (names.DB_SYSTEM, names.DB_OPERATION, names.ERROR_TYPE),
    _QUICK,
)
DB_CONNECTIONS: Final = Instrument(
    "db.client.connection.count",
    Kind.UP_DOWN_COUNTER,
    "{connection}",
    "Connections that are lent, and that are free",
    (names.DB_POOL, names.DB_STATE),
)
DB_CONNECTIONS_MAX: Final = Instrument(
    "db.client.connection.max",
    Kind.UP_DOWN_COUNTER,
    "{connection}",
    "Connections that a pool may have",
    (names.DB_POOL,),
)
DB_WAIT: Final = Instrument(
    "db.client.connection.wait_time",
    Kind.HISTOGRAM,
    "s",
    "Waiting for a free connection",
    (names.DB_POOL,),
    _QUICK,
)
DB_USE: Final = Instrument(
    "db.client.connection.use_time",
    Kind.HISTOGRAM,
    "s",
    "From lending a connection to having it back",
    (names.DB_POOL,),
    _QUICK,
)
DB_TIMEOUTS: Final = Instrument(
    "db.client.connection.timeouts",
    Kind.COUNTER,
    "{timeout}",
    "Times that no connection came free, or none could be made, in time",
    (names.DB_POOL,),
    condition="once it has happened",
)

# ---------------------------------------------------------------- ingest
ACCEPTED: Final = Instrument(
    "fansipan.ingest.accepted",
    Kind.COUNTER,
    "{item}",
    "Items that Kafka has acknowledged",
    (names.TARGET,),
    service=_INGEST,
)
REJECTED: Final = Instrument(
    "fansipan.ingest.rejected",
    Kind.COUNTER,
    "{item}",
    "Items answered with a reason; each is a dead letter",
    (names.TARGET, names.ERROR_TYPE),
    service=_INGEST,
)
IGNORED: Final = Instrument(
    "fansipan.ingest.ignored",
    Kind.COUNTER,
    "{message}",
    "Messages that hold nothing to store",
    (names.DOOR, names.EVENT),
    service=_INGEST,
    condition="with the doors of LoRaWAN or Prometheus",
)
PUBLISH_IN_FLIGHT: Final = Instrument(
    "fansipan.ingest.publish.in_flight",
    Kind.UP_DOWN_COUNTER,
    "By",
    "Bytes handed to Kafka and not yet acknowledged",
    service="ingest, analytics",
)
MQTT_CONNECTED: Final = Instrument(
    "fansipan.ingest.mqtt.connected",
    Kind.UP_DOWN_COUNTER,
    "{connection}",
    "1 while the door is subscribed at the broker",
    (names.MESSAGING_SYSTEM, names.MESSAGING_OPERATION, names.MESSAGING_TEMPLATE),
    service=_INGEST,
    condition=_WITH_MQTT,
)
MQTT_DROPPED: Final = Instrument(
    "fansipan.ingest.mqtt.dropped",
    Kind.COUNTER,
    "{message}",
    "Messages of QoS 0 that were not waited for",
    (names.MESSAGING_SYSTEM, names.MESSAGING_OPERATION, names.MESSAGING_TEMPLATE),
    service=_INGEST,
    condition=_WITH_MQTT,
)
MQTT_RETRIES: Final = Instrument(
    "fansipan.ingest.mqtt.retries",
    Kind.COUNTER,
    "{retry}",
    "Times that a batch had to wait because Kafka or the database was away",
    (names.MESSAGING_SYSTEM, names.MESSAGING_OPERATION, names.MESSAGING_TEMPLATE, names.ERROR_TYPE),
    service=_INGEST,
    condition=_WITH_MQTT,
)

# ---------------------------------------------------------------- the store
STORED: Final = Instrument(
    "fansipan.store.rows",
    Kind.COUNTER,
    "{row}",
    "Rows by what became of them",
    (names.TARGET, names.OUTCOME),
    service=_ANALYTICS,
)
COMMIT_DURATION: Final = Instrument(
    "fansipan.store.commit.duration",
    Kind.HISTOGRAM,
    "s",
    "One transaction of the store",
    buckets=_QUICK,
    service=_ANALYTICS,
)
COMMIT_ROWS: Final = Instrument(
    "fansipan.store.commit.rows",
    Kind.HISTOGRAM,
    "{row}",
    "Rows of one transaction",
    buckets=_ROWS,
    service=_ANALYTICS,
)
COMMIT_AGE: Final = Instrument(
    "fansipan.store.commit.age",
    Kind.HISTOGRAM,
    "s",
    "From ingest to being readable, each record",
    buckets=_AGES,
    service=_ANALYTICS,
)
DEAD_LETTERED: Final = Instrument(
    "fansipan.store.dead_lettered",
    Kind.COUNTER,
    "{record}",
    "Records that analytics could not use",
    (names.ERROR_TYPE,),
    service=_ANALYTICS,
    condition="once it has happened",
)
MISSED: Final = Instrument(
    "fansipan.store.missed",
    Kind.COUNTER,
    "{record}",
    "Records that Kafka no longer had when the store came to them",
    (names.MESSAGING_DESTINATION,),
    service=_ANALYTICS,
    condition="once it has happened",
)
UNTOLD: Final = Instrument(
    "fansipan.store.untold",
    Kind.COUNTER,
    "{row}",
    "Stored observations that live listeners do not hear of",
    (names.ERROR_TYPE,),
    service=_ANALYTICS,
    condition="once it has happened",
)
ROLLED_UP: Final = Instrument(
    "fansipan.rollup.buckets",
    Kind.COUNTER,
    "{bucket}",
    "Hours and days computed again",
    (names.LEVEL,),
    service=_ANALYTICS,
)
SWEPT: Final = Instrument(
    "fansipan.sweep.rows",
    Kind.COUNTER,
    "{row}",
    "Rows of deleted datastreams taken away",
    service=_ANALYTICS,
    condition="once a datastream was deleted",
)

# ---------------------------------------------------------------- indicators, alerts and what goes out
EVALUATED: Final = Instrument(
    "fansipan.indicator.revisions",
    Kind.COUNTER,
    "{value}",
    "Figures that changed",
    (names.LANE,),
    service=_ANALYTICS,
)
EVALUATION_DURATION: Final = Instrument(
    "fansipan.indicator.evaluation.duration",
    Kind.HISTOGRAM,
    "s",
    "One transaction of a lane",
    (names.LANE,),
    _QUICK,
    service=_ANALYTICS,
)
QUEUE_ROWS: Final = Instrument(
    "fansipan.queue.rows",
    Kind.GAUGE,
    "{row}",
    "Rows that wait in a queue of the database",
    (names.QUEUE,),
    service=_ANALYTICS,
)
QUEUE_AGE: Final = Instrument(
    "fansipan.queue.age",
    Kind.GAUGE,
    "s",
    "How long the oldest of them waits, beyond when it was due; 0: none does",
    (names.QUEUE,),
    service=_ANALYTICS,
)
WEBHOOK_DELIVERIES: Final = Instrument(
    "fansipan.webhook.deliveries",
    Kind.COUNTER,
    "{attempt}",
    "Attempts to deliver to a webhook",
    (names.DELIVERY,),
    service=_ANALYTICS,
    condition="once something was delivered",
)
NOTIFICATIONS: Final = Instrument(
    "fansipan.notification.deliveries",
    Kind.COUNTER,
    "{attempt}",
    "Attempts to deliver a notification of an alert",
    (names.DELIVERY,),
    service=_ANALYTICS,
    condition="once something was delivered",
)

# ---------------------------------------------------------------- the gateway
CACHE_READS: Final = Instrument(
    "fansipan.gateway.cache.reads",
    Kind.COUNTER,
    "{request}",
    "Requests for answers that may be remembered",
    (names.CACHE,),
    service=_GATEWAY,
)
IMPORT_STEPS: Final = Instrument(
    "fansipan.gateway.import.steps",
    Kind.COUNTER,
    "{step}",
    "Steps of files that providers upload",
    (names.IMPORT_STEP, names.IMPORT_OUTCOME),
    service=_GATEWAY,
    condition="once a file was uploaded",
)
MQTT_OUT_DROPPED: Final = Instrument(
    "fansipan.gateway.mqtt.dropped",
    Kind.COUNTER,
    "{item}",
    "What was not published by MQTT",
    (names.MESSAGING_SYSTEM, names.MESSAGING_OPERATION, names.ERROR_TYPE),
    service=_GATEWAY,
    condition=_WITH_MQTT,
)
MQTT_OUT_CONNECTED: Final = Instrument(
    "fansipan.gateway.mqtt.connected",
    Kind.UP_DOWN_COUNTER,
    "{connection}",
    "1 while this replica publishes at the broker",
    (names.MESSAGING_SYSTEM, names.MESSAGING_OPERATION),
    service=_GATEWAY,
    condition=_WITH_MQTT,
)

# ---------------------------------------------------------------- every process
TASK_ALIVE: Final = Instrument(
    "fansipan.task.alive",
    Kind.GAUGE,
    "{task}",
    "1 while a background task lives, 0 once it has died",
    (names.TASK,),
)
LOOP_ERRORS: Final = Instrument(
    "fansipan.task.errors",
    Kind.COUNTER,
    "{error}",
    "Faults that a background task has caught; it goes on by itself",
    (names.TASK, names.LANE, names.ERROR_TYPE),
    condition="once it has happened",
)

# ---------------------------------------------------------------- what is stored, read four times a minute
THINGS: Final = Instrument("fansipan.things", Kind.GAUGE, "{thing}", "Things", service=_ANALYTICS)
DATASTREAMS: Final = Instrument(
    "fansipan.datastreams", Kind.GAUGE, "{datastream}", "Datastreams", service=_ANALYTICS
)
DATASTREAMS_QUIET: Final = Instrument(
    "fansipan.datastreams.quiet",
    Kind.GAUGE,
    "{datastream}",
    "Datastreams of which nothing was stored for a day",
    service=_ANALYTICS,
)
NEWEST_AGE: Final = Instrument(
    "fansipan.observations.newest.age",
    Kind.GAUGE,
    "s",
    "How long ago an observation was stored",
    service=_ANALYTICS,
    condition="once one was stored",
)
CASES_OPEN: Final = Instrument(
    "fansipan.cases.open",
    Kind.GAUGE,
    "{case}",
    "Dossiers and petitions that have not ended",
    (names.CASE_KIND,),
    service=_ANALYTICS,
)
CASES_LATE: Final = Instrument(
    "fansipan.cases.late",
    Kind.GAUGE,
    "{case}",
    "Those of them that are late",
    (names.CASE_KIND,),
    service=_ANALYTICS,
)
ALERTS_OPEN: Final = Instrument(
    "fansipan.alerts.open",
    Kind.GAUGE,
    "{alert}",
    "Alerts of the platform's rules that have not ended",
    (names.SEVERITY,),
    service=_ANALYTICS,
)
DEAD_LETTERS_KEPT: Final = Instrument(
    "fansipan.dead_letters.kept",
    Kind.GAUGE,
    "{letter}",
    "Dead letters in the database",
    service=_ANALYTICS,
)
DATABASE_SIZE: Final = Instrument(
    "fansipan.database.size", Kind.GAUGE, "By", "Size of the database on disk", service=_ANALYTICS
)
DATABASE_JOB_FAILED: Final = Instrument(
    "fansipan.database.job.failed",
    Kind.GAUGE,
    "{job}",
    "1 when the last run of a job of TimescaleDB has failed",
    (names.JOB,),
    service=_ANALYTICS,
)
DATABASE_ARCHIVE_FAILING: Final = Instrument(
    "fansipan.database.archive.failing",
    Kind.GAUGE,
    "{archiver}",
    "1 when PostgreSQL last failed to archive a file of its log; 0 also while `archive_mode` is off",
    service=_ANALYTICS,
    condition="where our role may see it",
)
DATABASE_ARCHIVE_WAIT: Final = Instrument(
    "fansipan.database.archive.wait",
    Kind.GAUGE,
    "s",
    "For how long nothing was archived while a whole file of the log waits for it; 0: none is known to wait",
    service=_ANALYTICS,
    condition="where our role may see it",
)

INSTRUMENTS: Final[tuple[Instrument, ...]] = tuple(
    value for value in globals().values() if isinstance(value, Instrument)
)
"""All of them, in the order of this file."""

ATTRIBUTES: Final = {
    attribute.name: attribute
    for attribute in (
        *(each for instrument in INSTRUMENTS for each in instrument.attributes),
        *names.OF_SPANS,
    )
}
"""All attributes by name."""
