"""Configuration and command lines of the Kafka node."""

import base64
import uuid
from pathlib import Path

from fansipan_local.ports import LOOPBACK

# Small enough for a 4 GiB machine; a broker keeps its data in the page cache, not in the heap.
_HEAP = "512m"

PROPERTIES = "server.properties"
LOG4J2_FILE = "log4j2.properties"

LOG4J2 = """rootLogger.level=warn
rootLogger.appenderRefs=out
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{ISO8601} %p %c{1}: %m%n
logger.server.name=kafka.server.KafkaRaftServer
logger.server.level=info
logger.broker.name=kafka.server.BrokerServer
logger.broker.level=info
"""


def render_properties(log_dir: Path, port: int, controller_port: int) -> str:
    """server.properties of a single node whose files are in `log_dir`."""
    return f"""process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{LOOPBACK}:{controller_port}
listeners=PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}
advertised.listeners=PLAINTEXT://{LOOPBACK}:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={_property(str(log_dir))}

# A topic that nobody created is a mistake, not a wish.
auto.create.topics.enable=false
num.partitions=4
default.replication.factor=1
min.insync.replicas=1
offsets.topic.num.partitions=8
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1

# One machine's disk: small segments, bounded retention (each topic may set its own).
log.segment.bytes=67108864
log.retention.hours=168
log.retention.bytes=1073741824
offsets.topic.segment.bytes=16777216
log.cleaner.dedupe.buffer.size=16777216

# Consumers start at once, and a killed broker may register again soon.
group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms=1000
broker.session.timeout.ms=6000
metadata.max.idle.interval.ms=5000
num.network.threads=2
num.io.threads=4
num.recovery.threads.per.data.dir=2
"""


def java_argv(java: str, libraries: Path, archive: Path | None) -> list[str]:
    """Command of the broker, for a working directory that holds PROPERTIES and LOG4J2_FILE.

    With `archive` the JVM maps its classes instead of loading them.
    """
    options = [f"-Xmx{_HEAP}", f"-Xms{_HEAP}", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError"]
    if archive is not None:
        options += [f"-XX:SharedArchiveFile={archive}", "-Xlog:cds=off", "-Xlog:cds+dynamic=off"]
    return [java, *options, *_common(libraries), "kafka.Kafka", PROPERTIES]


def format_storage_argv(java: str, libraries: Path) -> list[str]:
    """Command that writes the identity of a new cluster into the storage folder; same working directory."""
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    if cluster.startswith("-"):
        cluster = "A" + cluster[1:]
    return [
        java,
        "-XX:TieredStopAtLevel=1",
        *_common(libraries),
        "kafka.tools.StorageTool",
        "format",
        "--cluster-id",
        cluster,
        "--config",
        PROPERTIES,
    ]


def _common(libraries: Path) -> list[str]:
    jars = sorted(str(jar) for jar in libraries.glob("*.jar"))
    return [
        "-Djava.awt.headless=true",
        f"-Dlog4j2.configurationFile={LOG4J2_FILE}",
        "-cp",
        ":".join(jars),
    ]


def _property(value: str) -> str:
    """`value` escaped for a Java properties file."""
    units = value.encode("utf-16-be")
    characters = [int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2)]
    return "".join(
        f"\\u{code:04x}" if code > 126 else f"\\{chr(code)}" if chr(code) in "\\:=#! " else chr(code)
        for code in characters
    )
