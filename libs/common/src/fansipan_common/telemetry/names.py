"""Names of attributes: OpenTelemetry's where it has one, else ours, which begin with `fansipan.`."""

from typing import Final

from fansipan_common.telemetry.instrument import Attribute

# ---------------------------------------------------------------- OpenTelemetry's semantic conventions
ERROR_TYPE: Final = Attribute("error.type", "what went wrong: a stable code, or the class of an exception")
HTTP_METHOD: Final = Attribute("http.request.method", "method; `_OTHER` for those nobody knows")
HTTP_ROUTE: Final = Attribute(
    "http.route",
    "template of the endpoint, not the path; empty for what was answered before an endpoint was chosen",
)
HTTP_STATUS: Final = Attribute("http.response.status_code", "status")
URL_SCHEME: Final = Attribute("url.scheme", "scheme", ("http", "https"))
PROTOCOL_VERSION: Final = Attribute("network.protocol.version", "version of HTTP")
MESSAGING_SYSTEM: Final = Attribute("messaging.system", "broker", ("kafka", "mqtt"))
MESSAGING_OPERATION: Final = Attribute(
    "messaging.operation.name", "what was done", ("send", "poll", "process", "commit")
)
MESSAGING_DESTINATION: Final = Attribute("messaging.destination.name", "topic of Kafka")
MESSAGING_TEMPLATE: Final = Attribute("messaging.destination.template", "filter of MQTT")
MESSAGING_PARTITION: Final = Attribute("messaging.destination.partition.id", "partition of the topic")
MESSAGING_GROUP: Final = Attribute("messaging.consumer.group.name", "group of consumers")
DB_SYSTEM: Final = Attribute("db.system.name", "kind of store", ("postgresql", "redis"))
DB_OPERATION: Final = Attribute("db.operation.name", "first word of the statement; for Redis: `command`")
DB_POOL: Final = Attribute("db.client.connection.pool.name", "pool, as `pg_stat_activity` shows it")
DB_STATE: Final = Attribute("db.client.connection.state", "state of connections", ("used", "idle"))

# ---------------------------------------------------------------- ours
TARGET: Final = Attribute(
    "fansipan.target", "what is sent", ("observations", "service-events", "observation-deletions")
)
OUTCOME: Final = Attribute(
    "fansipan.outcome",
    "what became of a row: `orphaned` is of a deleted datastream",
    ("inserted", "duplicate", "corrected", "deleted", "orphaned"),
)
DELIVERY: Final = Attribute(
    "fansipan.delivery", "what became of an attempt", ("delivered", "postponed", "given-up")
)
DOOR: Final = Attribute("fansipan.door", "door of ingest")
EVENT: Final = Attribute("fansipan.event", "kind of message that holds no reading")
LEVEL: Final = Attribute("fansipan.level", "width of a bucket", ("1h", "1d"))
LANE: Final = Attribute("fansipan.lane", "lane of indicators")
TASK: Final = Attribute("fansipan.task", "background task")
QUEUE: Final = Attribute(
    "fansipan.queue",
    "table of work that waits",
    ("outbox", "changed-series", "changed-case", "stale-value", "changed-value", "webhooks", "notifications"),
)
CACHE: Final = Attribute(
    "fansipan.cache.outcome",
    "how an answer came about: from memory, too old but the database is away, made for another request, made",
    ("hit", "stale", "collapsed", "miss"),
)
IMPORT_STEP: Final = Attribute(
    "fansipan.import.step", "what is done with a file", ("preview", "check", "import")
)
IMPORT_OUTCOME: Final = Attribute(
    "fansipan.import.outcome",
    "what became of it: somebody has to change something, it goes on by itself later, its process died, or did so too"
    " often",
    ("done", "stopped", "waits", "failed", "given-up"),
)
CASE_KIND: Final = Attribute("fansipan.case.kind", "kind of case", ("dossier", "petition"))
SEVERITY: Final = Attribute("fansipan.alert.severity", "severity", ("info", "warning", "serious", "critical"))
PRIORITY: Final = Attribute("fansipan.priority", "who is refused first", ("low", "normal"))
JOB: Final = Attribute("fansipan.database.job", "background job of TimescaleDB, by its procedure")

# ---------------------------------------------------------------- only of spans
MESSAGING_OPERATION_TYPE: Final = Attribute(
    "messaging.operation.type", "kind of operation", ("send", "process")
)
MESSAGING_COUNT: Final = Attribute("messaging.batch.message_count", "messages of a batch")
MESSAGING_OFFSET: Final = Attribute("messaging.kafka.offset", "offset of the record")
ROWS: Final = Attribute("fansipan.rows", "rows of a micro-batch")

OF_SPANS: Final = (
    MESSAGING_SYSTEM,
    MESSAGING_OPERATION,
    MESSAGING_OPERATION_TYPE,
    MESSAGING_DESTINATION,
    MESSAGING_TEMPLATE,
    MESSAGING_PARTITION,
    MESSAGING_COUNT,
    MESSAGING_OFFSET,
    ROWS,
)
"""Attributes of the spans that we make ourselves."""
