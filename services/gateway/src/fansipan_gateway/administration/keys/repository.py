"""API keys in the database; only digests of their secrets."""

from datetime import datetime
from typing import Final

import asyncpg

from fansipan_common.db import Database
from fansipan_common.security import NewApiKey
from fansipan_gateway.administration.actor import Actor
from fansipan_gateway.administration.keys.domain import NewKey, ProviderDisabled
from fansipan_gateway.administration.providers.domain import ProviderUnknown
from fansipan_gateway.audit import AuditTrail

_SELECT: Final = """
SELECT k.id, p.key AS provider, k.name, k.scopes, k.datastream_prefixes, k.created_at, k.created_by, k.expires_at,
       k.revoked_at, k.revoked_by, k.replaces
  FROM api_key k JOIN provider p ON p.id = k.provider_id
"""
_LIST: Final = (
    _SELECT
    + """
 WHERE ($1::text IS NULL OR p.key = $1) AND ($2::timestamptz IS NULL OR (k.created_at, k.id) < ($2, $3))
 ORDER BY k.created_at DESC, k.id DESC LIMIT $4
"""
)
_FIND: Final = _SELECT + " WHERE k.id = $1"
_PROVIDER: Final = "SELECT id, disabled_at FROM provider WHERE key = $1 FOR SHARE"
_INSERT: Final = """
INSERT INTO api_key (id, provider_id, name, secret_hash, scopes, datastream_prefixes, expires_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_REVOKE: Final = """
UPDATE api_key SET revoked_at = now(), revoked_by = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING name
"""


class KeyRepository:
    """Reads and writes `api_key`."""

    def __init__(self, database: Database, audit: AuditTrail) -> None:
        self._database = database
        self._audit = audit

    async def fetch(
        self, provider: str | None, *, before: tuple[datetime, str] | None, limit: int
    ) -> "list[asyncpg.Record]":
        """Keys, newest first, behind `before` (when it was made, id)."""
        return await self._database.fetch(_LIST, provider, *(before or (None, None)), limit)

    async def provider_exists(self, provider: str) -> bool:
        """Whether there is such a provider."""
        return await self._database.fetchrow("SELECT FROM provider WHERE key = $1", provider) is not None

    async def create(self, new: NewKey, key: NewApiKey, actor: Actor) -> "asyncpg.Record":
        """Store a key.

        Raises:
            ProviderUnknown, ProviderDisabled, DatabaseAway.
        """
        async with self._database.connection() as connection, connection.transaction():
            provider = await connection.fetchrow(_PROVIDER, new.provider)
            if provider is None:
                raise ProviderUnknown(new.provider)
            if provider["disabled_at"] is not None:
                raise ProviderDisabled(f"the provider {new.provider} is disabled: enable it first")
            scopes = [str(scope) for scope in new.scopes]
            await connection.execute(
                _INSERT,
                *(key.id, provider["id"], new.name, key.secret_hash, scopes, list(new.prefixes)),
                *(new.expires_at, actor.name),
            )
            await self._audit.record(
                connection,
                actor=actor.name,
                action="api-key.created",
                object=f"api-key/{key.id}",
                details={
                    "provider": new.provider,
                    "name": new.name,
                    "scopes": scopes,
                    "datastreamPrefixes": list(new.prefixes),
                    "expiresAt": None if new.expires_at is None else new.expires_at.isoformat(),
                },
                client=actor.client,
            )
            row = await connection.fetchrow(_FIND, key.id)
            if row is None:
                raise RuntimeError("a key is gone in the transaction that wrote it")
            return row

    async def revoke(self, key_id: str, actor: Actor) -> bool:
        """Revoke a key, once; False: there is none."""
        async with self._database.connection() as connection, connection.transaction():
            if await connection.fetchrow(_REVOKE, key_id, actor.name) is None:
                return await connection.fetchrow(_FIND, key_id) is not None
            row = await connection.fetchrow(_FIND, key_id)
            await self._audit.record(
                connection,
                actor=actor.name,
                action="api-key.revoked",
                object=f"api-key/{key_id}",
                details={} if row is None else {"provider": row["provider"], "name": row["name"]},
                client=actor.client,
            )
            return True
