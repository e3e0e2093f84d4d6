"""The real OpenTelemetry Collector, as a process of a test's own."""

import asyncio
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import yaml
from tests.support.processes import free_port

from fansipan_local.paths import cache_folder

_MANIFEST: Final = Path(__file__).parent / "builder.yaml"
VERSION: Final[str] = yaml.safe_load(_MANIFEST.read_text(encoding="utf-8"))["dist"]["version"]
_BUILDER: Final = f"go.opentelemetry.io/collector/cmd/builder@v{VERSION}"
_BUILD: Final = "FANSIPAN_BUILD_COLLECTOR"
BUILD_SECONDS: Final = 1500
_EVERYWHERE: Final = re.compile(r"0\.0\.0\.0:(\d+)")

Configuration = dict[str, Any]


class NoCollectorError(Exception):
    """It is not here and could not be made; the text says why."""


def find_collector() -> Path:
    """The command: `otelcol-contrib` of PATH in the version that we deploy; else, with FANSIPAN_BUILD_COLLECTOR=1, one
    that Go builds into the cache of this user (some minutes on two cores, once).

    Raises:
        NoCollectorError: neither is there.
    """
    if (found := shutil.which("otelcol-contrib")) and _version_of(found) == VERSION:
        return Path(found)
    if os.environ.get(_BUILD) != "1":
        raise NoCollectorError(
            f"otelcol-contrib {VERSION} is not on PATH; {_BUILD}=1 builds it with Go (some minutes, once)"
        )
    made_of = hashlib.sha256(_MANIFEST.read_bytes()).hexdigest()[:12]
    command = cache_folder(os.environ) / f"otelcol-{VERSION}-{made_of}" / "otelcol"
    if command.is_file():
        return command
    if (go := shutil.which("go")) is None:
        raise NoCollectorError("go, which would build the Collector, is not on PATH")
    command.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=command.parent) as folder:
        try:
            subprocess.run(
                [go, "run", _BUILDER, "--config", str(_MANIFEST)],
                cwd=folder,
                env={"GOFLAGS": "-p=2", **os.environ},
                check=True,
                capture_output=True,
                text=True,
                timeout=BUILD_SECONDS,
            )
        except subprocess.CalledProcessError as error:
            raise NoCollectorError(f"the builder of the Collector failed: {error.stderr[-500:]}") from error
        except subprocess.TimeoutExpired as error:
            raise NoCollectorError(f"to build the Collector took more than {BUILD_SECONDS} s") from error
        (Path(folder) / "made" / "otelcol").rename(command)
    return command


def _version_of(command: str) -> str:
    done = subprocess.run([command, "--version"], check=True, capture_output=True, text=True, timeout=30)
    return done.stdout.split()[-1]


def validate(command: Path, configuration: Path, environment: Mapping[str, str]) -> str:
    """What the Collector has against a configuration; nothing if it is valid."""
    done = subprocess.run(
        [command, "validate", f"--config={configuration}"],
        env=dict(environment),
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )
    return done.stdout + done.stderr if done.returncode != 0 else ""


class Collector:
    """A running Collector. Where its configuration listens on a port of every address, it listens on this machine only,
    on a port that is free. Use as a context manager.

    Args:
        command: the program.
        configuration: read as it is, but for where it listens.
        environment: all that it gets.
        folder: for its configuration and its log.
    """

    def __init__(
        self, command: Path, configuration: Configuration, environment: Mapping[str, str], folder: Path
    ) -> None:
        self._command = command
        self._environment = environment
        self._log = folder / "collector.log"
        self._config = folder / "collector.yaml"
        self._ports: dict[int, int] = {}
        self._config.write_text(yaml.safe_dump(self._moved(configuration)), encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def _moved(self, part: Any) -> Any:
        if isinstance(part, dict):
            return self._moved_fields(part)  # pyright: ignore[reportUnknownArgumentType]
        if isinstance(part, list):
            return [self._moved(each) for each in part]  # pyright: ignore[reportUnknownVariableType]
        if isinstance(part, str) and (found := _EVERYWHERE.fullmatch(part)):
            return f"127.0.0.1:{self._port(int(found[1]))}"
        return part

    def _moved_fields(self, fields: Configuration) -> Configuration:
        if fields.get("host") == "0.0.0.0":
            return {**fields, "host": "127.0.0.1", "port": self._port(fields["port"])}
        return {name: self._moved(value) for name, value in fields.items()}

    def _port(self, written: int) -> int:
        return self._ports.setdefault(written, free_port())

    @property
    def listens(self) -> set[int]:
        """The ports that its configuration, as written, listens on."""
        return {*self._ports}

    def address(self, port: int) -> str:
        """Where it listens instead of a port that its configuration has: host and port."""
        return f"127.0.0.1:{self._ports[port]}"

    def __enter__(self) -> "Collector":
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [self._command, f"--config={self._config}"], env=dict(self._environment), stderr=log
            )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Tell it to end, as Docker and Kubernetes do; returns its exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(timeout=30)

    @property
    def peak_memory(self) -> int:
        """The most memory that it has had, in bytes."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        [kilobytes] = re.findall(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
        return int(kilobytes) * 1024

    @property
    def complaints(self) -> list[str]:
        """What it has logged as a warning or worse."""
        lines = self._log.read_text(encoding="utf-8").splitlines()
        return [line for line in lines if _level(line) in ("warn", "error", "dpanic", "panic", "fatal")]

    async def answers(self, url: str, http: httpx.AsyncClient) -> httpx.Response:
        """Wait until it answers a GET."""
        until = time.monotonic() + 30.0
        while True:
            try:
                return await http.get(url)
            except httpx.TransportError:
                assert self._process is not None
                assert self._process.poll() is None, self._log.read_text(encoding="utf-8")
                assert time.monotonic() < until, self._log.read_text(encoding="utf-8")
            await asyncio.sleep(0.05)


def _level(line: str) -> str:
    if line.startswith("{"):
        return json.loads(line)["level"]
    return line.split("\t")[1] if line.count("\t") > 1 else "error"
