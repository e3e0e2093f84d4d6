"""From the queue to ingest: several requests at once, in order for each thing, never giving up, never dropping."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import httpx

from fansipan_client.errors import UnexpectedAnswer
from fansipan_client.exchange import problem_of
from fansipan_client.push.items import Record, Target
from fansipan_client.push.outcome import OnRejected, Rejected, Statistics
from fansipan_client.push.queue import Mark, Queue
from fansipan_client.push.requests import (
    ACCEPTED,
    AGAIN,
    MALFORMED,
    TOO_LARGE,
    Batch,
    Pack,
    item_of,
    rejected_in,
)
from fansipan_client.push.settings import PushSettings

_SYNC_SECONDS: Final = 1.0


@dataclass(slots=True)
class _Chunk:
    """Records that were taken together: settled when all their batches are answered, and those of earlier chunks."""

    mark: Mark
    open_batches: int = 0


class Delivery:
    """Sends what a queue holds. One task (`run`) in one event loop; `wake` may be called from any thread.

    Args:
        http: a client whose base URL is ingest and which carries the API key.
        on_rejected: called for each item that is refused; what it raises ends the delivery.
        on_settled: called whenever something was settled.
    """

    def __init__(
        self,
        queue: Queue,
        http: httpx.AsyncClient,
        settings: PushSettings,
        pack: Pack | None,
        statistics: Statistics,
        on_rejected: OnRejected | None,
        on_settled: Callable[[], None],
    ) -> None:
        self._queue = queue
        self._http = http
        self._settings = settings
        self._statistics = statistics
        self._on_rejected = on_rejected
        self._on_settled = on_settled
        self._pack = pack
        self._chunk_items = settings.batch_items * settings.requests
        self._chunks: deque[_Chunk] = deque()
        self._lanes: list[asyncio.Queue[tuple[_Chunk, Batch]]] = [
            asyncio.Queue(maxsize=1) for _ in range(settings.requests)
        ]
        self._loop: asyncio.AbstractEventLoop | None = None
        self._more = asyncio.Event()
        self._enough = asyncio.Event()
        self._hurry_to = 0
        self._waits = False

    def wake(self, *, at_once: bool = False) -> None:
        """There is more in the queue. With `at_once` nothing waits for company. From any thread."""
        loop = self._loop
        if loop is None:
            return
        if not (self._waits or at_once):  # it looks into the queue before it waits: nobody needs to tell it
            return
        enough = at_once or self._queue.appended - self._queue.taken >= self._chunk_items
        if not at_once and (self._enough if enough else self._more).is_set():
            return
        with contextlib.suppress(RuntimeError):  # the loop has ended: so has the delivery, which tells why
            loop.call_soon_threadsafe(self._wake, enough, self._queue.appended if at_once else 0)

    def _wake(self, enough: bool, hurry_to: int) -> None:
        self._hurry_to = max(self._hurry_to, hurry_to)
        self._more.set()
        if enough:
            self._enough.set()

    async def run(self) -> None:
        """Deliver until cancelled.

        Raises:
            Problem: ingest refuses requests as such; what is in the queue stays there.
            UnexpectedAnswer: this is not ingest.
        """
        self._loop = asyncio.get_running_loop()
        try:
            async with asyncio.TaskGroup() as group:
                for lane in self._lanes:
                    group.create_task(self._serve(lane))
                if self._settings.fsync == "interval":
                    group.create_task(self._sync_now_and_then())
                await self._deal()
        except ExceptionGroup as errors:  # the first that failed has ended the others
            raise errors.exceptions[0] from None
        finally:
            self._loop = None

    async def _deal(self) -> None:
        """Take records and give them to the lanes, each thing to its own."""
        while True:
            await self._company()
            records, mark = self._queue.take(self._chunk_items)
            chunk = _Chunk(mark)
            self._chunks.append(chunk)
            batches = self._batches(records)
            chunk.open_batches = len(batches)
            self._settle()  # of damaged records nothing may be left to send
            for lane, batch in batches:
                await self._lanes[lane].put((chunk, batch))

    async def _company(self) -> None:
        """Wait until there is something, and until it is enough for full requests or has waited long enough."""
        queue = self._queue
        self._more.clear()
        self._enough.clear()
        self._waits = True  # before looking: what is appended after the look wakes us
        try:
            if queue.appended == queue.taken:
                await self._more.wait()
            if queue.appended - queue.taken < self._chunk_items and queue.taken >= self._hurry_to:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(
                        self._settings.linger
                    ):  # wait_for of 3.11 may swallow cancelling
                        await self._enough.wait()
        finally:
            self._waits = False

    def _batches(self, records: list[Record]) -> list[tuple[int, Batch]]:
        lanes = len(self._lanes)
        waiting: dict[tuple[int, Target], list[Record]] = {}
        weights: dict[tuple[int, Target], int] = {}
        batches: list[tuple[int, Batch]] = []
        for record in records:
            key = (record.order % lanes, record.target)
            batch = waiting.setdefault(key, [])
            weight = weights.get(key, 0) + len(record.body) + 1
            if batch and (len(batch) >= self._settings.batch_items or weight > self._settings.batch_bytes):
                batches.append((key[0], Batch(record.target, batch)))
                batch = waiting[key] = []
                weight = len(record.body) + 1
            batch.append(record)
            weights[key] = weight
        return batches + [(lane, Batch(target, batch)) for (lane, target), batch in waiting.items()]

    async def _serve(self, lane: "asyncio.Queue[tuple[_Chunk, Batch]]") -> None:
        while True:
            chunk, batch = await lane.get()
            await self._deliver(batch)
            chunk.open_batches -= 1
            self._settle()

    def _settle(self) -> None:
        mark = None
        while self._chunks and self._chunks[0].open_batches == 0:
            mark = self._chunks.popleft().mark
        if mark is not None:
            self._queue.settle(mark)
            self._on_settled()

    async def _deliver(self, batch: Batch) -> None:
        response = await self._post(batch)
        status = response.status_code
        if status == ACCEPTED:
            self._count(batch, rejected_in(response, batch))
        elif status == TOO_LARGE and len(batch.records) > 1:
            for half in batch.halves():
                await self._deliver(half)
        elif status == TOO_LARGE:
            problem = problem_of(response)
            self._count(
                batch,
                [Rejected(batch.target, item_of(batch.records[0]), problem.code, problem.detail)],
            )
        elif status == MALFORMED and batch.target == "observations" and not batch.as_lines:
            await self._deliver(Batch(batch.target, batch.records, as_lines=True))
        elif response.is_error:
            raise problem_of(response)
        else:
            raise UnexpectedAnswer(f"{response.url} answered {status}: this is not ingest")

    async def _post(self, batch: Batch) -> httpx.Response:
        headers = {"Content-Type": batch.content_type}
        body = batch.body()
        if self._pack is not None:
            body = await asyncio.to_thread(self._pack, body)
            headers["Content-Encoding"] = str(self._settings.compression)
        attempt = 0
        while True:
            self._statistics.requests += 1
            self._statistics.sent_bytes += len(body)
            asked = None
            try:
                response = await self._http.post(f"/v1/{batch.target}", content=body, headers=headers)
            except httpx.TransportError as error:
                reason, problem = "connection", f"{type(error).__name__}: {error}".rstrip(": ")
            else:
                if response.status_code not in AGAIN:
                    self._statistics.last_problem = None
                    return response
                refusal = problem_of(response)
                reason, problem, asked = str(response.status_code), str(refusal), refusal.retry_after
            self._statistics.retries[reason] += 1
            self._statistics.last_problem = problem
            await asyncio.sleep(self._settings.backoff.delay(attempt, asked))
            attempt += 1

    def _count(self, batch: Batch, rejected: list[Rejected]) -> None:
        self._statistics.accepted += len(batch.records) - len(rejected)
        for one in rejected:
            self._statistics.rejected[one.code] += 1
            if self._on_rejected is not None:
                self._on_rejected(one)

    async def _sync_now_and_then(self) -> None:
        synced = self._queue.appended
        while True:
            await asyncio.sleep(_SYNC_SECONDS)
            if self._queue.appended != synced:
                synced = self._queue.appended
                await asyncio.to_thread(self._queue.sync)
