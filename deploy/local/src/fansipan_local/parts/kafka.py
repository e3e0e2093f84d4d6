"""Apache Kafka: one KRaft node, which is broker and controller at once."""

from collections.abc import Sequence
from pathlib import Path

from fansipan_local.cache import Cache
from fansipan_local.commands import run_logged
from fansipan_local.debian import Requirement, program
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
from fansipan_local.ports import LOOPBACK
from fansipan_local.progress import Step
from fansipan_local.supervisor import Program
from fansipan_local.system import require_disk

_FORMAT_TIMEOUT_SECONDS = 60
_STATE_BYTES = 1_000_000_000


class Kafka:
    """A private Kafka node.

    Args:
        data: its folder: configuration and log segments.
        cache: where the jars and the class archive are kept.
        port: where clients connect.
        controller_port: where the node talks to itself as the controller.
        log: file for the output of preparing commands.
    """

    name = "kafka"
    title = "Apache Kafka"

    def __init__(self, data: Path, cache: Cache, port: int, controller_port: int, log: Path) -> None:
        self._data = data
        self._cache = cache
        self._port = port
        self._controller_port = controller_port
        self._log = log

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self._port}"

    @property
    def listens(self) -> Sequence[tuple[str, int]]:
        return [("kafka", self._port), ("kafka_controller", self._controller_port)]

    @property
    def requirements(self) -> Sequence[Requirement]:
        needs = [Requirement("java", "openjdk-17-jre-headless")]
        if not kafka_download.is_cached(self._cache):
            needs.append(Requirement("mvn", "maven"))
        return needs

    def prepare(self, step: Step) -> Program:
        libraries = kafka_download.fetch(self._cache, self._log, step)
        require_disk(self._data, _STATE_BYTES, "Kafka")
        self._data.mkdir(parents=True, exist_ok=True)
        java = program("java")
        (self._data / LOG4J2_FILE).write_text(LOG4J2, encoding="utf-8")
        config = render_properties(self._data / "log", self._port, self._controller_port)
        (self._data / PROPERTIES).write_text(config, encoding="utf-8")
        archive = kafka_archive.make(self._cache, java, libraries, self._log, step)
        if not (self._data / "log" / "meta.properties").exists():
            step.note("formatting its storage")
            run_logged(
                format_storage_argv(java, libraries),
                cwd=self._data,
                purpose="Formatting Kafka's storage",
                log=self._log,
                timeout=_FORMAT_TIMEOUT_SECONDS,
                remedy="Java 17 or newer is needed.",
            )
        argv = java_argv(java, libraries, archive)
        return Program(argv, self._data, {}, version=config + LOG4J2)

    def probe(self, timeout: float) -> None:
        probe_broker(self._port, timeout)

    def settle(self) -> None:
        """Nothing is left to do."""
