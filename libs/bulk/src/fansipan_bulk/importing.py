"""Sending a file: several blocks on their way at once, their outcome told in the order of the file."""

import asyncio
import fcntl
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from fansipan_bulk.checkpoint import Checkpoint, Position, fingerprint
from fansipan_bulk.converted import Converted
from fansipan_bulk.converting import Converter, converter_for
from fansipan_bulk.error_file import ErrorFile
from fansipan_bulk.errors import BulkError, FileFault, ImportHalted, MappingFault
from fansipan_bulk.events import EventConverter
from fansipan_bulk.faults import Fault
from fansipan_bulk.items import Body
from fansipan_bulk.mapping import Mapping
from fansipan_bulk.progress import OnProgress
from fansipan_bulk.reports import CheckReport
from fansipan_bulk.sources import Block, Source, open_source
from fansipan_bulk.totals import Totals

MAX_ITEMS: Final = 10_000
MAX_BYTES: Final = 8 * 1024 * 1024
"""What ingest takes in one request is somewhat more."""

_CHECKPOINT_SECONDS: Final = 0.5
_GRACE_SECONDS: Final = 10.0
_HOPELESS: Final = 10_000
"""So many observations refused by ingest and none accepted: the others would be, too."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An item that ingest did not accept: its place in the request, and why."""

    index: int
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What ingest said to one request."""

    accepted: int
    rejected: Sequence[Refused] = ()


class Post(Protocol):
    """Takes one request to `POST /v1/observations`, a JSON array, and waits and repeats as long as it thinks right."""

    async def __call__(self, body: bytes, items: int) -> Answer:
        """Deliver a body with so many items.

        Raises:
            Exception: it is given up; the import ends with it, and its checkpoint holds.
        """
        ...


@dataclass(slots=True)
class _OnItsWay:
    """A block whose requests are being sent."""

    converted: Converted
    spans: dict[str, tuple[int, int]]
    sending: asyncio.Task[tuple[int, list[Fault]]]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How an import goes.

    Attributes:
        provider: first part of keys where the mapping does not say it.
        in_flight: blocks on their way at once.
        max_items, max_bytes: bounds of one request.
        checkpoint: where the position is kept; None: killed means from the beginning (still nothing is stored twice).
        restart: forget the checkpoint of an earlier import.
        errors: where the rows that did not become observations are written to, as a CSV file.
        error_bytes: how large that file may become, about; what is wrong beyond is counted only.
        on_progress: called when a block is through.
        stop: when set, what is on its way is waited for (ten seconds) and the import ends with its checkpoint.
        clock: the time.
    """

    provider: str | None = None
    in_flight: int = 4
    max_items: int = MAX_ITEMS
    max_bytes: int = MAX_BYTES
    checkpoint: Path | None = None
    restart: bool = False
    errors: Path | None = None
    error_bytes: int | None = None
    on_progress: OnProgress | None = None
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What became of the file; `complete` is false when it was stopped before its end."""

    report: CheckReport
    complete: bool
    resumed_rows: int
    """Rows that an earlier run had done."""


async def run_import(
    path: Path, mapping: Mapping, post: Post, options: ImportOptions, *, post_events: Post | None = None
) -> ImportOutcome:
    """Send a file to ingest. Memory holds `in_flight` blocks and one that is read ahead.

    Observations of one datastream keep the order of the file where their times could meet: of two results for one time
    the later line counts. While it runs the file is locked against another import.

    Args:
        path: the file.
        mapping: what its columns are.
        post: takes observations.
        options: how it goes.
        post_events: takes service events, a batch of CloudEvents for `POST /v1/service-events`; None: they cannot be
            imported.

    Raises:
        FileFault: it cannot be read, or another import has it (`file-in-use`).
        MappingFault: the mapping does not fit it, or is one of service events and those are not taken (`mapping-form`).
        ImportHalted: `import-changed`: the checkpoint is of another file or mapping; `import-refused`: ingest has
            refused the first 10,000 observations, every one.
        Exception: what `post` raised.
    """
    if mapping.values.form == "events":
        if post_events is None:
            raise MappingFault("mapping-form", "service events cannot be imported here: use fansipan import")
        post = post_events
    with _locked(path):
        checkpoint = None
        position = None
        if options.checkpoint is not None:
            mark = await asyncio.to_thread(fingerprint, path, mapping, options.provider)
            checkpoint = Checkpoint(options.checkpoint, mark)
            if options.restart:
                checkpoint.remove()
            position = checkpoint.load()
        with closing(await asyncio.to_thread(open_source, path, mapping.file)) as source:
            converter = converter_for(mapping, source.columns, provider=options.provider, clock=options.clock)
            running = _Import(source, converter, post, options, checkpoint, position or Position(Totals()))
            return await running.run()


class _GivenUp(Exception):
    """The import is to stop and a block on its way is not answered."""


class _Import:
    def __init__(
        self,
        source: Source,
        converter: Converter | EventConverter,
        post: Post,
        options: ImportOptions,
        checkpoint: Checkpoint | None,
        position: Position,
    ) -> None:
        self._source = source
        self._converter = converter
        self._post = post
        self._options = options
        self._checkpoint = checkpoint
        self._totals = position.totals
        self._resumed_rows = position.totals.rows
        self._position = position
        self._errors = None if options.errors is None else ErrorFile(options.errors, options.error_bytes)
        self._on_their_way: deque[_OnItsWay] = deque()
        self._began = time.monotonic() - position.totals.seconds
        self._saved = time.monotonic()

    async def run(self) -> ImportOutcome:
        if self._errors is not None:
            self._errors.begin(
                self._source.columns,
                self._source.delimiter,
                size=self._position.error_bytes,
                rows=self._position.error_rows,
            )
        try:
            try:
                complete = await self._send_all()
            except _GivenUp:
                complete = False
            self._totals.seconds = time.monotonic() - self._began
            if self._checkpoint is not None:
                self._save() if not complete else self._finish(self._checkpoint)
            return ImportOutcome(self._totals.report(self._source.findings), complete, self._resumed_rows)
        except BaseException as error:
            self._save()  # what was answered is not sent again
            if isinstance(error, BulkError):
                error.report = self._totals.report(self._source.findings)
            raise
        finally:
            for block in self._on_their_way:
                block.sending.cancel()
            await asyncio.gather(*(block.sending for block in self._on_their_way), return_exceptions=True)
            if self._errors is not None:
                self._errors.close()

    async def _send_all(self) -> bool:
        """Send block after block; false when it was stopped before the end."""
        blocks = self._source.blocks(self._totals.blocks)
        reading = asyncio.create_task(asyncio.to_thread(self._next, blocks))
        try:
            while True:
                prepared = await reading
                if prepared is None or self._options.stop.is_set():
                    break
                reading = asyncio.create_task(asyncio.to_thread(self._next, blocks))
                await self._make_room(prepared.spans)
                sending = asyncio.create_task(self._send(prepared))
                self._on_their_way.append(_OnItsWay(prepared.converted, prepared.spans, sending))
        finally:
            if not reading.done():  # a thread cannot be cancelled: the file must not be closed under it
                await asyncio.wait([reading])
            if not reading.cancelled():
                reading.exception()
        while self._on_their_way:
            await self._settle_first()
        return prepared is None

    def _next(self, blocks: Iterator[Block]) -> "_Prepared | None":
        """Read and convert the next block; runs in a thread."""
        block = next(blocks, None)
        if block is None:
            return None
        converted = self._converter.convert(block)
        bodies = list(converted.items.bodies(self._options.max_items, self._options.max_bytes))
        return _Prepared(converted, bodies, converted.items.spans())

    async def _make_room(self, spans: dict[str, tuple[int, int]]) -> None:
        """Wait until a further block may go: there is room, and it shares no time of a datastream with another."""
        while self._on_their_way and (
            len(self._on_their_way) >= self._options.in_flight
            or any(_meet(block.spans, spans) for block in self._on_their_way)
        ):
            await self._settle_first()
        while self._on_their_way and self._on_their_way[0].sending.done():
            await self._settle_first()

    async def _send(self, prepared: "_Prepared") -> tuple[int, list[Fault]]:
        """Send the requests of one block, one after the other; how many items were accepted, and which were not."""
        accepted = 0
        faults: list[Fault] = []
        block, items = prepared.converted.block, prepared.converted.items
        for body in prepared.bodies:
            answer = await self._post(body.data, body.count)
            accepted += answer.accepted
            for refused in answer.rejected:
                item = body.first + refused.index
                row, place = int(items.rows[item]), int(items.places[item])
                line = int(block.lines[row])
                name = self._source.columns[place]
                faults.append(Fault(line, name, refused.code, refused.detail, block.cells(row)))
        prepared.bodies.clear()
        return accepted, faults

    async def _settle_first(self) -> None:
        """Wait for the oldest block, tell its faults and count it."""
        sending = self._on_their_way[0].sending
        await self._answered(sending)
        accepted, refused = sending.result()
        converted = self._on_their_way.popleft().converted
        faults = sorted([*converted.faults, *refused], key=lambda fault: fault.line)
        self._totals.add(converted, faults, accepted)
        if self._errors is not None and faults:
            self._errors.write(faults)
        if refused and not self._totals.accepted and self._totals.observations >= _HOPELESS:
            raise ImportHalted(
                "import-refused",
                f"ingest refused the first {self._totals.observations:,} observations, every one, the last as "
                f"{refused[-1].code}: {refused[-1].detail}; correct it and begin anew",
            )
        now = time.monotonic()
        self._totals.seconds = now - self._began
        if self._checkpoint is not None and now - self._saved >= _CHECKPOINT_SECONDS:
            self._save()
        if self._options.on_progress is not None:
            self._options.on_progress(self._totals.progress(self._source.size))

    async def _answered(self, sending: asyncio.Task[tuple[int, list[Fault]]]) -> None:
        """Wait for a block; once the import is to stop, ten seconds at most: ingest may be away for long."""
        stopping = asyncio.create_task(self._options.stop.wait())
        try:
            await asyncio.wait({sending, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():
                await asyncio.wait({sending}, timeout=_GRACE_SECONDS)
            if not sending.done():
                raise _GivenUp
        finally:
            stopping.cancel()

    def _save(self) -> None:
        if self._checkpoint is None:
            return
        size, rows = (0, 0) if self._errors is None else self._errors.flush()
        self._checkpoint.save(Position(self._totals, size, rows))
        self._saved = time.monotonic()

    def _finish(self, checkpoint: Checkpoint) -> None:
        if self._errors is not None:
            self._errors.flush()
        checkpoint.remove()


@dataclass(frozen=True, slots=True)
class _Prepared:
    converted: Converted
    bodies: list[Body]
    spans: dict[str, tuple[int, int]]


def _meet(these: dict[str, tuple[int, int]], those: dict[str, tuple[int, int]]) -> bool:
    """Whether some datastream has a time in both, as far as first and last say it."""
    few, many = (these, those) if len(these) <= len(those) else (those, these)
    for key, (first, last) in few.items():
        other = many.get(key)
        if other is not None and first <= other[1] and other[0] <= last:
            return True
    return False


@contextmanager
def _locked(path: Path) -> Generator[None]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise FileFault("file-unreadable", f"{path} cannot be read: {error.strerror}") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FileFault("file-in-use", f"{path.name} is being imported by another process") from None
        yield
