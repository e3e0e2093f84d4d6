"""Sessions in Redis, and those that ended in the database."""

from datetime import datetime
from typing import Any, Final

import orjson
from redis.asyncio import Redis

from fansipan_common.db import Database
from fansipan_common.redis import Speedup

_PREFIX: Final = "fansipan:session:"
_IS_ENDED: Final = "SELECT true FROM ended_session WHERE id_hash = $1"
_END: Final = """
INSERT INTO ended_session (id_hash, until) VALUES ($1, $2) ON CONFLICT (id_hash) DO NOTHING
"""
_SWEEP: Final = """
DELETE FROM ended_session WHERE id_hash IN (
    SELECT id_hash FROM ended_session WHERE until < clock_timestamp() LIMIT 100 FOR UPDATE SKIP LOCKED)
"""


class SessionStore:
    """Sessions in Redis, by the hash of their id; each forgotten when nobody used it for its idle time."""

    def __init__(self, redis: Speedup) -> None:
        self._redis = redis

    async def get(self, id_hash: bytes, *, idle_seconds: int) -> dict[str, Any] | None:
        """What is kept of a session, which thereby stays for another idle time; None: nothing, or Redis is away."""

        async def command(client: Redis) -> bytes | str | None:
            return await client.getex(_key(id_hash), ex=idle_seconds)

        text = await self._redis.attempt(command)
        return None if text is None else orjson.loads(text)

    async def put(
        self, id_hash: bytes, values: dict[str, Any], *, idle_seconds: int, only_known: bool = False
    ) -> bool:
        """Keep a session, if Redis is there (and, with `only_known`, has it still); whether it was kept."""

        async def command(client: Redis) -> bool:
            text = orjson.dumps(values)
            return bool(await client.set(_key(id_hash), text, ex=idle_seconds, xx=only_known))

        return await self._redis.attempt(command) or False

    async def forget(self, id_hash: bytes) -> bool:
        """Forget a session; False when Redis is away, so that it may come back with it."""

        async def command(client: Redis) -> bool:
            await client.delete(_key(id_hash))
            return True

        return await self._redis.attempt(command) or False


class EndedSessions:
    """Reads and writes `ended_session`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def contains(self, id_hash: bytes) -> bool:
        """Whether a session was signed out."""
        return await self._database.fetchrow(_IS_ENDED, id_hash) is not None

    async def add(self, id_hash: bytes, until: datetime) -> None:
        """A session was signed out; it is remembered until it would have been over anyway."""
        async with self._database.connection() as connection:
            await connection.execute(_END, id_hash, until)
            await connection.execute(_SWEEP)


def _key(id_hash: bytes) -> str:
    return _PREFIX + id_hash.hex()
