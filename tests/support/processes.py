"""Services as processes of a test's own."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

_OURS = ("FANSIPAN_", "KAFKA_", "DATABASE_URL", "REDIS_URL", "MQTT_URL", "OTEL_")


def settings_of(process: int, *, without: Collection[str] = ()) -> dict[str, str]:
    """The settings that a running service was given, but for its port and some others."""
    raw = Path(f"/proc/{process}/environ").read_bytes().decode()
    given = dict(entry.split("=", 1) for entry in raw.split("\0") if "=" in entry)
    left_out = {"FANSIPAN_PORT", *without}
    return {name: value for name, value in given.items() if name.startswith(_OURS) and name not in left_out}


def free_port() -> int:
    """A TCP port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ServiceProcess:
    """A running service; its log is kept for the failure message."""

    def __init__(self, name: str, environment: Mapping[str, str], log: Path, http: httpx.AsyncClient) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._name = name
        self._log = log
        self._http = http
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(_OURS)}
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", f"fansipan_{name}"],
                env=inherited | {"FANSIPAN_PORT": str(self.port)} | dict(environment),
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def log(self) -> str:
        """What it has written so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    async def ready(self, wanted: int = 200, timeout: float = 60.0) -> dict[str, Any]:
        """Wait until `/readyz` answers with a status; returns its parts."""
        until = time.monotonic() + timeout
        seen = "no answer"
        while time.monotonic() < until:
            assert self._process.poll() is None, f"{self._name} ended: {self.log[-3000:]}"
            try:
                answer = await self._http.get(f"{self.url}/readyz")
            except httpx.TransportError as error:
                seen = repr(error)
            else:
                seen = answer.text
                if answer.status_code == wanted:
                    return answer.json()["parts"]
            await asyncio.sleep(0.1)
        raise AssertionError(f"{self._name} is not {wanted} after {timeout} s: {seen}\n{self.log[-3000:]}")

    async def healthy(self) -> bool:
        """Whether `/healthz` answers 200."""
        return (await self._http.get(f"{self.url}/healthz")).status_code == 200

    async def terminate(self) -> int:
        """SIGTERM, then wait; returns the exit status."""
        self._process.terminate()
        try:
            return await asyncio.to_thread(self._process.wait, 25.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5.0)
            raise AssertionError(f"{self._name} did not stop within 25 s: {self.log[-3000:]}") from None

    def kill(self) -> None:
        """End it whatever it does, if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(5.0)


class Processes:
    """Starts services with a common environment; all are ended with the test."""

    def __init__(self, environment: Mapping[str, str], folder: Path, http: httpx.AsyncClient) -> None:
        self._environment = dict(environment)
        self._folder = folder
        self._http = http
        self._started: list[ServiceProcess] = []

    def start(self, name: str, **environment: str) -> ServiceProcess:
        """Start `python -m fansipan_<name>`; returns at once."""
        log = self._folder / f"{name}-{len(self._started)}.log"
        process = ServiceProcess(name, self._environment | environment, log, self._http)
        self._started.append(process)
        return process

    def end(self) -> None:
        """End all that still run."""
        for process in self._started:
            process.kill()


@asynccontextmanager
async def processes(
    environment: Mapping[str, str], folder: Path, http: httpx.AsyncClient
) -> AsyncGenerator[Processes]:
    """Services of the test's own, ended when the block ends."""
    started = Processes(environment, folder, http)
    try:
        yield started
    finally:
        started.end()
