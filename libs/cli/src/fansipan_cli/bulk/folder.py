"""A folder that agencies put files into: which are complete, which mapping is theirs, where they go afterwards."""

import fcntl
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO, Any, Final

import orjson

from fansipan_bulk import Mapping, MappingFault, load_mapping

_MOST_FILES: Final = 1000
_MARK: Final = ".done"
_UNFINISHED: Final = (".part", ".partial", ".filepart", ".tmp", ".crdownload", ".swp")


@dataclass(frozen=True, slots=True)
class NamedMapping:
    """A mapping and the file it is in."""

    name: str
    mapping: Mapping


@dataclass(slots=True)
class _Seen:
    state: tuple[int, int, int]
    since: float


class DropFolder:
    """A folder with arriving files; `done`, `failed` and `.fansipan` are made in it.

    Args:
        path: the folder.
        settle_seconds: how long a file must not change to be taken for complete. A file beside which there is a
            `NAME.done` is complete at once. Names that begin with a dot or end as unfinished transfers are left alone.
        monotonic: the clock.
    """

    def __init__(
        self, path: Path, settle_seconds: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.path = path
        self.work = path / ".fansipan"
        self._settle_seconds = settle_seconds
        self._monotonic = monotonic
        self._seen: dict[str, _Seen] = {}
        self._lock: IO[bytes] | None = None

    def prepare(self) -> None:
        """Make the folders. Raises OSError."""
        for folder in (self.work, self.path / "done", self.path / "failed"):
            folder.mkdir(exist_ok=True)

    def take_lock(self) -> bool:
        """Become the one watcher of this folder; false while another one is. A killed one has lost its lock."""
        if self._lock is None:
            lock = (self.work / "lock").open("ab")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                return False
            self._lock = lock
        return True

    def release_lock(self) -> None:
        """Let another one watch."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def complete(self) -> tuple[list[Path], int]:
        """The complete files, oldest first, and how many others are still arriving; of 1,000 files at most."""
        arriving = 0
        ready: list[tuple[int, Path]] = []
        entries = {
            entry.name: entry for entry in os.scandir(self.path) if entry.is_file(follow_symlinks=False)
        }
        names = sorted(name for name in entries if _is_data(name, entries))[:_MOST_FILES]
        self._seen = {name: self._seen[name] for name in names if name in self._seen}
        for name in names:
            try:
                stat = entries[name].stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if (
                self._has_settled(name, (stat.st_size, stat.st_mtime_ns, stat.st_ino))
                or name + _MARK in entries
            ):
                ready.append((stat.st_mtime_ns, self.path / name))
            else:
                arriving += 1
        return [path for _, path in sorted(ready)], arriving

    def checkpoint(self, path: Path) -> Path:
        """Where the checkpoint of a file is kept."""
        return self.work / f"{path.name}.checkpoint"

    def errors(self, path: Path) -> Path:
        """Where the rows that are wrong are written to while a file is imported."""
        return self.work / f"{path.name}.errors.csv"

    def put_away(self, path: Path, where: str, report: dict[str, Any]) -> Path:
        """Move a file with its report (`NAME.report.json`) and its errors (`NAME.errors.csv`) to `done` or `failed`.

        A name that is there already gets a number. Raises OSError.
        """
        folder = self.path / where
        name = _free_name(folder, path.name)
        errors = self.errors(path)
        if errors.exists():
            errors.replace(folder / f"{name}.errors.csv")
        written = self.work / f"{path.name}.report"
        written.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2) + b"\n")
        written.replace(folder / f"{name}.report.json")
        path.replace(folder / name)  # last: until then it is tried again
        self.checkpoint(path).unlink(missing_ok=True)
        path.with_name(path.name + _MARK).unlink(missing_ok=True)
        self._seen.pop(path.name, None)
        return folder / name

    def _has_settled(self, name: str, state: tuple[int, int, int]) -> bool:
        now = self._monotonic()
        seen = self._seen.get(name)
        if seen is None or seen.state != state:
            self._seen[name] = _Seen(state, now)
            return self._settle_seconds <= 0
        return now - seen.since >= self._settle_seconds


def load_mappings(folder: Path) -> list[NamedMapping]:
    """The mappings of a folder (`*.yaml`, `*.yml`, `*.json`), by name.

    Raises:
        MappingFault: one is not valid, says no `files`, or the folder cannot be read.
    """
    if not folder.is_dir():
        raise MappingFault("mapping-unreadable", f"{folder} is no folder")
    found: list[NamedMapping] = []
    for path in sorted(folder.iterdir()):
        if path.suffix in (".yaml", ".yml", ".json") and not path.name.startswith("."):
            mapping = load_mapping(path)
            if not mapping.files:
                raise MappingFault("mapping-invalid", f"{path.name}: files: say which files it is for")
            found.append(NamedMapping(path.name, mapping))
    return found


def mapping_for(name: str, mappings: list[NamedMapping]) -> NamedMapping:
    """The mapping whose patterns a file's name fits, whatever the case.

    Raises:
        MappingFault: `mapping-missing`: none; `mapping-several`: more than one.
    """
    fitting = [
        each for each in mappings if any(fnmatchcase(name.lower(), p.lower()) for p in each.mapping.files)
    ]
    if not fitting:
        raise MappingFault("mapping-missing", f"no mapping is for a file called {name}")
    if len(fitting) > 1:
        names = ", ".join(each.name for each in fitting)
        raise MappingFault("mapping-several", f"{name} fits the patterns of {names}: it must be one")
    return fitting[0]


def _is_data(name: str, entries: dict[str, Any]) -> bool:
    if name.startswith((".", "~$")) or name.lower().endswith(_UNFINISHED):
        return False
    return not (name.endswith(_MARK) and name.removesuffix(_MARK) in entries)


def _free_name(folder: Path, name: str) -> str:
    stem, dot, ending = name.partition(".")
    free, number = name, 2
    while (folder / free).exists():
        free = f"{stem}-{number}{dot}{ending}"
        number += 1
    return free
