"""From batches of rows to chunks of a file, with a bound on how many files are made at once and for how long."""

import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing, closing, contextmanager
from dataclasses import dataclass

from anyio import to_thread

from fansipan_gateway.exports.domain.faults import ExportsBusy, ExportTooSlow
from fansipan_gateway.exports.domain.tables import Batch
from fansipan_gateway.exports.writers import Writer


class Chunks:
    """The bytes of a file that has begun. They must be read to their end or closed."""

    def __init__(self, first: bytes, rest: AsyncGenerator[bytes]) -> None:
        self._first = first
        self._rest = rest

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        if self._first:
            yield self._first
        async for chunk in self._rest:
            yield chunk

    async def aclose(self) -> None:
        """End the making of the file, whether or not anything was read."""
        await self._rest.aclose()


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file that is being made."""

    name: str
    media_type: str
    chunks: Chunks


class ExportSlots:
    """How many exports run at once. Nobody waits: who finds no place is told to come back.

    Args:
        total: of all readers.
        anonymous: of those without a login, so that they cannot keep out the others.
    """

    def __init__(self, total: int, anonymous: int) -> None:
        self._free = {False: total, True: min(anonymous, total)}

    @contextmanager
    def take(self, *, anonymous: bool) -> Generator[None]:
        """Hold a place.

        Raises:
            ExportsBusy: there is none.
        """
        needed = (False, True) if anonymous else (False,)
        if any(self._free[which] <= 0 for which in needed):
            raise ExportsBusy
        for which in needed:
            self._free[which] -= 1
        try:
            yield
        finally:
            for which in needed:
                self._free[which] += 1


class Exporter:
    """Runs exports.

    Args:
        slots: how many at once.
        seconds: how long one may take.
        monotonic: the clock.
    """

    def __init__(
        self, slots: ExportSlots, seconds: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._slots = slots
        self._seconds = seconds
        self._monotonic = monotonic

    async def start(
        self,
        make_writer: Callable[[], Writer],
        batches: AsyncGenerator[Batch],
        *,
        anonymous: bool,
    ) -> Chunks:
        """Begin a file; its first rows are read before this returns, so that a fault is still an answer of its own.

        Raises:
            ExportsBusy: too many are being made.
            DatabaseAway.
        """
        chunks = self._chunks(make_writer, batches, anonymous=anonymous)
        return Chunks(await anext(chunks), chunks)

    async def _chunks(
        self, make_writer: Callable[[], Writer], batches: AsyncGenerator[Batch], *, anonymous: bool
    ) -> AsyncGenerator[bytes]:
        # The thread is waited for also when the client goes away: nobody closes a writer that still writes.
        until = self._monotonic() + self._seconds
        with self._slots.take(anonymous=anonymous):
            async with aclosing(batches):
                batch = await anext(batches, None)
                with closing(await to_thread.run_sync(make_writer)) as writer:
                    yield writer.begin()
                    while batch is not None:
                        if chunk := await to_thread.run_sync(writer.add, batch):
                            yield chunk
                        if self._monotonic() > until:
                            raise ExportTooSlow(f"the file was not finished within {self._seconds:g} s")
                        batch = await anext(batches, None)
                    for chunk in await to_thread.run_sync(writer.end):
                        yield chunk
