"""Background tasks whose death is seen."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

from fansipan_common.telemetry import Metrics

_log = structlog.get_logger(__name__)


class BackgroundTasks:
    """Runs the long-lived tasks of a process; readiness asks here which of them have died.

    A task that ends, in whatever way, is dead: none of them is meant to end before `stop`. With `metrics`, that can be
    seen there, too.
    """

    def __init__(self, metrics: Metrics | None = None) -> None:
        if metrics is not None:
            metrics.task_alive.watch(
                lambda: [(float(name not in self._dead), {"fansipan.task": name}) for name in self.names]
            )
        self._metrics = metrics
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._dead: dict[str, str] = {}
        self._stopping = False

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start `work` under `name`."""
        task = asyncio.create_task(work, name=name)
        self._tasks[name] = task
        if self._metrics is not None:
            self._metrics.loop_errors.add(0, {"fansipan.task": name})
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        if self._stopping:
            return
        error = None if task.cancelled() else task.exception()
        reason = (
            "was cancelled"
            if task.cancelled()
            else "ended"
            if error is None
            else f"{type(error).__name__}: {error}"
        )
        self._dead[task.get_name()] = reason
        _log.error("background task died", task=task.get_name(), reason=reason, exc_info=error)

    @property
    def names(self) -> list[str]:
        """Names of all tasks that were started."""
        return list(self._tasks)

    @property
    def dead(self) -> dict[str, str]:
        """Name and reason of each task that has died."""
        return dict(self._dead)

    async def stop(self, timeout: float = 10.0) -> None:
        """Cancel all tasks and wait at most `timeout` seconds for them."""
        self._stopping = True
        for task in self._tasks.values():
            task.cancel()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks.values(), timeout=timeout)
            for task in late:
                _log.warning("background task did not stop in time", task=task.get_name())


Check = Callable[[], Awaitable[None]]
"""A readiness check: returns when well, raises with the reason when not."""


async def ended(work: Coroutine[Any, Any, Any], seconds: float) -> BaseException | None:
    """Let something come to its end, and wait for that, but not for ever.

    Some libraries cancel tasks of theirs and wait for them, so that `CancelledError` comes out where nobody cancelled
    us. Here it is a fault like any other.

    Args:
        work: is cancelled when it takes longer.
        seconds: to wait.

    Returns:
        What went wrong; None when nothing did.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        is_late = task.cancel()
    if is_late:
        await asyncio.wait({task}, timeout=1.0)
        return TimeoutError(f"it did not end within {seconds:.0f} s")
    return asyncio.CancelledError("cancelled within") if task.cancelled() else task.exception()


def is_cancelled() -> bool:
    """Whether somebody has told the task that is running to end; else a `CancelledError` in it is none of its own."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
