"""When each alert is to be raised, and when not: series of Prometheus, minute by minute."""

from dataclasses import dataclass, field

Series = dict[str, str]
"""Series and its values, one a minute, as promtool writes them: `0+60x30` is 0, 60, 120, … in 31 minutes."""

_UP = {f'up{{job="{job}",instance="a"}}': "1x60" for job in ("ingest", "analytics", "gateway")}
_STORE = 'messaging_consumer_group_name="fansipan-store",messaging_destination_name="observations.v1"'
_LAG = f'fansipan_consumer_lag{{{_STORE},messaging_destination_partition_id="0"}}'
_LAG_AGE = f'fansipan_consumer_lag_age_seconds{{{_STORE},messaging_destination_partition_id="0"}}'
_POOL = 'job="ingest",instance="a",db_client_connection_pool_name="fansipan-ingest"'
_USED = f'db_client_connection_count{{{_POOL},db_client_connection_state="used"}}'


@dataclass(frozen=True)
class Case:
    """Series, a minute, and what is raised by then.

    Attributes:
        alert: which is looked at.
        series: what is scraped.
        minute: when is looked.
        labels: of the alert, beside its severity; None: it is not raised.
        summary: what people are told.
    """

    alert: str
    series: Series
    minute: int
    labels: dict[str, str] | None = None
    summary: str = ""
    severities: tuple[str, ...] = field(default=())


def _requests(job: str, good: int, bad: int) -> Series:
    labels = f'job="{job}",http_route="/v1/observations",http_request_method="POST"'
    name = "http_server_request_duration_seconds_count"
    return {
        f'{name}{{{labels},http_response_status_code="202"}}': f"0+{good}x400",
        f'{name}{{{labels},http_response_status_code="503"}}': f"0+{bad}x400",
    }


def _durations(metric: str, labels: str, bound: str, within: int, all_of_them: int) -> Series:
    return {
        f'{metric}_bucket{{{labels},le="{bound}"}}': f"0+{within}x400",
        f"{metric}_count{{{labels}}}": f"0+{all_of_them}x400",
    }


_GET = 'job="gateway",http_route="/v1/latest",http_request_method="GET"'
_LIVE = 'job="gateway",http_route="/v1/live",http_request_method="GET"'
_HTTP, _AGE = "http_server_request_duration_seconds", "fansipan_store_commit_age_seconds"
_QUEUE = 'fansipan_queue_age_seconds{job="analytics",fansipan_queue="changed-series"}'
_PUBLISHED = 'messaging_client_sent_messages_total{job="ingest",messaging_system="kafka"'
_REDIS = 'db_client_operation_duration_seconds_count{job="gateway",db_system_name="redis"'
_TASK = 'job="analytics",instance="a",fansipan_task="store"'
_JOB = "policy_columnstore"
_ARCHIVE_FAILING = 'fansipan_database_archive_failing{job="analytics",instance="a"}'
_ARCHIVE_WAIT = 'fansipan_database_archive_wait_seconds{job="analytics",instance="a"}'

