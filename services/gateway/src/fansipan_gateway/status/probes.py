"""Asking the parts how they are: each in one way, none waits longer than its deadline."""

from collections.abc import Awaitable, Callable
from typing import Final

import httpx

from fansipan_common.db import Database
from fansipan_common.errors import ServerFault
from fansipan_common.redis import Speedup
from fansipan_gateway.status.domain import State

Probe = Callable[[], Awaitable[State]]
"""Says how a part is; may raise TimeoutError."""

_SERVICE_SECONDS: Final = 2.0


def database_probe(database: Database) -> Probe:
    """Whether the database answers a statement."""

    async def probe() -> State:
        try:
            await database.ping()
        except ServerFault:
            return State.AWAY
        return State.OK

    return probe


def redis_probe(redis: Speedup) -> Probe:
    """Whether Redis answers."""

    async def probe() -> State:
        return State.OK if await redis.attempt(lambda client: client.ping()) else State.AWAY

    return probe


def service_probe(http: httpx.AsyncClient, url: str) -> Probe:
    """Whether one of our services is ready.

    Args:
        http: client.
        url: of the service, without a path.
    """
    address = url.rstrip("/") + "/readyz"

    async def probe() -> State:
        try:
            answer = await http.get(address, timeout=_SERVICE_SECONDS)
        except httpx.HTTPError:
            return State.AWAY
        return State.OK if answer.status_code == 200 else State.UNREADY

    return probe
