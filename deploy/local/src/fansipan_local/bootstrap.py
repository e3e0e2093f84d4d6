"""First-run work on the running infrastructure: schema, topics, roles, the demo key and the operator."""

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from fansipan_local.commands import run_logged
from fansipan_local.concurrency import run_together
from fansipan_local.database_roles import RolesNotAllowedError, allow_login, with_role
from fansipan_local.errors import StackError
from fansipan_local.our_code import PYTHON_ENV, code_version
from fansipan_local.parts.service import SERVICES
from fansipan_local.progress import Progress
from fansipan_local.secrets_file import SecretsFile

OPERATOR = "operator"
_MIGRATE_TIMEOUT_SECONDS = 300
_COMMAND_TIMEOUT_SECONDS = 60


class Bootstrap:
    """Runs the `fansipan` commands that a new stack needs. Every step may be repeated.

    Args:
        checkout: working directory of the commands.
        env: settings of the commands: the four addresses, the database's as its owner.
        secrets: where keys and passwords are kept.
        log: file for the commands' output.
    """

    def __init__(self, checkout: Path, env: Mapping[str, str], secrets: SecretsFile, log: Path) -> None:
        self._checkout = checkout
        self._env = env
        self._secrets = secrets
        self._log = log
        # Keys live in the database, so what we remember of them belongs to that database.
        self._database = hashlib.sha256(env["DATABASE_URL"].encode()).hexdigest()[:12]

    def prepare(self, *, trust_last: bool) -> None:
        """Bring schema and topics to the newest version.

        With `trust_last` that is skipped when the same was done before: same addresses, same code.
        """
        code = code_version(self._checkout, ("db", "libs", "catalogue"))
        wanted = hashlib.sha256(json.dumps([code, dict(self._env)], sort_keys=True).encode()).hexdigest()
        if trust_last and self._secrets.get("prepared") == wanted:
            return
        run_together([self.migrate, self.create_topics])
        self._secrets.put("prepared", wanted)

    def migrate(self) -> None:
        """Bring the schema to the newest version."""
        self._fansipan("migrate", purpose="The database migration", timeout=_MIGRATE_TIMEOUT_SECONDS)

    def create_topics(self) -> None:
        """Create the Kafka topics which are not there yet."""
        self._fansipan("topics", "create", purpose="Creating the Kafka topics")

    def database_urls(self, progress: Progress) -> dict[str, str]:
        """Each service's own database address, its role made able to log in."""
        passwords = {f"fansipan_{name}": self._secrets.random(f"role_{name}") for name in SERVICES}
        admin = self._env["DATABASE_URL"]
        try:
            allow_login(admin, passwords)
        except RolesNotAllowedError as reason:
            progress.say(
                f"The services share the given DATABASE_URL: its user may not change roles ({reason})."
            )
            return dict.fromkeys(SERVICES, admin)
        return {
            name: with_role(admin, f"fansipan_{name}", passwords[f"fansipan_{name}"]) for name in SERVICES
        }

    def ingest_key(self) -> str:
        """The key of provider `demo`: may write, read and register datastreams. Made once a database."""
        name = f"ingest_key_{self._database}"
        known = self._secrets.get(name)
        if known is not None:
            return known
        output = self._fansipan(
            *("keys", "create", "--provider", "demo", "--name", "local", "--scopes", "write,read"),
            *("--auto-register", "--output", "json"),
            purpose="Creating the demo provider's key",
        )
        try:
            key = str(json.loads(output)["key"])
        except (ValueError, KeyError, TypeError) as error:
            raise StackError("`fansipan keys create` printed no key.", f"See {self._log}.", output) from error
        self._secrets.put(name, key)
        return key

    def operator_password(self) -> str:
        """Password of the operator's account, made once a database."""
        password = self._secrets.random(f"operator_{self._database}")
        made = f"operator_made_{self._database}"
        if self._secrets.get(made) is None:
            self._fansipan(
                *("operators", "create", "--username", OPERATOR, "--role", "admin"),
                *("--password-stdin", "--replace"),
                purpose="Creating the operator's account",
                stdin=password,
            )
            self._secrets.put(made, "yes")
        return password

    def _fansipan(
        self,
        *arguments: str,
        purpose: str,
        timeout: float = _COMMAND_TIMEOUT_SECONDS,
        stdin: str | None = None,
    ) -> str:
        return run_logged(
            [sys.executable, "-m", "fansipan_cli", *arguments],
            purpose=purpose,
            log=self._log,
            timeout=timeout,
            cwd=self._checkout,
            env={**self._env, **PYTHON_ENV},
            stdin=stdin,
            secret_output="keys" in arguments,
        )
