"""Runs the parts under supervisord and talks to it over its Unix socket."""

import hashlib
import http.client
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from fansipan_local.env_file import write_private
from fansipan_local.errors import StackError
from fansipan_local.paths import StatePaths
from fansipan_local.system import processes_holding

_START_TIMEOUT_SECONDS = 15
_CALL_TIMEOUT_SECONDS = 10
_SHUTDOWN_SECONDS = 90
# supervisord starts what has ended again within a second.
_RESTART_SECONDS = 2
# supervisord's fault codes: while it shuts down, and for a process that has ended.
_SHUTDOWN_STATE = 6
_NOT_RUNNING = 70
# Every process of a stack keeps the state's marker file open at this descriptor, so that those which a killed
# supervisord left behind are recognised as ours. (Environment and command line won't do: Redis overwrites both.)
_MARKER_DESCRIPTOR = 9


@dataclass(frozen=True)
class Program:
    """How a part runs.

    `env` is added to the inherited environment. `version` stands for everything else the process reads when it
    starts, such as its configuration file: another version means that a running process is out of date.
    """

    argv: Sequence[str]
    cwd: Path
    env: Mapping[str, str]
    version: str

    def render_script(self, marker: Path) -> str:
        """A shell script that becomes the process, holding `marker` open. It contains `env`, hence secrets."""
        lines = [
            f"# version {hashlib.sha256(self.version.encode()).hexdigest()}",
            f"cd {shlex.quote(str(self.cwd))} || exit 1",
            *(f"export {name}={shlex.quote(value)}" for name, value in sorted(self.env.items())),
            f"exec {shlex.join(self.argv)} {_MARKER_DESCRIPTOR}<{shlex.quote(str(marker))}",
        ]
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Slot:
    """A part's fixed place in supervisord's configuration."""

    name: str
    stop_signal: str = "TERM"
    stop_seconds: int = 20


@dataclass(frozen=True)
class ProcessState:
    """What supervisord knows of a part: its state in words (`RUNNING`, `BACKOFF` …) and pid (0 when none)."""

    state: str
    pid: int


