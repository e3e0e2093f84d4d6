"""How a pusher works."""

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from fansipan_client.push.queue import WhenFull

Compression = Literal["gzip", "zstd"]


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before the same is sent again. There is no last attempt: what waits is kept.

    Attributes:
        first, longest: seconds of the first and of the longest step; each step is twice the one before, with up to a
            half taken off at random so that many senders do not come back at once.
        longest_asked: at most so many seconds of a Retry-After are waited.
    """

    first: float = 0.25
    longest: float = 30.0
    longest_asked: float = 300.0

    def delay(self, attempt: int, asked: float | None) -> float:
        """Seconds to wait after failed attempt number `attempt`, from 0; never less than what was asked for."""
        step = min(self.longest, self.first * 2.0 ** min(attempt, 16))
        jittered = step * (1 - random.random() / 2)  # noqa: S311 - so that many do not come back at once
        return jittered if asked is None else min(asked, self.longest_asked) + jittered / 4


@dataclass(frozen=True, slots=True, kw_only=True)
class PushSettings:
    """What a pusher is told.

    Attributes:
        batch_items, batch_bytes: what one request holds at most; ingest takes 10,000 items and 10 MiB.
        linger: seconds that an item waits for others to share its request.
        requests: that are on their way at once. Items of one thing are never in two of them.
        compression: of bodies; None for none. `zstd` needs the extra `fansipan-client[zstd]`.
        spool: a folder; everything goes through it, and outlives the process. None: through memory.
        fsync: `always`: an item survives a loss of power when `add` returns; `interval`: after a second or so; `never`:
            when the operating system likes. In each case it survives the end of the process, SIGKILL too.
        max_bytes: that may wait, in memory or on disk.
        when_full: `block`: wait for room; `refuse`: raise `QueueFull`; `drop-oldest`: give up the oldest and count
            them.
        backoff: between attempts.

    Raises:
        ValueError: a number is out of range.
    """

    batch_items: int = 2_000
    batch_bytes: int = 4 * 1024 * 1024
    linger: float = 1.0
    requests: int = 4
    compression: Compression | None = "gzip"
    spool: Path | str | None = None
    fsync: Literal["always", "interval", "never"] = "interval"
    max_bytes: int = 256 * 1024 * 1024
    when_full: WhenFull = "block"
    backoff: Backoff = field(default_factory=Backoff)

    def __post_init__(self) -> None:
        if not 1 <= self.batch_items <= 10_000:
            raise ValueError("batch_items is 1 to 10,000")
        if not 1 <= self.requests <= 64:
            raise ValueError("requests is 1 to 64")
        if self.batch_bytes < 1 or self.linger < 0:
            raise ValueError("batch_bytes and linger are not negative, and a request holds something")
        if self.max_bytes < 64 * 1024:
            raise ValueError("max_bytes is 64 KiB at least")
