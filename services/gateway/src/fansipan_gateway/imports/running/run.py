"""One import in the hands of this gateway: from its lease to the end of the step that is due."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Literal

import structlog

from fansipan_bulk.mapping import FileOptions, Mapping
from fansipan_common.db import DatabaseAway
from fansipan_gateway.imports.domain import State
from fansipan_gateway.imports.running.process import ProcessDied, ReadingProcess
from fansipan_gateway.imports.running.repository import LeaseLost, Taken, WorkRepository
from fansipan_gateway.imports.running.workspace import Workspace
from fansipan_gateway.imports.worker.job import Advanced, Ended, Job, Message, Step, Stopped, Waiting

_log = structlog.get_logger(__name__)

_BEAT_SECONDS: Final = 1.0
_CHECKPOINT_SECONDS: Final = 4.0
_GRACE_SECONDS: Final = 12.0
_HANDING_OVER_SECONDS: Final = 6.0
_NOTING_ATTEMPTS: Final = 6
Outcome = Literal["done", "stopped", "waits"]

_STEPS: Final[dict[State, Step]] = {
    State.LOOKING: "preview",
    State.CHECKING: "check",
    State.IMPORTING: "import",
}


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How files are worked on.

    Attributes:
        folder: where files are put meanwhile; None: that of the system for temporary files.
        error_bytes: how large a file of errors may become.
        ingest_url, secret: where what is in them is sent, and signed with what.
    """

    folder: Path | None
    error_bytes: int
    ingest_url: str
    secret: str


