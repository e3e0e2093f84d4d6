"""The real stack that integration, e2e and contract tests share: its own ports, folder and databases."""

import os
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg import sql

from fansipan_db import load_areas, migrate
from fansipan_local import Ports, Stack

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the parts of the test stack are."""

    gateway: str
    ingest: str
    analytics: str
    kafka: str
    database: str
    redis: str
    mqtt: str
    key: str
    operator: tuple[str, str]


def addresses_of(stack: Stack, ports: Ports) -> Addresses:
    """The addresses of a stack that runs on `ports`."""
    env = stack.env
    return Addresses(
        gateway=env["FANSIPAN_GATEWAY_URL"],
        ingest=env["FANSIPAN_INGEST_URL"],
        analytics=f"http://127.0.0.1:{ports.analytics}",
        kafka=env["KAFKA_BOOTSTRAP_SERVERS"],
        database=env["DATABASE_URL"],
        redis=env["REDIS_URL"],
        mqtt=env["MQTT_URL"],
        key=env["FANSIPAN_INGEST_KEY"],
        operator=(env["FANSIPAN_OPERATOR_USER"], env["FANSIPAN_OPERATOR_PASSWORD"]),
    )


@pytest.fixture(scope="session")
def ports() -> Ports:
    """Ports of the shared stack, free when the session began."""
    return Ports.free()


@pytest.fixture(scope="session")
def stack(ports: Ports) -> Generator[Stack]:
    """Everything, running; started on first use, stopped at the end. Each of pytest's processes has its own."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    running = Stack.at(ROOT / ".local" / (f"test-{worker}" if worker else "test"), ports=ports)
    running.clean()
    running.up()
    yield running
    running.down()


@pytest.fixture(scope="session")
def addresses(stack: Stack, ports: Ports) -> Addresses:
    """Where the running parts are."""
    return addresses_of(stack, ports)


@pytest.fixture(scope="session")
def migrated(addresses: Addresses) -> str:
    """A migrated database, with areas, that others are copies of: nobody can connect to it."""
    name = "migrated"
    url = addresses.database.rsplit("/", 1)[0] + "/" + name
    with psycopg.connect(addresses.database, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        migrate(url)
        load_areas(url, ROOT / "catalogue")
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(name)))
        admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [name]
        )
    return name


@pytest.fixture(scope="module")
def database_url(addresses: Addresses, migrated: str, request: pytest.FixtureRequest) -> Generator[str]:
    """A freshly migrated database of the module's own, on the stack's server."""
    name = "t_" + request.module.__name__.rsplit(".", 1)[-1].lower()[:50]
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(migrated))
    with psycopg.connect(addresses.database, autocommit=True) as admin:
        admin.execute(drop)
        admin.execute(copy)
    yield addresses.database.rsplit("/", 1)[0] + "/" + name
    with psycopg.connect(addresses.database, autocommit=True) as admin:
        admin.execute(drop)


@pytest.fixture(scope="session")
async def http() -> AsyncGenerator[httpx.AsyncClient]:
    """An HTTP client with a bound on every wait."""
    async with httpx.AsyncClient(timeout=30.0) as client:
        yield client
