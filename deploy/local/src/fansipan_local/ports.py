"""The stack's TCP ports on the loopback address."""

import dataclasses
import random
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from fansipan_local.errors import StackError

LOOPBACK = "127.0.0.1"
_BELOW_EPHEMERAL = range(20_000, 32_000)


@dataclass(frozen=True)
class Ports:
    """One port for each listener. The infrastructure's defaults avoid the often taken well-known ports."""

    gateway: int = 8000
    ingest: int = 8001
    analytics: int = 8002
    kafka: int = 19092
    kafka_controller: int = 19093
    postgres: int = 15432
    redis: int = 63790
    mosquitto: int = 18830

    @staticmethod
    def variable(name: str) -> str:
        """Name of the environment variable that changes port `name`."""
        return f"FANSIPAN_PORT_{name.upper()}"

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Ports":
        """Defaults overridden by FANSIPAN_PORT_*. Raises StackError for a value that is no port."""
        values: dict[str, int] = {}
        for field in dataclasses.fields(cls):
            variable = cls.variable(field.name)
            text = environ.get(variable, "")
            if not text:
                continue
            if not text.isdecimal() or not 0 < int(text) < 65536:
                raise StackError(f"{variable}={text!r} is not a port.", "Give a number from 1 to 65535.")
            values[field.name] = int(text)
        return cls(**values)

    @classmethod
    def free(cls) -> "Ports":
        """Ports which nothing listens on now, for a stack that runs beside others.

        They lie below those that Linux gives to outgoing connections, so that none is taken before it is used.
        """
        names = [field.name for field in dataclasses.fields(cls)]
        candidates = random.sample(_BELOW_EPHEMERAL, len(_BELOW_EPHEMERAL))
        free = [port for port, _ in zip(filter(is_free, candidates), names, strict=False)]
        return cls(**dict(zip(names, free, strict=True)))


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of the loopback address now."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((LOOPBACK, port))
            sock.listen(1)
        except OSError:
            return False
    return True


def port_taken(name: str, port: int, holder: str | None) -> StackError:
    """The error for a port which somebody else holds; `holder` describes the process when it is known."""
    by = f" by {holder}" if holder else ""
    return StackError(
        f"Port {port} ({name}) is taken{by}.",
        f"Stop that process, or choose another port: {Ports.variable(name)}=<port> in the environment.",
    )
