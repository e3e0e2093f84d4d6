"""PostgreSQL pools: bounded, with timeouts, JSON as Python objects."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, cast

import asyncpg
import orjson
import structlog

from fansipan_common.errors import ServerFault
from fansipan_common.older_schema import REFUSALS, NewerSchemaNeeded, Schema, reading_without
from fansipan_common.telemetry.metrics import pool_metrics
from fansipan_common.transactions import begin, begun

if TYPE_CHECKING:
    _Connection = asyncpg.Connection[Any]
else:  # it is generic in its stubs only
    _Connection = asyncpg.Connection

_log = structlog.get_logger(__name__)

AWAY: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.QueryCanceledError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.DiskFullError,
    asyncpg.OutOfMemoryError,
    asyncpg.ReadOnlySQLTransactionError,
)
"""Errors of a database that is away or overloaded: the server's fault, worth a retry."""


_STATEMENTS: Final = frozenset(
    {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "BEGIN", "COMMIT", "ROLLBACK"}
)


_BOUNDS: Final = """
SELECT set_config('lock_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $2, true)
"""


class DatabaseAway(ServerFault):
    """The database does not answer."""

    code, title = "database-away", "Database unavailable"


class OutcomeUnknown(DatabaseAway):
    """The database went away while it committed: what was done is either all kept or not at all."""

    code, title = "outcome-unknown", "Outcome unknown"


class RightMissing(ServerFault):
    """Our role may not do what the schema that we know lets it do; the same again succeeds when that was put right."""

    code, title, status = "internal", "Internal error", 500


async def _set_codecs(connection: "asyncpg.Connection[Any]") -> None:
    # Binary, because COPY needs it: a version byte of 1, then the text.
    await connection.set_type_codec(
        "jsonb",
        encoder=lambda value: b"\x01" + orjson.dumps(value),
        decoder=lambda data: orjson.loads(data[1:]),
        schema="pg_catalog",
        format="binary",
    )


async def _leave_as_is(_connection: "asyncpg.Connection[Any]") -> None:
    """Instead of the pool's reset query; an open transaction is rolled back all the same."""


