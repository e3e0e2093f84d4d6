"""Keys of a provider in the database, as far as a manager's rights go."""

from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg

from fansipan_common.db import Database
from fansipan_common.errors import Forbidden, Unprocessable
from fansipan_common.security import NewApiKey
from fansipan_gateway.administration.keys.domain import ApiKeyUnknown, NewKey, ProviderDisabled
from fansipan_gateway.audit import AuditTrail
from fansipan_gateway.self_service.manager import Manager

_SELECT: Final = """
SELECT k.id, p.key AS provider, k.name, k.scopes, k.datastream_prefixes, k.created_at, k.created_by, k.expires_at,
       k.revoked_at, k.revoked_by, k.replaces
  FROM api_key k JOIN provider p ON p.id = k.provider_id
 WHERE k.provider_id = $1
"""
_COVERED: Final = """
   AND k.scopes <@ $2::text[] AND ($3::text[] IS NULL OR (k.datastream_prefixes <> '{}'
       AND NOT EXISTS (SELECT FROM unnest(k.datastream_prefixes) own WHERE NOT own ^@ ANY($3))))
"""
_LIST: Final = (
    _SELECT
    + _COVERED
    + """
   AND ($4::timestamptz IS NULL OR (k.created_at, k.id) < ($4, $5))
 ORDER BY k.created_at DESC, k.id DESC LIMIT $6
"""
)
_FIND: Final = _SELECT + " AND k.id = $2"
_LOCK: Final = _FIND + " FOR UPDATE OF k"
_ACTIVE: Final = """
SELECT count(*) FROM api_key
 WHERE provider_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
"""
_OWN: Final = """
SELECT revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) AS is_good, expires_at
  FROM api_key WHERE id = $1 FOR SHARE
"""
_PROVIDER: Final = "SELECT disabled_at FROM provider WHERE id = $1 FOR UPDATE"
_INSERT: Final = """
INSERT INTO api_key (id, provider_id, name, secret_hash, scopes, datastream_prefixes, expires_at, created_by, replaces)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_EXPIRE: Final = """
UPDATE api_key SET expires_at = least(expires_at, now() + $2::interval) WHERE id = $1 RETURNING expires_at
"""
_REVOKE: Final = (
    "UPDATE api_key SET revoked_at = now(), revoked_by = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING id"
)
MOST_ACTIVE: Final = 200
"""Good keys of one provider at once."""


class ManagedKeys:
    """Reads and writes `api_key` for managers of a provider."""

    def __init__(self, database: Database, audit: AuditTrail) -> None:
        self._database = database
        self._audit = audit

    async def fetch(
        self, manager: Manager, *, before: tuple[datetime, str] | None, limit: int
    ) -> "list[asyncpg.Record]":
        """Keys that have no right the manager has not, newest first."""
        return await self._database.fetch(
            _LIST,
            manager.provider_id,
            [str(scope) for scope in manager.scopes],
            list(manager.prefixes) or None,
            *(before or (None, None)),
            limit,
        )

    async def create(self, manager: Manager, new: NewKey, key: NewApiKey) -> "asyncpg.Record":
        """Store a key.

        Raises:
            Forbidden: it would have, or outlive, a right of the manager's.
            ProviderDisabled, Unprocessable, DatabaseAway.
        """
        async with self._database.connection() as connection, connection.transaction():
            await self._check(connection, manager, new)
            return await self._insert(connection, manager, new, key, None)

    async def rotate(
        self, manager: Manager, key_id: str, key: NewApiKey, overlap: timedelta
    ) -> "asyncpg.Record":
        """Put a new key with the same rights beside one, which ends after `overlap`.

        Raises:
            ApiKeyUnknown, Forbidden, Unprocessable, ProviderDisabled, DatabaseAway.
        """
        async with self._database.connection() as connection, connection.transaction():
            old = await self._locked(connection, manager, key_id)
            if old["revoked_at"] is not None:
                raise Unprocessable("a key that was revoked is not rotated: make a new one")
            new = NewKey(
                manager.provider,
                old["name"],
                tuple(old["scopes"]),
                tuple(old["datastream_prefixes"]),
                old["expires_at"],
            )
            await self._check(connection, manager, new)
            row = await self._insert(connection, manager, new, key, key_id)
            ends = await connection.fetchval(_EXPIRE, key_id, overlap)
            await self._record(
                connection,
                manager,
                "api-key.rotated",
                key_id,
                {"by": key.id, "endsAt": ends.isoformat()},
            )
            return row

    async def revoke(self, manager: Manager, key_id: str) -> None:
        """End a key now; again is the same.

        Raises:
            ApiKeyUnknown, DatabaseAway.
        """
        async with self._database.connection() as connection, connection.transaction():
            row = await self._locked(connection, manager, key_id)
            if await connection.fetchval(_REVOKE, key_id, manager.actor.name) is not None:
                await self._record(
                    connection,
                    manager,
                    "api-key.revoked",
                    key_id,
                    {"provider": manager.provider, "name": row["name"]},
                )

    async def _locked(
        self, connection: "asyncpg.Connection[Any]", manager: Manager, key_id: str
    ) -> "asyncpg.Record":
        row = await connection.fetchrow(_LOCK, manager.provider_id, key_id)
        if row is None or not manager.covers(row["scopes"], row["datastream_prefixes"]):
            raise ApiKeyUnknown(f"there is no API key {key_id} here")
        return row

    async def _check(self, connection: "asyncpg.Connection[Any]", manager: Manager, new: NewKey) -> None:
        if await connection.fetchval(_PROVIDER, manager.provider_id) is not None:
            raise ProviderDisabled(f"the provider {manager.provider} is disabled")
        if not manager.covers(new.scopes, new.prefixes):
            raise Forbidden("a key cannot be given scopes or datastreams that whoever makes it has not")
        if manager.key_id is not None:
            own = await connection.fetchrow(_OWN, manager.key_id)
            if own is None or not own["is_good"]:
                raise Forbidden("the key that makes it is not good any more")
            if own["expires_at"] is not None and (
                new.expires_at is None or new.expires_at > own["expires_at"]
            ):
                raise Forbidden(
                    f"a key cannot outlive the one that makes it: expiresAt is {own['expires_at'].isoformat()} at most"
                )
        if await connection.fetchval(_ACTIVE, manager.provider_id) >= MOST_ACTIVE:
            raise Unprocessable(f"a provider has {MOST_ACTIVE} good keys at most: revoke some")

    async def _insert(
        self,
        connection: "asyncpg.Connection[Any]",
        manager: Manager,
        new: NewKey,
        key: NewApiKey,
        replaces: str | None,
    ) -> "asyncpg.Record":
        scopes, prefixes = [str(scope) for scope in new.scopes], list(new.prefixes)
        await connection.execute(
            _INSERT,
            *(key.id, manager.provider_id, new.name, key.secret_hash, scopes, prefixes),
            *(new.expires_at, manager.actor.name, replaces),
        )
        details = {
            "provider": manager.provider,
            "name": new.name,
            "scopes": scopes,
            "datastreamPrefixes": prefixes,
            "expiresAt": None if new.expires_at is None else new.expires_at.isoformat(),
        }
        if replaces is not None:
            details["replaces"] = replaces
        await self._record(connection, manager, "api-key.created", key.id, details)
        row = await connection.fetchrow(_FIND, manager.provider_id, key.id)
        if row is None:
            raise RuntimeError("a key is gone in the transaction that wrote it")
        return row

    async def _record(
        self,
        connection: "asyncpg.Connection[Any]",
        manager: Manager,
        action: str,
        key_id: str,
        details: dict[str, Any],
    ) -> None:
        await self._audit.record(
            connection,
            actor=manager.actor.name,
            action=action,
            object=f"api-key/{key_id}",
            details=details,
            client=manager.actor.client,
        )
