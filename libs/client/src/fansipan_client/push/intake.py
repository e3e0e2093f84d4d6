"""What both faces share: the way into the queue."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from fansipan_client.push.items import Item, Record, record_of
from fansipan_client.push.outcome import QueueFull, Statistics
from fansipan_client.push.queue import MemoryQueue, Queue
from fansipan_client.push.requests import Pack, packer
from fansipan_client.push.settings import PushSettings
from fansipan_client.push.spool import Spool

_TOGETHER: Final = 1_000


class Intake:
    """Takes items into the queue of a pusher and counts them.

    Attributes:
        queue: where they wait.
        counts: what the delivery counts; `statistics` has the rest, too.
        pack: what packs bodies; None: they are sent as they are.
    """

    def __init__(self, settings: PushSettings) -> None:
        self._settings = settings
        self._added = 0
        self.pack: Pack | None = packer(settings.compression)
        self.counts = Statistics()
        self.queue: Queue = (
            MemoryQueue(settings.max_bytes)
            if settings.spool is None
            else Spool(Path(settings.spool), settings.max_bytes)
        )
        self._recovered = self.queue.appended - self.queue.settled

    @property
    def keeps(self) -> bool:
        """Whether what waits outlives the process."""
        return self._settings.spool is not None

    @property
    def syncs(self) -> bool:
        """Whether each item must survive a loss of power."""
        return self.keeps and self._settings.fsync == "always"

    @property
    def pending(self) -> int:
        """Items that wait or are on their way."""
        return self.queue.appended - self.queue.settled

    @property
    def statistics(self) -> Statistics:
        """The counts as they are now; they do not change any more."""
        queue, counts = self.queue, self.counts
        return replace(
            counts,
            rejected=counts.rejected.copy(),
            retries=counts.retries.copy(),
            added=self._added,
            recovered=self._recovered,
            dropped=queue.dropped,
            pending=self.pending,
            pending_bytes=queue.size,
            torn=queue.torn,
            damaged=queue.damaged,
        )

    def offer(self, records: list[Record]) -> bool:
        """Take records; False when they have to wait for room.

        Raises:
            QueueFull: there is no room and none is to be waited for.
            OSError: the disk does not take them.
        """
        taken = self.queue.append(records, drop_oldest=self._settings.when_full == "drop-oldest")
        if taken:
            self._added += len(records)
        elif self._settings.when_full == "refuse":
            raise QueueFull(f"{self.pending} items wait and no more have room")
        return taken

    def encoded(self, items: Iterable[Item]) -> Iterator[list[Record]]:
        """Items as records, some at a time: few enough to find room in the smallest queue.

        Raises:
            ValueError, TypeError: an item cannot be written as JSON.
        """
        most = self._settings.max_bytes // 16
        some: list[Record] = []
        weight = 0
        for item in items:
            record = record_of(item)
            if len(some) >= _TOGETHER or (some and weight + len(record.body) > most):
                yield some
                some, weight = [], 0
            some.append(record)
            weight += len(record.body)
        if some:
            yield some
