"""Making and revoking API keys."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fansipan_common.security import generate_api_key
from fansipan_gateway.administration.actor import Actor
from fansipan_gateway.administration.keys.domain import ApiKeyUnknown, NewKey, check_new_key, key_item
from fansipan_gateway.administration.keys.repository import KeyRepository
from fansipan_gateway.administration.providers.domain import ProviderUnknown
from fansipan_gateway.domain.cursor import BadCursor, decode_cursor, encode_cursor
from fansipan_gateway.domain.pages import Page, page_of
from fansipan_gateway.domain.results import Row

_KIND: Final = "api-keys"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Keys:
    """API keys: a secret is shown once and kept as a digest; a revoked key is refused within a second everywhere."""

    def __init__(self, repository: KeyRepository, now: Callable[[], datetime]) -> None:
        self._repository = repository
        self._now = now

    async def list(self, provider: str | None, *, limit: int, cursor: str | None) -> Page:
        """Keys of a provider (None: of all), newest first.

        Raises:
            ProviderUnknown, BadCursor, DatabaseAway.
        """
        if provider is not None and not await self._repository.provider_exists(provider):
            raise ProviderUnknown(provider)
        rows = await self._repository.fetch(provider, before=place_of(cursor), limit=limit + 1)
        now = self._now()
        return page_of(rows, limit, lambda row: key_item(row, now), behind=cursor_behind)

    async def create(self, new: NewKey, actor: Actor) -> dict[str, Any]:
        """Make a key; `key` in the answer is the only time it is shown.

        Raises:
            Unprocessable: it could never be used.
            ProviderUnknown, ProviderDisabled, DatabaseAway.
        """
        check_new_key(new.provider, new.prefixes, new.expires_at, self._now())
        key = generate_api_key()
        row = await self._repository.create(new, key, actor)
        return {**key_item(row, self._now()), "key": key.text}

    async def revoke(self, key_id: str, actor: Actor) -> None:
        """Revoke a key; again is the same.

        Raises:
            ApiKeyUnknown, DatabaseAway.
        """
        if not await self._repository.revoke(key_id, actor):
            raise ApiKeyUnknown(f"there is no API key {key_id}")


def cursor_behind(row: Row) -> str:
    """Where a page that ends with this key ends."""
    return encode_cursor(_KIND, (row["created_at"] - _EPOCH) // _MICROSECOND, row["id"])


def place_of(cursor: str | None) -> tuple[datetime, str] | None:
    """When the last key of the page before was made, and its id.

    Raises:
        BadCursor.
    """
    if cursor is None:
        return None
    made, key_id = decode_cursor(_KIND, cursor, int, str)
    try:
        return _EPOCH + int(made) * _MICROSECOND, str(key_id)
    except OverflowError as error:
        raise BadCursor from error
