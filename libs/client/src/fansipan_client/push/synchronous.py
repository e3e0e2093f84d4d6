"""The synchronous face: `Pusher`."""

import asyncio
import threading
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Self

import httpx

from fansipan_client.options import DEFAULT_TIMEOUT, Credential, http_options
from fansipan_client.push.delivery import Delivery
from fansipan_client.push.intake import Intake
from fansipan_client.push.items import Item, Record, record_of
from fansipan_client.push.outcome import Closed, NotDelivered, OnRejected, QueueFull, Statistics
from fansipan_client.push.settings import PushSettings


class Pusher:
    """Pushes observations and service events to ingest, from a thread of its own. For any number of threads.

    Use it as a context manager, or call `close`.

    Args:
        base_url: address of ingest.
        api_key: a key with the scope `write`.
        settings: sizes, pace, the spool.
        on_rejected: called, in the thread of the pusher, for each item that ingest refuses. What it raises stops the
            pusher.
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
        http = httpx.AsyncClient(**http_options(base_url, Credential(api_key), timeout), transport=transport)
        self._changed = threading.Condition()
        self._failure: BaseException | None = None
        self._closed = False
        self._intake = Intake(self._settings)
        self._delivery = Delivery(
            self._intake.queue,
            http,
            self._settings,
            self._intake.pack,
            self._intake.counts,
            on_rejected,
            self._notify,
        )
        self._stopper: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None
        started = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(http, started), name="fansipan-pusher", daemon=True
        )
        self._thread.start()
        started.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
            return
        try:
            self.close()
        except Exception as second:  # noqa: BLE001 - the first error is the one to see; this one is told with it
            error.add_note(f"and the pusher could not be closed well: {second}")

    @property
    def statistics(self) -> Statistics:
        """What became of everything, as it is now."""
        return self._intake.statistics

    def add(self, item: Item, *, timeout: float | None = None) -> None:
        """Take an item. With a spool it is in the file when this returns.

        Args:
            timeout: seconds to wait for room when full (`when_full="block"`); None: as long as it takes.

        Raises:
            ValueError, TypeError: it cannot be written as JSON.
            QueueFull: no room.
            Problem, UnexpectedAnswer …: why the pusher has stopped; the item was not taken.
            Closed, OSError.
        """
        self._take([record_of(item)], timeout)

    def add_many(self, items: Iterable[Item], *, timeout: float | None = None) -> None:
        """Take items in their order. Raises as `add`, for the first that is not taken: those before it are."""
        for records in self._intake.encoded(items):
            self._take(records, timeout)

    def flush(self, timeout: float | None = None) -> None:
        """Wait until everything added so far was answered.

        Raises:
            NotDelivered: not within `timeout` seconds.
            Problem, UnexpectedAnswer …: why the pusher has stopped.
        """
        target = self._intake.queue.appended
        self._delivery.wake(at_once=True)
        with self._changed:
            done = self._changed.wait_for(lambda: self._failure or self._is_settled(target), timeout)
        self._check()
        if not done:
            raise NotDelivered(self._why(timeout), self._intake.pending)

    def close(self, timeout: float = 30.0) -> None:
        """Deliver what waits, for `timeout` seconds at most, and stop. Again does nothing.

        What a spool still holds then is delivered by the next pusher that uses it.

        Raises:
            NotDelivered: without a spool, when something was left.
            Problem, UnexpectedAnswer …: why the pusher has stopped before.
        """
        if self._closed:
            return
        try:
            self.flush(timeout)
        except NotDelivered:
            if not self._intake.keeps:
                raise
        finally:
            self._closed = True
            self._stop()
            self._intake.queue.close()

    def _take(self, records: list[Record], timeout: float | None) -> None:
        self._check()
        if not self._intake.offer(records):
            self._wait_for_room(records, timeout)
        self._delivery.wake()
        if self._intake.syncs:
            self._intake.queue.sync()

    def _wait_for_room(self, records: list[Record], timeout: float | None) -> None:
        until = None if timeout is None else time.monotonic() + timeout
        self._delivery.wake(at_once=True)
        with self._changed:
            while not self._intake.offer(records):
                left = None if until is None else until - time.monotonic()
                if left is not None and left <= 0:
                    raise QueueFull(self._why(timeout))
                self._changed.wait(left)
                self._check()

    def _is_settled(self, target: int) -> bool:
        return self._intake.queue.settled >= target

    def _why(self, timeout: float | None) -> str:
        problem = self._intake.counts.last_problem
        return f"{self._intake.pending} items wait after {timeout} s" + (f": {problem}" if problem else "")

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure
        if self._closed:
            raise Closed("the pusher was closed")

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _stop(self) -> None:
        if self._stopper is not None and self._thread.is_alive():
            loop, event = self._stopper
            loop.call_soon_threadsafe(event.set)
        self._thread.join()

    def _run(self, http: httpx.AsyncClient, started: threading.Event) -> None:
        try:
            asyncio.run(self._deliver(http, started))
        except BaseException as error:  # noqa: BLE001 - told to whoever calls next
            self._failure = error
        finally:
            started.set()
            self._notify()

    async def _deliver(self, http: httpx.AsyncClient, started: threading.Event) -> None:
        stopped = asyncio.Event()
        self._stopper = asyncio.get_running_loop(), stopped
        async with http:
            delivery = asyncio.create_task(self._delivery.run())
            stopping = asyncio.create_task(stopped.wait())
            await asyncio.sleep(0)  # the delivery can be woken from now on
            started.set()
            await asyncio.wait({delivery, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if delivery.done():
                await delivery
            delivery.cancel()
            await asyncio.wait({delivery})
