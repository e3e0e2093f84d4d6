"""Providers and their API keys in the database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fansipan_cli.audit import actor, record
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
    before = one(connection, "SELECT name, auto_register FROM provider WHERE key = %s FOR UPDATE", key)
    row = one(
        connection,
        """
        INSERT INTO provider (key, name, auto_register)
        VALUES (%s, coalesce(%s, %s), coalesce(%s, false))
        ON CONFLICT (key) DO UPDATE SET name = coalesce(%s, provider.name),
                                        auto_register = coalesce(%s, provider.auto_register)
        RETURNING id, key, name, auto_register, xmax = 0 AS is_new
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
    is_new = row.pop("is_new")
    provider = Provider(**row)
    fields = {"name": ("name", provider.name), "autoRegister": ("auto_register", provider.auto_register)}
    if is_new:
        details: dict[str, Any] = {word: value for word, (_, value) in fields.items()}
        record(connection, "provider.created", f"provider/{key}", details)
    elif before is not None:
        changed = {
            word: {"from": before[column], "to": value}
            for word, (column, value) in fields.items()
            if before[column] != value
        }
        if changed:
            record(connection, "provider.changed", f"provider/{key}", changed)
    return provider


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
        "INSERT INTO api_key (id, provider_id, name, secret_hash, scopes, datastream_prefixes, expires_at, created_by)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        (key.id, provider.id, name, key.secret_hash, [*map(str, scopes)], prefixes, expires_at, actor()),
    )
    details = {
        "provider": provider.key,
        "name": name,
        "scopes": [*map(str, scopes)],
        "datastreamPrefixes": prefixes,
        "expiresAt": None if expires_at is None else expires_at.isoformat(),
    }
    record(connection, "api-key.created", f"api-key/{key.id}", details)


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
        "UPDATE api_key k SET revoked_at = now(), revoked_by = %s FROM provider p"
        " WHERE k.id = %s AND k.revoked_at IS NULL AND p.id = k.provider_id"
        " RETURNING k.revoked_at, k.name, p.key AS provider",
        actor(),
        key_id,
    )
    if row is None:
        row = one(connection, "SELECT revoked_at FROM api_key WHERE id = %s", key_id)
        return None if row is None else row["revoked_at"]
    record(
        connection,
        "api-key.revoked",
        f"api-key/{key_id}",
        {"provider": row["provider"], "name": row["name"]},
    )
    return row["revoked_at"]
