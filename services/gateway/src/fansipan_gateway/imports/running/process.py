"""The process that reads a file, as the gateway sees it."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Final

from pydantic import ValidationError

from fansipan_gateway.imports.worker.job import Job, Message, read_message

_LONGEST_LINE: Final = 32 << 20  # a preview of two thousand columns
_SILENCE_SECONDS: Final = 300.0
_ENVIRONMENT: Final = (
    "PATH",
    "PYTHONPATH",
    "PYTHONDONTWRITEBYTECODE",
    "LD_LIBRARY_PATH",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
)
"""All that it inherits: no secret of the gateway is there for a file to find."""


class ProcessDied(Exception):
    """It ended without a last word, or said what cannot be understood."""


class ReadingProcess:
    """Starts `python -m fansipan_gateway.imports.worker` and listens to it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, job: Job) -> "ReadingProcess":
        """Start it with a job. Raises OSError."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "fansipan_gateway.imports.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LONGEST_LINE,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
            | {"MALLOC_ARENA_MAX": "2", "PYTHONUNBUFFERED": "1"},
        )
        started = cls(process)
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        # It may have died already, which its messages will tell; uvloop then says RuntimeError: the pipe is closed.
        with suppress(BrokenPipeError, ConnectionResetError, RuntimeError):
            process.stdin.write(job.line())
            await process.stdin.drain()
        return started

    async def messages(self) -> AsyncGenerator[Message]:
        """What it says, to its end.

        Raises:
            ProcessDied: it said nothing for five minutes, or something else.
        """
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        while True:
            try:
                async with asyncio.timeout(_SILENCE_SECONDS):
                    line = await self._process.stdout.readline()
                if not line:
                    return
                yield read_message(line)
            except (TimeoutError, ValidationError, ValueError) as error:
                raise ProcessDied(f"{type(error).__name__}") from error

    def stop(self) -> None:
        """Ask it to end in order; it then says how far it came."""
        with suppress(ProcessLookupError):
            self._process.terminate()

    async def end(self) -> int:
        """End it, if it still runs; its exit status."""
        with suppress(ProcessLookupError):
            if self._process.returncode is None:
                self._process.kill()
        return await self._process.wait()
