"""Whether PostgreSQL's log reaches its archive, on a server of the module's own whose archive goes away for a while."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator

import psycopg
import pytest
from structlog.testing import capture_logs
from tests.support.archiving_server import ArchivingServer

from fansipan_analytics.measures.repository import MeasureRepository
from fansipan_common.db import Database
from fansipan_common.telemetry.registry import (
    DATABASE_ARCHIVE_FAILING,
    DATABASE_ARCHIVE_WAIT,
    DATABASE_SIZE,
)
from fansipan_db import migrate
from fansipan_local import Stack

_PATIENCE = 20.0
Archive = dict[str, float]


@pytest.fixture(scope="module")
def server(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Generator[ArchivingServer]:
    own = ArchivingServer(stack, tmp_path_factory.mktemp("server") / "postgres")
    own.start()
    yield own
    own.stop()


@pytest.fixture(scope="module")
def database_url(server: ArchivingServer) -> str:
    """On the own server, in place of the shared one's."""
    url = server.create("archived")
    migrate(url)
    return url


@pytest.fixture
async def measures(database_url: str) -> AsyncGenerator[MeasureRepository]:
    """As analytics reads them, with the rights of its role."""
    database = Database(f"{database_url}?role=fansipan_analytics", application="test")
    yield MeasureRepository(database)
    await database.close()


async def archive(measures: MeasureRepository) -> Archive:
    """What is measured of the archive."""
    return {
        each.instrument.name: each.value
        for each in await measures.read()
        if each.instrument in (DATABASE_ARCHIVE_FAILING, DATABASE_ARCHIVE_WAIT)
    }


async def until(measures: MeasureRepository, wanted: Callable[[float, float], bool]) -> tuple[float, float]:
    """Read until what is measured is as wanted; `failing` and `wait`."""
    async with asyncio.timeout(_PATIENCE):
        while True:
            found = await archive(measures)
            failing, wait = found[DATABASE_ARCHIVE_FAILING.name], found[DATABASE_ARCHIVE_WAIT.name]
            if wanted(failing, wait):
                return failing, wait
            await asyncio.sleep(0.2)


def fill_a_file(url: str) -> None:
    """A whole file of the log, with one more begun behind it."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_logical_emit_message(false, 'test', 'a')")
        connection.execute("SELECT pg_switch_wal()")
        connection.execute("SELECT pg_logical_emit_message(false, 'test', 'b')")


async def test_a_lost_archive_is_seen_until_it_is_back(
    server: ArchivingServer, database_url: str, measures: MeasureRepository
):
    fill_a_file(database_url)
    assert await until(measures, lambda failing, wait: not failing and not wait) == (0.0, 0.0)

    server.lose_archive()
    fill_a_file(database_url)
    failing, first = await until(measures, lambda failing, wait: failing > 0 and wait > 0)
    assert failing == 1.0
    _, later = await until(measures, lambda _failing, wait: wait > first + 1.0)
    assert later < _PATIENCE + 5.0  # seconds since something was archived

    server.find_archive()
    fill_a_file(database_url)  # wakes the archiver, which else tries again after a minute
    assert await until(measures, lambda failing, wait: not failing and not wait) == (0.0, 0.0)


async def test_after_a_base_backup_nothing_is_said_to_wait(
    server: ArchivingServer, database_url: str, measures: MeasureRepository
):
    """The last that is archived then is the backup's label, which is named after the file that the backup began in."""
    server.base_backup("backup")
    with psycopg.connect(database_url, autocommit=True) as connection:
        async with asyncio.timeout(_PATIENCE):
            while True:
                row = connection.execute("SELECT last_archived_wal FROM pg_stat_archiver").fetchone()
                if row is not None and str(row[0]).endswith(".backup"):
                    break
                await asyncio.sleep(0.1)
    assert await archive(measures) == {DATABASE_ARCHIVE_FAILING.name: 0.0, DATABASE_ARCHIVE_WAIT.name: 0.0}


async def test_a_role_that_may_not_see_it_measures_the_rest_and_says_so_once(
    database_url: str, measures: MeasureRepository
):
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("REVOKE SELECT ON pg_stat_archiver FROM PUBLIC")
        try:
            with capture_logs() as logs:
                first, second = await measures.read(), await measures.read()
        finally:
            connection.execute("GRANT SELECT ON pg_stat_archiver TO PUBLIC")
    for found in (first, second):
        instruments = {each.instrument for each in found}
        assert DATABASE_SIZE in instruments
        assert not instruments & {DATABASE_ARCHIVE_FAILING, DATABASE_ARCHIVE_WAIT}
    [said] = [each for each in logs if "archived" in each["event"]]
    assert "pg_stat_archiver" in said["remedy"]
    assert await archive(measures)
