"""A node of Kafka of a test's own: the programs are those of the local stack."""

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fansipan_local.cache import Cache
from fansipan_local.commands import run_logged
from fansipan_local.debian import program
from fansipan_local.errors import NotReadyError
from fansipan_local.parts import kafka_archive, kafka_download
from fansipan_local.parts.kafka_config import LOG4J2, LOG4J2_FILE, PROPERTIES, format_storage_argv, java_argv
from fansipan_local.parts.kafka_probe import probe_broker
from fansipan_local.paths import cache_folder
from fansipan_local.progress import SilentProgress

_START_SECONDS: Final = 60.0


class KafkaNode:
    """A node and its files.

    Args:
        folder: of its own; made when missing.
        properties: of Kafka.
        port: where clients come in the clear.
        options: of Java.
        classes: more places to load classes from.
    """

    def __init__(
        self, folder: Path, properties: str, port: int, *, options: Sequence[str] = (), classes: str = ""
    ) -> None:
        self.folder = folder
        self.port = port
        folder.mkdir(parents=True, exist_ok=True)
        self._options, self._classes = options, classes
        self._log = folder / "kafka.log"
        self._cache, self._java = Cache(cache_folder(os.environ)), program("java")
        with SilentProgress().step("kafka") as step:
            self._libraries = kafka_download.fetch(self._cache, self._log, step)
            self._archive = kafka_archive.make(self._cache, self._java, self._libraries, self._log, step)
        (folder / PROPERTIES).write_text(properties, encoding="utf-8")
        (folder / LOG4J2_FILE).write_text(LOG4J2, encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def format(self, *beside: str, cluster: str | None = None) -> None:
        """Give it the identity of a cluster (None: any); `beside` are further arguments, of users for example."""
        argv = [*format_storage_argv(self._java, self._libraries), *beside]
        if cluster is not None:
            argv[argv.index("--cluster-id") + 1] = cluster
        run_logged(
            argv, cwd=self.folder, purpose="Formatting Kafka's storage", log=self._log, timeout=_START_SECONDS
        )

    def start(self) -> None:
        """Start it; `await_ready` waits for it."""
        argv = java_argv(self._java, self._libraries, self._archive)
        argv[argv.index("-cp") + 1] += self._classes
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [argv[0], *self._options, *argv[1:]], cwd=self.folder, stdout=output, stderr=output
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
