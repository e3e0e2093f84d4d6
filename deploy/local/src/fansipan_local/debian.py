"""Debian packages the stack needs: found by the file each one brings, installed when we are root."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fansipan_local.commands import run_logged
from fansipan_local.errors import StackError
from fansipan_local.progress import Progress
from fansipan_local.system import is_root

_APT_TIMEOUT_SECONDS = 900


@dataclass(frozen=True)
class Requirement:
    """A program or file, and the Debian package that brings it."""

    provides: str
    package: str

    def is_met(self) -> bool:
        """Whether the program (or, for an absolute path, the file) is there."""
        if self.provides.startswith("/"):
            return Path(self.provides).exists()
        return find_program(self.provides) is not None


def find_program(name: str) -> str | None:
    """Path of an executable, looking also where Debian keeps servers (not on every user's PATH)."""
    return shutil.which(name) or shutil.which(name, path="/usr/local/sbin:/usr/sbin:/sbin")


def program(name: str) -> str:
    """Like `find_program`, for programs whose requirement was checked before."""
    found = find_program(name)
    if found is None:
        raise StackError(
            f"{name} is not installed.", "Run `up` again: it installs or names the missing package."
        )
    return found


def missing_packages(requirements: Iterable[Requirement]) -> list[str]:
    """Packages of the requirements which are not met, each once, in order."""
    return list(dict.fromkeys(need.package for need in requirements if not need.is_met()))


def ensure_installed(requirements: Iterable[Requirement], progress: Progress, log: Path) -> None:
    """Install what is missing. Raises StackError with the exact command when we may not."""
    packages = missing_packages(requirements)
    if not packages:
        return
    if shutil.which("apt-get") is None:
        raise StackError(
            f"Missing here: {', '.join(packages)} (names of Debian packages), and there is no apt-get.",
            "Install the same programs by this system's own means, or run on Debian 12 or later.",
        )
    if not is_root():
        raise packages_missing(packages)
    environment = {"DEBIAN_FRONTEND": "noninteractive"}
    with progress.step(f"Debian packages: {', '.join(packages)}") as step:
        step.note("apt-get update")
        run_logged(
            ["apt-get", "update"],
            purpose="apt-get update",
            log=log,
            timeout=_APT_TIMEOUT_SECONDS,
            env=environment,
        )
        step.note("apt-get install")
        run_logged(
            ["apt-get", "install", "--yes", "--no-install-recommends", *packages],
            purpose=f"Installing {' '.join(packages)}",
            log=log,
            timeout=_APT_TIMEOUT_SECONDS,
            remedy=f"Try it by hand: {install_command(packages)}",
            env=environment,
        )


def packages_missing(packages: list[str]) -> StackError:
    """The error that tells a user without rights what to run."""
    return StackError(
        f"Debian packages are missing: {', '.join(packages)}.", f"Run: {install_command(packages)}"
    )


def install_command(packages: list[str]) -> str:
    """The command a person types to install `packages`."""
    return f"sudo apt-get install --no-install-recommends {' '.join(packages)}"
