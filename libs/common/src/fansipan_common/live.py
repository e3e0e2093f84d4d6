"""Writing to the ring of live events (`contracts/live.py`)."""

from collections.abc import Sequence
from typing import Any, Final

from redis.asyncio import Redis

from fansipan_common.contracts.live import DATA_FIELD, RING, RING_LENGTH, TOPIC_FIELD, LiveTopic
from fansipan_common.redis import Speedup

_CHUNK_BYTES: Final = 1 << 20
_CHUNK_ENTRIES: Final = 200

Entry = tuple[LiveTopic, str | bytes]
"""What an entry is, and its data (JSON)."""


class LiveRing:
    """Appends events to the ring.

    Redis may be away: what could not be appended is lost, and an entry `reset` comes before the next one that can be.
    The first entry of a process is one, too, because nobody knows what the process before it did not bring out.

    Args:
        redis: where the ring is.
        prefix: of its key.
    """

    def __init__(self, redis: Speedup, prefix: str) -> None:
        self._redis = redis
        self._key = prefix + RING
        self._losses = 1
        self._losses_told = 0

    async def append(self, entries: Sequence[Entry]) -> None:
        """Append entries in their order. Never fails; takes at most the timeout of Redis for each megabyte."""
        for chunk in _chunks(entries):
            losses = self._losses
            whole: list[Entry] = [(LiveTopic.RESET, ""), *chunk] if losses > self._losses_told else chunk

            async def add(redis: Redis, whole: list[Entry] = whole) -> bool:
                pipeline = redis.pipeline(transaction=False)
                for topic, data in whole:
                    fields: Any = {TOPIC_FIELD: topic.value, DATA_FIELD: data}
                    pipeline.xadd(self._key, fields, maxlen=RING_LENGTH, approximate=True)
                await pipeline.execute()
                return True

            if await self._redis.attempt(add):
                self._losses_told = max(self._losses_told, losses)
            else:
                self._losses += 1


def _chunks(entries: Sequence[Entry]) -> list[list[Entry]]:
    chunks: list[list[Entry]] = []
    size = 0
    for entry in entries:
        if not chunks or size + len(entry[1]) > _CHUNK_BYTES or len(chunks[-1]) >= _CHUNK_ENTRIES:
            chunks.append([])
            size = 0
        chunks[-1].append(entry)
        size += len(entry[1])
    return chunks
