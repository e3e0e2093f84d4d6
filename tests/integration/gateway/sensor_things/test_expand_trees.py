"""Generated trees of `$expand` with every option inside: answers are those of an evaluation in memory, and bounded."""

import re
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any, Final

import httpx
import pytest
from hypothesis import given, settings
from tests.integration.gateway.sensor_things.conftest import EXAMPLES, Get
from tests.support import sensor_things_trees as trees

from fansipan_common.db import Database
from fansipan_common.errors import ClientFault
from fansipan_gateway.domain.visibility import PUBLIC
from fansipan_gateway.sensor_things.grammar.options import parse_options
from fansipan_gateway.sensor_things.grammar.paths import parse_path
from fansipan_gateway.sensor_things.planner.resources import resource_of
from fansipan_gateway.sensor_things.repository import SensorThingsRepository
from fansipan_gateway.sensor_things.service import SensorThings


@pytest.fixture(scope="module")
async def memory(get: Get) -> trees.Memory:
    """All entities, and which belong to which."""
    found = await trees.remember(get)
    assert len(found.ids("Observations")) == 37
    return found


@settings(EXAMPLES, max_examples=250)
@given(request_=trees.requests())
async def test_what_is_expanded_is_what_it_is_in_memory(
    sta: httpx.AsyncClient, memory: trees.Memory, request_: tuple[str, dict[str, str]]
):
    name, texts = request_
    wanted = parse_options(texts.items())
    response = await sta.get(f"/{name}", params=texts)
    if trees.rows_read(name, wanted) > trees.MOST_ROWS:
        assert (response.status_code, response.json()["code"]) == (400, "invalid-query")
        return
    assert response.status_code == 200, response.text
    assert trees.without_addresses(response.json()) == trees.page_of(memory, name, wanted)


_BOUNDED: Final = r" ORDER BY (?:(?!LIMIT|ORDER BY).)* LIMIT \d+"


class _Watching(SensorThingsRepository):
    """Remembers the statements that are run."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, 10.0)
        self.run: list[str] = []

    async def fetch(self, statement: str, binding: Any) -> Any:
        self.run.append(statement)
        return await super().fetch(statement, binding)


@pytest.fixture(scope="module")
async def watching(filled: str) -> AsyncGenerator[_Watching]:
    """Where statements go."""
    database = Database(filled, application="test")
    yield _Watching(database)
    await database.close()


@settings(EXAMPLES, max_examples=250)
@given(text=trees.nonsense())
async def test_no_tree_makes_it_stumble_and_every_level_is_bounded(watching: _Watching, text: str):
    things = SensorThings(watching, lambda: datetime(2026, 7, 15, tzinfo=UTC))
    for name in ("Things", "Locations", "Observations"):
        watching.run.clear()
        try:
            given_ = parse_options([("$expand", text), ("$top", "3")])
            await things.read(resource_of(parse_path(name)), given_, PUBLIC, "http://gateway/sta/v1.1")
        except ClientFault:
            assert len(watching.run) <= 1 + text.count("geo.") + text.count(
                "st_"
            )  # refused before, or by, it
            continue
        assert trees.rows_read(name, given_) <= trees.MOST_ROWS
        for statement in watching.run:
            assert len(re.findall(_BOUNDED, statement, re.DOTALL)) == statement.count(" ORDER BY ")
