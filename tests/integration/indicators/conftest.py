"""A town of a module's own."""

from collections.abc import AsyncGenerator
from typing import Any

import asyncpg
import pytest
from tests.integration.conftest import connect
from tests.integration.indicators.town import Kit, Town, at

from fansipan_common.db import Database


@pytest.fixture(scope="module")
async def module_connection(database_url: str) -> AsyncGenerator["asyncpg.Connection[Any]"]:
    """A connection to the module's own database, as its owner."""
    connection = await connect(database_url)
    yield connection
    await connection.close(timeout=5.0)


@pytest.fixture(scope="module")
async def town(database_url: str, module_connection: "asyncpg.Connection[Any]") -> AsyncGenerator[Town]:
    """An empty town with one engine, that works with the rights of analytics."""
    url = f"{database_url}?role=fansipan_analytics"
    database = Database(url, application="test-indicators", max_size=4, command_timeout=60.0)
    made = Town(database, module_connection, Kit.shipped(), at("2026-01-07T00:00"))
    await made.open()
    yield made
    await database.close()
