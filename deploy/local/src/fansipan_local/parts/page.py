"""Builds the operators' page when its sources are newer than the last build."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from fansipan_local.commands import run_logged
from fansipan_local.debian import Requirement, program
from fansipan_local.locks import file_lock
from fansipan_local.progress import Step

_TIMEOUT_SECONDS = 900
_NOT_SOURCES = {"node_modules", "dist", ".vite", "tests", "coverage", "test-results", "playwright-report"}


class Page:
    """The page's folder `web`, with its build in `web/dist`.

    Args:
        web: the folder with package.json; when it has none there is nothing to build.
        lock: file that keeps two stacks from building at once.
        log: file for npm's output.
    """

    def __init__(self, web: Path, lock: Path, log: Path) -> None:
        self._web = web
        self._lock = lock
        self._log = log

    @property
    def requirements(self) -> Sequence[Requirement]:
        """Node.js and npm, when there is something to build."""
        return [Requirement("node", "nodejs"), Requirement("npm", "npm")] if self.is_stale() else []

    def is_stale(self) -> bool:
        """Whether a source is newer than the build."""
        if not (self._web / "package.json").is_file():
            return False
        built = self._web / "dist" / "index.html"
        if not built.is_file():
            return True
        finished = built.stat().st_mtime
        return any(path.stat().st_mtime > finished for path in self._sources())

    def build(self, step: Step) -> None:
        """Build when stale. Raises StackError with the end of npm's output."""
        if not self.is_stale():
            return

        def waiting(holder: str) -> None:
            step.note(f"process {holder} is building the page; waiting")

        with file_lock(self._lock, waiting, _TIMEOUT_SECONDS):
            if not self.is_stale():
                return
            if self._dependencies_are_stale():
                step.note("npm ci")
                self._npm("ci", "--no-audit", "--no-fund")
            step.note("npm run build")
            self._npm("run", "build")

    def _npm(self, *arguments: str) -> None:
        run_logged(
            [program("npm"), *arguments],
            purpose=f"npm {arguments[0]} of the operators' page",
            log=self._log,
            timeout=_TIMEOUT_SECONDS,
            cwd=self._web,
            remedy=f"Try it by hand in {self._web}.",
        )

    def _dependencies_are_stale(self) -> bool:
        installed = self._web / "node_modules" / ".package-lock.json"
        wanted = self._web / "package-lock.json"
        return not installed.is_file() or installed.stat().st_mtime < wanted.stat().st_mtime

    def _sources(self) -> Iterator[Path]:
        for folder, folders, files in os.walk(self._web):
            folders[:] = [name for name in folders if name not in _NOT_SOURCES]
            for name in files:
                if not name.endswith(".tsbuildinfo"):
                    yield Path(folder, name)
