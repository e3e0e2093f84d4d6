"""PostgreSQL 17 with TimescaleDB, run as an unprivileged user."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from fansipan_local.cache import Cache
from fansipan_local.commands import run_logged
from fansipan_local.debian import Requirement
from fansipan_local.errors import NotReadyError, StackError
from fansipan_local.parts import debian_root
from fansipan_local.parts.debian_root import BINARIES, DATA, DebianRoot
from fansipan_local.parts.postgres_config import HOST_RULES, render_config
from fansipan_local.ports import LOOPBACK
from fansipan_local.progress import Step
from fansipan_local.supervisor import Program
from fansipan_local.system import memory_bytes, require_disk

DATABASE = "fansipan"
OWNER = "fansipan"
_STATE_BYTES = 3_000_000_000
_INITDB_TIMEOUT_SECONDS = 120
_CONNECT_TIMEOUT_SECONDS = 5


class Postgres:
    """A private database server.

    Args:
        data: its folder (the cluster is in `data/cluster`).
        cache: where the private Debian root is kept.
        port: where it listens.
        password: of the owner role, which is a superuser.
        log: file for the output of preparing commands.
    """

    name = "postgres"
    title = "PostgreSQL + TimescaleDB"

    def __init__(self, data: Path, cache: Cache, port: int, password: str, log: Path) -> None:
        self._data = data
        self._cache = cache
        self._port = port
        self._password = password
        self._log = log

    @property
    def address(self) -> str:
        return self.url(OWNER, self._password)

    @property
    def listens(self) -> Sequence[tuple[str, int]]:
        return [("postgres", self._port)]

    @property
    def requirements(self) -> Sequence[Requirement]:
        return debian_root.requirements(self._cache)

    def url(self, role: str, password: str, database: str = DATABASE) -> str:
        """Address of `database` for `role`."""
        return f"postgresql://{quote(role)}:{quote(password, safe='')}@{LOOPBACK}:{self._port}/{database}"

    def prepare(self, step: Step) -> Program:
        root = debian_root.provide(self._cache, self._log, step)
        require_disk(self._data, _STATE_BYTES, "PostgreSQL")
        root.own(self._data)
        cluster = self._data / "cluster"
        if not cluster.exists():
            step.note("making the database cluster")
            self._make_cluster(root)
        files = {"fansipan.conf": render_config(self._port, memory_bytes()), "pg_hba.conf": HOST_RULES}
        for name, text in files.items():
            (cluster / name).write_text(text, encoding="utf-8")
            (cluster / name).chmod(0o644)
        command = [
            f"{BINARIES}/postgres",
            "-D",
            f"{DATA}/cluster",
            "-c",
            f"config_file={DATA}/cluster/fansipan.conf",
        ]
        env = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
        return Program(root.enter(self._data, command), self._data, env, version="".join(files.values()))

    def probe(self, timeout: float) -> None:
        try:
            with self._connect("postgres", timeout) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError as error:
            raise NotReadyError(str(error).strip()) from error

    def settle(self) -> None:
        """Create our database with its extension unless they exist."""
        with self._connect("postgres", _CONNECT_TIMEOUT_SECONDS) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if found is None:
                connection.execute(
                    sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(DATABASE))
                )
        with self._connect(DATABASE, _CONNECT_TIMEOUT_SECONDS) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")

    def _connect(self, database: str, timeout: float) -> psycopg.Connection:
        address = self.url(OWNER, self._password, database)
        # libpq waits two seconds at least.
        return psycopg.connect(address, connect_timeout=max(2, int(timeout)), autocommit=True)

    def _make_cluster(self, root: DebianRoot) -> None:
        """initdb into a folder beside, renamed when complete."""
        _check_namespace(root, self._data)
        unfinished, password = f"{DATA}/unfinished", f"{DATA}/password"
        script = (
            f"umask 077; rm -rf {unfinished}; cat > {password} && "
            f"{BINARIES}/initdb --pgdata={unfinished} --username={OWNER} --pwfile={password} "
            "--auth=scram-sha-256 --encoding=UTF8 --data-checksums "
            "--locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C.UTF-8 && "
            f"rm {password} && mv {unfinished} {DATA}/cluster"
        )
        run_logged(
            root.enter(self._data, ["/bin/sh", "-c", script]),
            purpose="Making the database cluster",
            log=self._log,
            timeout=_INITDB_TIMEOUT_SECONDS,
            stdin=self._password,
        )


def _check_namespace(root: DebianRoot, data: Path) -> None:
    """Raise StackError when this machine does not let us make a private mount namespace."""
    tried = subprocess.run(
        root.enter(data, ["/bin/true"]), capture_output=True, text=True, timeout=30, check=False
    )
    if tried.returncode != 0:
        raise StackError(
            "This machine lets nobody make a private mount namespace, which PostgreSQL is run in: "
            + tried.stderr.strip(),
            "Run where that is allowed (a container needs CAP_SYS_ADMIN), or give DATABASE_URL of a "
            "PostgreSQL with TimescaleDB.",
        )
