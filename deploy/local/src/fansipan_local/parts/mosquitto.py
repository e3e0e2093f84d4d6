"""Mosquitto: the MQTT broker devices publish to."""

from collections.abc import Sequence
from pathlib import Path

from fansipan_local.debian import Requirement, program
from fansipan_local.errors import NotReadyError
from fansipan_local.parts.sockets import ask
from fansipan_local.ports import LOOPBACK
from fansipan_local.progress import Step
from fansipan_local.supervisor import Program

# MQTT 3.1.1 CONNECT: protocol name and level 4, clean session, keep-alive 5 s, empty client id.
_CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x05\x00\x00"
_CONNECTED = b"\x20\x02\x00\x00"


class Mosquitto:
    """A private MQTT broker on the loopback address, open to everybody on this machine.

    Args:
        data: its folder.
        port: where it listens.
    """

    name = "mosquitto"
    title = "Mosquitto"

    def __init__(self, data: Path, port: int) -> None:
        self._data = data
        self._port = port

    @property
    def address(self) -> str:
        return f"mqtt://{LOOPBACK}:{self._port}"

    @property
    def listens(self) -> Sequence[tuple[str, int]]:
        return [("mosquitto", self._port)]

    @property
    def requirements(self) -> Sequence[Requirement]:
        return [Requirement("mosquitto", "mosquitto")]

    def prepare(self, step: Step) -> Program:
        del step
        self._data.mkdir(parents=True, exist_ok=True)
        config = self.render_config()
        (self._data / "mosquitto.conf").write_text(config, encoding="utf-8")
        return Program([program("mosquitto"), "-c", "mosquitto.conf"], self._data, {}, version=config)

    def render_config(self) -> str:
        """Contents of mosquitto.conf."""
        return f"""listener {self._port} {LOOPBACK}
allow_anonymous true
persistence false
connection_messages false
log_dest stderr
log_timestamp_format %Y-%m-%dT%H:%M:%S
"""

    def probe(self, timeout: float) -> None:
        answer = ask(self._port, _CONNECT, len(_CONNECTED), timeout)
        if answer != _CONNECTED:
            raise NotReadyError(f"Mosquitto answers {answer!r}")

    def settle(self) -> None:
        """Nothing is left to do."""
