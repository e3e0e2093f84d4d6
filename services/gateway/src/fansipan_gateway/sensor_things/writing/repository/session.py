"""One transaction that writes the registry in the name of a provider."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import asyncpg

from fansipan_common.db import Database, DatabaseAway
from fansipan_gateway.audit import AuditTrail
from fansipan_gateway.domain.visibility import EVERYTHING
from fansipan_gateway.sensor_things.planner.binding import Binding
from fansipan_gateway.sensor_things.planner.resources import Step, chain
from fansipan_gateway.sensor_things.planner.seen import Seen
from fansipan_gateway.sensor_things.turns import Turns
from fansipan_gateway.sensor_things.writing.faults import BadBody, ConflictingChanges, Exists, GoneMeanwhile
from fansipan_gateway.sensor_things.writing.repository.cascade import Cascade
from fansipan_gateway.sensor_things.writing.repository.owners import Owners
from fansipan_gateway.sensor_things.writing.repository.places import Places
from fansipan_gateway.sensor_things.writing.repository.rows import Rows
from fansipan_gateway.sensor_things.writing.repository.trail import Trail
from fansipan_gateway.sensor_things.writing.writer import Author

T = TypeVar("T")

_LOCKS: Final = 0x53544131
"""Space of the advisory locks: who writes for a provider waits for who does already, so that keys made of names do not
collide, changes of one entity do not undo each other, and no two wait for each other."""
_IN_THE_WAY: Final = (asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError)
_TURN_SECONDS: Final = 20.0
"""Longer than anybody writes."""
_ATTEMPTS: Final = 4
_PAUSE_SECONDS: Final = 0.05


class WritingSession:
    """What a transaction may do.

    Args:
        connection: inside the transaction.
        author: in whose name.
        audit: the audit trail.
    """

    def __init__(self, connection: "asyncpg.Connection[Any]", author: Author, audit: AuditTrail) -> None:
        self.connection_itself = connection
        self.author = author
        self.rows = Rows(connection)
        self.places = Places(connection)
        self.owners = Owners(connection)
        self.cascade = Cascade(connection)
        self.trail = Trail(connection, audit, author)

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator["asyncpg.Connection[Any]"]:
        """The connection, for who reads in the same transaction."""
        yield self.connection_itself

    async def find(self, steps: tuple[Step, ...], *, all_of_them: bool = False) -> int | None:
        """The id of the entity that a path leads to; None: none is there that the author sees.

        Args:
            steps: single entities.
            all_of_them: whether to look among those that are not seen, too.
        """
        binding = Binding()
        seen = Seen(EVERYTHING if all_of_them else self.author.visibility, binding)
        statement = chain(steps, binding, seen)
        return (
            None if statement is None else await self.connection_itself.fetchval(statement, *binding.values)
        )


class WritingRepository:
    """Runs transactions.

    Args:
        database: where the registry is.
        audit: the audit trail.
    """

    def __init__(self, database: Database, audit: AuditTrail) -> None:
        self._database = database
        self._audit = audit
        self._turns = Turns(_TURN_SECONDS, ConflictingChanges)

    async def run(self, author: Author, work: Callable[[WritingSession], Awaitable[T]]) -> T:
        """What `work` gives, done in one transaction: all of it or nothing. It is done again after a deadlock.

        Where a transaction of the database is going on, it is a part of that, and nothing is done again.

        Raises:
            GoneMeanwhile: what is linked was deleted at the same moment.
            Exists: a change makes two alike.
            BadBody: a value that the database cannot keep.
            ConflictingChanges: others were in the way: for long, or what was done before it must be undone, too.
            DatabaseAway.
        """
        if self._database.in_transaction:
            try:
                return await self._once(author, work)
            except DatabaseAway as error:
                if isinstance(error.__cause__, _IN_THE_WAY):
                    raise ConflictingChanges from error
                raise
        async with self._turns.of(author.writer.provider_id):
            return await self._again_and_again(author, work)

    async def _again_and_again(self, author: Author, work: Callable[[WritingSession], Awaitable[T]]) -> T:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return await self._once(author, work)
            except DatabaseAway as error:
                if not isinstance(error.__cause__, asyncpg.DeadlockDetectedError) or attempt == _ATTEMPTS:
                    raise
            await asyncio.sleep(_PAUSE_SECONDS * attempt)
        raise AssertionError("the last attempt returns or raises")

    async def _once(self, author: Author, work: Callable[[WritingSession], Awaitable[T]]) -> T:
        try:
            async with self._database.connection(joining=True) as connection, connection.transaction():
                await connection.execute(
                    "SELECT pg_advisory_xact_lock($1, $2)", _LOCKS, author.writer.provider_id
                )
                return await work(WritingSession(connection, author, self._audit))
        except asyncpg.ForeignKeyViolationError as error:
            raise GoneMeanwhile(
                "somebody deleted what is linked, or linked what is deleted: read again"
            ) from error
        except asyncpg.UniqueViolationError as error:
            raise Exists("there is one already: of a Thing, one HistoricalLocation of a time") from error
        except asyncpg.DataError as error:
            raise BadBody(f"the database cannot keep this: {str(error)[:200]}") from error
