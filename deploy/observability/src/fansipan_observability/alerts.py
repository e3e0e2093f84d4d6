"""Alerts for operators beside those of the objectives: causes that somebody has to look at."""

from dataclasses import dataclass
from typing import Final, Literal

from fansipan_common.telemetry import registry
from fansipan_observability.promql import SERVICES, rate, select, total

_STORE_GROUP: Final = ".*fansipan-store"
_ANY: Final = ".+"


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule of Prometheus.

    Attributes:
        name: of the alert, and of its page in docs/runbooks.
        expression: true for each series it gives.
        lasting: for how long before somebody is told.
        severity: `page`: somebody is called; `ticket`: it is looked at on the next working day.
        summary: one line; labels in braces.
    """

    name: str
    expression: str
    lasting: str
    severity: Literal["page", "ticket"]
    summary: str


def _targets() -> str:
    known = "|".join(SERVICES)
    return " or ".join([f'up{{job=~"{known}"}} == 0', *(f'absent(up{{job="{name}"}})' for name in SERVICES)])


def _rejected_share() -> str:
    rejected, accepted = (total(rate(select(each), "10m")) for each in (registry.REJECTED, registry.ACCEPTED))
    return f"{rejected} / ({accepted} + {rejected}) > 0.05 and {rejected} > 0.1"


_LAG: Final = select(registry.CONSUMER_LAG)
_LAG_BY: Final = ("messaging_consumer_group_name", "messaging_destination_name")
_USED: Final = total(
    select(registry.DB_CONNECTIONS, {"db.client.connection.state": "used"}),
    "job",
    "instance",
    "db_client_connection_pool_name",
)
_MOST: Final = total(select(registry.DB_CONNECTIONS_MAX), "job", "instance", "db_client_connection_pool_name")
_GIVEN_UP: Final = {"fansipan.delivery": "given-up"}
_REDIS: Final = {"db.system.name": "redis"}

ALERTS: Final = (
    Alert("TargetDown", _targets(), "2m", "page", "{{ $labels.job }} cannot be scraped"),
    Alert(
        "BackgroundTaskDead",
        f"min by (job, instance, fansipan_task) ({select(registry.TASK_ALIVE)}) == 0",
        "1m",
        "page",
        "The task {{ $labels.fansipan_task }} of {{ $labels.job }} has died",
    ),
    Alert(
        "TaskFailing",
        f"{total(rate(select(registry.LOOP_ERRORS), '5m'), 'job', 'fansipan_task')} > 0.05",
        "10m",
        "ticket",
        "The task {{ $labels.fansipan_task }} of {{ $labels.job }} fails again and again",
    ),
    Alert(
        "ObservationsUnstored",
        f"max({select(registry.CONSUMER_LAG_AGE, {'messaging.consumer.group.name': _STORE_GROUP})}) > 60",
        "2m",
        "page",
        "What was accepted waits for {{ $value | humanizeDuration }} to be stored",
    ),
    Alert(
        "ConsumerLagGrowing",
        f"{total(_LAG, *_LAG_BY)} > 1000 and {total(f'deriv({_LAG}[10m])', *_LAG_BY)} > 0",
        "10m",
        "ticket",
        "{{ $labels.messaging_consumer_group_name }} falls behind on {{ $labels.messaging_destination_name }}",
    ),
    Alert(
        "NothingArrives",
        f"{total(rate(select(registry.STORED, {'fansipan.target': 'observations'}), '15m'))} == 0",
        "15m",
        "ticket",
        "No observation was stored for half an hour",
    ),
    Alert(
        "RejectedMany",
        _rejected_share(),
        "10m",
        "ticket",
        "{{ $value | humanizePercentage }} of what is sent is rejected",
    ),
    Alert(
        "DeadLetters",
        f"{total(f'increase({select(registry.DEAD_LETTERED)}[10m])')} > 0",
        "0m",
        "ticket",
        "Records in Kafka could not be used and were set aside",
    ),
    Alert(
        "RecordsMissed",
        f"{total(f'increase({select(registry.MISSED)}[1h])', 'messaging_destination_name')} > 0",
        "0m",
        "page",
        "Kafka has deleted records of {{ $labels.messaging_destination_name }} before they were stored",
    ),
    Alert(
        "KafkaNotAcknowledging",
        total(
            rate(
                select(registry.MESSAGES_SENT, {"messaging.system": "kafka", "error.type": _ANY}),
                "5m",
            ),
            "job",
        )
        + " > 0",
        "5m",
        "page",
        "Kafka does not acknowledge what {{ $labels.job }} sends",
    ),
    Alert(
        "DatabasePoolExhausted",
        f"{_USED} / {_MOST} > 0.9 or"
        f" {total(rate(select(registry.DB_TIMEOUTS), '5m'), 'job', 'instance', 'db_client_connection_pool_name')} > 0",
        "5m",
        "page",
        "The pool {{ $labels.db_client_connection_pool_name }} of {{ $labels.instance }} has no free connections",
    ),
    Alert(
        "RedisAway",
        total(
            rate(select(registry.DB_DURATION, _REDIS | {"error.type": _ANY}, part="count"), "5m"),
            "job",
        )
        + " > 0",
        "5m",
        "ticket",
        "{{ $labels.job }} gets no answers from Redis and goes on without it",
    ),
    Alert(
        "MqttDisconnected",
        f"{total(select(registry.MQTT_CONNECTED))} == 0",
        "5m",
        "page",
        "No replica of ingest is connected to the MQTT broker",
    ),
    Alert(
        "OutboxStuck",
        f"max({select(registry.QUEUE_AGE, {'fansipan.queue': 'outbox'})}) > 60",
        "5m",
        "page",
        "Figures and alerts wait for {{ $value | humanizeDuration }} to be published",
    ),
    Alert(
        "WebhooksGivenUp",
        f"{total(f'increase({select(registry.WEBHOOK_DELIVERIES, _GIVEN_UP)}[1h])')} > 0",
        "0m",
        "ticket",
        "Deliveries to a webhook were given up",
    ),
    Alert(
        "NotificationsGivenUp",
        f"{total(f'increase({select(registry.NOTIFICATIONS, _GIVEN_UP)}[1h])')} > 0",
        "0m",
        "page",
        "Notifications of alerts did not reach their receivers",
    ),
    Alert(
        "DatabaseJobFailing",
        f"max by (fansipan_database_job) ({select(registry.DATABASE_JOB_FAILED)}) > 0",
        "1h",
        "ticket",
        "The job {{ $labels.fansipan_database_job }} of TimescaleDB fails",
    ),
    Alert(
        "LogArchiveFailing",
        f"max({select(registry.DATABASE_ARCHIVE_FAILING)}) > 0 or max({select(registry.DATABASE_ARCHIVE_WAIT)}) > 900",
        "15m",
        "page",
        "The log of PostgreSQL does not reach its archive: its disk fills up, and a restore would go back further",
    ),
)
