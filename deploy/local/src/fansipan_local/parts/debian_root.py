"""Where PostgreSQL 17 and TimescaleDB live: on this host, or in a private Debian 13 root made once a user."""

import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fansipan_local.cache import Cache
from fansipan_local.commands import run_logged
from fansipan_local.debian import Requirement, program
from fansipan_local.errors import StackError
from fansipan_local.progress import Step
from fansipan_local.system import is_root, require_disk

BINARIES = "/usr/lib/postgresql/17/bin"
# The data folder is mounted here, inside a mount namespace only the server sees.
DATA = "/srv"

_SUITE = "trixie"
_PACKAGES = ("postgresql-17", "postgresql-17-timescaledb")
_ENTRY = "debian-13-postgresql-17-timescaledb-1"
_ARCHIVE_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_CONTROL_FILE = "usr/share/postgresql/17/extension/timescaledb.control"
_NEEDED_BYTES = 1_500_000_000
_TIMEOUT_SECONDS = 1500
# Number of the server's user in the private root: one that hosts do not give to people or services.
_PRIVATE_ID = 54320

# $1 root, $2 data folder, $3 user number, $4 group number; the rest is the command. Everything happens in a
# mount namespace of this process alone and ends with exec, so signals reach the server itself.
_ENTER = """
root=$1 data=$2 user=$3 group=$4; shift 4
mount --bind "$data" "$root/srv"
if [ "$root" != / ]; then
    mount --rbind /dev "$root/dev"
    mount --rbind /proc "$root/proc"
fi
cd /
if [ "$(id -u)" = 0 ]; then
    exec chroot "$root" setpriv --reuid="$user" --regid="$group" --clear-groups --no-new-privs "$@"
fi
exec chroot "$root" setpriv --ambient-caps=-all --inh-caps=-all --no-new-privs "$@"
"""


@dataclass(frozen=True)
class DebianRoot:
    """A file tree with PostgreSQL 17 in it, and the unprivileged user the server runs as."""

    path: Path
    user: int
    group: int

    def enter(self, data: Path, command: Sequence[str]) -> list[str]:
        """Command line that runs `command` inside, as the server's user, with `data` mounted at `DATA`."""
        unshare = [program("unshare"), "--mount", "--propagation", "private"]
        if not is_root():
            unshare += ["--user", f"--map-user={self.user}", f"--map-group={self.group}", "--keep-caps"]
        arguments = [str(self.path), str(data), str(self.user), str(self.group)]
        return [*unshare, "--", "/bin/sh", "-ec", _ENTER, "enter", *arguments, *command]

    def own(self, data: Path) -> None:
        """Give `data`, just made, to the server's user."""
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        if is_root():
            os.chown(data, self.user, self.group)


def native() -> DebianRoot | None:
    """The host itself when it has PostgreSQL 17 with TimescaleDB and the user `postgres`, else None."""
    if not (Path(f"{BINARIES}/postgres").exists() and Path("/", _CONTROL_FILE).exists()):
        return None
    for line in Path("/etc/passwd").read_text(encoding="utf-8").splitlines():
        fields = line.split(":")
        if fields[0] == "postgres":
            return DebianRoot(Path("/"), int(fields[2]), int(fields[3]))
    return None


def requirements(cache: Cache) -> list[Requirement]:
    """What must be installed before `provide`."""
    if native() is not None or (cache.root / _ENTRY).is_dir():
        return []
    needs = [
        Requirement("mmdebstrap", "mmdebstrap"),
        Requirement(_ARCHIVE_KEYRING, "debian-archive-keyring"),
    ]
    if not is_root():
        needs.append(Requirement("newuidmap", "uidmap"))
    return needs


def provide(cache: Cache, log: Path, step: Step) -> DebianRoot:
    """The host when it has the server, else the private root, made at the first call."""
    found = native()
    if found is not None:
        return found

    def build(folder: Path) -> None:
        require_disk(folder, _NEEDED_BYTES, "PostgreSQL's Debian root")
        step.note("making a private Debian 13 root (once, about half a minute)")
        archive = folder / "root.tar"
        run_logged(
            [
                program("mmdebstrap"),
                "--variant=minbase",
                f"--include={','.join(_PACKAGES)}",
                "--dpkgopt=path-exclude=/usr/share/doc/*",
                "--dpkgopt=path-exclude=/usr/share/man/*",
                "--dpkgopt=path-exclude=/usr/share/locale/*",
                # No cluster of the package's own: ours is the only one.
                '--essential-hook=mkdir -p "$1/etc/postgresql-common" && '
                'echo "create_main_cluster = false" > "$1/etc/postgresql-common/createcluster.conf"',
                f'--customize-hook=chroot "$1" groupmod --gid {_PRIVATE_ID} postgres',
                f'--customize-hook=chroot "$1" usermod --uid {_PRIVATE_ID} --gid {_PRIVATE_ID} postgres',
                "--format=tar",
                _SUITE,
                str(archive),
                *_mirrors(),
            ],
            purpose="Making the Debian 13 root for PostgreSQL",
            log=log,
            timeout=_TIMEOUT_SECONDS,
            remedy="Check the network and apt's sources, "
            "or give DATABASE_URL of a PostgreSQL with TimescaleDB.",
        )
        step.note("unpacking the root")
        tree = folder / "root"
        tree.mkdir()
        run_logged(
            ["tar", "-xf", str(archive), "-C", str(tree), "--no-same-owner", "--exclude=./dev/*"],
            purpose="Unpacking the Debian 13 root",
            log=log,
            timeout=_TIMEOUT_SECONDS,
        )
        archive.unlink()
        if not (tree / _CONTROL_FILE).is_file():
            raise StackError(f"The Debian root came without TimescaleDB ({_CONTROL_FILE}).", f"See {log}.")

    return DebianRoot(cache.entry(_ENTRY, build, step) / "root", _PRIVATE_ID, _PRIVATE_ID)


def _mirrors() -> list[str]:
    """Sources for mmdebstrap: the mirrors this Debian host uses; when none, mmdebstrap takes Debian's own."""
    codename = _codename()
    if codename is None or shutil.which("apt-get") is None:
        return []
    listing = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN) $(CODENAME) $(REPO_URI)", "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    lines: list[str] = []
    for target in listing.splitlines():
        origin, _, rest = target.partition(" ")
        suite, _, uri = rest.partition(" ")
        if origin == "Debian" and suite in (codename, f"{codename}-updates", f"{codename}-security"):
            lines.append(f"deb [signed-by={_ARCHIVE_KEYRING}] {uri} {suite.replace(codename, _SUITE)} main")
    return sorted(set(lines)) if any(f" {_SUITE} main" in line for line in lines) else []


def _codename() -> str | None:
    try:
        return platform.freedesktop_os_release().get("VERSION_CODENAME")
    except OSError:
        return None
