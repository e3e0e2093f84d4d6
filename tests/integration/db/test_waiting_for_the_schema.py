"""Services that start before the migrations wait for them, say so, and go on by themselves."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import psycopg
import pytest
from psycopg import sql
from tests.conftest import Addresses
from tests.support.processes import Processes, processes

from fansipan_common.contracts import topic_specs
from fansipan_common.db import Database, RightMissing
from fansipan_common.kafka import create_topics
from fansipan_common.older_schema import NewerSchemaNeeded, Schema
from fansipan_common.schema import NEEDED_REVISION, SchemaBehind, require_schema
from fansipan_common.security import generate_api_key
from fansipan_db import migrate
from fansipan_db.migrate import revisions

SERVICES = ("ingest", "analytics", "gateway")
DATABASE = "t_waiting_for_the_schema"
PREFIX = "waiting-for-the-schema."


@pytest.fixture(scope="module")
def empty(addresses: Addresses) -> Generator[str]:
    """A database without anything, and for each service a user who gets its rights; as its owner."""
    database = sql.Identifier(DATABASE)
    with psycopg.connect(addresses.database, autocommit=True) as admin:
        recreate(admin)
        for service in SERVICES:
            admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(f"t_waiting_{service}")))
            admin.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'waits' IN ROLE {}").format(
                    sql.Identifier(f"t_waiting_{service}"), sql.Identifier(f"fansipan_{service}")
                )
            )
        yield addresses.database.rsplit("/", 1)[0] + f"/{DATABASE}"
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(database))
        for service in SERVICES:
            admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(f"t_waiting_{service}")))


@pytest.fixture(scope="module")
async def services(
    addresses: Addresses, http: httpx.AsyncClient, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Processes]:
    await create_topics(addresses.kafka, topic_specs(PREFIX))
    environment = {"KAFKA_BOOTSTRAP_SERVERS": addresses.kafka, "KAFKA_TOPIC_PREFIX": PREFIX}
    async with processes(environment, tmp_path_factory.mktemp("logs"), http) as started:
        yield started


def recreate(admin: "psycopg.Connection[Any]") -> None:
    """Make the database anew."""
    database = sql.Identifier(DATABASE)
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database))
    admin.execute(sql.SQL("CREATE DATABASE {}").format(database))


def as_service(url: str, service: str) -> str:
    """The address of a database for the user that has a service's rights."""
    address = urlsplit(url)
    return f"postgresql://t_waiting_{service}:waits@{address.hostname}:{address.port}{address.path}"


async def behind(url: str) -> str:
    """What the owner of a database is told that its schema lacks."""
    database = Database(url, application="test", max_size=1, first=require_schema)
    try:
        with pytest.raises(SchemaBehind) as raised:
            await database.ping()
    finally:
        await database.close()
    return raised.value.detail


async def test_services_become_ready_when_the_schema_is_there(
    empty: str, services: Processes, http: httpx.AsyncClient
):
    started = {
        name: services.start(name, DATABASE_URL=as_service(empty, name), FANSIPAN_ANONYMOUS_READ="true")
        for name in SERVICES
    }
    for process in started.values():
        parts = await process.ready(503)
        assert f"no schema yet, revision {NEEDED_REVISION} is needed" in parts["database"]
        assert await process.healthy()  # nobody restarts who only waits

    things = await http.get(f"{started['gateway'].url}/v1/things")
    assert (things.status_code, things.json()["code"]) == (503, "schema-behind")
    refused = await http.post(
        f"{started['ingest'].url}/v1/observations",
        json=[],
        headers={"Authorization": f"Bearer {generate_api_key().text}"},
    )
    assert (refused.status_code, refused.json()["code"]) == (503, "schema-behind")
    assert "Retry-After" in refused.headers

    before = revisions()[revisions().index(NEEDED_REVISION) - 1]
    await asyncio.to_thread(migrate, empty, before)
    assert f"at revision {before}, {NEEDED_REVISION} or newer" in await behind(empty)
    for process in started.values():  # who is not the owner sees the schema when everything is granted
        assert "may not use the schema yet" in (await process.ready(503))["database"]

    await asyncio.to_thread(migrate, empty)
    for name, process in started.items():
        parts = await process.ready(timeout=30.0)
        assert all(state == "ok" for part, state in parts.items() if part.startswith("task:")), name
    assert (await http.get(f"{started['gateway'].url}/v1/things")).status_code == 200
    for process in started.values():
        assert await process.terminate() == 0


async def test_a_service_starts_on_a_newer_schema(empty: str, services: Processes):
    await asyncio.to_thread(migrate, empty)
    with psycopg.connect(empty) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    process = services.start("gateway", DATABASE_URL=as_service(empty, "gateway"))
    await process.ready(timeout=30.0)
    assert await process.terminate() == 0


async def test_a_right_that_is_missing_is_an_older_schema_only_while_it_is_being_migrated(
    addresses: Addresses, empty: str
):
    """Rights are given at the end of a migration, when its tables have been there for a while."""
    write = "INSERT INTO webhook (id, name) VALUES ('a', 'b')"
    with psycopg.connect(addresses.database, autocommit=True) as admin:
        recreate(admin)
    await asyncio.to_thread(migrate, empty, revisions()[-2])
    during, after = (Database(as_service(empty, "ingest"), application="test", max_size=1) for _ in range(2))
    try:
        assert await during.fetch("SELECT id FROM webhook") == []
        with pytest.raises(NewerSchemaNeeded):
            await during.execute(write)
        await asyncio.to_thread(migrate, empty)
        with pytest.raises(RightMissing) as raised:
            await after.execute(write)
        assert (raised.value.status, raised.value.code) == (500, "internal")
    finally:
        await during.close()
        await after.close()


async def test_right_after_a_release_there_is_nothing_that_could_be_missing(
    owner: "asyncpg.Connection[Any]",
) -> None:
    schema = Schema(())
    await schema.look(owner)
    assert schema.missing == frozenset()