class Run:
    """Does what is due with one import, and notes each second how far it is.

    Args:
        taken: the import, with its lease.
        work: what is noted.
        options: how.
    """

    def __init__(self, taken: Taken, work: WorkRepository, options: RunOptions) -> None:
        self._taken = taken
        self._work = work
        self._options = options
        self._step: Step = _STEPS[taken.state]
        self._process: ReadingProcess | None = None
        self._progress: dict[str, Any] | None = None
        self._rows_noted = -1
        self._checkpoint_noted = time.monotonic()
        self._errors_noted = 0

    async def do(self) -> Outcome:
        """Do it, to whatever end; returns what became of it.

        Raises:
            ProcessDied, DamagedUpload: it is to be tried again.
            LeaseLost: it is not ours any more.
            DatabaseAway, OSError.
        """
        with TemporaryDirectory(prefix="fansipan-import-", dir=self._options.folder) as folder:
            space = Workspace(Path(folder), self._taken.name)
            working = asyncio.create_task(self._last_word(space))
            try:
                await self._keep_until(working, space)
                return await self._finish(working.result(), space)
            except LeaseLost:
                await self._give_back(working, space)
                raise
            except asyncio.CancelledError:
                await self._hand_over(working, space)
                raise
            finally:
                working.cancel()
                await asyncio.wait({working})
                if self._process is not None:
                    await self._process.end()

    async def _last_word(self, space: Workspace) -> Message:
        """Read the file in a process; the last thing that it says."""
        taken = self._taken
        await space.fill(self._work.pieces(taken), taken.size)
        if taken.checkpoint is not None:
            await space.restore(taken.checkpoint, self._work.errors(taken))
            self._errors_noted = int(taken.checkpoint["errorBytes"])
        job = Job(
            step=self._step,
            path=space.path,
            provider=taken.provider,
            options=FileOptions.model_validate(taken.options),
            mapping=None if taken.mapping is None else Mapping.model_validate(taken.mapping),
            errors=space.errors,
            error_bytes=self._options.error_bytes,
            checkpoint=space.checkpoint,
            ingest_url=self._options.ingest_url,
            secret=self._options.secret,
        )
        self._process = await ReadingProcess.start(job)
        last: Message | None = None
        async for message in self._process.messages():
            if isinstance(message, Advanced):
                self._progress = _progress_of(message)
            else:
                last = message
        if last is None:
            status = await self._process.end()
            raise ProcessDied(f"it ended with status {status}")
        return last

    async def _keep_until(self, working: "asyncio.Task[Message]", space: Workspace) -> None:
        """Keep the lease until the work is done. Raises `LeaseLost`."""
        while True:
            await asyncio.wait({working}, timeout=_BEAT_SECONDS)
            if working.done():
                return
            try:
                await self._note(space)
            except DatabaseAway as error:  # it goes on: what is sent needs no database of ours
                _log.warning("import not noted", id=self._taken.id, error=str(error))

    async def _note(self, space: Workspace, *, all_of_it: bool = False) -> None:
        rows = -1 if self._progress is None else int(self._progress["rows"])
        now = time.monotonic()
        position = None
        if self._step == "import" and (
            all_of_it or now - self._checkpoint_noted >= _CHECKPOINT_SECONDS or self._rows_noted < 0
        ):
            position = await space.position()
            self._checkpoint_noted = now
        end = self._errors_noted if position is None else int(position["errorBytes"])
        await self._work.keep(
            self._taken,
            progress=self._progress,
            checkpoint=position,
            errors=space.error_pieces(self._errors_noted, end),
            further=rows > self._rows_noted >= 0,
        )
        self._errors_noted = end
        self._rows_noted = max(rows, self._rows_noted)

    async def _finish(self, last: Message, space: Workspace) -> Outcome:
        """Note what became of it."""
        taken, work = self._taken, self._work
        match last:
            case Ended(complete=True, document=document) if self._step == "preview":
                await _noted(lambda: work.looked(taken, document))
                return "done"
            case Ended(complete=True, document=document) if self._step == "check":
                await _noted(lambda: work.checked(taken, document, space.error_pieces(0)))
                return "done"
            case Ended(complete=True, document=document):
                rest = self._errors_noted
                await _noted(lambda: work.done(taken, document, self._progress, space.error_pieces(rest)))
                return "done"
            case Stopped(code=code, detail=detail, document=document):
                fault = self._fault(code, detail, waits=False)
                rest = self._errors_noted
                await _noted(lambda: work.stopped(taken, document, fault, space.error_pieces(rest)))
                return "stopped"
            case Waiting(code=code, detail=detail, seconds=seconds, document=document):
                await _noted(lambda: self._note(space, all_of_it=True))
                fault = self._fault(code, detail, waits=True)
                after = timedelta(seconds=seconds)
                await _noted(
                    lambda: work.release(taken, after=after, fault=fault, forgiven=True, report=document)
                )
                return "waits"
            case _:  # it was told to stop, by somebody who is not us
                raise ProcessDied("it stopped before the end")

    async def _give_back(self, working: "asyncio.Task[Message]", space: Workspace) -> None:
        """Somebody cancelled it: let what is on its way arrive, and note how far it came."""
        last = await self._stopped(working, _GRACE_SECONDS)
        if (
            self._step == "import"
            and isinstance(last, Ended | Stopped | Waiting)
            and last.document is not None
        ):
            document, rest = last.document, self._errors_noted
            with suppress(DatabaseAway):  # the state is noted already, only the last figures are not
                await self._work.cancelled(self._taken, document, self._progress, space.error_pieces(rest))

    async def _hand_over(self, working: "asyncio.Task[Message]", space: Workspace) -> None:
        """This gateway ends: another one goes on at once, from here."""
        await self._stopped(working, _HANDING_OVER_SECONDS)
        with suppress(DatabaseAway, LeaseLost):  # then it goes on when the lease is over
            await self._note(space, all_of_it=True)
            await self._work.release(self._taken, after=timedelta(0), fault=None, forgiven=True)

    async def _stopped(self, working: "asyncio.Task[Message]", seconds: float) -> Message | None:
        """Have the process stop in order; its last word, or None when it had none in time."""
        if self._process is not None:
            self._process.stop()
        await asyncio.wait({working}, timeout=seconds)
        if not working.done() or working.cancelled() or working.exception() is not None:
            return None
        return working.result()

    def _fault(self, code: str, detail: str, *, waits: bool) -> dict[str, Any]:
        return {"step": self._step, "code": code, "detail": detail, "waits": waits}


def step_of(state: State) -> Step:
    """What is done in a state."""
    return _STEPS[state]


async def _noted(note: Callable[[], Awaitable[None]]) -> None:
    """Note something, with patience for a database that is away. Raises `LeaseLost`, `DatabaseAway`."""
    for attempt in range(_NOTING_ATTEMPTS):
        try:
            await note()
        except DatabaseAway:
            if attempt == _NOTING_ATTEMPTS - 1:
                raise
            await asyncio.sleep(0.25 * 2**attempt)
        else:
            return


def _progress_of(message: Advanced) -> dict[str, Any]:
    return {
        "done": message.done,
        "size": message.size,
        "rows": message.rows,
        "observations": message.observations,
        "accepted": message.accepted,
        "faults": message.faults,
        "rowsPerSecond": message.rows_per_second,
    }
