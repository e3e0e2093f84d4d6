"""Transactions that a task has begun, and in which what it does may take part (`Database.transaction`)."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import asyncpg


@dataclass(slots=True)
class Transaction:
    """One that is going on.

    Attributes:
        database: of whose connections one has it.
        connection: that one.
        task: who has begun it.
        around: the one, of another database, inside of which it was begun.
        ended: whether it is over.
    """

    database: object
    connection: "asyncpg.Connection[Any]"
    task: "asyncio.Task[Any] | None"
    around: "Transaction | None"
    ended: bool = False

    def connection_for(self, task: "asyncio.Task[Any] | None") -> "asyncpg.Connection[Any]":
        """The connection.

        Raises:
            RuntimeError: another task asks, which might use it at the same moment, or when it is over.
        """
        if task is not self.task:
            raise RuntimeError(
                "a transaction is for the task that has begun it, not for those that it starts"
            )
        return self.connection


_innermost: ContextVar[Transaction | None] = ContextVar("fansipan_transaction", default=None)


@contextmanager
def begin(
    database: object, connection: "asyncpg.Connection[Any]", task: "asyncio.Task[Any] | None"
) -> Generator[None]:
    """Let `begun` find a transaction, until the block ends."""
    transaction = Transaction(database, connection, task, _innermost.get())
    before = _innermost.set(transaction)
    try:
        yield
    finally:
        transaction.ended = True
        _innermost.reset(before)


def begun(database: object) -> Transaction | None:
    """The transaction of a database that is going on here; None: there is none.

    Tasks that were started inside find it, too, as long as it goes on.
    """
    transaction = _innermost.get()
    while transaction is not None and (transaction.ended or transaction.database is not database):
        transaction = transaction.around
    return transaction
