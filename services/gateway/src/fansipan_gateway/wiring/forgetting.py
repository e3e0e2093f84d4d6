"""What is forgotten when PostgreSQL says that something has changed."""

from collections.abc import Sequence
from typing import Protocol

from fansipan_gateway.caching.domain import Noun
from fansipan_gateway.caching.versions import DataVersions


class Cache(Protocol):
    """Remembers rows."""

    def invalidate(self) -> None:
        """Forget everything."""
        ...


class Forgetting:
    """Forgets what is remembered of one kind of data, and the answers made of it.

    Args:
        versions: of all data; answers are remembered by them.
        noun: the kind of data.
        caches: what remembers rows of it.
    """

    def __init__(self, versions: DataVersions, noun: Noun, caches: Sequence[Cache]) -> None:
        self._versions = versions
        self._noun = noun
        self._caches = caches

    async def forget(self) -> None:
        """It has changed. Rows first: an answer that is made from now on must not rest on old ones."""
        for cache in self._caches:
            cache.invalidate()
        self._versions.advance(self._noun)
