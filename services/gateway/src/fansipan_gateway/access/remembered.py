"""Operators as they were a moment ago: remembered for seconds, and for minutes while the database is away."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from fansipan_common.db import DatabaseAway
from fansipan_gateway.access.repository import OperatorRepository, OperatorRow

_log = structlog.get_logger(__name__)

_MAX_ENTRIES: Final = 1_000
_LOOKUP_SECONDS: Final = 3.0
_PAUSE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class _Known:
    operator: OperatorRow
    loaded_at: float
    generation: int


class RememberedOperators:
    """Finds operators without asking the database at every request.

    An operator is asked for again after `ttl` seconds, and after `invalidate`. While the database is away, those seen
    in the last `stale_for` seconds may go on reading with the rights they had (docs/adr/0014).

    Args:
        repository: where operators are.
        ttl, stale_for: seconds.
        monotonic: the clock, to be replaced in tests.
    """

    def __init__(
        self,
        repository: OperatorRepository,
        *,
        ttl: float = 10.0,
        stale_for: float = 600.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._repository = repository
        self._ttl = ttl
        self._stale_for = stale_for
        self._monotonic = monotonic
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._loading: dict[tuple[str, int], asyncio.Task[OperatorRow | None]] = {}
        self._generation = 0
        self._away_until = float("-inf")

    async def find(self, username: str, *, or_stale: bool = False) -> OperatorRow | None:
        """The operator of that name, at most some seconds old; None: there is none, or they are disabled.

        Args:
            username: the name.
            or_stale: whether older rights will do while the database is away: to read, never to change anything.

        Raises:
            DatabaseAway: within about three seconds, or at once when it was found away just now.
        """
        known = self._known.get(username)
        if known is not None and self._is_fresh(known):
            return known.operator
        stale = known.operator if known is not None and or_stale and self._may_be_stale(known) else None
        try:
            if self._monotonic() < self._away_until:
                raise DatabaseAway("the database does not answer; try again")
            return await self._load_once(username)
        except DatabaseAway:
            if self._monotonic() >= self._away_until:
                self._away_until = self._monotonic() + _PAUSE_SECONDS
                _log.warning(
                    "the database is away, operators seen lately may read", stale_for=self._stale_for
                )
            if stale is None:
                raise
            return stale

    async def find_now(self, username: str) -> OperatorRow | None:
        """The operator of that name as the database has them.

        Raises:
            DatabaseAway: within about three seconds.
        """
        try:
            async with asyncio.timeout(_LOOKUP_SECONDS):
                return await self._repository.find(username)
        except TimeoutError as error:
            raise DatabaseAway("the database does not answer; try again") from error

    def invalidate(self) -> None:
        """Read every operator again; called when `registry_changed` is notified."""
        self._generation += 1

    def _is_fresh(self, known: _Known) -> bool:
        return known.generation == self._generation and self._monotonic() - known.loaded_at < self._ttl

    def _may_be_stale(self, known: _Known) -> bool:
        return self._monotonic() - known.loaded_at < self._stale_for

    async def _load_once(self, username: str) -> OperatorRow | None:
        """Load an operator; callers that ask for the same one meanwhile share the query."""
        key = (username, self._generation)
        task = self._loading.get(key)
        if task is None:
            task = asyncio.create_task(self._load(username), name="operator-lookup")
            self._loading[key] = task
            task.add_done_callback(lambda done: self._loaded(key, done))
        return await asyncio.shield(task)

    async def _load(self, username: str) -> OperatorRow | None:
        generation = self._generation  # a change notified during the query makes its result stale at once
        operator = await self.find_now(username)
        if operator is None:
            self._known.pop(username, None)
            return None
        self._known[username] = _Known(operator, self._monotonic(), generation)
        self._known.move_to_end(username)
        while len(self._known) > _MAX_ENTRIES:
            self._known.popitem(last=False)
        return operator

    def _loaded(self, key: tuple[str, int], task: "asyncio.Task[OperatorRow | None]") -> None:
        del self._loading[key]
        if not task.cancelled():
            task.exception()  # each waiter is told
