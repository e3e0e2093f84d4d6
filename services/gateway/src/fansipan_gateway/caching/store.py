"""Where answers are remembered: in this process, and in Redis for the other replicas."""

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio import Redis

from fansipan_common.redis import Speedup
from fansipan_gateway.caching.domain import Answer


@dataclass(frozen=True, slots=True)
class Remembered:
    """An answer with what it was made from.

    Attributes:
        began: when its making began (monotonic seconds): what it says was true then, or later.
        version: of the data at that time.
    """

    answer: Answer
    began: float
    version: tuple[int, ...]


class OwnAnswers:
    """The answers of this process, those used longest ago forgotten first. They stay when they are too old to be given
    as they are, for when the database is away.

    Args:
        capacity: bytes at most.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._known: OrderedDict[str, Remembered] = OrderedDict()
        self._bytes = 0

    def get(self, key: str) -> Remembered | None:
        """What is remembered under a key."""
        known = self._known.get(key)
        if known is not None:
            self._known.move_to_end(key)
        return known

    def put(self, key: str, remembered: Remembered) -> None:
        """Remember, unless something later is remembered already."""
        before = self._known.pop(key, None)
        if before is not None:
            self._bytes -= before.answer.size
            if before.began > remembered.began:
                remembered = before
        self._known[key] = remembered
        self._bytes += remembered.answer.size
        while self._bytes > self._capacity and self._known:
            _, oldest = self._known.popitem(last=False)
            self._bytes -= oldest.answer.size


_RELEASE: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""
_LOOK_SECONDS: Final = 0.01


class SharedAnswers:
    """The answers of all replicas, in Redis, each gone when it is too old: and who is making one.

    Args:
        redis: where they are.
        prefix: of their keys.
        max_age: seconds after which an answer is too old.
        largest: bytes of an answer that is shared.
    """

    def __init__(
        self,
        redis: Speedup,
        prefix: str,
        *,
        max_age: float,
        largest: int,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._redis = redis
        self._prefix = prefix
        self._max_age = max_age
        self._largest = largest
        self._monotonic = monotonic

    async def find_or_begin(self, key: str, since: float) -> tuple[Answer, float] | str | None:
        """An answer whose making began after `since` (monotonic seconds) and when that was, or leave to make it.

        While another replica makes it, waits for that, up to `max_age`. Leave is a token for `put`, or None when Redis
        is away.
        """
        token = secrets.token_hex(8)
        until = self._monotonic() + self._max_age
        while True:
            found = await self._redis.attempt(lambda redis: self._look(redis, key))
            if found is None:
                return None
            data, left_ms = found
            if data is not None:
                # what is left may be told late by the way to Redis: nothing is taken for younger than it is
                began = self._monotonic() - self._max_age + left_ms / 1000 - _CAUTION_SECONDS
                if began > since:
                    return Answer.unpack(data), began
            begun = await self._redis.attempt(lambda redis: self._begin(redis, key, token))
            if begun is None:
                return None
            if begun or self._monotonic() >= until:
                return token
            await asyncio.sleep(_LOOK_SECONDS)

    async def _look(self, redis: Redis, key: str) -> tuple[bytes | None, int]:
        pipeline: Any = redis.pipeline(transaction=False)
        pipeline.get(self._prefix + key)
        pipeline.pttl(self._prefix + key)
        data, left_ms = await pipeline.execute()
        return data, left_ms

    async def _begin(self, redis: Redis, key: str, token: str) -> bool:
        return bool(
            await redis.set(
                f"{self._prefix}{key}:making", token, nx=True, px=max(1, int(self._max_age * 1000))
            )
        )

    async def put(self, key: str, token: str, answer: Answer | None, began: float) -> None:
        """Share an answer (None: there is none to share), and let others make the next one."""
        left_ms = int((self._max_age - (self._monotonic() - began)) * 1000)

        async def put(redis: Redis) -> bool:
            pipeline: Any = redis.pipeline(transaction=False)
            if answer is not None and left_ms > 0 and answer.size <= self._largest:
                pipeline.set(self._prefix + key, answer.pack(), px=left_ms)
            pipeline.eval(_RELEASE, 1, self._prefix + key + ":making", token)
            await pipeline.execute()
            return True

        await self._redis.attempt(put)


_CAUTION_SECONDS: Final = 0.3
"""More than a command to Redis may take (`Speedup`)."""
