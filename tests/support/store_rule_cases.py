"""When each alert on what Fansipan stands on is to be raised, and when not."""

from tests.support.rule_cases import Case, Series

_NODES = ("nodes-0", "nodes-1", "nodes-2")


def _of_each(metric: str, *values: str) -> Series:
    """A metric of the three nodes, minute by minute."""
    return {
        f'{metric}{{job="fansipan-kafka",instance="{node}"}}': each
        for node, each in zip(_NODES, values, strict=True)
    }


_CONTROLLER, _REPLICAS = "kafka_controller_kafkacontroller", "kafka_server_replicamanager"
_IDLE = "kafka_server_kafkarequesthandlerpool_brokerrequesthandleravgidlepercent_total"
_UNCLEAN = "kafka_controller_controllerstats_uncleanleaderelectionspersec_total"

BROKER_CASES = (
    Case(
        "KafkaPartitionsOffline",
        _of_each(f"{_CONTROLLER}_offlinepartitionscount", "0x5 4x20", "0x5 4x20", "0x5 4x20"),
        10,
        {},
        "Partitions of Kafka without a leader, which nobody can write or read: 4",
    ),
    Case(
        "KafkaPartitionsOffline",
        _of_each(f"{_CONTROLLER}_offlinepartitionscount", "0x30", "0x30", "0x30")
        | {f'{_CONTROLLER}_offlinepartitionscount{{job="kafka",instance="of-others"}}': "9x30"},
        20,
    ),
    Case(
        "KafkaPartitionsUnderMinimum",
        _of_each(f"{_REPLICAS}_underminisrpartitioncount", "0x5 2x20", "0x5 1x20", "0x5 _x20"),
        10,
        {},
        "Partitions of Kafka with too few replicas in sync, which refuse what is sent: 3",
    ),
    Case(
        "KafkaPartitionsUnderMinimum",
        _of_each(f"{_REPLICAS}_underminisrpartitioncount", "0x30", "0x30", "0x30"),
        20,
    ),
    Case(
        "KafkaPartitionsUnderReplicated",
        _of_each(f"{_REPLICAS}_underreplicatedpartitions", "0x5 7x40", "0x5 5x40", "0x5 _x40"),
        25,
        {},
        "Partitions of Kafka that lack a replica in sync: 12",
    ),
    Case(  # a rolling restart
        "KafkaPartitionsUnderReplicated",
        _of_each(f"{_REPLICAS}_underreplicatedpartitions", "0x5 7x3 0x40", "0x10 7x3 0x40", "0x15 7x3 0x40"),
        25,
    ),
    Case(
        "KafkaControllers",
        _of_each(f"{_CONTROLLER}_activecontrollercount", "1x5 _x20", "0x30", "0x30"),
        15,
        {},
        "Active controllers of Kafka, of which there has to be one: 0",
    ),
    Case(
        "KafkaControllers",
        _of_each(f"{_CONTROLLER}_activecontrollercount", "1x30", "0x5 1x20", "0x30"),
        15,
        {},
        "Active controllers of Kafka, of which there has to be one: 2",
    ),
    Case(  # another takes over
        "KafkaControllers",
        _of_each(f"{_CONTROLLER}_activecontrollercount", "1x5 _x2 0x20", "0x6 1x20", "0x30"),
        15,
    ),
    Case(
        "KafkaBrokerAway",
        _of_each(f"{_CONTROLLER}_fencedbrokercount", "0x5 1x20", "0x5 1x20", "0x5 _x20"),
        15,
        {},
        "Brokers of Kafka that are registered and do not answer their controller: 1",
    ),
    Case("KafkaBrokerAway", _of_each(f"{_CONTROLLER}_fencedbrokercount", "0x5 1x3 0x20", "0x30", "0x30"), 15),
    Case(
        "KafkaLogDirectoryOffline",
        _of_each("kafka_log_logmanager_offlinelogdirectorycount", "0x30", "0x5 1x20", "0x30"),
        10,
        {"instance": "nodes-1"},
        "nodes-1 has lost a disk that it kept records on",
    ),
    Case(
        "KafkaLogDirectoryOffline",
        _of_each("kafka_log_logmanager_offlinelogdirectorycount", "0x30", "0x30", "0x30"),
        10,
    ),
    Case(
        "KafkaLeaderUnclean",
        _of_each(_UNCLEAN, "0x10 1x60", "0x10 1x60", "0x10 1x60"),
        20,
        {},
        "A replica that was not in sync leads a partition of Kafka: records that were acknowledged may be lost",
    ),
    Case("KafkaLeaderUnclean", _of_each(_UNCLEAN, "3x80", "3x80", "0x80"), 70),
    Case(  # idle for 6 s of each minute
        "KafkaHandlersBusy",
        _of_each(_IDLE, "0+6000000000x40", "0+30000000000x40", "0+58000000000x40"),
        30,
        {"instance": "nodes-0"},
        "The request handlers of nodes-0 are busy for 90% of the time",
    ),
    Case(
        "KafkaHandlersBusy",
        _of_each(_IDLE, "0+15000000000x40", "0+30000000000x40", "0+58000000000x40"),
        30,
    ),
    Case(  # one was started again, one is gone: what is not known of them does not count for long enough
        "KafkaHandlersBusy",
        _of_each(_IDLE, "0+57000000000x15 _x2 0+57000000000x30", "0+57000000000x15", "0+57000000000x45"),
        26,
    ),
    Case(
        "KafkaUnseen",
        _of_each("kafka_server_kafkaserver_brokerstate", "3x5", "3x5", "3x5"),
        30,
        {"job": "fansipan-kafka"},
        "No node of Kafka is scraped: alerts on them are silent",
    ),
    Case("KafkaUnseen", _of_each("kafka_server_kafkaserver_brokerstate", "3x40", "3x5", "3x5"), 30),
)
"""Each alert has cases of both kinds."""

_BACKUP = "barman_cloud_cloudnative_pg_io_last_available_backup_timestamp"
_INSTANCE = 'job="fansipan-postgres",instance="postgres-1"'
_SCRAPED = {f"up{{{_INSTANCE}}}": "1x1700"}
_OLD = "The newest backup of PostgreSQL is older than a day, or nothing says how old it is"

BACKUP_CASES = (  # the clock of promtool begins at 0
    Case("BackupOld", _SCRAPED | {f"{_BACKUP}{{{_INSTANCE}}}": "60x1700"}, 1640, {}, _OLD),
    Case("BackupOld", _SCRAPED | {f"{_BACKUP}{{{_INSTANCE}}}": "60x1000 60000x700"}, 1640),
    Case("BackupOld", _SCRAPED, 70, {}, _OLD),
    Case("BackupOld", {'up{job="others",instance="a"}': "1x100"}, 70),
)
"""Of both kinds, too; where no CloudNativePG is scraped, nothing is raised."""
