"""The definitions of Strimzi's resources, made by its own generator from the classes of its API."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_PACKAGE: Final = "io.strimzi.api.kafka.model"
_KINDS: Final = {
    "kafka": "kafka.Kafka",
    "kafkanodepool": "nodepool.KafkaNodePool",
    "kafkatopic": "topic.KafkaTopic",
    "kafkauser": "user.KafkaUser",
}
_DOWNLOAD_SECONDS: Final = 200  # less than a test may take
_RUN_SECONDS: Final = 60


class NoStrimziError(Exception):
    """They are not here and could not be made; the text says why."""


def strimzi_definitions(cache: Path, version: str) -> Path:
    """The folder with their files, made at the first call (40 MB by Maven, which are not kept; some seconds).

    Raises:
        NoStrimziError: there is no Maven, no network, or no Java of version 21 or newer.
    """
    made = cache / f"strimzi-{version}"
    if made.is_dir():
        return made
    maven = shutil.which("mvn")
    if maven is None:
        raise NoStrimziError("mvn, which would get the generator of Strimzi's definitions, is not on PATH")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as name:
        work = Path(name)
        (work / "pom.xml").write_text(_pom(version), encoding="utf-8")
        _run(
            [
                *(
                    maven,
                    "--batch-mode",
                    "--quiet",
                    "--no-transfer-progress",
                    "--file",
                    str(work / "pom.xml"),
                ),
                *(
                    "dependency:copy-dependencies",
                    "-DincludeScope=runtime",
                    f"-DoutputDirectory={work / 'jars'}",
                ),
            ],
            _DOWNLOAD_SECONDS,
        )
        _generate(work)
        try:
            (work / "definitions").rename(made)
        except OSError:  # another process was quicker
            if not made.is_dir():
                raise
    return made


def _generate(work: Path) -> None:
    (work / "definitions").mkdir()
    wanted = [f"{_PACKAGE}.{kind}={work / 'definitions' / name}.yaml" for name, kind in _KINDS.items()]
    reasons: list[str] = []
    for java in _javas():
        command = [
            java,
            "-cp",
            f"{work / 'jars'}/*",
            "io.strimzi.crdgenerator.CrdGenerator",
            "--yaml",
            *wanted,
        ]
        try:
            _run(command, _RUN_SECONDS)
        except NoStrimziError as error:
            reasons.append(str(error))
        else:
            return
    raise NoStrimziError(f"no Java here runs Strimzi's generator (it wants 21 or newer): {reasons}")


def _javas() -> Iterator[str]:
    home = os.environ.get("JAVA_HOME")
    if home:
        yield f"{home}/bin/java"
    on_path = shutil.which("java")
    if on_path:
        yield on_path
    for found in sorted(Path("/usr/lib/jvm").glob("*/bin/java"), reverse=True):
        yield str(found)


def _run(command: list[str], seconds: float) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds)
    except subprocess.CalledProcessError as error:
        raise NoStrimziError(f"{command[0]} failed: {(error.stdout + error.stderr)[-500:]}") from error
    except subprocess.TimeoutExpired as error:
        raise NoStrimziError(f"{command[0]} took more than {seconds} s") from error
    except OSError as error:
        raise NoStrimziError(f"{command[0]} does not run: {error}") from error


def _pom(version: str) -> str:
    dependencies = "".join(
        f"<dependency><groupId>io.strimzi</groupId><artifactId>{artifact}</artifactId>"
        f"<version>{version}</version></dependency>"
        for artifact in ("crd-generator", "api")
    )
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>vn.fansipan.tests</groupId><artifactId>strimzi</artifactId><version>1</version>"
        f"<packaging>pom</packaging><dependencies>{dependencies}</dependencies></project>\n"
    )
