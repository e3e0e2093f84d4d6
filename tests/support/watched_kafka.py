"""A Kafka of a test's own whose metrics can be read, and whose parts can be lost: a node that is controller and broker,
with two disks, and one that is only broker."""

import shutil
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support.broker_metrics import JmxReader, Reader, ReporterReader
from tests.support.kafka_node import KafkaNode
from tests.support.kafka_tools import jmx_tool
from tests.support.processes import free_port

from fansipan_local.parts.kafka_config import render_properties

_CLUSTER: Final = "ZmFuc2lwYW4tb2Ytb25lLQ"


class Node(KafkaNode):
    """One of both.

    Args:
        folder: of its own; disks `log` and `second` lie in it.
        properties: of Kafka.
        port: where clients come.
        reporter: folder with the jars of Strimzi's Metrics Reporter, which gives its metrics then.
        allowed: what its metrics are, as the reporter's list has it.
    """

    def __init__(
        self, folder: Path, properties: str, port: int, reporter: Path | None, allowed: Sequence[str]
    ) -> None:
        self._jmx, self._scraped = free_port(), free_port()
        self._reporter = reporter
        if reporter is not None:
            properties += f"""
metric.reporters=io.strimzi.kafka.metrics.prometheus.ServerKafkaMetricsReporter
kafka.metrics.reporters=io.strimzi.kafka.metrics.prometheus.ServerYammerMetricsReporter
prometheus.metrics.reporter.listener=http://127.0.0.1:{self._scraped}
prometheus.metrics.reporter.allowlist={",".join(allowed)}
"""
        super().__init__(
            folder,
            properties,
            port,
            options=[
                f"-Dcom.sun.management.jmxremote.port={self._jmx}",
                f"-Dcom.sun.management.jmxremote.rmi.port={self._jmx}",
                "-Dcom.sun.management.jmxremote.host=127.0.0.1",
                "-Djava.rmi.server.hostname=127.0.0.1",
                "-Dcom.sun.management.jmxremote.authenticate=false",
                "-Dcom.sun.management.jmxremote.ssl=false",
            ],
            classes="" if reporter is None else f":{reporter}/*",
        )

    @property
    def readers(self) -> dict[str, Reader]:
        """By what its metrics can be read; the reporter is there when Maven has it."""
        found: dict[str, Reader] = {"jmx": JmxReader(self._java, jmx_tool(self._log), self._jmx)}
        if self._reporter is not None:
            found["reporter"] = ReporterReader(self._scraped)
        return found

    def lose_second_disk(self) -> int:
        """What is on it can no longer be found, nor anything be written to it; returns how many partitions that are."""
        disk, lost = self.folder / "second", self.folder / "lost"
        shutil.move(disk, lost)
        disk.write_text("no folder", encoding="utf-8")
        return sum(entry.is_dir() for entry in lost.iterdir())


@contextmanager
def watched_kafka(
    folder: Path, reporter: Path | None, allowed: Sequence[str]
) -> Generator[tuple[Node, Node]]:
    """Both nodes, running; ended with the block. The first is the controller."""
    ports, controller = (free_port(), free_port()), free_port()
    properties = [
        _properties(folder / f"node-{number}", number, port, controller)
        for number, port in enumerate(ports, start=1)
    ]
    first, second = (
        Node(folder / f"node-{number}", text, port, reporter, allowed)
        for number, (text, port) in enumerate(zip(properties, ports, strict=True), start=1)
    )
    try:
        for node in (first, second):
            node.format(cluster=_CLUSTER)
            node.start()
        for node in (first, second):
            node.await_ready()
        yield first, second
    finally:
        for node in (first, second):
            node.kill()


def _properties(folder: Path, number: int, port: int, controller: int) -> str:
    """The local stack's, with two nodes, a disk that can be lost, and little patience; the last word counts."""
    beside = f"""
log.dirs={folder}/log,{folder}/second
metadata.log.dir={folder}/log
min.insync.replicas=2
broker.session.timeout.ms=4000
log.flush.offset.checkpoint.interval.ms=500
"""
    if number != 1:
        beside += f"""
process.roles=broker
node.id={number}
listeners=PLAINTEXT://127.0.0.1:{port}
"""
    return render_properties(folder / "log", port, controller) + beside
