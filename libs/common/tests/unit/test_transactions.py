"""A transaction in which what a task does takes part: who joins it, who does not, and how it ends."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from fansipan_common.db import Database, DatabaseAway, OutcomeUnknown

BOUNDED = "SELECT set_config"
LOST = asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")


class FakeTransaction:
    """Says what is done with it."""

    def __init__(self, connection: "FakeConnection") -> None:
        self._connection = connection

    async def start(self) -> None:
        await self._connection.execute("BEGIN")

    async def commit(self) -> None:
        await self._connection.execute("COMMIT")

    async def rollback(self) -> None:
        await self._connection.execute("ROLLBACK")


class FakeConnection:
    """Remembers what it is told, and fails from one statement on."""

    def __init__(self, lost_at: str | None) -> None:
        self.told: list[str] = []
        self._lost_at = lost_at
        self._lost = False

    def transaction(self) -> FakeTransaction:
        return FakeTransaction(self)

    async def execute(self, query: str, *args: object) -> str:
        self.told.append(BOUNDED + str(args) if BOUNDED in query else query)
        self._lost = self._lost or query == self._lost_at
        if self._lost:
            raise LOST
        return ""

    async def fetch(self, _query: str, *_args: object, **_options: object) -> list[Any]:
        return []

    async def close(self, **_options: object) -> None:
        pass


class FakePool:
    """Lends a new connection each time."""

    def __init__(self, lost_at: str | None) -> None:
        self._lost_at = lost_at
        self.lent: list[FakeConnection] = []
        self.back: list[FakeConnection] = []

    def get_idle_size(self) -> int:
        return 1

    @asynccontextmanager
    async def acquire(self, **_options: object) -> AsyncGenerator[FakeConnection]:
        connection = FakeConnection(self._lost_at)
        self.lent.append(connection)
        yield connection
        self.back.append(connection)


class Pools:
    """Instead of asyncpg: pools in the order in which they were made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[FakePool] = []
        self.lost_at: str | None = None
        monkeypatch.setattr(asyncpg, "connect", self._connect)
        monkeypatch.setattr(asyncpg, "create_pool", self._create_pool)

    async def _connect(self, *_args: object, **_options: object) -> FakeConnection:
        return FakeConnection(None)

    async def _create_pool(self, *_args: object, **_options: object) -> FakePool:
        self.made.append(FakePool(self.lost_at))
        return self.made[-1]


@pytest.fixture
def pools(monkeypatch: pytest.MonkeyPatch) -> Pools:
    return Pools(monkeypatch)


def database(name: str = "test") -> Database:
    return Database("postgresql://nowhere", application=name)


async def say(of: Database, text: str, *, joining: bool) -> None:
    async with of.connection(joining=joining) as connection:
        await connection.execute(text)


async def test_who_joins_takes_part_and_who_does_not_has_a_connection_of_its_own(pools: Pools) -> None:
    one = database()
    assert not one.in_transaction
    async with one.transaction(idle=2.0, lock=0.5):
        assert one.in_transaction
        await say(one, "a", joining=True)
        await say(one, "look up", joining=False)
        await one.execute("look up")
        await say(one, "b", joining=True)
    assert not one.in_transaction
    await say(one, "later", joining=True)
    told = [connection.told for connection in pools.made[0].lent]
    assert told == [
        ["BEGIN", f"{BOUNDED}('500ms', '2000ms')", "a", "b", "SELECT 1", "COMMIT"],
        ["look up"],
        ["look up"],
        ["later"],
    ]


async def test_an_error_rolls_back_and_stays_what_it_is(pools: Pools) -> None:
    one = database()

    async def fail() -> None:
        async with one.transaction(idle=1.0, lock=1.0):
            await say(one, "a", joining=True)
            raise KeyError

    with pytest.raises(KeyError):
        await fail()
    assert pools.made[0].lent[0].told[2:] == ["a", "ROLLBACK"]
    assert not one.in_transaction


async def test_tasks_that_are_started_inside_do_not_join(pools: Pools) -> None:
    one, ended = database(), asyncio.Event()

    async def afterwards() -> None:
        await ended.wait()
        assert not one.in_transaction
        await say(one, "afterwards", joining=True)

    async with one.transaction(idle=1.0, lock=1.0):
        await asyncio.create_task(say(one, "own", joining=False))
        with pytest.raises(RuntimeError, match="for the task that has begun it"):
            await asyncio.create_task(say(one, "stolen", joining=True))
        task = asyncio.create_task(afterwards())
        await say(one, "a", joining=True)
    ended.set()
    await task
    told = [connection.told for connection in pools.made[0].lent]
    assert told[0][2:] == ["a", "SELECT 1", "COMMIT"]
    assert told[1:] == [["own"], ["afterwards"]]


async def test_each_database_has_its_own(pools: Pools) -> None:
    one, two = database("one"), database("two")
    async with one.transaction(idle=1.0, lock=1.0):
        assert not two.in_transaction
        await say(two, "no part of it", joining=True)
        async with two.transaction(idle=1.0, lock=1.0):
            await say(one, "outer", joining=True)
            await say(two, "inner", joining=True)
        await say(one, "outer", joining=True)
    first, second = ([connection.told for connection in pool.lent] for pool in pools.made)
    assert [told[2:-2] for told in first] == [["outer", "outer"]]
    assert second[0] == ["no part of it"]
    assert second[1][2:-2] == ["inner"]


@pytest.mark.parametrize(
    ("lost_at", "error"),
    [
        ("BEGIN", DatabaseAway),
        ("a", DatabaseAway),
        ("SELECT 1", DatabaseAway),
        ("COMMIT", OutcomeUnknown),
    ],
)
async def test_a_lost_connection_says_whether_anything_can_have_been_kept(
    pools: Pools, lost_at: str, error: type[DatabaseAway]
) -> None:
    pools.lost_at = lost_at
    one = database()

    async def write() -> None:
        async with one.transaction(idle=1.0, lock=1.0):
            await say(one, "a", joining=True)

    with pytest.raises(DatabaseAway) as caught:
        await write()
    assert type(caught.value) is error
    assert not one.in_transaction
