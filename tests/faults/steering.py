"""Doing harm to the parts of a stack, and seeing them come back."""

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from typing import Any

import asyncpg

from fansipan_local import Stack, StackError

SERVICES = ("ingest", "analytics", "gateway")


async def kill_while_writing(stack: Stack, database: str, name: str) -> bool:
    """SIGKILL a part while analytics has a transaction open that has written; returns whether one was seen.

    Waits at most ten seconds for such a moment, then kills all the same.
    """
    pid = await asyncio.to_thread(stack.pid, name)
    connection = await asyncpg.connect(database, timeout=10.0)
    try:
        seen = await _see_writing(connection)
        os.kill(pid, signal.SIGKILL)
    finally:
        connection.terminate()
    return seen


async def _see_writing(connection: "asyncpg.Connection[Any]") -> bool:
    deadline = time.monotonic() + 10.0
    while time.monotonic() < deadline:
        if await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE application_name = 'fansipan-analytics' AND backend_xid IS NOT NULL"
        ):
            return True
        await asyncio.sleep(0.005)
    return False


async def kill_and_keep_away(stack: Stack, name: str) -> None:
    """SIGKILL a part and keep the supervisor from starting it again."""
    await asyncio.to_thread(stack.kill, name)
    await asyncio.to_thread(stack.stop, name)


async def wait_ready(stack: Stack, *names: str) -> None:
    """Wait until these parts are ready, by themselves."""
    await asyncio.gather(*(asyncio.to_thread(stack.wait_ready, name) for name in names))


async def run(stack: Stack, names: Sequence[str]) -> None:
    """Start stopped parts, a second after one another, whether the ones before are ready or not; then wait for all."""
    async with asyncio.TaskGroup() as group:
        for name in names:
            group.create_task(asyncio.to_thread(stack.start, name))
            await _has_process(stack, name)
            await asyncio.sleep(1.0)


async def _has_process(stack: Stack, name: str) -> None:
    deadline = time.monotonic() + 30.0
    while True:
        try:
            await asyncio.to_thread(stack.pid, name)
        except StackError:
            assert time.monotonic() < deadline, f"{name} has no process after 30 s"
            await asyncio.sleep(0.05)
        else:
            return
