"""What tests of the write path share: a connection, providers of a test's own, and a pipeline of a module's own."""

import itertools
import secrets
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import orjson
import pytest
from tests.conftest import Addresses
from tests.support.kafka import DeadLetters
from tests.support.processes import Processes, processes
from tests.support.providers import Credentials, make_key
from tests.support.sending import Sender

from fansipan_common.contracts import topic_specs
from fansipan_common.kafka import create_topics

_run = secrets.token_hex(3)
_numbers = itertools.count(1)


async def connect(url: str) -> "asyncpg.Connection[Any]":
    """A connection that reads JSON as Python values."""
    connection = await asyncpg.connect(
        url, timeout=10.0, command_timeout=60.0, server_settings={"timezone": "UTC"}
    )
    await connection.set_type_codec(
        "jsonb", encoder=lambda value: orjson.dumps(value).decode(), decoder=orjson.loads, schema="pg_catalog"
    )
    return connection


@pytest.fixture
async def owner(addresses: Addresses) -> AsyncGenerator["asyncpg.Connection[Any]"]:
    """A connection to the shared database, as its owner."""
    connection = await connect(addresses.database)
    yield connection
    await connection.close(timeout=5.0)


@pytest.fixture
def new_provider() -> str:
    """Key of a provider that no other test uses."""
    return f"test-{_run}-{next(_numbers)}"


@pytest.fixture
def credentials(addresses: Addresses, new_provider: str) -> Credentials:
    """A key of that provider: may write everything and register on first use."""
    return make_key(addresses.database, new_provider)


@pytest.fixture
def sender_with(http: httpx.AsyncClient, addresses: Addresses) -> Callable[[str | None], Sender]:
    """Makes a sender to the shared ingest with a given key."""
    return lambda key: Sender(http, addresses.ingest, key)


@pytest.fixture
def sender(sender_with: Callable[[str | None], Sender], credentials: Credentials) -> Sender:
    """A sender of that provider."""
    return sender_with(credentials.key)


@pytest.fixture(scope="session")
def dead_letters(addresses: Addresses) -> DeadLetters:
    """The shared dead-letter topic."""
    return DeadLetters(addresses.kafka)


@dataclass(frozen=True)
class Pipeline:
    """Topics and a database of a module's own; the services are the tests' to start."""

    kafka: str
    prefix: str
    database: str
    dead_letters: DeadLetters
    processes: Processes


@pytest.fixture(scope="module")
async def pipeline(
    addresses: Addresses,
    database_url: str,
    http: httpx.AsyncClient,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> AsyncGenerator[Pipeline]:
    """Kafka topics under a prefix and a fresh database, for services started by the module."""
    prefix = request.module.__name__.rsplit(".", 1)[-1].replace("_", "-") + f"-{_run}."
    await create_topics(addresses.kafka, topic_specs(prefix))
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": addresses.kafka,
        "KAFKA_TOPIC_PREFIX": prefix,
        "DATABASE_URL": database_url,
    }
    async with processes(environment, tmp_path_factory.mktemp("logs"), http) as started:
        yield Pipeline(addresses.kafka, prefix, database_url, DeadLetters(addresses.kafka, prefix), started)


@pytest.fixture
async def own(database_url: str) -> AsyncGenerator["asyncpg.Connection[Any]"]:
    """A connection to the module's own database."""
    connection = await connect(database_url)
    yield connection
    await connection.close(timeout=5.0)
