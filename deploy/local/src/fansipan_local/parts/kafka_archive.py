"""A class-data archive of the broker, which halves its start-up time (3.5 s to 1.6 s on two cores)."""

import hashlib
import shutil
import subprocess
import time
from pathlib import Path

from fansipan_local.cache import Cache
from fansipan_local.commands import run_logged
from fansipan_local.errors import NotReadyError, StackError
from fansipan_local.parts.kafka_config import (
    LOG4J2,
    LOG4J2_FILE,
    PROPERTIES,
    format_storage_argv,
    java_argv,
    render_properties,
)
from fansipan_local.parts.kafka_probe import probe_broker
from fansipan_local.ports import Ports
from fansipan_local.progress import Step

_TIMEOUT_SECONDS = 60
_FILE = "classes.jsa"


def make(cache: Cache, java: str, libraries: Path, log: Path, step: Step) -> Path:
    """Archive of the classes a broker loads, for this Java and these jars; recorded from a throw-away broker."""
    # An archive fits one JVM build and one class path. A JVM that finds another one ignores it.
    version = subprocess.run(
        [java, "-Xinternalversion"], capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False
    ).stdout
    key = hashlib.sha256(f"{version}\0{libraries}".encode()).hexdigest()[:12]

    def build(folder: Path) -> None:
        step.note("recording a class archive for fast starts")
        _record(java, libraries, folder, log)

    return cache.entry(f"kafka-classes-{key}", build, step) / _FILE


def _record(java: str, libraries: Path, folder: Path, log: Path) -> None:
    ports = Ports.free()
    (folder / PROPERTIES).write_text(
        render_properties(folder / "log", ports.kafka, ports.kafka_controller), encoding="utf-8"
    )
    (folder / LOG4J2_FILE).write_text(LOG4J2, encoding="utf-8")
    run_logged(
        format_storage_argv(java, libraries),
        cwd=folder,
        purpose="Formatting Kafka's storage",
        log=log,
        timeout=_TIMEOUT_SECONDS,
        remedy="Java 17 or newer is needed.",
    )
    argv = java_argv(java, libraries, None)
    argv.insert(1, f"-XX:ArchiveClassesAtExit={folder / _FILE}")
    with log.open("ab") as output:
        broker = subprocess.Popen(argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            _await(broker, ports.kafka, log)
            broker.terminate()
            broker.wait(_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise StackError("Kafka's class archive was not written in time.", f"See {log}.") from error
        finally:
            if broker.poll() is None:
                broker.kill()
                broker.wait()
    if not (folder / _FILE).is_file():
        raise StackError("Java wrote no class archive for Kafka.", f"See {log}; Java 17 or newer is needed.")
    shutil.rmtree(folder / "log")


def _await(broker: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while True:
        try:
            return probe_broker(port, timeout=1.0)
        except NotReadyError as reason:
            if broker.poll() is not None or time.monotonic() > deadline:
                raise StackError(f"Kafka does not start: {reason}.", f"See {log}.") from reason
        time.sleep(0.1)
