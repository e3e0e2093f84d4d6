"""Present revisions that a lane remembers, so that it need not read back what it wrote itself."""

from collections.abc import Collection, Mapping
from typing import Any

import asyncpg

from fansipan_analytics.indicators.value_repository import Head, Key, fetch_heads


class Heads:
    """Present revisions by key. Valid while one worker owns the lane without a break: else `forget`.

    That a figure does not exist yet is remembered, too. What a transaction writes is taken over by `committed`, after
    its commit.
    """

    def __init__(self, *, capacity: int = 5_000) -> None:
        self._known: dict[Key, Head | None] = {}
        self._written: dict[Key, Head | None] = {}
        self._capacity = capacity

    async def fetch(self, connection: "asyncpg.Connection[Any]", keys: Collection[Key]) -> dict[Key, Head]:
        """The present revisions of some figures; those that do not exist yet are left out."""
        written, known = self._written, self._known
        missing = [key for key in keys if key not in written and key not in known]
        if missing:
            written.update(dict.fromkeys(missing))
            written.update(await fetch_heads(connection, missing))
        found: dict[Key, Head] = {}
        for key in keys:
            head = written[key] if key in written else known[key]
            if head is not None:
                found[key] = head
        return found

    def wrote(self, heads: Mapping[Key, Head]) -> None:
        """The open transaction has written these."""
        self._written.update(heads)

    def committed(self) -> None:
        """The transaction is committed."""
        if len(self._known) + len(self._written) > self._capacity:
            self._known.clear()  # what was asked for just now is asked for next, too
        self._known.update(self._written)
        self._written.clear()

    def forget(self) -> None:
        """Somebody else may have written, or the transaction was rolled back."""
        self._known.clear()
        self._written.clear()