class Database:
    """A pool that is made when the database can first be reached, so a service starts in any order.

    Args:
        url: `postgresql://…`.
        application: shown in `pg_stat_activity`.
        max_size: connections at most.
        command_timeout: seconds one statement may take.
        stateless: promise to leave no session state behind (SET, temporary tables, advisory locks), which saves the
            round trip that clears it after each use.
        first: asked on a connection before the pool is made; raises a `DatabaseAway` while this database is not to be
            used.
    """

    def __init__(
        self,
        url: str,
        *,
        application: str,
        max_size: int = 10,
        command_timeout: float = 30.0,
        stateless: bool = False,
        first: Callable[["asyncpg.Connection[Any]"], Awaitable[None]] | None = None,
    ) -> None:
        self._url = url
        self._application = application
        self._max_size = max_size
        self._command_timeout = command_timeout
        self._stateless = stateless
        self._first = first
        self._pool: asyncpg.Pool[Any] | None = None
        self._opening = asyncio.Lock()
        self._schema = Schema()
        self._metrics = pool_metrics(application)
        self._of_pool = {"db.client.connection.pool.name": application}
        self._metrics.connections.watch(self._count)
        self._metrics.connections_max.watch(lambda: [(self._max_size, self._of_pool)])

    async def _open(self) -> "asyncpg.Pool[Any]":
        async with self._opening:
            if self._pool is None:
                await self._look_at_schema()
                older = reading_without(self._schema) if self._schema.missing else asyncpg.Connection
                self._pool = await asyncpg.create_pool(
                    self._url,
                    connection_class=older,
                    min_size=1,
                    max_size=self._max_size,
                    timeout=5.0,
                    command_timeout=self._command_timeout,
                    init=self._prepare,
                    reset=_leave_as_is if self._stateless else None,
                    server_settings={"application_name": self._application, "timezone": "UTC"},
                )
                self._metrics.timeouts.add(0, self._of_pool)
            return self._pool

    async def _look_at_schema(self) -> None:
        connection = await asyncpg.connect(self._url, timeout=5.0)
        try:
            if self._first is not None:
                await self._first(connection)
            await self._schema.look(connection)
        finally:
            await connection.close(timeout=5.0)
        if self._schema.missing:
            _log.warning("the schema of the database is older", missing=sorted(self._schema.missing))

    def _count(self) -> list[tuple[float, dict[str, str]]]:
        pool = self._pool
        if pool is None:
            return []
        idle = pool.get_idle_size()
        return [
            (pool.get_size() - idle, self._of_pool | {"db.client.connection.state": "used"}),
            (idle, self._of_pool | {"db.client.connection.state": "idle"}),
        ]

    async def _prepare(self, connection: "asyncpg.Connection[Any]") -> None:
        await _set_codecs(connection)
        connection.add_query_logger(self._note_statement)

    def _note_statement(self, done: "asyncpg.connection.LoggedQuery") -> None:
        word = done.query.split(None, 1)[0].upper() if done.query.strip() else ""
        attributes = {
            "db.system.name": "postgresql",
            "db.operation.name": word if word in _STATEMENTS else "other",
        }
        if done.exception is not None:
            attributes["error.type"] = type(done.exception).__name__
        self._metrics.duration.record(done.elapsed, attributes)

    @asynccontextmanager
    async def connection(
        self, *, wait: float = 5.0, joining: bool = False
    ) -> AsyncGenerator["asyncpg.Connection[Any]"]:
        """Lend a connection, waiting at most `wait` seconds for a free one.

        Args:
            wait: seconds.
            joining: whether to take part in the `transaction` that this task has begun, when it has.

        Raises:
            DatabaseAway: the database cannot be reached, went away, is not to be used yet, or no connection came free.
            NewerSchemaNeeded: what was asked for needs a newer schema.
            RightMissing: our role may not do it, and no migration is the reason.
        """
        transaction = begun(self) if joining else None
        with self._telling():
            if transaction is None:
                async with self._lend(wait) as connection:
                    yield connection
            else:
                yield transaction.connection_for(asyncio.current_task())

    @asynccontextmanager
    async def _lend(self, wait: float) -> AsyncGenerator["asyncpg.Connection[Any]"]:
        asked = lent = time.monotonic()
        is_lent = False
        try:
            pool = self._pool or await self._open()
            # A timeout costs a task: none is needed while a connection is free.
            async with pool.acquire(timeout=None if pool.get_idle_size() else wait) as proxy:
                connection = cast("_Connection", proxy)  # it behaves as the connection that it wraps
                lent, is_lent = time.monotonic(), True
                self._metrics.wait.record(lent - asked, self._of_pool)
                if self._schema.is_due:
                    await self._schema.look(connection)
                yield connection
        except TimeoutError:
            if not is_lent:
                self._metrics.timeouts.add(1, self._of_pool)
            raise
        finally:
            if is_lent:
                self._metrics.use.record(time.monotonic() - lent, self._of_pool)

    @contextmanager
    def _telling(self) -> Generator[None]:
        """Errors of the database become faults that say what they are."""
        try:
            yield
        except AWAY as error:
            raise DatabaseAway(f"the database does not answer ({type(error).__name__}); try again") from error
        except REFUSALS as error:
            if self._schema.explains(error):
                _log.warning("refused for the schema", error=str(error))
                raise NewerSchemaNeeded from error
            if isinstance(error, asyncpg.InsufficientPrivilegeError):
                _log.error("the database refuses a right", error=str(error))
                raise RightMissing("the database refuses this service a right; its log says which") from error
            raise

    @asynccontextmanager
    async def transaction(self, *, idle: float, lock: float, wait: float = 5.0) -> AsyncGenerator[None]:
        """Begin a transaction in which `connection(joining=True)` takes part, for as long as this task is in the block.

        All that is done so is kept when the block ends, or nothing when it raises; transactions inside of it are
        savepoints. Whoever does not join, and tasks that are started inside, have connections of their own and see
        nothing of it: what looks up who may do something, or remembers rows for others, must not join.

        Args:
            idle: seconds between two statements after which the server ends it.
            lock: seconds that a statement waits for a lock.
            wait: seconds to wait for a free connection.

        Raises:
            DatabaseAway: as `connection`; nothing was kept.
            OutcomeUnknown: the database went away while it committed.
        """
        async with self.connection(wait=wait) as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                with begin(self, connection, asyncio.current_task()):
                    await connection.execute(_BOUNDS, f"{round(lock * 1000)}ms", f"{round(idle * 1000)}ms")
                    yield
                # Behind a statement whose failure nobody minded COMMIT would roll back, and not say so.
                await connection.execute("SELECT 1")
            except BaseException:
                with suppress(*AWAY):  # then the server does it, when it finds the connection gone
                    await transaction.rollback()
                raise
            try:
                await transaction.commit()
            except AWAY as error:
                raise OutcomeUnknown(
                    f"the database went away ({type(error).__name__}) while all was written: see what is there"
                ) from error

    @property
    def in_transaction(self) -> bool:
        """Whether a `transaction` is going on here."""
        return begun(self) is not None

    @asynccontextmanager
    async def snapshot(self, *, idle: float, wait: float = 5.0) -> AsyncGenerator["asyncpg.Connection[Any]"]:
        """Lend a connection in a read-only transaction whose statements all see one state: to read much by a cursor.

        Args:
            idle: seconds we may let the transaction wait between two statements before the server ends it.
            wait: seconds to wait for a free connection.

        Raises:
            DatabaseAway: as `connection`, or a statement took longer than `command_timeout`.
        """
        async with (
            self.connection(wait=wait) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            await connection.execute(
                "SELECT set_config('statement_timeout', $1, true),"
                " set_config('idle_in_transaction_session_timeout', $2, true)",
                f"{round(self._command_timeout * 1000)}ms",
                f"{round(idle * 1000)}ms",
            )
            yield connection

    async def fetch(self, query: str, *args: object) -> list[asyncpg.Record]:
        """All rows of a query."""
        async with self.connection() as connection:
            return await connection.fetch(query, *args)

    async def fetchrow(self, query: str, *args: object) -> asyncpg.Record | None:
        """The first row, or None."""
        async with self.connection() as connection:
            return await connection.fetchrow(query, *args)

    async def execute(self, query: str, *args: object) -> str:
        """Run a statement; returns PostgreSQL's command tag."""
        async with self.connection() as connection:
            return await connection.execute(query, *args)

    async def ping(self) -> None:
        """Raise `DatabaseAway` unless the database answers within two seconds."""
        async with self.connection(wait=2.0) as connection:
            await connection.execute("SELECT 1", timeout=2.0)

    async def check_schema(self) -> None:
        """Raise what the schema lacks. What needs it waits, or is refused; all else is served.

        Raises:
            DatabaseAway.
            RuntimeError.
        """
        await self.ping()
        if self._schema.missing:
            raise RuntimeError(
                f"the schema is older: {', '.join(sorted(self._schema.missing))} not there yet; fansipan migrate"
            )

    async def require(self, *tables: str) -> None:
        """Raise `NewerSchemaNeeded` (or `DatabaseAway`) unless these tables are there, with all their columns."""
        if self._pool is None or self._schema.is_due:
            await self.ping()
        if self._schema.missing & set(tables):
            raise NewerSchemaNeeded

    async def close(self) -> None:
        """Close the pool, waiting at most five seconds for borrowed connections."""
        if self._pool is not None:
            try:
                await asyncio.wait_for(self._pool.close(), 5.0)
            except TimeoutError:
                self._pool.terminate()
            self._pool = None
