"""A PostgreSQL server of a test's own that archives its log, to be backed up whole, destroyed and made again."""

import shlex
import signal
import subprocess
import time
from pathlib import Path

import psycopg
from psycopg import sql
from tests.support.processes import free_port

from fansipan_local import Stack
from fansipan_local.errors import NotReadyError
from fansipan_local.parts import debian_root
from fansipan_local.parts.debian_root import BINARIES, DATA
from fansipan_local.parts.postgres import Postgres
from fansipan_local.progress import SilentProgress

_SECONDS = 60.0
# Small and without fsync: what is tested is what is in the archive, not what survives a power cut.
_OPTIONS = {
    "archive_mode": "on",
    "archive_command": f"test ! -f {DATA}/archive/%f && cp %p {DATA}/archive/%f",
    "shared_buffers": "128MB",
    "max_wal_size": "256MB",
    "min_wal_size": "64MB",
    "fsync": "off",
}


class ArchivingServer:
    """A server in `folder`; base backups and the archive lie beside the cluster, as on another disk.

    Args:
        stack: whose programs are used.
        folder: of the server; made when missing.
    """

    def __init__(self, stack: Stack, folder: Path) -> None:
        self._folder = folder
        self._log = folder.parent / f"{folder.name}.log"
        self._part = Postgres(folder, stack.cache, free_port(), "of-this-test-only", self._log)
        with SilentProgress().step("the server's programs") as step:
            self._root = debian_root.provide(stack.cache, self._log, step)
            self._argv = list(self._part.prepare(step).argv)
        self._shell(
            f"mkdir -p {DATA}/archive; echo 'host replication all 127.0.0.1/32 scram-sha-256' >> cluster/pg_hba.conf"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str) -> str:
        """Address of one of its databases, as their owner."""
        return self._part.address.rsplit("/", 1)[0] + "/" + database

    def start(self) -> None:
        """Start it, and wait until it takes statements that write: after a recovery, too."""
        options = [part for name, value in _OPTIONS.items() for part in ("-c", f"{name}={value}")]
        with self._log.open("ab") as output:
            self._process = subprocess.Popen([*self._argv, *options], stdout=output, stderr=output)
        until = time.monotonic() + _SECONDS
        while True:
            try:
                self._part.probe(2.0)
                with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
                    row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
                if row == (False,):
                    return
            except (NotReadyError, psycopg.OperationalError):
                pass
            assert self._process.poll() is None, self._log.read_text(errors="replace")[-3000:]
            assert time.monotonic() < until, self._log.read_text(errors="replace")[-3000:]
            time.sleep(0.1)

    def create(self, database: str) -> str:
        """A new, empty database; returns its address."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(database))
            )
        return self.url(database)

    def base_backup(self, name: str) -> None:
        """Copy the whole running cluster, as the runbook does."""
        self._shell(
            f"{BINARIES}/pg_basebackup --pgdata={DATA}/{name} --checkpoint=fast"
            f" --dbname={shlex.quote(self.url('postgres'))}"
        )

    def restore_point(self, name: str) -> None:
        """Name this moment, and wait until the log up to it is in the archive."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute("SELECT pg_create_restore_point(%s)", [name])
            segment = connection.execute("SELECT pg_walfile_name(pg_current_wal_insert_lsn())").fetchone()
            connection.execute("SELECT pg_switch_wal()")
            assert segment is not None
            until = time.monotonic() + _SECONDS
            while True:
                archived = connection.execute("SELECT last_archived_wal FROM pg_stat_archiver").fetchone()
                if archived is not None and archived[0] is not None and archived[0] >= segment[0]:
                    return
                assert time.monotonic() < until, f"{segment} is not archived: {archived}"
                time.sleep(0.1)

    def lose_archive(self) -> None:
        """Take the archive away: `archive_command` fails from now on."""
        self._shell("mv archive archive.away")

    def find_archive(self) -> None:
        """Put it back."""
        self._shell("mv archive.away archive")

    def destroy(self) -> None:
        """End it at once, and delete the cluster with all that was not archived."""
        self._end(signal.SIGQUIT)
        self._shell(f"rm -rf {DATA}/cluster")

    def restore(self, backup: str, target: str) -> None:
        """The cluster again: the base backup, then the archive up to the restore point `target`."""
        settings = (
            f"restore_command = 'cp {DATA}/archive/%f %p'",
            f"recovery_target_name = '{target}'",
            "recovery_target_action = 'promote'",
        )
        self._shell(
            f"cp -a {DATA}/{backup} {DATA}/cluster; cat >> cluster/postgresql.auto.conf", "\n".join(settings)
        )
        self._shell("touch cluster/recovery.signal")
        self.start()

    def stop(self) -> None:
        """End it, if it runs."""
        self._end(signal.SIGINT)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(how)
            process.wait(_SECONDS)

    def _shell(self, script: str, stdin: str = "") -> None:
        """Run a script as the server's user, in the server's folder."""
        done = subprocess.run(
            self._root.enter(self._folder, ["/bin/sh", "-ec", f"cd {DATA}; umask 077; {script}"]),
            input=stdin.encode(),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")[-3000:]