def render_config(paths: StatePaths, slots: Sequence[Slot]) -> str:
    """supervisord's configuration, for a supervisord started in the state folder.

    It names neither commands (they are in the parts' scripts) nor absolute paths, so it hardly ever changes and no
    path meets its rules for quotes, comments and %.
    """
    blocks = [
        f"""[unix_http_server]
file={paths.supervisor_socket}
chmod=0700

[supervisord]
logfile=log/supervisord.log
logfile_maxbytes=5MB
logfile_backups=1
pidfile=supervisord.pid
childlogdir=log
minfds=1024
{"user=root" if os.geteuid() == 0 else ""}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
    ]
    for slot in slots:
        blocks.append(
            f"""[program:{slot.name}]
command=/bin/sh parts/{slot.name}.sh
autostart=false
autorestart=true
startsecs=1
startretries=100
stopsignal={slot.stop_signal}
stopwaitsecs={slot.stop_seconds}
stopasgroup=false
killasgroup=true
redirect_stderr=true
stdout_logfile=log/{slot.name}.log
stdout_logfile_maxbytes=20MB
stdout_logfile_backups=2
"""
        )
    return "\n".join(blocks)


class Supervisor:
    """The supervisord of one state folder."""

    def __init__(self, paths: StatePaths, slots: Sequence[Slot]) -> None:
        self._paths = paths
        self._slots = {slot.name: slot for slot in slots}

    def is_up(self) -> bool:
        """Whether this state's supervisord answers (also while it shuts down)."""
        return self._life() != "away"

    def ensure_up(self) -> None:
        """Start supervisord unless it runs, first ending what a killed one left behind."""
        config = render_config(self._paths, list(self._slots.values()))
        if self.is_up():
            if self._life() == "up" and self._paths.supervisor_config.read_text(encoding="utf-8") == config:
                return
            # It is on its way out, or was started by another version of this program.
            self.shut_down(_SHUTDOWN_SECONDS)
        self._end_orphans()
        self._paths.marker.touch()
        self._paths.supervisor_config.write_text(config, encoding="utf-8")
        started = subprocess.run(
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._paths.supervisor_config)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_START_TIMEOUT_SECONDS,
            cwd=self._paths.root,
            check=False,
        )
        deadline = time.monotonic() + _START_TIMEOUT_SECONDS
        while not self.is_up():
            if started.returncode != 0 or time.monotonic() > deadline:
                raise StackError(
                    "supervisord does not start.",
                    f"See {self._paths.log('supervisord')}.",
                    started.stdout + started.stderr,
                )
            time.sleep(0.05)

    def shut_down(self, timeout: float) -> None:
        """Stop every part and supervisord itself. Raises StackError when they are not gone in `timeout` s."""
        if self._life() == "up":
            self._call("supervisor.shutdown")
        self._await_end(timeout)
        self._end_orphans()

    def process(self, name: str) -> ProcessState:
        """State of one part; `STOPPED` when supervisord itself is away."""
        try:
            info = cast(dict[str, Any], self._call("supervisor.getProcessInfo", name))
        except OSError:
            return ProcessState("STOPPED", 0)
        return ProcessState(str(info["statename"]), int(info["pid"]))

    def install(self, name: str, program: Program) -> None:
        """Say how `name` is started from now on; a process started in another way is stopped."""
        text = program.render_script(self._paths.marker)
        path = self._paths.script(name)
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            return
        self.stop(name)
        write_private(path, text)

    def start(self, name: str) -> None:
        """Start a part unless it runs already; does not wait for it."""
        if self.process(name).state in ("RUNNING", "STARTING"):
            return
        if not self._paths.script(name).is_file():
            raise StackError(f"{name} is not part of this stack.", "Run `up` first.")
        self._call("supervisor.startProcess", name, False)

    def stop(self, name: str) -> None:
        """Stop a part and wait until it has gone (it is killed after its stop time).

        One that has just died is about to be started again: that is waited for, and then it is stopped.
        """
        deadline = time.monotonic() + self._slots[name].stop_seconds + 5
        settled = time.monotonic() + _RESTART_SECONDS
        while (state := self.process(name).state) not in ("STOPPED", "FATAL"):
            if state == "EXITED" and time.monotonic() > settled:
                return
            if time.monotonic() > deadline:
                raise StackError(f"{name} does not stop.", f"See {self._paths.log(name)}.")
            if state in ("STARTING", "RUNNING", "BACKOFF"):
                with suppress(_NotRunningError):
                    self._call("supervisor.stopProcess", name, False)
            time.sleep(0.05)

    def _call(self, method: str, *arguments: object) -> object:
        """One XML-RPC call. Raises OSError when supervisord is away, StackError when it refuses."""
        proxy = xmlrpc.client.ServerProxy(
            "http://localhost/RPC2", transport=_UnixTransport(self._paths.supervisor_socket)
        )
        try:
            return getattr(proxy, method)(*arguments)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode == _SHUTDOWN_STATE:
                raise _ShuttingDownError from fault
            if fault.faultCode == _NOT_RUNNING:
                raise _NotRunningError(fault.faultString) from fault
            raise StackError(f"supervisord refuses {method}: {fault.faultString}.") from fault
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error

    def _life(self) -> str:
        """`up`, `stopping` or `away`."""
        try:
            self._call("supervisor.getState")
        except _ShuttingDownError:
            return "stopping"
        except OSError:
            return "away"
        return "up"

    def _await_end(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while self.is_up():
            if time.monotonic() > deadline:
                raise StackError(
                    f"The stack did not stop within {timeout:.0f} s.",
                    f"See {self._paths.log('supervisord')}.",
                )
            time.sleep(0.05)

    def _end_orphans(self) -> None:
        """End processes that this state's stack started and that outlived their supervisord."""
        left = processes_holding(self._paths.marker, _MARKER_DESCRIPTOR)
        for step, patience in ((signal.SIGTERM, 15.0), (signal.SIGKILL, 5.0)):
            for pid in left:
                try:
                    os.kill(pid, step)
                except ProcessLookupError:
                    continue
            deadline = time.monotonic() + patience
            while left and time.monotonic() < deadline:
                time.sleep(0.05)
                left = processes_holding(self._paths.marker, _MARKER_DESCRIPTOR)


class _ShuttingDownError(ConnectionError):
    """supervisord answers, but only to say that it is going."""


class _NotRunningError(StackError):
    """What is to be stopped has ended by itself meanwhile."""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_CALL_TIMEOUT_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_CALL_TIMEOUT_SECONDS)
        self.sock.connect(str(self._path))


class _UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: object) -> http.client.HTTPConnection:
        del host
        return _UnixConnection(self._path)
