"""Locks between processes, released by the kernel when their holder dies."""

import fcntl
import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from fansipan_local.errors import StackError


@contextmanager
def file_lock(path: Path, on_wait: Callable[[str], None], timeout: float) -> Generator[None]:
    """Hold `path` as a lock. Calls `on_wait` once with the holder's pid when somebody else has it.

    Raises StackError when it is not free after `timeout` seconds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        deadline = time.monotonic() + timeout
        waiting = False
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                file.seek(0)
                holder = file.read().strip() or "unknown"
                if not waiting:
                    waiting = True
                    on_wait(holder)
                if time.monotonic() > deadline:
                    raise StackError(
                        f"Waited {timeout:.0f} s for {path}, held by process {holder}.",
                        "Let it finish, or end that process, then try again.",
                    ) from None
                time.sleep(0.2)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
