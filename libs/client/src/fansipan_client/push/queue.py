"""Where items wait: the contract of a queue, and the one in memory."""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from fansipan_client.push.items import Record

TAKEN_BYTES: Final = 8 * 1024 * 1024
WhenFull = Literal["block", "refuse", "drop-oldest"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a queue: so many records had been appended before it, those of earlier processes too."""

    sequence: int
    segment: int = 0
    offset: int = 0


class Queue(Protocol):
    """First in, first out; records stay until they are settled. `append` may be called from any thread.

    Attributes:
        appended, taken, settled: how many records there were ever, have been taken or dropped, are done with.
        dropped, torn, damaged: see `Statistics`.
        size: bytes that are taken.
    """

    appended: int
    taken: int
    settled: int
    dropped: int
    torn: int
    damaged: int
    size: int

    def append(self, records: Sequence[Record], *, drop_oldest: bool) -> bool:
        """Keep records; False, and none is kept, when there is no room. Dropping the oldest makes room.

        Raises:
            ValueError: they would not even fit into an empty queue.
            OSError: they cannot be written; none is kept.
        """
        ...

    def take(self, count: int) -> tuple[list[Record], Mark]:
        """The next records, at most `count` and about `TAKEN_BYTES`, and the place behind them; kept until settled."""
        ...

    def settle(self, mark: Mark) -> None:
        """Everything before this place is done with. Never backwards."""
        ...

    def sync(self) -> None:
        """Make what was appended survive a loss of power."""
        ...

    def close(self) -> None:
        """Give up what is held open."""
        ...


class MemoryQueue:
    """A queue that ends with the process.

    Args:
        max_bytes: of bodies.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._unread: deque[Record] = deque()
        self._in_hand: deque[tuple[int, int]] = deque()  # (sequence behind, bytes)
        self.appended = self.taken = self.settled = 0
        self.dropped = self.torn = self.damaged = self.size = 0

    def append(self, records: Sequence[Record], *, drop_oldest: bool) -> bool:
        """See `Queue`."""
        added = sum(len(record.body) for record in records)
        if added > self._max_bytes:
            raise ValueError(f"{added} bytes at once do not fit into a queue of {self._max_bytes}")
        with self._lock:
            while drop_oldest and self._unread and self.size + added > self._max_bytes:
                self.size -= len(self._unread.popleft().body)
                self.dropped += 1
                self.taken += 1
            if self.size + added > self._max_bytes:
                return False
            self._unread.extend(records)
            self.size += added
            self.appended += len(records)
        return True

    def take(self, count: int) -> tuple[list[Record], Mark]:
        """See `Queue`."""
        with self._lock:
            found: list[Record] = []
            weight = 0
            while self._unread and len(found) < count and weight < TAKEN_BYTES:
                record = self._unread.popleft()
                weight += len(record.body)
                found.append(record)
            self.taken += len(found)
            if found:
                self._in_hand.append((self.taken, weight))
            return found, Mark(self.taken)

    def settle(self, mark: Mark) -> None:
        """See `Queue`."""
        with self._lock:
            self.settled = max(self.settled, mark.sequence)
            while self._in_hand and self._in_hand[0][0] <= self.settled:
                self.size -= self._in_hand.popleft()[1]

    def sync(self) -> None:
        """See `Queue`: there is nothing that could survive."""

    def close(self) -> None:
        """See `Queue`: nothing is held open."""
