"""Present revisions that a lane remembers, so that it need not read back what it wrote itself."""

from collections.abc import Collection, Mapping
from typing import Any

import asyncpg

from fansipan_analytics.indicators.value_repository import Head, Key, fetch_heads


class Heads:
    """Present revisions by key. Valid while one worker owns the lane without a break: else `forget`.

    What a transaction writes is taken over by `committed`, after its commit.
    """

    def __init__(self, *, capacity: int = 5_000) -> None:
        self._known: dict[Key, Head] = {}
        self._written: dict[Key, Head] = {}
        self._capacity = capacity

    async def fetch(self, connection: "asyncpg.Connection[Any]", keys: Collection[Key]) -> dict[Key, Head]:
        """The present revisions of some figures; those that do not exist yet are left out."""
        found = {
            key: head for key in keys if (head := self._written.get(key) or self._known.get(key)) is not None
        }
        missing = [key for key in keys if key not in found]
        if missing:
            fetched = await fetch_heads(connection, missing)
            found |= fetched
            self._written |= fetched
        return found

    def wrote(self, heads: Mapping[Key, Head]) -> None:
        """The open transaction has written these."""
        self._written |= heads

    def committed(self) -> None:
        """The transaction is committed."""
        self._known |= self._written
        self._written.clear()
        if len(self._known) > self._capacity:
            self._known.clear()

    def forget(self) -> None:
        """Somebody else may have written, or the transaction was rolled back."""
        self._known.clear()
        self._written.clear()
