"""One file that goes wrong, in whatever way, stops neither the lane nor the gateway."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import uvloop

from fansipan_common.telemetry import metrics_of
from fansipan_gateway.imports.domain import State
from fansipan_gateway.imports.running.lane import Lane
from fansipan_gateway.imports.running.process import ReadingProcess
from fansipan_gateway.imports.running.repository import Taken, WorkRepository
from fansipan_gateway.imports.running.run import RunOptions
from fansipan_gateway.imports.worker.job import Job, Message

pytestmark = pytest.mark.unit
STARTS = 300
"""So many that some of the processes are dead before their job is written: about one in twenty is."""


def test_a_process_that_is_dead_before_it_has_its_job_has_no_last_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    at_once = tmp_path / "python"
    at_once.write_text("#!/bin/sh\nexit 3\n", encoding="ascii")
    at_once.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(at_once))
    job = Job(
        step="preview",
        path=tmp_path / "x.csv",
        provider="demo",
        errors=tmp_path / "errors",
        error_bytes=1,
        checkpoint=tmp_path / "checkpoint",
        ingest_url="http://ingest",
        secret="s" * 32,
    )

    async def started() -> tuple[list[Message], int]:
        async with asyncio.timeout(10.0):
            process = await ReadingProcess.start(job)
            return [message async for message in process.messages()], await process.end()

    async def all_of_them() -> list[tuple[list[Message], int]]:
        return [await started() for _ in range(STARTS)]

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # as in the service
        assert [one for one in runner.run(all_of_them()) if one != ([], 3)] == []


class _Work:
    """Two imports: nothing foreseen happens to the first one."""

    def __init__(self) -> None:
        self.left = [_taken(1), _taken(2)]
        self.released: list[tuple[int, timedelta]] = []
        self.both = asyncio.Event()

    async def sweep(self, expiry: timedelta, kept: timedelta) -> None:
        del expiry, kept

    async def take(self, states: object) -> Taken | None:
        del states
        return self.left.pop(0) if self.left else None

    async def pieces(self, taken: Taken) -> AsyncGenerator[bytes]:
        if taken.id == 1:
            raise RuntimeError("nobody thought of this")
        yield b"no archive"

    async def release(self, taken: Taken, *, after: timedelta, **_: Any) -> None:
        self.released.append((taken.id, after))
        if len(self.released) == 2:
            self.both.set()


def _taken(number: int) -> Taken:
    return Taken(
        id=number,
        provider="demo",
        name="x.csv",
        size=3,
        state=State.LOOKING,
        options={},
        mapping=None,
        checkpoint=None,
        attempts=2,
    )


async def test_after_what_nobody_foresaw_the_next_import_is_taken(tmp_path: Path):
    work = _Work()
    options = RunOptions(folder=tmp_path, error_bytes=1, ingest_url="http://ingest", secret="s" * 32)
    hour = timedelta(hours=1)
    lane = Lane(
        "imports-looking", (State.LOOKING,), cast(WorkRepository, work), options, hour, metrics_of("test")
    )
    running = asyncio.create_task(lane.run())
    async with asyncio.timeout(10.0):
        await work.both.wait()
    assert not running.done()
    running.cancel()
    assert work.released == [(1, timedelta(seconds=2)), (2, timedelta(seconds=2))]
