"""Who manages a provider: an admin any, a member theirs, a key with the scope `manage` its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Path, Request

from fansipan_common.db import Database
from fansipan_common.errors import Forbidden
from fansipan_common.security import Scope
from fansipan_gateway.access.domain import Kind, LoginNeeded, Reader
from fansipan_gateway.access.identification import identify
from fansipan_gateway.access.service import Access
from fansipan_gateway.administration.actor import Actor, actor_of
from fansipan_gateway.administration.providers.domain import ProviderUnknown

_FIND: Final = "SELECT id, key FROM provider WHERE key = $1"
_OWN: Final = "SELECT key FROM provider WHERE id = $1"
_ALL: Final = frozenset(Scope)
Managed = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$", description="Key of the provider.")]


@dataclass(frozen=True, slots=True)
class Manager:
    """Somebody who manages a provider, and what they may give to others.

    Attributes:
        actor: for the audit trail.
        provider_id, provider: the provider.
        key_id: of an API key; None: an operator.
        scopes: no key that they make has another.
        prefixes: nor may it touch datastreams that begin otherwise; empty: no limit.
    """

    actor: Actor
    provider_id: int
    provider: str
    key_id: str | None = None
    scopes: frozenset[Scope] = _ALL
    prefixes: tuple[str, ...] = ()

    def covers(self, scopes: Sequence[str], prefixes: Sequence[str]) -> bool:
        """Whether a key with these rights has none that the manager has not."""
        return set(scopes) <= self.scopes and (
            not self.prefixes
            or (bool(prefixes) and all(prefix.startswith(self.prefixes) for prefix in prefixes))
        )


class Managers:
    """Finds out who manages.

    Args:
        access: who sends a request.
        database: where providers are.
    """

    def __init__(self, access: Access, database: Database) -> None:
        self._access = access
        self._database = database

    async def of(self, request: Request, provider: Managed) -> Manager:
        """The manager of the provider in a request's path.

        Raises:
            LoginNeeded, Forbidden, ProviderUnknown, DatabaseAway.
        """
        reader = await self._reader(request)
        row = await self._database.fetchrow(_FIND, provider)
        actor = actor_of(request, reader)
        if reader.kind is Kind.API_KEY:
            if row is None or row["id"] != reader.visibility.own_provider_id:
                raise Forbidden(f"this API key does not manage the provider {provider}")
            return Manager(
                Actor(f"api-key/{reader.name}", actor.client),
                row["id"],
                row["key"],
                reader.name,
                reader.scopes,
                reader.visibility.own_prefixes,
            )
        if provider not in reader.providers and not _administers(reader):
            raise Forbidden(f"you are no member of the provider {provider}; an admin can make you one")
        if row is None:
            raise ProviderUnknown(provider)
        return Manager(actor, row["id"], row["key"])

    async def providers(self, request: Request) -> list[str] | None:
        """Keys of the providers that who sends a request manages; None: all.

        Raises:
            LoginNeeded, Forbidden, DatabaseAway.
        """
        reader = await self._reader(request)
        if reader.kind is Kind.API_KEY:
            row = await self._database.fetchrow(_OWN, reader.visibility.own_provider_id)
            return [] if row is None else [row["key"]]
        return None if _administers(reader) else list(reader.providers)

    async def _reader(self, request: Request) -> Reader:
        reader = await identify(self._access, request.scope)
        if reader.kind is Kind.ANONYMOUS:
            raise LoginNeeded("sign in, or send an API key with the scope manage")
        if reader.kind is Kind.API_KEY and Scope.MANAGE not in reader.scopes:
            raise Forbidden("this API key lacks the scope 'manage'; ask for a key that has it")
        return reader


def _administers(reader: Reader) -> bool:
    return reader.role == "admin" and not reader.visibility.limited
