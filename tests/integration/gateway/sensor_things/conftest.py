"""A gateway that everybody may read, on the world of `tests.support.sensor_things_world`."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from tests.integration.conftest import connect
from tests.support.sensor_things_world import build

Get = Callable[..., Awaitable[Any]]
EXAMPLES = settings(
    max_examples=150,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
"""Examples that are the same each time."""


@pytest.fixture(scope="module")
async def filled(database_url: str) -> str:
    """The address of a database with that world."""
    connection = await connect(database_url)
    await build(connection)
    await connection.close()
    return database_url


@pytest.fixture(scope="module")
async def sta(filled: str, serve: Any) -> AsyncGenerator[httpx.AsyncClient]:
    """A client whose addresses begin behind `/sta/v1.1`."""
    async with serve(filled, anonymous_read=True, base_url="http://gateway/sta/v1.1") as client:
        yield client


@pytest.fixture(scope="module")
def get(sta: httpx.AsyncClient) -> Get:
    """The JSON at an address; options without their `$`: `get("/Things", top=1)`."""

    async def fetch(path: str, **options: Any) -> Any:
        response = await sta.get(path, params={f"${name}": str(value) for name, value in options.items()})
        assert response.status_code == 200, response.text
        return response.json()

    return fetch
