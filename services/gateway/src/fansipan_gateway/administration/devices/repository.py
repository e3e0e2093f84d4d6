"""Mappings of devices in the database; each change with its audit event in one transaction."""

from typing import Any, Final

import asyncpg

from fansipan_common.contracts.device_mapping import MAX_SOURCES, DeviceMapping
from fansipan_common.db import Database
from fansipan_gateway.administration.actor import Actor
from fansipan_gateway.administration.devices.domain import DeviceFilter, DeviceUnknown, TooManySources
from fansipan_gateway.administration.providers.domain import ProviderUnknown
from fansipan_gateway.administration.versions import check_unchanged, version_of
from fansipan_gateway.audit import AuditTrail

_SELECT: Final = """
SELECT d.id, p.key AS provider, d.door, d.application, d.key, d.mapping, d.updated_at
  FROM device d JOIN provider p ON p.id = d.provider_id
"""
_LIST: Final = (
    _SELECT
    + """
 WHERE d.id > $1 AND ($2::text IS NULL OR p.key = $2) AND ($3::text IS NULL OR d.door = $3)
   AND ($4::text IS NULL OR d.key ILIKE $4 OR d.application ILIKE $4 OR d.mapping->>'thing' ILIKE $4)
 ORDER BY d.id LIMIT $5
"""
)
_ONE: Final = " WHERE p.key = $1 AND d.door = $2 AND d.application = $3 AND d.key = $4"
_FIND: Final = _SELECT + _ONE
_LOCK: Final = _FIND + " FOR UPDATE OF d"
_PROVIDER: Final = "SELECT id FROM provider WHERE key = $1"
_COUNT: Final = "SELECT count(*) FROM device WHERE provider_id = $1 AND door = $2"
_PUT: Final = """
INSERT INTO device (provider_id, door, application, key, mapping) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (provider_id, door, key, application) DO UPDATE SET mapping = excluded.mapping, updated_at = now()
"""
_DELETE: Final = "DELETE FROM device WHERE id = $1"


class DeviceMappings:
    """Reads and writes `device`."""

    def __init__(self, database: Database, audit: AuditTrail) -> None:
        self._database = database
        self._audit = audit

    async def fetch(
        self, wanted: DeviceFilter, *, like: str | None, after: int, limit: int
    ) -> "list[asyncpg.Record]":
        """Those behind the id `after`, in the order of ids; `like` is a pattern."""
        return await self._database.fetch(_LIST, after, wanted.provider, wanted.door, like, limit)

    async def put(
        self, provider: str, mapping: DeviceMapping, if_match: str | None, actor: Actor
    ) -> "asyncpg.Record":
        """Say what is known of a device; nothing is written when nothing changes.

        Raises:
            ProviderUnknown, PreconditionFailed, TooManySources, DatabaseAway.
        """
        place = (provider, mapping.door, mapping.application, mapping.key)
        async with self._database.connection() as connection, connection.transaction():
            provider_id = await connection.fetchval(_PROVIDER, provider)
            if provider_id is None:
                raise ProviderUnknown(provider)
            row = await connection.fetchrow(_LOCK, *place)
            before = None if row is None else row["mapping"]
            check_unchanged(if_match, version_of(before or {}))
            said = mapping.said()
            if said != before:
                if before is None:
                    await _check_count(connection, provider, provider_id, mapping)
                await connection.execute(_PUT, provider_id, *place[1:], said)
                action = "mapped" if before is None else "changed"
                details = said if before is None else {"from": before, "to": said}
                await self._record(connection, actor, action, provider, mapping.name, details)
            found = await connection.fetchrow(_FIND, *place)
            if found is None:
                raise RuntimeError("a device is gone in the transaction that wrote it")
            return found

    async def delete(self, provider: str, mapping: DeviceMapping, if_match: str | None, actor: Actor) -> None:
        """Forget what is known of a device (`mapping` says which); what it has sent stays.

        Raises:
            DeviceUnknown, PreconditionFailed, DatabaseAway.
        """
        place = (provider, mapping.door, mapping.application, mapping.key)
        async with self._database.connection() as connection, connection.transaction():
            row = await connection.fetchrow(_LOCK, *place)
            if row is None:
                raise DeviceUnknown(f"nothing is known of {provider}/{mapping.name}")
            check_unchanged(if_match, version_of(row["mapping"]))
            await connection.execute(_DELETE, row["id"])
            await self._record(connection, actor, "deleted", provider, mapping.name, row["mapping"])

    async def _record(
        self,
        connection: "asyncpg.Connection[Any]",
        actor: Actor,
        what: str,
        provider: str,
        name: str,
        details: dict[str, Any],
    ) -> None:
        await self._audit.record(
            connection,
            actor=actor.name,
            action=f"device.{what}",
            object=f"device/{provider}/{name}",
            details=details,
            client=actor.client,
        )


async def _check_count(
    connection: "asyncpg.Connection[Any]", provider: str, provider_id: int, mapping: DeviceMapping
) -> None:
    """Raise `TooManySources` when the provider has no room for one more."""
    if mapping.door == "lorawan":
        return
    if await connection.fetchval(_COUNT, provider_id, mapping.door) >= MAX_SOURCES:
        raise TooManySources(f"{provider} has {MAX_SOURCES} mappings of {mapping.door} already")
