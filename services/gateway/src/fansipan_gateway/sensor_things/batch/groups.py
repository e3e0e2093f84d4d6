"""Groups of requests that succeed or fail together: one transaction of the registry."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, cast

import orjson

from fansipan_common.db import Database
from fansipan_gateway.sensor_things.batch.domain import MAX_GROUP_SECONDS, GroupsBusy, GroupTooSlow
from fansipan_gateway.sensor_things.faults import BadSyntax
from fansipan_gateway.sensor_things.grammar.paths import parse_path
from fansipan_gateway.sensor_things.model.sets import OBSERVATIONS, SETS
from fansipan_gateway.sensor_things.turns import Turns
from fansipan_gateway.sensor_things.writing.observations.door import CREATE_OBSERVATIONS

_PATIENCE_SECONDS: Final = 5.0
_LOCK_SECONDS: Final = 5.0
_RELATIONS: Final = frozenset(name for entities in SETS.values() for name in entities.relations)


class AtomicGroups:
    """Runs groups in transactions. A group is rolled back when it takes too long: others wait for its locks.

    Args:
        database: of the registry.
        at_once: groups at once in this process, each of which has a connection.
        seconds: that the requests of a group may take.
        lock: seconds that one of them waits for a lock.
        patience: seconds to wait for a place; for another group of the same sender, so much longer than that may take.
    """

    def __init__(
        self,
        database: Database,
        *,
        at_once: int,
        seconds: float = MAX_GROUP_SECONDS,
        lock: float = _LOCK_SECONDS,
        patience: float = _PATIENCE_SECONDS,
    ) -> None:
        self._database = database
        self._places = asyncio.Semaphore(at_once)
        self._turns = Turns(seconds + patience, GroupsBusy)
        self._seconds = seconds
        self._lock = lock
        self._patience = patience

    @asynccontextmanager
    async def begin(self, sender: str) -> AsyncGenerator[None]:
        """Let what this task does in the block be kept, all of it, when it ends; nothing, when it raises.

        Args:
            sender: whose group it is. Theirs are run one at a time: else they would wait for each other in places.

        Raises:
            GroupsBusy: there was no place.
            GroupTooSlow: the block was interrupted.
            DatabaseAway: nothing was kept; OutcomeUnknown: that is not known.
        """
        async with (
            self._turns.of(sender),
            self._place(),
            self._database.transaction(idle=self._seconds, lock=self._lock),
        ):
            try:
                async with asyncio.timeout(self._seconds):
                    yield
            except TimeoutError as error:
                raise GroupTooSlow(self._seconds) from error

    @asynccontextmanager
    async def _place(self) -> AsyncGenerator[None]:
        try:
            async with asyncio.timeout(self._patience):
                await self._places.acquire()
        except TimeoutError as error:
            raise GroupsBusy from error
        try:
            yield
        finally:
            self._places.release()


def writes_observations(method: str, path: str, body: bytes) -> bool:
    """Whether a request writes Observations, as far as that is seen from outside.

    Args:
        method: GET reads.
        path: below the root of the service.
        body: as it was sent.
    """
    if method == "GET":
        return False
    try:
        segments = parse_path(path)
    except BadSyntax:
        return False  # it will be refused
    if segments and segments[-1].name in (OBSERVATIONS.name, CREATE_OBSERVATIONS):
        return True
    if method != "POST" or b"Observations" not in body:
        return False
    try:
        return _holds_observations(orjson.loads(body))
    except orjson.JSONDecodeError:
        return False


def _holds_observations(document: Any) -> bool:
    """Whether there are Observations among what is to be made together, however deep."""
    waiting = [document]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += cast("list[Any]", one)
        elif isinstance(one, Mapping):
            entity = cast("Mapping[str, Any]", one)
            if entity.get(OBSERVATIONS.name):
                return True
            waiting += [value for name, value in entity.items() if name in _RELATIONS]
    return False
