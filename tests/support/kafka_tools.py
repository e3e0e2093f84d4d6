"""What reads the metrics of a broker: Kafka's own JmxTool, and Strimzi's Metrics Reporter; by Maven, once."""

import os
from pathlib import Path
from typing import Final

from fansipan_local.cache import Cache
from fansipan_local.commands import run_logged
from fansipan_local.debian import program
from fansipan_local.parts.kafka_download import KAFKA
from fansipan_local.paths import cache_folder
from fansipan_local.progress import SilentProgress

REPORTER: Final = "0.4.0"
"""What Strimzi 1.2 has in its images of Kafka."""
_SECONDS: Final = 200.0  # less than a test may take


class NoReporterError(Exception):
    """It is not here and could not be got; the text says why."""


def jmx_tool(log: Path) -> Path:
    """Folder with the jars of Kafka's tools.

    Raises:
        StackError: there is no Maven, or no network.
    """
    return _fetch(f"kafka-tools-{KAFKA}", "org.apache.kafka", "kafka-tools", KAFKA, log)


def metrics_reporter(log: Path) -> Path:
    """Folder with the jars of the reporter: that which FANSIPAN_METRICS_REPORTER names, or one in the cache.

    Raises:
        NoReporterError: there is neither.
        StackError: Maven was to get it, and does not have it.
    """
    given = os.environ.get("FANSIPAN_METRICS_REPORTER")
    if given and given != "maven":
        return Path(given)
    entry = f"strimzi-metrics-reporter-{REPORTER}"
    cached = cache_folder(os.environ) / entry
    if not given and not cached.is_dir():
        raise NoReporterError("FANSIPAN_METRICS_REPORTER=maven gets Strimzi's Metrics Reporter, once")
    return _fetch(entry, "io.strimzi", "server-metrics-reporter", REPORTER, log)


def _fetch(entry: str, group: str, artifact: str, version: str, log: Path) -> Path:
    def build(folder: Path) -> None:
        (folder / "pom.xml").write_text(
            '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
            f"<groupId>vn.fansipan.tests</groupId><artifactId>of-{artifact}</artifactId><version>1</version>"
            f"<packaging>pom</packaging><dependencies><dependency><groupId>{group}</groupId>"
            f"<artifactId>{artifact}</artifactId><version>{version}</version></dependency></dependencies></project>\n",
            encoding="utf-8",
        )
        run_logged(
            [
                *(
                    program("mvn"),
                    "--batch-mode",
                    "--no-transfer-progress",
                    "--file",
                    str(folder / "pom.xml"),
                ),
                *("dependency:copy-dependencies", "-DincludeScope=runtime"),
                f"-DoutputDirectory={folder / 'libs'}",
            ],
            purpose=f"Downloading {artifact} {version} by Maven",
            log=log,
            timeout=_SECONDS,
        )

    with SilentProgress().step(artifact) as step:
        return Cache(cache_folder(os.environ)).entry(entry, build, step) / "libs"
