"""Redis: speed only. Whatever it holds may be lost at any time, so no caller ever fails because it is away."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from fansipan_common.telemetry.metrics import command_duration

T = TypeVar("T")
_log = structlog.get_logger(__name__)


class Speedup:
    """Runs Redis commands with a short timeout and does without when it is away.

    After a failure Redis is left alone for `pause` seconds, so that a dead Redis costs one timeout, not one a request.
    """

    def __init__(self, url: str | None, *, timeout: float = 0.25, pause: float = 2.0) -> None:
        self._client = (
            None
            if url is None
            else Redis.from_url(
                url, socket_timeout=timeout, socket_connect_timeout=timeout, max_connections=32
            )
        )
        self._timeout = timeout
        self._pause = pause
        self._away_until = 0.0
        self._duration = command_duration()

    @property
    def available(self) -> bool:
        """Whether the next command will be tried."""
        return self._client is not None and time.monotonic() >= self._away_until

    async def attempt(self, command: Callable[[Redis], Awaitable[T]]) -> T | None:
        """Run `command`; None when Redis is not configured, away or too slow."""
        if self._client is None or not self.available:
            return None
        began = time.monotonic()
        attributes = {"db.system.name": "redis", "db.operation.name": "command"}
        try:
            return await asyncio.wait_for(command(self._client), self._timeout)
        except (RedisError, OSError, TimeoutError) as error:
            attributes["error.type"] = type(error).__name__
            self._away_until = time.monotonic() + self._pause
            _log.warning("redis is away, going on without it", error=str(error) or type(error).__name__)
            return None
        finally:
            self._duration.record(time.monotonic() - began, attributes)

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