CASES = (
    # ------------------------------------------------------------ objectives: (page and page) or ticket
    Case(
        "IngestAvailabilityBurn",
        _requests("ingest", 97, 3),
        90,
        {"slo": "ingest-availability"},
        "What is sent is accepted, or refused for a reason: not so for 3% over {long} (99.9 % are promised)",
        ("14.4", "6", "1"),
    ),
    Case("IngestAvailabilityBurn", _requests("ingest", 10_000, 8), 90),
    Case("IngestAvailabilityBurn", _requests("ingest", 0, 0), 90),
    Case(
        "ObservationsReadableBurn",
        _durations(_AGE, 'job="analytics"', "5.0", 80, 100),
        90,
        {"slo": "observations-readable"},
        "What was accepted can be read within 5 seconds: not so for 20% over {long} (99 % are promised)",
        ("14.4", "6", "1"),
    ),
    Case("ObservationsReadableBurn", _durations(_AGE, 'job="analytics"', "5.0", 995, 1000), 90),
    Case(
        "GatewayAvailabilityBurn",
        _requests("gateway", 99, 1),
        90,
        {"slo": "gateway-availability"},
        "Readers get an answer: not so for 1% over {long} (99.9 % are promised)",
        ("6", "1"),
    ),
    Case("GatewayAvailabilityBurn", _requests("gateway", 100, 0), 90),
    Case(
        "GatewayLatencyBurn",
        _durations(_HTTP, _GET, "0.5", 98, 100),
        90,
        {"slo": "gateway-latency"},
        "Readers get it within half a second (streams and exports last as long as they last): not so for 2%"
        " over {long} (99 % are promised)",
        ("1",),
    ),
    Case(
        "GatewayLatencyBurn",
        _durations(_HTTP, _GET, "0.5", 100, 100) | _durations(_HTTP, _LIVE, "0.5", 0, 100),
        90,
    ),
    Case(
        "IndicatorsFreshBurn",
        {_QUEUE: "90x90"},
        80,
        {"slo": "indicators-fresh"},
        "Indicators follow what was stored within a minute: not so for 100% over {long} (99 % are promised)",
        ("14.4", "6", "1"),
    ),
    Case("IndicatorsFreshBurn", {_QUEUE: "59x90"}, 80),
    # ------------------------------------------------------------ causes
    Case(
        "TargetDown",
        _UP | {'up{job="gateway",instance="a"}': "1x10 0x10"},
        14,
        {"job": "gateway", "instance": "a"},
        "gateway cannot be scraped",
    ),
    Case(
        "TargetDown",
        {series: values for series, values in _UP.items() if "ingest" not in series},
        10,
        {"job": "ingest"},
        "ingest cannot be scraped",
    ),
    Case("TargetDown", _UP, 30),
    Case(
        "BackgroundTaskDead",
        {f"fansipan_task_alive{{{_TASK}}}": "1x5 0x10"},
        10,
        {"job": "analytics", "instance": "a", "fansipan_task": "store"},
        "The task store of analytics has died",
    ),
    Case("BackgroundTaskDead", {f"fansipan_task_alive{{{_TASK}}}": "1x20"}, 20),
    Case(
        "TaskFailing",
        {f'fansipan_task_errors_total{{{_TASK},error_type="OSError"}}': "0+12x30"},
        20,
        {"job": "analytics", "fansipan_task": "store"},
        "The task store of analytics fails again and again",
    ),
    Case("TaskFailing", {f'fansipan_task_errors_total{{{_TASK},error_type="OSError"}}': "0x5 2x30"}, 20),
    Case(
        "ObservationsUnstored",
        {_LAG_AGE: "0x5 30+60x10"},
        10,
        {},
        "What was accepted waits for 4m 30s to be stored",
    ),
    Case("ObservationsUnstored", {_LAG_AGE: "5 8 20 59 0x20"}, 10),
    Case(
        "ConsumerLagGrowing",
        {_LAG: "900+200x40"},
        30,
        {"messaging_consumer_group_name": "fansipan-store", "messaging_destination_name": "observations.v1"},
        "fansipan-store falls behind on observations.v1",
    ),
    Case("ConsumerLagGrowing", {_LAG: "90000-1000x40"}, 30),
    Case(
        "NothingArrives",
        {'fansipan_store_rows_total{fansipan_target="observations",fansipan_outcome="inserted"}': "7x60"},
        50,
        {},
        "No observation was stored for half an hour",
    ),
    Case(
        "NothingArrives",
        {
            'fansipan_store_rows_total{fansipan_target="observations",fansipan_outcome="inserted"}': "0+1x60",
        },
        50,
    ),
    Case(
        "RejectedMany",
        {
            'fansipan_ingest_rejected_total{error_type="time-in-future"}': "0+60x60",
            'fansipan_ingest_accepted_total{fansipan_target="observations"}': "0+540x60",
        },
        30,
        {},
        "10% of what is sent is rejected",
    ),
    Case(
        "RejectedMany",
        {
            'fansipan_ingest_rejected_total{error_type="time-in-future"}': "0+6x60",
            'fansipan_ingest_accepted_total{fansipan_target="observations"}': "0+594x60",
        },
        30,
    ),
    Case(
        "DeadLetters",
        {'fansipan_store_dead_lettered_total{error_type="poison-record"}': "0x10 1x10"},
        14,
        {},
        "Records in Kafka could not be used and were set aside",
    ),
    Case("DeadLetters", {'fansipan_store_dead_lettered_total{error_type="poison-record"}': "4x30"}, 14),
    Case(
        "RecordsMissed",
        {'fansipan_store_missed_total{messaging_destination_name="observations.v1"}': "0x10 500x60"},
        30,
        {"messaging_destination_name": "observations.v1"},
        "Kafka has deleted records of observations.v1 before they were stored",
    ),
    Case("RecordsMissed", {'fansipan_store_missed_total{messaging_destination_name="x"}': "0x60"}, 30),
    Case(
        "KafkaNotAcknowledging",
        {_PUBLISHED + ',error_type="TimeoutError"}': "0+1x30", _PUBLISHED + "}": "0+60x30"},
        15,
        {"job": "ingest"},
        "Kafka does not acknowledge what ingest sends",
    ),
    Case("KafkaNotAcknowledging", {_PUBLISHED + "}": "0+60x30"}, 15),
    Case(
        "DatabasePoolExhausted",
        {_USED: "8x20", f"db_client_connection_max{{{_POOL}}}": "8x20"},
        10,
        {"job": "ingest", "instance": "a", "db_client_connection_pool_name": "fansipan-ingest"},
        "The pool fansipan-ingest of a has no free connections",
    ),
    Case("DatabasePoolExhausted", {_USED: "8 8 8 7x20", f"db_client_connection_max{{{_POOL}}}": "8x20"}, 10),
    Case(
        "RedisAway",
        {_REDIS + ',error_type="TimeoutError"}': "0+20x30", _REDIS + "}": "5x30"},
        15,
        {"job": "gateway"},
        "gateway gets no answers from Redis and goes on without it",
    ),
    Case("RedisAway", {_REDIS + "}": "0+100x30"}, 15),
    Case(
        "MqttDisconnected",
        {'fansipan_ingest_mqtt_connected{instance="a"}': "1x5 0x20"},
        15,
        {},
        "No replica of ingest is connected to the MQTT broker",
    ),
    Case(
        "MqttDisconnected",
        {
            'fansipan_ingest_mqtt_connected{instance="a"}': "0x20",
            'fansipan_ingest_mqtt_connected{instance="b"}': "1x20",
        },
        15,
    ),
    Case(
        "OutboxStuck",
        {'fansipan_queue_age_seconds{fansipan_queue="outbox"}': "0 100+60x20"},
        10,
        {},
        "Figures and alerts wait for 10m 40s to be published",
    ),
    Case("OutboxStuck", {'fansipan_queue_age_seconds{fansipan_queue="webhooks"}': "900x20"}, 10),
    Case(
        "WebhooksGivenUp",
        {'fansipan_webhook_deliveries_total{fansipan_delivery="given-up"}': "0x10 1x60"},
        20,
        {},
        "Deliveries to a webhook were given up",
    ),
    Case(
        "WebhooksGivenUp", {'fansipan_webhook_deliveries_total{fansipan_delivery="delivered"}': "0+9x60"}, 20
    ),
    Case(
        "NotificationsGivenUp",
        {'fansipan_notification_deliveries_total{fansipan_delivery="given-up"}': "0x10 1x60"},
        20,
        {},
        "Notifications of alerts did not reach their receivers",
    ),
    Case(
        "NotificationsGivenUp",
        {'fansipan_notification_deliveries_total{fansipan_delivery="postponed"}': "0+1x60"},
        20,
    ),
    Case(
        "DatabaseJobFailing",
        {f'fansipan_database_job_failed{{fansipan_database_job="{_JOB}"}}': "0x10 1x80"},
        75,
        {"fansipan_database_job": _JOB},
        "The job policy_columnstore of TimescaleDB fails",
    ),
    Case(
        "DatabaseJobFailing",
        {f'fansipan_database_job_failed{{fansipan_database_job="{_JOB}"}}': "1x20 0x60"},
        75,
    ),
    Case(
        "LogArchiveFailing",
        {_ARCHIVE_FAILING: "0x10 1x60", _ARCHIVE_WAIT: "0x70"},
        30,
        {},
        "The log of PostgreSQL does not reach its archive: its disk fills up, and a restore would go back further",
    ),
    Case(  # a command that hangs is no failure that PostgreSQL knows of
        "LogArchiveFailing",
        {_ARCHIVE_FAILING: "0x70", _ARCHIVE_WAIT: "0x10 0+60x60"},
        45,
        {},
        "The log of PostgreSQL does not reach its archive: its disk fills up, and a restore would go back further",
    ),
    Case("LogArchiveFailing", {_ARCHIVE_FAILING: "0x10 1x10 0x50", _ARCHIVE_WAIT: "0x10 0+60x10 0x50"}, 40),
)
"""Each alert has cases of both kinds."""
