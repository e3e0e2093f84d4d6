"""Which sessions were signed out: asked of the database, and remembered for while it is away."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from enum import Enum, auto
from typing import Final

from fansipan_common.db import DatabaseAway
from fansipan_gateway.sessions.repository import EndedSessions

_MAX_ENTRIES: Final = 10_000
_LOOKUP_SECONDS: Final = 3.0
_PAUSE_SECONDS: Final = 1.0


class Ending(Enum):
    """Whether a session was signed out."""

    ENDED = auto()
    LASTS = auto()
    LASTED = auto()
    """The database is away; some minutes ago at most it had not ended."""


class Endings:
    """Says whether a session was signed out.

    Args:
        repository: where that is kept.
        stale_for: seconds for which a session that had not ended may be taken to last while the database is away.
        monotonic: the clock, to be replaced in tests.
    """

    def __init__(
        self,
        repository: EndedSessions,
        *,
        stale_for: float = 600.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._repository = repository
        self._stale_for = stale_for
        self._monotonic = monotonic
        self._lasted: OrderedDict[bytes, float] = OrderedDict()
        self._away_until = float("-inf")

    async def of(self, id_hash: bytes, *, or_stale: bool) -> Ending:
        """Whether a session was signed out.

        Args:
            id_hash: of the session.
            or_stale: whether `LASTED` will do.

        Raises:
            DatabaseAway: within about three seconds, or at once when it was found away just now.
        """
        try:
            return await self._ask(id_hash)
        except DatabaseAway:
            asked_at = self._lasted.get(id_hash)
            if not or_stale or asked_at is None or self._monotonic() - asked_at >= self._stale_for:
                raise
            return Ending.LASTED

    async def add(self, id_hash: bytes, until: datetime) -> None:
        """A session was signed out; remembered until it would have been over anyway.

        Raises:
            DatabaseAway.
        """
        self._lasted.pop(id_hash, None)
        await self._repository.add(id_hash, until)

    def lasts(self, id_hash: bytes) -> None:
        """A session began just now."""
        self._lasted[id_hash] = self._monotonic()
        self._lasted.move_to_end(id_hash)
        while len(self._lasted) > _MAX_ENTRIES:
            self._lasted.popitem(last=False)

    async def _ask(self, id_hash: bytes) -> Ending:
        if self._monotonic() < self._away_until:
            raise DatabaseAway("the database does not answer; try again")
        try:
            async with asyncio.timeout(_LOOKUP_SECONDS):
                ended = await self._repository.contains(id_hash)
        except (DatabaseAway, TimeoutError) as error:
            self._away_until = self._monotonic() + _PAUSE_SECONDS
            raise DatabaseAway("the database does not answer; try again") from error
        if ended:
            self._lasted.pop(id_hash, None)
            return Ending.ENDED
        self.lasts(id_hash)
        return Ending.LASTS
