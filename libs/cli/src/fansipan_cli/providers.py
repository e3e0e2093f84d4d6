"""Providers and their API keys in the database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fansipan_cli.database import Connection, one
from fansipan_common.security import NewApiKey, Scope


@dataclass(frozen=True, slots=True)
class Provider:
    """An organisation that pushes data."""

    id: int
    key: str
    name: str
    auto_register: bool


def ensure_provider(
    connection: Connection, key: str, *, name: str | None, auto_register: bool | None
) -> Provider:
    """The provider `key`, made when missing; a given name or permission replaces what is stored."""
    row = one(
        connection,
        """
        INSERT INTO provider (key, name, auto_register)
        VALUES (%s, coalesce(%s, %s), coalesce(%s, false))
        ON CONFLICT (key) DO UPDATE SET name = coalesce(%s, provider.name),
                                        auto_register = coalesce(%s, provider.auto_register)
        RETURNING id, key, name, auto_register
        """,
        key,
        name,
        key,
        auto_register,
        name,
        auto_register,
    )
    if row is None:
        raise RuntimeError("an upsert of a provider returned no row")
    return Provider(**row)


def add_key(
    connection: Connection,
    provider: Provider,
    key: NewApiKey,
    *,
    name: str,
    scopes: list[Scope],
    prefixes: list[str],
    expires_at: datetime | None,
) -> None:
    """Store a new key (its digest only)."""
    connection.execute(
        "INSERT INTO api_key (id, provider_id, name, secret_hash, scopes, datastream_prefixes, expires_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (key.id, provider.id, name, key.secret_hash, [str(scope) for scope in scopes], prefixes, expires_at),
    )


def list_keys(connection: Connection, provider: str | None) -> list[dict[str, Any]]:
    """All keys, newest first, without anything secret."""
    return connection.execute(
        """
        SELECT k.id, p.key AS provider, k.name, k.scopes, k.datastream_prefixes, k.created_at, k.expires_at,
               k.revoked_at
          FROM api_key k JOIN provider p ON p.id = k.provider_id
         WHERE %(provider)s::text IS NULL OR p.key = %(provider)s
         ORDER BY k.created_at DESC, k.id
        """,
        {"provider": provider},
    ).fetchall()


def revoke_key(connection: Connection, key_id: str) -> datetime | None:
    """Revoke a key; returns since when it is revoked, None when there is no such key. Safe to repeat."""
    row = one(
        connection,
        "UPDATE api_key SET revoked_at = coalesce(revoked_at, now()) WHERE id = %s RETURNING revoked_at",
        key_id,
    )
    return None if row is None else row["revoked_at"]
