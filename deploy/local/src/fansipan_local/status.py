"""What a person wants to know of each part."""

from dataclasses import dataclass, replace

from fansipan_local.errors import NotReadyError
from fansipan_local.parts.part import Part
from fansipan_local.supervisor import Supervisor
from fansipan_local.system import process_use

_PROBE_SECONDS = 2.0
_STARTING_SECONDS = 90.0


@dataclass(frozen=True)
class PartStatus:
    """One line of `status`. `state`: running, not ready, starting, stopped, failed, external."""

    name: str
    state: str
    address: str
    detail: str = ""
    pid: int = 0
    memory_bytes: int = 0
    uptime_seconds: float = 0.0


def external_status(name: str, address: str) -> PartStatus:
    """Status of a part that somebody else runs."""
    return PartStatus(name, "external", _without_password(address))


def part_status(name: str, part: Part | None, supervisor: Supervisor) -> PartStatus:
    """Status of a part that we run, probed now; of one that is not wanted when `part` is None."""
    address = _without_password(part.address) if part is not None else ""
    process = supervisor.process(name)
    if part is None or not process.pid:
        state = "failed" if process.state in ("FATAL", "BACKOFF") else "stopped"
        return PartStatus(name, state, address)
    use = process_use(process.pid)
    status = PartStatus(
        name,
        "running",
        address,
        pid=process.pid,
        memory_bytes=use.memory_bytes if use else 0,
        uptime_seconds=use.uptime_seconds if use else 0.0,
    )
    try:
        part.probe(_PROBE_SECONDS)
    except NotReadyError as reason:
        state = "starting" if status.uptime_seconds < _STARTING_SECONDS else "not ready"
        return replace(status, state=state, detail=str(reason))
    return status


def _without_password(address: str) -> str:
    scheme, separator, rest = address.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if separator else address
