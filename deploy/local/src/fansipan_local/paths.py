"""Where the stack keeps things: the state of one stack, the cache of one user, the checkout it runs from."""

import hashlib
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fansipan_local.errors import StackError

# Linux allows 107 bytes for a Unix socket's path; supervisord first binds a longer, temporary name.
_SOCKET_PATH_LIMIT = 90


@dataclass(frozen=True)
class StatePaths:
    """Files of one stack, all below `root`."""

    root: Path

    @property
    def env_file(self) -> Path:
        return self.root / "env"

    @property
    def config(self) -> Path:
        """What the last `up` was asked for: ports, external addresses, services."""
        return self.root / "stack.json"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets.json"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def supervisor_config(self) -> Path:
        return self.root / "supervisord.conf"

    @property
    def logs(self) -> Path:
        return self.root / "log"

    def log(self, part: str) -> Path:
        return self.logs / f"{part}.log"

    def script(self, part: str) -> Path:
        """Shell script that supervisord runs for `part`."""
        return self.root / "parts" / f"{part}.sh"

    @property
    def marker(self) -> Path:
        """File that every process of this stack holds open."""
        return self.root / "parts" / ".running"

    def data(self, part: str) -> Path:
        return self.root / part

    @property
    def supervisor_socket(self) -> Path:
        """Socket of supervisord: in the state, or in a short per-user folder when the state's path is too long
        or has characters that mean something in supervisord's configuration."""
        near = self.root / "supervisor.sock"
        if len(os.fsencode(near)) <= _SOCKET_PATH_LIMIT and re.fullmatch(r"[\w./+@-]+", str(near)):
            return near
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        runtime = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
        return Path(runtime) / f"fansipan-{os.geteuid()}" / f"{digest}.sock"

    def make(self) -> None:
        """Create the folders, closed to others. Raises StackError when somebody else owns the socket's folder."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.logs.mkdir(exist_ok=True)
        self.script("x").parent.mkdir(exist_ok=True, mode=0o700)
        folder = self.supervisor_socket.parent
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if folder.stat().st_uid != os.geteuid():
            raise StackError(
                f"{folder} belongs to another user.", "Use a state folder with a shorter path: --state DIR."
            )


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Downloads shared by all stacks of a user."""
    base = environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "fansipan"


def find_checkout() -> Path:
    """Root of the checkout: the one we are installed from, else the one around the working directory."""
    for start in (Path(__file__).resolve(), Path.cwd() / "x"):
        for folder in start.parents:
            if (folder / "deploy" / "local" / "pyproject.toml").is_file():
                return folder
    raise StackError(
        "The local stack runs from a checkout of Fansipan, and none is here.",
        "Change into the checkout first.",
    )
