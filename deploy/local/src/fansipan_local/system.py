"""What this machine has: memory, disk, processes."""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fansipan_local.errors import StackError

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")


def is_root() -> bool:
    """Whether this process may install packages and change users."""
    return os.geteuid() == 0


def memory_bytes() -> int:
    """Memory this machine, or the control group we are in, may use."""
    total = os.sysconf("SC_PHYS_PAGES") * _PAGE
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(limit).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdecimal():
            total = min(total, int(text))
    return total


def require_disk(folder: Path, needed_bytes: int, purpose: str) -> None:
    """Raise StackError when the file system of `folder` has less than `needed_bytes` free."""
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(existing).free
    if free < needed_bytes:
        raise StackError(
            f"{purpose} needs {needed_bytes / 1e9:.1f} GB free in {folder}, and {free / 1e9:.1f} GB are.",
            "Free some space, or choose another disk: --state DIR for the state, XDG_CACHE_HOME for the cache.",
        )


@dataclass(frozen=True)
class ProcessUse:
    """What a process tree uses: resident bytes without shared mappings; the age of its root in seconds."""

    memory_bytes: int
    uptime_seconds: float


def process_use(pid: int) -> ProcessUse | None:
    """Memory of `pid` with its descendants, and the age of `pid`; None when it has gone."""
    children: dict[int, list[int]] = {}
    for candidate in _pids():
        stat = _stat(candidate)
        if stat is not None:
            children.setdefault(int(stat[1]), []).append(candidate)
    own = _stat(pid)
    if own is None:
        return None
    total = 0
    todo = [pid]
    while todo:
        current = todo.pop()
        todo.extend(children.get(current, []))
        total += _private_bytes(current)
    since_boot = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
    return ProcessUse(total, max(0.0, since_boot - int(own[19]) / _TICKS))


def processes_holding(file: Path, descriptor: int) -> list[int]:
    """Processes that have `file` open as file descriptor `descriptor` (only those we may inspect)."""
    if not file.exists():
        return []
    wanted = file.stat()
    found: list[int] = []
    for pid in _pids():
        try:
            held = Path(f"/proc/{pid}/fd/{descriptor}").stat()
        except OSError:
            continue
        if (held.st_dev, held.st_ino) == (wanted.st_dev, wanted.st_ino):
            found.append(pid)
    return found


def port_holder(port: int) -> str | None:
    """The process listening on TCP `port`, as `redis-server (process 812)`; None when it can't be known."""
    inodes = set(_listening_inodes(port))
    if not inodes:
        return None
    for pid in _pids():
        try:
            descriptors = list(Path(f"/proc/{pid}/fd").iterdir())
        except OSError:
            continue
        for descriptor in descriptors:
            try:
                target = str(descriptor.readlink())
            except OSError:
                continue
            if target in inodes:
                name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
                return f"{name} (process {pid})"
    return None


def _listening_inodes(port: int) -> Iterable[str]:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                yield f"socket:[{fields[9]}]"


def _pids() -> Iterable[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal())


def _stat(pid: int) -> list[str] | None:
    """Fields of /proc/PID/stat after the command name: state, parent pid, …, start time at index 19."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def _private_bytes(pid: int) -> int:
    """Resident memory without shared mappings."""
    try:
        resident, shared = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1:3]
    except OSError:
        return 0
    return (int(resident) - int(shared)) * _PAGE
