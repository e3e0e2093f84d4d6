"""Providers and keys, made in the database as `fansipan keys create` makes them."""

from dataclasses import dataclass
from datetime import datetime

from fansipan_cli.database import connected
from fansipan_cli.providers import add_key, ensure_provider
from fansipan_common.security import Scope, generate_api_key


@dataclass(frozen=True, slots=True)
class Credentials:
    """A provider and one of its keys."""

    provider: str
    key_id: str
    key: str


def make_key(
    database_url: str,
    provider: str,
    *,
    auto_register: bool = True,
    scopes: tuple[Scope, ...] = (Scope.WRITE,),
    prefixes: tuple[str, ...] = (),
    expires_at: datetime | None = None,
) -> Credentials:
    """A new key of a provider, which is made when missing."""
    key = generate_api_key()
    with connected(database_url) as connection:
        owner = ensure_provider(connection, provider, name=None, auto_register=auto_register)
        add_key(
            connection,
            owner,
            key,
            name="test",
            scopes=list(scopes),
            prefixes=list(prefixes),
            expires_at=expires_at,
        )
    return Credentials(provider, key.id, key.text)
