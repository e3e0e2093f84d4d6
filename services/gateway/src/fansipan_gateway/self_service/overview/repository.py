"""What a provider has, in the database."""

from typing import Final

import asyncpg

from fansipan_common.db import Database
from fansipan_gateway.self_service.manager import Manager

_PROVIDERS: Final = """
SELECT p.key, p.name, p.contact, p.auto_register, p.disabled_at,
       p.observations_per_day, p.bytes_per_day, p.requests_per_minute,
       (SELECT count(*) FROM thing t WHERE t.provider_id = p.id) AS things,
       (SELECT count(*) FROM datastream d JOIN thing t ON t.id = d.thing_id WHERE t.provider_id = p.id) AS datastreams
  FROM provider p WHERE ($1::text[] IS NULL OR p.key = ANY($1)) AND p.key > $2 ORDER BY p.key LIMIT $3
"""
_DATASTREAMS: Final = """
SELECT d.id, d.key, d.name, t.key AS thing, t.name AS thing_name, t.area_code, d.observation_type, d.unit_definition,
       d.created_at, l.phenomenon_time
  FROM datastream d JOIN thing t ON t.id = d.thing_id LEFT JOIN latest_observation l ON l.datastream_id = d.id
 WHERE t.provider_id = $1 AND ($2::text[] IS NULL OR d.key ^@ ANY($2)) AND d.id > $3 ORDER BY d.id LIMIT $4
"""


class Holdings:
    """Reads `provider`, `thing` and `datastream`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def providers(self, keys: list[str] | None, *, after: str, limit: int) -> "list[asyncpg.Record]":
        """Providers with these keys (None: all) behind `after`."""
        return await self._database.fetch(_PROVIDERS, keys, after, limit)

    async def datastreams(self, manager: Manager, *, after: int, limit: int) -> "list[asyncpg.Record]":
        """Datastreams that the manager's own keys may touch, in the order of their ids."""
        prefixes = list(manager.prefixes) or None
        return await self._database.fetch(_DATASTREAMS, manager.provider_id, prefixes, after, limit)
