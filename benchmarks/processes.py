"""CPU and memory of processes while something runs."""

import threading
import time
from dataclasses import dataclass, field

import psutil


@dataclass(slots=True)
class Usage:
    """CPU seconds used and largest resident memory, in MiB, of a process and its children."""

    cpu_seconds: float = 0.0
    memory_mib: float = 0.0


@dataclass(slots=True)
class Sampler:
    """Samples named processes four times a second between `start` and `stop`."""

    processes: dict[str, int]
    usage: dict[str, Usage] = field(default_factory=dict)
    _before: dict[str, float] = field(default_factory=dict)
    _done: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self.usage = {name: Usage() for name in self.processes}
        self._before = {name: _cpu(pid) for name, pid in self.processes.items()}
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> dict[str, Usage]:
        """End; what was used since the start."""
        self._done.set()
        if self._thread is not None:
            self._thread.join(5.0)
        for name, pid in self.processes.items():
            self.usage[name].cpu_seconds = _cpu(pid) - self._before[name]
        return self.usage

    def _run(self) -> None:
        while not self._done.is_set():
            for name, pid in self.processes.items():
                self.usage[name].memory_mib = max(self.usage[name].memory_mib, _memory(pid))
            time.sleep(0.25)


def _family(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _cpu(pid: int) -> float:
    total = 0.0
    for process in _family(pid):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def _memory(pid: int) -> float:
    total = 0
    for process in _family(pid):
        try:
            info = process.memory_full_info()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        total += info.pss  # shared pages are counted once, which matters for PostgreSQL's shared buffers
    return total / 2**20
