"""Counting requests: in Redis for all replicas together, in this process while Redis is away."""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from redis.exceptions import RedisError

from fansipan_gateway.limits.domain import Verdict

_log = structlog.get_logger(__name__)

_TIMEOUT_SECONDS: Final = 0.25
_PAUSE_SECONDS: Final = 2.0
_MOST_CLIENTS: Final = 50_000
_PORTIONS: Final = 50


@dataclass(slots=True)
class _Portion:
    """What a client may still do before the count is asked again.

    Attributes:
        granted: requests counted already, and not yet made.
        behind: what was left in the count when it was asked.
        until: monotonic seconds at which the minute ends.
    """

    granted: int = 0
    behind: int = 0
    until: float = 0.0
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


class Limiter:
    """Says whether a client may make one more request.

    A client's minute begins with its first request. Requests are counted in portions of a fiftieth of the limit, so
    that few of them wait for Redis; a replica may therefore leave so many uncounted to another.

    Args:
        redis_url: where counts are; None: in this process only.
        prefix: of their keys.
        monotonic: the clock, to be replaced in tests.
    """

    def __init__(
        self, redis_url: str | None, prefix: str, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._shared = (
            None
            if redis_url is None
            else RedisStorage(
                f"async+{redis_url}",
                implementation="redispy",
                key_prefix=f"{prefix}limits",
                socket_timeout=_TIMEOUT_SECONDS,
                socket_connect_timeout=_TIMEOUT_SECONDS,
                max_connections=32,
            )
        )
        self._own = MemoryStorage()
        self._monotonic = monotonic
        self._away_until = float("-inf")
        self._portions: OrderedDict[str, _Portion] = OrderedDict()

    async def hit(self, who: str, limit: int) -> Verdict:
        """Count one request of a client who may make `limit` a minute. Never fails."""
        portion = self._portion(who)
        if portion.granted <= 0 or self._monotonic() >= portion.until:
            async with portion.asking:
                if self._monotonic() >= portion.until or (portion.granted <= 0 and portion.behind > 0):
                    await self._ask(portion, who, limit)
        reset = max(1, math.ceil(portion.until - self._monotonic()))
        if portion.granted <= 0:
            return Verdict(False, limit, 0, reset)
        portion.granted -= 1
        return Verdict(True, limit, portion.granted + portion.behind, reset)

    def _portion(self, who: str) -> _Portion:
        portion = self._portions.get(who)
        if portion is None:
            portion = self._portions[who] = _Portion()
            while len(self._portions) > _MOST_CLIENTS:
                self._portions.popitem(last=False)
        else:
            self._portions.move_to_end(who)
        return portion

    async def _ask(self, portion: _Portion, who: str, limit: int) -> None:
        """Count the next portion, and learn what is left."""
        item = RateLimitItemPerMinute(limit)
        wanted = max(1, limit // _PORTIONS)
        if self._shared is not None and self._monotonic() >= self._away_until:
            try:
                async with asyncio.timeout(_TIMEOUT_SECONDS):
                    await self._count(self._shared, portion, item, who, wanted)
                    return
            except (RedisError, OSError, TimeoutError) as error:
                self._away_until = self._monotonic() + _PAUSE_SECONDS
                _log.warning(
                    "redis is away, requests are counted by each replica",
                    error=str(error) or type(error).__name__,
                )
        await self._count(self._own, portion, item, who, wanted)

    async def _count(
        self, storage: Storage, portion: _Portion, item: RateLimitItemPerMinute, who: str, wanted: int
    ) -> None:
        key = item.key_for(who)
        count = await storage.incr(key, item.get_expiry(), amount=wanted)
        seconds = await storage.get_expiry(key) - time.time()
        portion.granted = max(0, wanted - max(0, count - item.amount))
        portion.behind = max(0, item.amount - count)
        portion.until = self._monotonic() + min(max(seconds, 0.0), 60.0)

    async def close(self) -> None:
        """Close the connections."""
        if self._shared is not None:
            await self._shared.bridge.get_connection().aclose()  # type: ignore[union-attr]  # redis-py's client
