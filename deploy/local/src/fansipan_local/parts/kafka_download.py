"""Kafka's jars, resolved by Maven from their coordinates into the cache."""

from pathlib import Path

from fansipan_local.cache import Cache
from fansipan_local.commands import run_logged
from fansipan_local.debian import program
from fansipan_local.progress import Step
from fansipan_local.system import require_disk

KAFKA = "4.3.1"
_LOG4J = "2.25.4"
_ENTRY = f"kafka-{KAFKA}"
_NEEDED_BYTES = 500_000_000
_TIMEOUT_SECONDS = 900


def is_cached(cache: Cache) -> bool:
    """Whether no download is needed."""
    return (cache.root / _ENTRY).is_dir()


def fetch(cache: Cache, log: Path, step: Step) -> Path:
    """Folder with Kafka's jars and a logging back end, downloaded at the first call."""

    def build(folder: Path) -> None:
        require_disk(folder, _NEEDED_BYTES, "Downloading Kafka")
        step.note(f"downloading {KAFKA} by Maven")
        (folder / "pom.xml").write_text(_pom(), encoding="utf-8")
        run_logged(
            [
                program("mvn"),
                "--batch-mode",
                "--no-transfer-progress",
                "--file",
                str(folder / "pom.xml"),
                "dependency:copy-dependencies",
                "-DincludeScope=runtime",
                f"-DoutputDirectory={folder / 'libs'}",
            ],
            purpose=f"Downloading Kafka {KAFKA} by Maven",
            log=log,
            timeout=_TIMEOUT_SECONDS,
            remedy="Check the network and Maven's settings, "
            "or give KAFKA_BOOTSTRAP_SERVERS of a running Kafka.",
        )

    return cache.entry(_ENTRY, build, step) / "libs"


def _pom() -> str:
    dependencies = "".join(
        f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>"
        f"<version>{version}</version></dependency>"
        for group, artifact, version in (
            ("org.apache.kafka", "kafka_2.13", KAFKA),
            ("org.apache.logging.log4j", "log4j-slf4j-impl", _LOG4J),
        )
    )
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>vn.fansipan.local</groupId><artifactId>kafka</artifactId><version>1</version>"
        f"<packaging>pom</packaging><dependencies>{dependencies}</dependencies></project>\n"
    )
