"""What the stack needs to know of a part."""

from collections.abc import Sequence
from typing import Protocol

from fansipan_local.debian import Requirement
from fansipan_local.progress import Step
from fansipan_local.supervisor import Program


class Part(Protocol):
    """One supervised process of the stack."""

    @property
    def name(self) -> str:
        """Name in commands, log files and status."""
        ...

    @property
    def title(self) -> str:
        """Name for people."""
        ...

    @property
    def address(self) -> str:
        """What the others connect to."""
        ...

    @property
    def listens(self) -> Sequence[tuple[str, int]]:
        """(name in `Ports`, port) of each listener."""
        ...

    @property
    def requirements(self) -> Sequence[Requirement]:
        """Debian packages which `prepare` and the process need."""
        ...

    def prepare(self, step: Step) -> Program:
        """Make what the process needs (downloads, data folders, configuration) and say how it is started.

        Fast when everything is there already.
        """
        ...

    def probe(self, timeout: float) -> None:
        """Return when the part does its work, raise NotReadyError when it does not; in `timeout` seconds."""
        ...

    def settle(self) -> None:
        """What is left to do once the part is ready; repeating it changes nothing."""
        ...
