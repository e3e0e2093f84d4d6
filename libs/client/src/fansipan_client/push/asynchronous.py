"""The asynchronous face: `AsyncPusher`."""

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Self

import httpx

from fansipan_client.options import DEFAULT_TIMEOUT, Credential, http_options
from fansipan_client.push.delivery import Delivery
from fansipan_client.push.intake import Intake
from fansipan_client.push.items import Item, Record, record_of
from fansipan_client.push.outcome import Closed, NotDelivered, OnRejected, Statistics
from fansipan_client.push.settings import PushSettings


class AsyncPusher:
    """Pushes observations and service events to ingest, without blocking the event loop. To be used with `async with`.

    A write to the spool is one to the page cache, done in place; waiting for the disk (`fsync`) is done in a thread.

    Args:
        base_url: address of ingest.
        api_key: a key with the scope `write`.
        settings: sizes, pace, the spool.
        on_rejected: called for each item that ingest refuses. What it raises stops the pusher.
        timeout: seconds for each step of a request (connect, read …).
        transport: in place of the network, for tests.

    Raises:
        SpoolInUse, OSError: the spool cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str,
        settings: PushSettings | None = None,
        on_rejected: OnRejected | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._settings = settings or PushSettings()
        self._http = httpx.AsyncClient(
            **http_options(base_url, Credential(api_key), timeout), transport=transport
        )
        self._intake = Intake(self._settings)
        self._delivery = Delivery(
            self._intake.queue,
            self._http,
            self._settings,
            self._intake.pack,
            self._intake.counts,
            on_rejected,
            self._notify,
        )
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._closed = False
        self._since_yield = 0

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._delivery.run(), name="fansipan-pusher")
        self._task.add_done_callback(lambda _: self._notify())
        await asyncio.sleep(0)  # the delivery can be woken from now on
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            await self.aclose()
            return
        try:
            await self.aclose(timeout=0.0 if isinstance(error, asyncio.CancelledError) else 30.0)
        except Exception as second:  # noqa: BLE001 - the first error is the one to see; this one is told with it
            error.add_note(f"and the pusher could not be closed well: {second}")

    @property
    def statistics(self) -> Statistics:
        """What became of everything, as it is now."""
        return self._intake.statistics

    async def add(self, item: Item) -> None:
        """Take an item. With a spool it is in the file when this returns.

        When the queue is full, this waits for room (`when_full="block"`); `asyncio.timeout` bounds it.

        Raises:
            ValueError, TypeError: it cannot be written as JSON.
            QueueFull: no room, and none is to be waited for.
            Problem, UnexpectedAnswer …: why the pusher has stopped; the item was not taken.
            Closed, OSError.
        """
        await self._take([record_of(item)])

    async def add_many(self, items: Iterable[Item]) -> None:
        """Take items in their order. Raises as `add`, for the first that is not taken: those before it are."""
        for records in self._intake.encoded(items):
            await self._take(records)

    async def flush(self, timeout: float | None = None) -> None:
        """Wait until everything added so far was answered.

        Raises:
            NotDelivered: not within `timeout` seconds.
            Problem, UnexpectedAnswer …: why the pusher has stopped.
        """
        target = self._intake.queue.appended
        self._delivery.wake(at_once=True)
        try:
            async with asyncio.timeout(timeout):
                while self._intake.queue.settled < target:
                    self._check()
                    await self._change()
        except TimeoutError:
            raise NotDelivered(self._why(timeout), self._intake.pending) from None
        self._check()

    async def aclose(self, timeout: float = 30.0) -> None:
        """Deliver what waits, for `timeout` seconds at most, and stop. Again does nothing.

        What a spool still holds then is delivered by the next pusher that uses it.

        Raises:
            NotDelivered: without a spool, when something was left.
            Problem, UnexpectedAnswer …: why the pusher has stopped before.
        """
        if self._closed:
            return
        try:
            await self.flush(timeout)
        except NotDelivered:
            if not self._intake.keeps:
                raise
        finally:
            self._closed = True
            if self._task is not None:
                self._task.cancel()
                await asyncio.wait({self._task})
            await self._http.aclose()
            self._intake.queue.close()

    async def _take(self, records: list[Record]) -> None:
        self._check()
        while not self._intake.offer(records):
            self._delivery.wake(at_once=True)
            await self._change()
            self._check()
        self._delivery.wake()
        if self._intake.syncs:
            await asyncio.to_thread(self._intake.queue.sync)
        self._since_yield += len(records)
        if self._since_yield >= self._settings.batch_items:  # a loop that only adds must let the delivery run
            self._since_yield = 0
            await asyncio.sleep(0)

    async def _change(self) -> None:
        await self._changed.wait()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _why(self, timeout: float | None) -> str:
        problem = self._intake.counts.last_problem
        return f"{self._intake.pending} items wait after {timeout} s" + (f": {problem}" if problem else "")

    def _check(self) -> None:
        if self._closed:
            raise Closed("the pusher was closed")
        if self._task is None:
            raise Closed("use the pusher with `async with`")
        if self._task.done() and not self._task.cancelled():
            error = self._task.exception()
            if error is not None:
                raise error
