"""What a provider sent, by day and key, as ingest counted it."""

from datetime import date
from typing import Final

import asyncpg

from fansipan_common.db import Database

_USAGE: Final = """
SELECT u.day, u.key_id, k.name AS key_name, u.requests, u.accepted, u.bytes, u.last_used_at,
       (SELECT coalesce(jsonb_object_agg(r.code, r.count), '{}') FROM provider_refusal r
         WHERE r.provider_id = u.provider_id AND r.day = u.day AND r.key_id = u.key_id) AS refused
  FROM provider_usage u LEFT JOIN api_key k ON k.id = u.key_id
 WHERE u.provider_id = $1 AND u.day >= $2 ORDER BY u.day DESC, u.key_id LIMIT $3
"""
_LIMITS: Final = "SELECT observations_per_day, bytes_per_day, requests_per_minute FROM provider WHERE id = $1"
MOST_ROWS: Final = 20_000


class Usage:
    """Reads `provider_usage` and `provider_refusal`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fetch(self, provider_id: int, since: date) -> "list[asyncpg.Record]":
        """Days since `since`, newest first, by key."""
        return await self._database.fetch(_USAGE, provider_id, since, MOST_ROWS)

    async def limits(self, provider_id: int) -> "asyncpg.Record":
        """How much ingest takes from the provider."""
        row = await self._database.fetchrow(_LIMITS, provider_id)
        if row is None:
            raise RuntimeError("a provider is never deleted")
        return row
