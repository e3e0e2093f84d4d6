"""A Kafka of a test's own whose metrics can be read, and whose parts can be lost: a node that is controller and broker,
with two disks, and one that is only broker."""

import os
import shutil
import subprocess
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support.broker_metrics import JmxReader, Reader, ReporterReader
from tests.support.kafka_tools import jmx_tool
from tests.support.processes import free_port

from fansipan_local.cache import Cache
from fansipan_local.commands import run_logged
from fansipan_local.debian import program
from fansipan_local.errors import NotReadyError
from fansipan_local.parts import kafka_archive, kafka_download
from fansipan_local.parts.kafka_config import (
    LOG4J2,
    LOG4J2_FILE,
    PROPERTIES,
    format_storage_argv,
    java_argv,
    render_properties,
)
from fansipan_local.parts.kafka_probe import probe_broker
from fansipan_local.paths import cache_folder
from fansipan_local.progress import SilentProgress

_START_SECONDS: Final = 60.0
_CLUSTER: Final = "ZmFuc2lwYW4tb2Ytb25lLQ"


class Node:
    """A node and its files.

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
        self.folder = folder
        self.port = port
        self._jmx, self._scraped = free_port(), free_port()
        folder.mkdir(parents=True)
        self._log = folder / "kafka.log"
        self._cache, self._java = Cache(cache_folder(os.environ)), program("java")
        with SilentProgress().step("kafka") as step:
            self._libraries = kafka_download.fetch(self._cache, self._log, step)
            self._archive = kafka_archive.make(self._cache, self._java, self._libraries, self._log, step)
        self._reporter = reporter
        if reporter is not None:
            properties += f"""
metric.reporters=io.strimzi.kafka.metrics.prometheus.ServerKafkaMetricsReporter
kafka.metrics.reporters=io.strimzi.kafka.metrics.prometheus.ServerYammerMetricsReporter
prometheus.metrics.reporter.listener=http://127.0.0.1:{self._scraped}
prometheus.metrics.reporter.allowlist={",".join(allowed)}
"""
        (folder / PROPERTIES).write_text(properties, encoding="utf-8")
        (folder / LOG4J2_FILE).write_text(LOG4J2, encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def readers(self) -> dict[str, Reader]:
        """By what its metrics can be read; the reporter is there when Maven has it."""
        found: dict[str, Reader] = {"jmx": JmxReader(self._java, jmx_tool(self._log), self._jmx)}
        if self._reporter is not None:
            found["reporter"] = ReporterReader(self._scraped)
        return found

    def format(self, cluster: str) -> None:
        """Give it the identity of a cluster."""
        argv = format_storage_argv(self._java, self._libraries)
        argv[argv.index("--cluster-id") + 1] = cluster
        run_logged(
            argv, cwd=self.folder, purpose="Formatting Kafka's storage", log=self._log, timeout=_START_SECONDS
        )

    def start(self) -> None:
        """Start it; `await_ready` waits for it."""
        argv = java_argv(self._java, self._libraries, self._archive)
        if self._reporter is not None:
            argv[argv.index("-cp") + 1] += f":{self._reporter}/*"
        beside = [
            f"-Dcom.sun.management.jmxremote.port={self._jmx}",
            f"-Dcom.sun.management.jmxremote.rmi.port={self._jmx}",
            "-Dcom.sun.management.jmxremote.host=127.0.0.1",
            "-Djava.rmi.server.hostname=127.0.0.1",
            "-Dcom.sun.management.jmxremote.authenticate=false",
            "-Dcom.sun.management.jmxremote.ssl=false",
        ]
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [argv[0], *beside, *argv[1:]], cwd=self.folder, stdout=output, stderr=output
            )

    def await_ready(self) -> None:
        """Until it serves clients."""
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                return probe_broker(self.port, timeout=1.0)
            except NotReadyError as reason:
                ended = self._process is None or self._process.poll() is not None
                if ended or time.monotonic() > deadline:
                    raise AssertionError(f"Kafka does not start: {reason}\n{self.log[-3000:]}") from reason
            time.sleep(0.1)

    @property
    def log(self) -> str:
        """What it has written."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """End it at once, if it runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10.0)

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
            node.format(_CLUSTER)
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
