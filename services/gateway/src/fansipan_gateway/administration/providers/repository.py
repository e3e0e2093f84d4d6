"""Providers in the database; each change with its audit event in one transaction."""

from typing import Any, Final

import asyncpg

from fansipan_common.db import Database
from fansipan_gateway.administration.actor import Actor
from fansipan_gateway.administration.providers.domain import (
    NewProvider,
    ProviderChange,
    ProviderExists,
    ProviderUnknown,
    administered,
)
from fansipan_gateway.administration.versions import check_unchanged, difference, version_of
from fansipan_gateway.audit import AuditTrail

_SELECT: Final = """
SELECT p.key, p.name, p.contact, p.auto_register, p.corrections_by_post, p.created_at, p.disabled_at,
       p.observations_per_day, p.bytes_per_day, p.requests_per_minute,
       (SELECT count(*) FROM api_key k WHERE k.provider_id = p.id AND k.revoked_at IS NULL
           AND (k.expires_at IS NULL OR k.expires_at > now())) AS active_keys,
       (SELECT count(*) FROM thing t WHERE t.provider_id = p.id) AS things
  FROM provider p
"""
_LIST: Final = _SELECT + " WHERE p.key > $1 ORDER BY p.key LIMIT $2"
_FIND: Final = _SELECT + " WHERE p.key = $1"
_LOCK: Final = """
SELECT name, contact, auto_register, corrections_by_post, disabled_at, observations_per_day, bytes_per_day,
       requests_per_minute
  FROM provider WHERE key = $1 FOR UPDATE
"""
_INSERT: Final = "INSERT INTO provider (key, name, contact, auto_register) VALUES ($1, $2, $3, $4)"
_UPDATE: Final = """
UPDATE provider
   SET name = $2, contact = $3, auto_register = $4,
       disabled_at = CASE WHEN $5 THEN coalesce(disabled_at, now()) END, corrections_by_post = $6,
       observations_per_day = $7, bytes_per_day = $8, requests_per_minute = $9
 WHERE key = $1
"""


class ProviderRepository:
    """Reads and writes `provider`."""

    def __init__(self, database: Database, audit: AuditTrail) -> None:
        self._database = database
        self._audit = audit

    async def fetch(self, *, after: str, limit: int) -> "list[asyncpg.Record]":
        """Providers with a key behind `after`, in the order of keys."""
        return await self._database.fetch(_LIST, after, limit)

    async def find(self, key: str) -> "asyncpg.Record | None":
        """One provider, or None."""
        return await self._database.fetchrow(_FIND, key)

    async def create(self, new: NewProvider, actor: Actor) -> "asyncpg.Record":
        """Make a provider.

        Raises:
            ProviderExists, DatabaseAway.
        """
        async with self._database.connection() as connection, connection.transaction():
            try:
                await connection.execute(_INSERT, new.key, new.name, new.contact, new.auto_register)
            except asyncpg.UniqueViolationError as error:
                raise ProviderExists(f"there is a provider {new.key} already") from error
            details = {"name": new.name, "contact": new.contact, "autoRegister": new.auto_register}
            await self._record(connection, actor, "provider.created", new.key, details)
            return await _present(connection, new.key)

    async def change(
        self, key: str, change: ProviderChange, if_match: str | None, actor: Actor
    ) -> "asyncpg.Record":
        """Change a provider; nothing is written when nothing changes.

        Raises:
            ProviderUnknown, PreconditionFailed, DatabaseAway.
        """
        async with self._database.connection() as connection, connection.transaction():
            row = await connection.fetchrow(_LOCK, key)
            if row is None:
                raise ProviderUnknown(key)
            before = administered(row)
            check_unchanged(if_match, version_of(before))
            wanted = {
                "name": change.name,
                "contact": change.contact,
                "autoRegister": change.auto_register,
                "correctionsByPost": change.corrections_by_post,
                "disabled": change.disabled,
            }
            after = before | {name: value for name, value in wanted.items() if value is not None}
            after["limits"] = before["limits"] | dict(change.limits)
            changed = difference(before, after)
            if changed:
                await connection.execute(
                    _UPDATE,
                    *(key, after["name"], after["contact"], after["autoRegister"], after["disabled"]),
                    after["correctionsByPost"],
                    *after["limits"].values(),
                )
            if changed.pop("disabled", None) is not None:
                action = "provider.disabled" if after["disabled"] else "provider.enabled"
                await self._record(connection, actor, action, key, {})
            if changed:
                await self._record(connection, actor, "provider.changed", key, changed)
            return await _present(connection, key)

    async def _record(
        self,
        connection: "asyncpg.Connection[Any]",
        actor: Actor,
        action: str,
        key: str,
        details: dict[str, Any],
    ) -> None:
        await self._audit.record(
            connection,
            actor=actor.name,
            action=action,
            object=f"provider/{key}",
            details=details,
            client=actor.client,
        )


async def _present(connection: "asyncpg.Connection[Any]", key: str) -> "asyncpg.Record":
    row = await connection.fetchrow(_FIND, key)
    if row is None:
        raise RuntimeError("a provider is gone in the transaction that wrote it")
    return row
