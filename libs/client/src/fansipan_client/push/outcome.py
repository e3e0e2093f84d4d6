"""What became of what was pushed."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fansipan_client.errors import FansipanError
from fansipan_client.push.items import Target


@dataclass(frozen=True, slots=True)
class Rejected:
    """An item that was refused. It is not sent again.

    Attributes:
        item: as it was sent, with the names of the API.
        code: a stable word for the reason, such as `time-in-future`.
        detail: a sentence that says what to do.
    """

    target: Target
    item: Any
    code: str
    detail: str


OnRejected = Callable[[Rejected], None]


@dataclass(slots=True)
class Statistics:
    """Counts since this pusher was made.

    Attributes:
        added: items handed over.
        recovered: items that an earlier process had left in the spool.
        accepted: items that ingest has taken for good: Kafka has acknowledged them.
        rejected: items that ingest refused, by code.
        dropped: items given up for newer ones because the queue was full (`when_full="drop-oldest"`).
        pending: items that wait or are on their way.
        pending_bytes: what they take in memory or on disk.
        requests: sent, the repeated ones too.
        retries: requests that were repeated, by reason: the status, or `connection`.
        sent_bytes: of bodies, compressed.
        torn: records cut off in the middle by a crash: they were never acknowledged to the caller.
        damaged: records in the spool whose checksum was wrong; they are kept in files `*.damaged`.
        last_problem: why a request was repeated last; None once something was taken after that.
    """

    added: int = 0
    recovered: int = 0
    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter[str])
    dropped: int = 0
    pending: int = 0
    pending_bytes: int = 0
    requests: int = 0
    retries: Counter[str] = field(default_factory=Counter[str])
    sent_bytes: int = 0
    torn: int = 0
    damaged: int = 0
    last_problem: str | None = None


class PushError(FansipanError):
    """Base of the errors of pushing that are no answer of ingest."""


class QueueFull(PushError):
    """There is no room for more, and none came in time."""


class NotDelivered(PushError):
    """Some items were not delivered in time; `pending` says how many."""

    def __init__(self, message: str, pending: int) -> None:
        super().__init__(message)
        self.pending = pending


class SpoolInUse(PushError):
    """Another process has this spool: one at a time."""


class Closed(PushError):
    """The pusher was closed."""
