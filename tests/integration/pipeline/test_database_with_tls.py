"""PostgreSQL with TLS, as on Kubernetes: asyncpg begins in the clear and goes on with TLS, on the services' loop."""

import asyncio
import os
from collections.abc import Generator

import psycopg
import pytest
from psycopg import sql
from tests.conftest import Addresses
from tests.support.certificates import ServerFiles, make_certificates

from fansipan_common.db import Database, DatabaseAway
from fansipan_common.event_loop import Loop
from fansipan_local import Stack

_ENCRYPTED = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"


@pytest.fixture
def authority(stack: Stack, addresses: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """The server of the stack takes connections with TLS, too; whom to believe is this file."""
    files = make_certificates(tmp_path_factory.mktemp("tls"))
    cluster = stack.paths.root / "postgres" / "cluster"
    _give_to_server(stack, files)
    settings = {"ssl_cert_file": "server.pem", "ssl_key_file": "server.key", "ssl": "on"}
    with psycopg.connect(addresses.database, autocommit=True) as admin:
        for name, value in settings.items():
            admin.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), value))
        admin.execute("SELECT pg_reload_conf()")
        yield str(files.authority)
        for name in settings:
            admin.execute(sql.SQL("ALTER SYSTEM RESET {}").format(sql.Identifier(name)))
        admin.execute("SELECT pg_reload_conf()")
    for name in ("server.pem", "server.key"):
        (cluster / name).unlink()


def _give_to_server(stack: Stack, files: ServerFiles) -> None:
    cluster = stack.paths.root / "postgres" / "cluster"
    owner = cluster.stat()
    for source, name in ((files.certificate, "server.pem"), (files.key, "server.key")):
        (cluster / name).write_bytes(source.read_bytes())
        (cluster / name).chmod(0o600)
        os.chown(cluster / name, owner.st_uid, owner.st_gid)


def test_connections_are_encrypted_and_carry_all_that_they_carry_in_the_clear(
    addresses: Addresses, authority: str
):
    where = addresses.database.replace("127.0.0.1", "localhost")

    async def use() -> tuple[bool, int, int]:
        database = Database(
            f"{where}?sslmode=verify-full&sslrootcert={authority}", application="test-tls", stateless=True
        )
        try:
            await until_it_takes_tls(database)
            async with database.connection() as connection:
                encrypted = await connection.fetchval(_ENCRYPTED)
                async with connection.transaction():
                    await connection.execute("CREATE TEMPORARY TABLE much (n bigint, t text) ON COMMIT DROP")
                    rows = [(number, "x" * 100) for number in range(20_000)]
                    await connection.copy_records_to_table("much", records=rows)
                    counted = await connection.fetchval("SELECT count(*) FROM much")
                    read = len(await connection.fetch("SELECT * FROM much"))
            return encrypted, counted, read
        finally:
            await database.close()

    async def distrust() -> None:
        database = Database(f"{where}?sslmode=verify-full&sslrootcert=system", application="test-tls")
        try:
            with pytest.raises(DatabaseAway):
                await database.fetch("SELECT 1")
        finally:
            await database.close()

    with asyncio.Runner(loop_factory=Loop) as runner:
        assert runner.run(use()) == (True, 20_000, 20_000)
        runner.run(distrust())


async def until_it_takes_tls(database: Database) -> None:
    """The server reads its settings a moment after it was told to."""
    async with asyncio.timeout(30.0):
        while True:
            try:
                await database.fetch("SELECT 1")
            except DatabaseAway:
                await asyncio.sleep(0.1)
            else:
                return
