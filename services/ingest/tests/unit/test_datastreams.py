"""The cache of datastreams: a change that is notified during a lookup loses nothing and leaves nothing stale."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from fansipan_common.db import Database
from fansipan_ingest.repository.datastreams import DatastreamRepository


@dataclass
class FakeDatabase:
    """Knows some datastreams; answers when the gate is open."""

    ids: dict[str, int] = field(default_factory=lambda: {"p/t/a": 1, "p/t/b": 2})
    kind: str = "old"
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[list[str | int]] = field(default_factory=list[list[str | int]])

    async def fetch(self, _query: str, keys: list[str], ids: list[int]) -> list[dict[str, Any]]:
        self.asked.append([*keys, *ids])
        rows = [
            {
                "id": number,
                "key": key,
                "observation_type": self.kind,
                "unit_definition": "m",
                "provider": "p",
                "thing": "t",
            }
            for key, number in self.ids.items()
            if key in keys or number in ids
        ]
        await self.gate.wait()
        return rows


@pytest.fixture
def database() -> FakeDatabase:
    database = FakeDatabase()
    database.gate.set()
    return database


@pytest.fixture
def repository(database: FakeDatabase) -> DatastreamRepository:
    return DatastreamRepository(cast(Database, database))


async def test_what_was_found_by_key_is_known_by_id_too(
    repository: DatastreamRepository, database: FakeDatabase
):
    found = await repository.find(["p/t/a", "p/t/none", 2, 7, 10**12])
    assert {name: ref.id for name, ref in found.items()} == {"p/t/a": 1, 2: 2}
    assert found[2].unit == "m"
    assert database.asked == [["p/t/a", "p/t/none", 2, 7]]  # an id beyond all ids is not even asked for
    await repository.find([1, "p/t/b"])
    assert len(database.asked) == 1
    assert repository.cached(["p/t/a", "p/t/none"])[1] is None


async def test_a_change_during_a_lookup(repository: DatastreamRepository, database: FakeDatabase):
    await repository.find(["p/t/a"])
    database.gate.clear()
    lookup = asyncio.create_task(repository.find(["p/t/a", "p/t/b"]))
    await asyncio.sleep(0.01)
    repository.invalidate()
    database.kind = "new"
    database.gate.set()
    found = await lookup
    assert set(found) == {"p/t/a", "p/t/b"}  # what was known before is not forgotten in between
    again = await repository.find(["p/t/b"])
    assert again["p/t/b"].observation_type == "new"  # and what was read before the change is not kept
