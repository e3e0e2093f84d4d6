"""Logical backups as the runbook makes them, with the programs of the server's own version."""

import subprocess
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from fansipan_local import Stack
from fansipan_local.parts import debian_root
from fansipan_local.parts.debian_root import BINARIES
from fansipan_local.progress import SilentProgress

_SECONDS = 120


class Backups:
    """Dumps, drops and restores databases of a stack's server.

    Args:
        stack: whose server it is.
        folder: for what the programs write beside.
    """

    def __init__(self, stack: Stack, folder: Path) -> None:
        with SilentProgress().step("the server's programs") as step:
            self._root = debian_root.provide(stack.cache, folder / "root.log", step)
        self._folder = folder / "programs"
        self._root.own(self._folder)

    def dump(self, url: str, file: Path) -> None:
        """Everything in a database, as it is at this moment."""
        with file.open("wb") as output:
            self._run(["pg_dump", "--format=custom", f"--dbname={url}"], stdout=output)

    def restore(self, url: str, file: Path) -> None:
        """The database again, in place of the one there is, if any."""
        parts = urlsplit(url)
        name = sql.Identifier(parts.path.strip("/"))
        admin = urlunsplit(parts._replace(path="/postgres"))
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(name))
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION timescaledb")
            connection.execute("SELECT timescaledb_pre_restore()")
        with file.open("rb") as source:
            self._run(["pg_restore", "--exit-on-error", f"--dbname={url}"], stdin=source)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SELECT timescaledb_post_restore()")

    def _run(
        self, command: list[str], *, stdin: IO[bytes] | None = None, stdout: IO[bytes] | None = None
    ) -> None:
        program, *arguments = command
        done = subprocess.run(
            self._root.enter(self._folder, [f"{BINARIES}/{program}", *arguments]),
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            timeout=_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")[-3000:]
