"""Downloads kept per user. An entry exists only when it is complete: it is built aside and then renamed."""

import shutil
from collections.abc import Callable
from pathlib import Path

from fansipan_local.locks import file_lock
from fansipan_local.progress import Step

_BUILD_TIMEOUT_SECONDS = 1800


class Cache:
    """Folder of finished downloads.

    Args:
        root: the cache's folder; made when missing.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def entry(self, name: str, build: Callable[[Path], None], step: Step) -> Path:
        """Folder `name`, made by `build(folder)` when it is not there yet.

        Two processes never build the same entry at once, and an interrupted build leaves nothing that could
        be taken for a finished one. Raises what `build` raises.
        """
        target = self.root / name
        if target.is_dir():
            return target
        self.root.mkdir(parents=True, exist_ok=True)

        def waiting(holder: str) -> None:
            step.note(f"process {holder} is preparing it; waiting")

        with file_lock(self.root / f"{name}.lock", waiting, _BUILD_TIMEOUT_SECONDS):
            if target.is_dir():
                return target
            unfinished = self.root / f"{name}.unfinished"
            if unfinished.exists():
                shutil.rmtree(unfinished)
            unfinished.mkdir()
            build(unfinished)
            unfinished.rename(target)
        return target
