"""promtool, the checker of Prometheus' rules."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from fansipan_local.paths import cache_folder

_DOWNLOAD_SECONDS = 200


class NoPromtoolError(Exception):
    """It is not here and could not be got; the text says why."""


def find_promtool() -> Path:
    """The command: that of PATH, else one from Debian's package, unpacked into the cache of this user, once.

    Raises:
        NoPromtoolError: neither is possible.
    """
    if found := shutil.which("promtool"):
        return Path(found)
    command = cache_folder(os.environ) / "promtool"
    if command.is_file():
        return command
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise NoPromtoolError("promtool is not on PATH, and there is no Debian to get it from")
    command.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=command.parent) as folder:
        try:
            _run(["apt-get", "download", "prometheus"], folder)
            [package] = Path(folder).glob("prometheus_*.deb")
            _run(["dpkg-deb", "--extract", package.name, "unpacked"], folder)
        except (subprocess.SubprocessError, ValueError) as error:
            raise NoPromtoolError(f"Debian's package prometheus could not be got: {error}") from error
        (Path(folder) / "unpacked/usr/bin/promtool").rename(command)
    return command


def _run(command: list[str], folder: str) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=_DOWNLOAD_SECONDS)
