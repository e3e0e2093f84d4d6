"""Administering providers."""

from typing import Any, Final

from fansipan_gateway.administration.actor import Actor
from fansipan_gateway.administration.providers.domain import (
    NewProvider,
    ProviderChange,
    ProviderUnknown,
    provider_item,
)
from fansipan_gateway.administration.providers.repository import ProviderRepository
from fansipan_gateway.domain.cursor import decode_key_cursor, encode_cursor
from fansipan_gateway.domain.pages import Page, page_of

_KIND: Final = "providers"


class Providers:
    """Who pushes data. A provider is never deleted: what it sent stays. Disabled, none of its keys is good."""

    def __init__(self, repository: ProviderRepository) -> None:
        self._repository = repository

    async def list(self, *, limit: int, cursor: str | None) -> Page:
        """Providers in the order of their keys.

        Raises:
            BadCursor, DatabaseAway.
        """
        after = decode_key_cursor(_KIND, cursor)
        rows = await self._repository.fetch(after=after, limit=limit + 1)
        return page_of(rows, limit, provider_item, behind=lambda row: encode_cursor(_KIND, row["key"]))

    async def get(self, key: str) -> dict[str, Any]:
        """One provider.

        Raises:
            ProviderUnknown, DatabaseAway.
        """
        row = await self._repository.find(key)
        if row is None:
            raise ProviderUnknown(key)
        return provider_item(row)

    async def create(self, new: NewProvider, actor: Actor) -> dict[str, Any]:
        """Make a provider.

        Raises:
            ProviderExists, DatabaseAway.
        """
        return provider_item(await self._repository.create(new, actor))

    async def change(
        self, key: str, change: ProviderChange, if_match: str | None, actor: Actor
    ) -> dict[str, Any]:
        """Change a provider.

        Raises:
            ProviderUnknown, PreconditionFailed, DatabaseAway.
        """
        return provider_item(await self._repository.change(key, change, if_match, actor))
