"""API keys as admins see them, and what a new one may be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fansipan_common.errors import ClientFault, NotFound, Unprocessable
from fansipan_common.security import Scope
from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.time_range import format_instant


class ApiKeyUnknown(NotFound):
    """No key has that id."""

    code, title = "api-key-unknown", "No such API key"


class ProviderDisabled(ClientFault):
    """Keys of a disabled provider are not good."""

    status, code, title = 409, "provider-disabled", "The provider is disabled"


@dataclass(frozen=True, slots=True)
class NewKey:
    """What an admin says of a new key; no prefix means all datastreams of the provider, no expiry none."""

    provider: str
    name: str
    scopes: tuple[Scope, ...]
    prefixes: tuple[str, ...]
    expires_at: datetime | None


def check_new_key(provider: str, prefixes: Sequence[str], expires_at: datetime | None, now: datetime) -> None:
    """Raise `Unprocessable` when the key could never be used."""
    for prefix in prefixes:
        if not prefix.startswith(f"{provider}/"):
            raise Unprocessable(
                f"{prefix!r} is not among the provider's datastreams; begin it with {provider}/"
            )
    if expires_at is not None and expires_at <= now:
        raise Unprocessable("expiresAt has passed already")


def key_item(row: Row, now: datetime) -> dict[str, Any]:
    """A key as JSON, without anything secret."""
    revoked, expires = row["revoked_at"], row["expires_at"]
    state = "revoked" if revoked else "expired" if expires is not None and expires <= now else "active"
    return {
        "id": row["id"],
        "provider": row["provider"],
        "name": row["name"],
        "scopes": row["scopes"],
        "datastreamPrefixes": row["datastream_prefixes"],
        "state": state,
        "createdAt": _instant(row["created_at"]),
        "createdBy": row["created_by"],
        "expiresAt": _instant(expires),
        "revokedAt": _instant(revoked),
        "revokedBy": row["revoked_by"],
        "replaces": row["replaces"],
    }


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else format_instant(moment.astimezone(UTC))
