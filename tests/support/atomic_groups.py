"""Batches with groups: sending them, and looking at what they left."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
from tests.integration.conftest import connect
from tests.integration.gateway.sensor_things_writing.conftest import TABLES, Provider

Answers = list[dict[str, Any]]
_ALL: Final = (*TABLES, "deleted_datastream")


def request(name: str, method: str, url: str, body: Any = None, **more: Any) -> dict[str, Any]:
    """A request of a batch."""
    return {"id": name, "method": method, "url": url, **({} if body is None else {"body": body}), **more}


def grouped(group: str, *requests: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The same as a group."""
    return ({**one, "atomicityGroup": group} for one in requests)


async def run(provider: Provider, *requests: dict[str, Any]) -> Answers:
    """The answers to a batch."""
    answer = await provider.send("POST", "/$batch", {"requests": list(requests)})
    assert answer.status_code == 200, answer.text
    return answer.json()["responses"]


def statuses(answers: Answers) -> list[int]:
    """Of each answer."""
    return [answer["status"] for answer in answers]


async def rows(owner: "asyncpg.Connection[Any]") -> dict[str, Any]:
    """All of the registry, and what was written down about it."""
    return {table: await owner.fetch(f"SELECT * FROM {table} t ORDER BY t::text") for table in _ALL}


@asynccontextmanager
async def held(url: str, *things: int) -> AsyncGenerator[None]:
    """Things that nobody else can change until the block ends."""
    connection = await connect(url)
    try:
        async with connection.transaction():
            await connection.execute(
                "SELECT FROM thing WHERE id = ANY($1::integer[]) FOR UPDATE", list(things)
            )
            yield
    finally:
        await connection.close(timeout=5.0)


async def waiting(owner: "asyncpg.Connection[Any]", several: int = 1) -> list[int]:
    """The processes of the database that wait for a lock, as soon as there are so many."""
    async with asyncio.timeout(10):
        while True:
            found = await owner.fetch(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if len(found) >= several:
                return [row["pid"] for row in found]
            await asyncio.sleep(0.02)


class Told:
    """What PostgreSQL tells of entities that have changed.

    Args:
        owner: to say something at the end.
    """

    def __init__(self, owner: "asyncpg.Connection[Any]") -> None:
        self._owner = owner
        self._heard: list[tuple[str, str]] = []

    def hear(self, _connection: Any, _pid: int, _channel: str, payload: Any) -> None:
        """Take a notification."""
        document = json.loads(payload)
        self._heard.append((document["what"], document["set"]))

    async def since(self) -> list[tuple[str, str]]:
        """(what, set) of each change since the last time: notifications come in the order of the commits."""
        last = ("last", "word")
        await self._owner.execute("""SELECT pg_notify('entity_changed', '{"what": "last", "set": "word"}')""")
        async with asyncio.timeout(5):
            while last not in self._heard:
                await asyncio.sleep(0.01)
        found = self._heard[: self._heard.index(last)]
        self._heard.clear()
        return found


@asynccontextmanager
async def hearing(owner: "asyncpg.Connection[Any]", url: str) -> AsyncGenerator[Told]:
    """Hear what is told until the block ends."""
    heard, listener = Told(owner), await connect(url)
    try:
        await listener.add_listener("entity_changed", heard.hear)
        yield heard
    finally:
        await listener.close(timeout=5.0)
