"""Kafka's nodes: their metrics as Strimzi's Metrics Reporter gives them, and the alerts on them.

Theirs are no instruments of ours, so the registry does not know them. What is named here is all that a node has to
show: `deploy/k8s/components/kafka-strimzi` allows just that (tests/contract/test_kubernetes_monitoring.py compares),
and tests/integration/telemetry/test_brokers.py asks brokers for it.
"""

from dataclasses import dataclass
from typing import Final

from fansipan_observability.alerts import Alert
from fansipan_observability.promql import rate, total

BROKERS_JOB: Final = "fansipan-kafka"
"""The `job` of the nodes; `instance` is the name of one."""


@dataclass(frozen=True, slots=True)
class BrokerMetric:
    """A metric of a node.

    Attributes:
        name: as the reporter's list of what is allowed has it.
        is_counter: Prometheus reads it as `…_total`.
    """

    name: str
    is_counter: bool = False

    @property
    def series(self) -> str:
        """What it is called in Prometheus."""
        return f"{self.name}_total" if self.is_counter else self.name

    def select(self, **where: str) -> str:
        """A selector of its series on our nodes; labels with their values."""
        matchers = [f'{label}="{value}"' for label, value in {"job": BROKERS_JOB, **where}.items()]
        return f"{self.series}{{{','.join(matchers)}}}"


# Of each controller, about the whole cluster. All of them know it, also those that only follow.
ACTIVE_CONTROLLERS: Final = BrokerMetric("kafka_controller_kafkacontroller_activecontrollercount")
ACTIVE_BROKERS: Final = BrokerMetric("kafka_controller_kafkacontroller_activebrokercount")
FENCED_BROKERS: Final = BrokerMetric("kafka_controller_kafkacontroller_fencedbrokercount")
OFFLINE_PARTITIONS: Final = BrokerMetric("kafka_controller_kafkacontroller_offlinepartitionscount")
UNCLEAN_ELECTIONS: Final = BrokerMetric("kafka_controller_controllerstats_uncleanleaderelectionspersec", True)
# Of each broker, about the partitions that it leads, and itself.
UNDER_REPLICATED: Final = BrokerMetric("kafka_server_replicamanager_underreplicatedpartitions")
UNDER_MINIMUM: Final = BrokerMetric("kafka_server_replicamanager_underminisrpartitioncount")
OFFLINE_DIRECTORIES: Final = BrokerMetric("kafka_log_logmanager_offlinelogdirectorycount")
BROKER_STATE: Final = BrokerMetric("kafka_server_kafkaserver_brokerstate")
BYTES_IN: Final = BrokerMetric("kafka_server_brokertopicmetrics_bytesinpersec", True)
BYTES_OUT: Final = BrokerMetric("kafka_server_brokertopicmetrics_bytesoutpersec", True)
LOG_SIZE: Final = BrokerMetric("kafka_log_log_size")
REQUEST_TIME: Final = BrokerMetric("kafka_network_requestmetrics_totaltimems")
# Nanoseconds that a thread had nothing to do, averaged over them. Since Kafka 4.3; the older metric without `broker`
# adds the threads of the controller where a node is both.
HANDLERS_IDLE: Final = BrokerMetric(
    "kafka_server_kafkarequesthandlerpool_brokerrequesthandleravgidlepercent", True
)

BROKER_METRICS: Final = tuple(value for value in globals().values() if isinstance(value, BrokerMetric))
"""All of them, in the order of this file."""


def handlers_busy(window: str) -> str:
    """The share of time that the request handlers of each node had something to do.

    Until a window has passed since a node was first scraped, what is not known counts as busy.
    """
    return f"1 - {total(rate(HANDLERS_IDLE.select(), window), 'instance')} / 1e9"


BROKER_ALERTS: Final = (
    Alert(
        "KafkaPartitionsOffline",
        f"max({OFFLINE_PARTITIONS.select()}) > 0",
        "1m",
        "page",
        "Partitions of Kafka without a leader, which nobody can write or read: {{ $value }}",
    ),
    Alert(
        "KafkaPartitionsUnderMinimum",
        f"{total(UNDER_MINIMUM.select())} > 0",
        "1m",
        "page",
        "Partitions of Kafka with too few replicas in sync, which refuse what is sent: {{ $value }}",
    ),
    Alert(
        "KafkaPartitionsUnderReplicated",
        f"{total(UNDER_REPLICATED.select())} > 0",
        "15m",
        "ticket",
        "Partitions of Kafka that lack a replica in sync: {{ $value }}",
    ),
    Alert(
        "KafkaControllers",
        f"{total(ACTIVE_CONTROLLERS.select())} != 1",
        "2m",
        "page",
        "Active controllers of Kafka, of which there has to be one: {{ $value }}",
    ),
    Alert(
        "KafkaBrokerAway",
        f"max({FENCED_BROKERS.select()}) > 0",
        "5m",
        "ticket",
        "Brokers of Kafka that are registered and do not answer their controller: {{ $value }}",
    ),
    Alert(
        "KafkaLogDirectoryOffline",
        f"max by (instance) ({OFFLINE_DIRECTORIES.select()}) > 0",
        "0m",
        "page",
        "{{ $labels.instance }} has lost a disk that it kept records on",
    ),
    Alert(
        "KafkaLeaderUnclean",
        f"max(increase({UNCLEAN_ELECTIONS.select()}[1h])) > 0",
        "0m",
        "page",
        "A replica that was not in sync leads a partition of Kafka: records that were acknowledged may be lost",
    ),
    Alert(
        "KafkaHandlersBusy",
        f"{handlers_busy('5m')} > 0.8",
        "10m",  # longer than the window: a node that starts is not busy
        "ticket",
        "The request handlers of {{ $labels.instance }} are busy for {{ $value | humanizePercentage }} of the time",
    ),
    Alert(
        "KafkaUnseen",
        f"absent({BROKER_STATE.select()})",
        "10m",
        "ticket",
        "No node of Kafka is scraped: alerts on them are silent",
    ),
)
