"""Redis: speed only, so it keeps nothing on disk and drops the least used keys when full."""

from collections.abc import Sequence
from pathlib import Path

from fansipan_local.debian import Requirement, program
from fansipan_local.errors import NotReadyError
from fansipan_local.parts.sockets import ask
from fansipan_local.ports import LOOPBACK
from fansipan_local.progress import Step
from fansipan_local.supervisor import Program

_MAX_MEMORY_MB = 256


class Redis:
    """A private Redis server.

    Args:
        data: its folder.
        port: where it listens.
    """

    name = "redis"
    title = "Redis"

    def __init__(self, data: Path, port: int) -> None:
        self._data = data
        self._port = port

    @property
    def address(self) -> str:
        return f"redis://{LOOPBACK}:{self._port}/0"

    @property
    def listens(self) -> Sequence[tuple[str, int]]:
        return [("redis", self._port)]

    @property
    def requirements(self) -> Sequence[Requirement]:
        return [Requirement("redis-server", "redis-server")]

    def prepare(self, step: Step) -> Program:
        del step
        self._data.mkdir(parents=True, exist_ok=True)
        config = self.render_config()
        (self._data / "redis.conf").write_text(config, encoding="utf-8")
        return Program([program("redis-server"), "redis.conf"], self._data, {}, version=config)

    def render_config(self) -> str:
        """Contents of redis.conf."""
        return f"""bind {LOOPBACK}
port {self._port}
protected-mode yes
daemonize no
save ""
appendonly no
maxmemory {_MAX_MEMORY_MB}mb
maxmemory-policy allkeys-lru
"""

    def probe(self, timeout: float) -> None:
        answer = ask(self._port, b"PING\r\n", 5, timeout)
        if answer != b"+PONG":
            raise NotReadyError(f"Redis answers {answer!r}")

    def settle(self) -> None:
        """Nothing is left to do."""
