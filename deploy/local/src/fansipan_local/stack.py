"""One local stack: brings its parts up in order, and steers them one by one."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from fansipan_local import env_file
from fansipan_local.assembly import Assembly
from fansipan_local.bootstrap import OPERATOR, Bootstrap
from fansipan_local.cache import Cache
from fansipan_local.commands import tail_of
from fansipan_local.concurrency import run_together
from fansipan_local.config import ADDRESS_VARIABLES, StackConfig, chosen_services
from fansipan_local.debian import ensure_installed
from fansipan_local.errors import NotReadyError, StackError
from fansipan_local.locks import file_lock
from fansipan_local.parts.page import Page
from fansipan_local.parts.part import Part
from fansipan_local.parts.service import SERVICES
from fansipan_local.paths import StatePaths, cache_folder, find_checkout
from fansipan_local.ports import Ports, is_free, port_taken
from fansipan_local.progress import Progress, SilentProgress
from fansipan_local.secrets_file import SecretsFile
from fansipan_local.status import PartStatus, external_status, part_status
from fansipan_local.supervisor import Slot, Supervisor
from fansipan_local.system import port_holder

SLOTS = (
    Slot("kafka", stop_seconds=30),
    # SIGINT is PostgreSQL's fast shutdown: sessions end, the checkpoint is written.
    Slot("postgres", stop_signal="INT", stop_seconds=60),
    Slot("redis"),
    Slot("mosquitto"),
    *(Slot(name, stop_seconds=30) for name in SERVICES),
)
READY_TIMEOUT_SECONDS = 90.0
_LOCK_TIMEOUT_SECONDS = 1800.0
_PROBE_SECONDS = 2.0
# A part that came back this often while we waited for it will not become ready.
_CRASHES = 4


class Stack:
    """The parts of one state folder. Make it with `Stack.at`."""

    def __init__(
        self,
        paths: StatePaths,
        config: StackConfig,
        cache: Cache,
        checkout: Path,
        extra_env: Mapping[str, str],
    ) -> None:
        self._paths = paths
        self._config = config
        self._cache = cache
        self._checkout = checkout
        self._extra_env = dict(extra_env)
        self._secrets = SecretsFile(paths.secrets)
        self._assembly = Assembly(
            paths, config, cache=cache, checkout=checkout, secrets=self._secrets, extra_env=self._extra_env
        )
        self._supervisor = Supervisor(paths, SLOTS)

    @classmethod
    def at(
        cls,
        state: Path,
        *,
        ports: Ports | None = None,
        services: bool | set[str] | None = None,
        extra_env: Mapping[str, str] | None = None,
        external: Mapping[str, str] | None = None,
    ) -> "Stack":
        """The stack whose state is (or will be) in `state`.

        What is not given is as in the last `up` there, else the default: all services, default ports, nothing
        external.

        Args:
            ports: where the parts listen; `Ports.free()` for a stack beside others.
            services: which services to run: all, none, or these.
            extra_env: settings added to every service and `fansipan` command.
            external: addresses of parts that run elsewhere, by part name.
        """
        paths = StatePaths(state.absolute())
        config = StackConfig.load(paths.config) or StackConfig()
        if ports is not None:
            config = replace(config, ports=ports)
        if services is not None:
            config = replace(config, services=chosen_services(services))
        if external is not None:
            config = replace(config, external=dict(external))
        return cls(paths, config, Cache(cache_folder(os.environ)), find_checkout(), extra_env or {})

    @property
    def paths(self) -> StatePaths:
        """Where this stack keeps its files."""
        return self._paths

    @property
    def cache(self) -> Cache:
        """The downloads this stack uses."""
        return self._cache

    @property
    def env(self) -> dict[str, str]:
        """What `up` wrote into the env file. Raises StackError before the first `up`."""
        if not self._paths.env_file.is_file():
            raise StackError(f"No stack was started in {self._paths.root}.", "Run `up` first.")
        return env_file.parse(self._paths.env_file.read_text(encoding="utf-8"))

    def own_addresses(self) -> dict[str, str]:
        """Addresses of the infrastructure that the last `up` ran itself, by variable; empty before the first."""
        if not self._paths.env_file.is_file():
            return {}
        env = self.env
        return {
            variable: env[variable]
            for part, variable in ADDRESS_VARIABLES.items()
            if part in self._config.embedded
        }

    def up(self, progress: Progress | None = None) -> None:
        """Prepare and start what does not run yet; returns when every part is ready.

        Raises StackError; what was started by then keeps running.
        """
        shown = progress if progress is not None else SilentProgress()
        self._paths.make()
        with self._locked(shown):
            self._config.save(self._paths.config)
            self._secrets.random("database_owner")
            self._secrets.random("internal")
            self._secrets.random("mqtt")
            self._secrets.random("mqtt_gateway")
            infrastructure = self._assembly.infrastructure()
            page = self._assembly.page()
            self._supervisor.ensure_up()
            self._stop_unwanted()
            planned = [*infrastructure, *self._assembly.services(dict.fromkeys(SERVICES, ""), page)]
            for part in planned:
                self._check_ports(part)
            ensure_installed(
                [need for part in planned for need in part.requirements], shown, self._paths.log("prepare")
            )
            work = [self._bringing_up(part, shown) for part in infrastructure]
            if page is not None and page.is_stale():
                work.append(_in_step(shown, "The operators' page", page.build))
            run_together(work)
            addresses = self._assembly.addresses()
            if not self._config.services or not self._paths.env_file.is_file():
                self._write_env(addresses)
            if self._config.services:
                self._write_env(addresses | self._start_services(addresses, page, shown))

    def migrate(self) -> None:
        """Migrate the database and create the topics of a stack that runs without services."""
        bootstrap = self._bootstrap(self._assembly.addresses())
        run_together([bootstrap.migrate, bootstrap.create_topics])

    def down(self, progress: Progress | None = None) -> None:
        """Stop every part gracefully: the services, then what they use."""
        shown = progress if progress is not None else SilentProgress()
        if not self._paths.root.is_dir():
            return
        with self._locked(shown):
            self._shut_down(shown)

    def clean(self, progress: Progress | None = None) -> None:
        """Stop everything and delete the state with all its data."""
        shown = progress if progress is not None else SilentProgress()
        if not self._paths.root.is_dir():
            return
        with self._locked(shown):
            self._shut_down(shown)
            self._paths.supervisor_socket.unlink(missing_ok=True)
            shutil.rmtree(self._paths.root)

    def status(self) -> list[PartStatus]:
        """State of every part, probed now."""
        known = {
            part.name: part for part in [*self._assembly.infrastructure(), *self._assembly.services({}, None)]
        }

        def status_of(name: str) -> PartStatus:
            if name in self._config.external:
                return external_status(name, self._config.external[name])
            return part_status(name, known.get(name), self._supervisor)

        with ThreadPoolExecutor(max_workers=len(SLOTS)) as pool:
            return list(pool.map(status_of, (slot.name for slot in SLOTS)))

    def start(self, name: str, timeout: float = READY_TIMEOUT_SECONDS) -> None:
        """Start a part that was stopped, and wait until it is ready."""
        self._own(name)
        if not self._supervisor.is_up():
            raise StackError("The stack is down.", "Run `up` first.")
        self._supervisor.start(name)
        self.wait_ready(name, timeout)

    def stop(self, name: str) -> None:
        """Stop a part; it stays away until `start` or `up`."""
        self._own(name)
        self._supervisor.stop(name)

    def restart(self, name: str, timeout: float = READY_TIMEOUT_SECONDS) -> None:
        """Stop a part, start it again, and wait until it is ready."""
        self.stop(name)
        self.start(name, timeout)

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to a part's process. supervisord starts it again if it dies."""
        os.kill(self.pid(name), number)

    def pid(self, name: str) -> int:
        """Process number of a running part. Raises StackError when it does not run."""
        self._own(name)
        process = self._supervisor.process(name)
        if process.pid == 0:
            raise StackError(f"{name} does not run.", f"See {self._paths.log(name)}.")
        return process.pid

    def wait_ready(self, name: str, timeout: float = READY_TIMEOUT_SECONDS) -> None:
        """Wait until a part does its work. Raises StackError with the end of its log when it does not."""
        self._wait_ready(self._own(name), timeout)

    def _bootstrap(self, addresses: Mapping[str, str]) -> Bootstrap:
        env = {**addresses, **self._extra_env}
        return Bootstrap(self._checkout, env, self._secrets, self._paths.log("bootstrap"))

    def _start_services(
        self, addresses: Mapping[str, str], page: Page | None, progress: Progress
    ) -> dict[str, str]:
        """Schema, topics, credentials, then the services. Returns what the env file says of them."""
        bootstrap = self._bootstrap(addresses)
        with progress.step("Database schema and Kafka topics"):
            bootstrap.prepare(
                trust_last=all(self._supervisor.process(name).pid for name in self._config.services)
            )
            database_urls = bootstrap.database_urls(progress)
            key = bootstrap.ingest_key()
            password = bootstrap.operator_password()
        services = self._assembly.services(database_urls, page)
        run_together([self._bringing_up(service, progress) for service in services])
        urls = {f"FANSIPAN_{service.name.upper()}_URL": service.address for service in services}
        return {
            **urls,
            "FANSIPAN_INGEST_KEY": key,
            "FANSIPAN_OPERATOR_USER": OPERATOR,
            "FANSIPAN_OPERATOR_PASSWORD": password,
        }

    def _bringing_up(self, part: Part, progress: Progress) -> Callable[[], None]:
        def work() -> None:
            with progress.step(part.title) as step:
                self._supervisor.install(part.name, part.prepare(step))
                self._check_ports(part)
                self._supervisor.start(part.name)
                step.note("waiting until it is ready")
                self._wait_ready(part, READY_TIMEOUT_SECONDS)
                part.settle()

        return work

    def _wait_ready(self, part: Part, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        pids: set[int] = set()
        while True:
            process = self._supervisor.process(part.name)
            pids.add(process.pid)
            reason = f"it is {process.state.lower()}"
            if process.pid:
                try:
                    return part.probe(_PROBE_SECONDS)
                except NotReadyError as not_ready:
                    reason = str(not_ready)
            log = self._paths.log(part.name)
            if process.state in ("FATAL", "STOPPED") or len(pids - {0}) >= _CRASHES:
                raise StackError(f"{part.title} does not start: {reason}.", f"Its log: {log}", _tail(log))
            if time.monotonic() > deadline:
                raise StackError(
                    f"{part.title} is not ready after {timeout:.0f} s: {reason}.",
                    f"Its log: {log}",
                    _tail(log),
                )
            time.sleep(0.05)

    def _check_ports(self, part: Part) -> None:
        if self._supervisor.process(part.name).pid:
            return
        for name, port in part.listens:
            if not is_free(port):
                raise port_taken(name, port, port_holder(port))

    def _stop_unwanted(self) -> None:
        wanted = {*self._config.embedded, *self._config.services}
        for slot in SLOTS:
            if slot.name not in wanted:
                self._supervisor.stop(slot.name)

    def _shut_down(self, progress: Progress) -> None:
        if self._config.services and self._supervisor.is_up():
            with progress.step("Stopping the services"):
                run_together([lambda name=name: self._supervisor.stop(name) for name in SERVICES])
        with progress.step("Stopping the infrastructure"):
            self._supervisor.shut_down(timeout=90)

    def _own(self, name: str) -> Part:
        """The part of that name which we run. Raises StackError."""
        for part in [*self._assembly.infrastructure(), *self._assembly.services({}, None)]:
            if part.name == name:
                return part
        names = [*self._config.embedded, *self._config.services]
        raise StackError(f"{name} is not run by this stack.", f"It runs {', '.join(names) or 'nothing'}.")

    def _write_env(self, values: Mapping[str, str]) -> None:
        env_file.write_private(self._paths.env_file, env_file.render(values))

    def _locked(self, progress: Progress) -> AbstractContextManager[None]:
        def waiting(holder: str) -> None:
            progress.say(f"Process {holder} is starting or stopping this stack: waiting for it.")

        return file_lock(self._paths.lock, waiting, _LOCK_TIMEOUT_SECONDS)


def _in_step(progress: Progress, title: str, work: Callable[..., None]) -> Callable[[], None]:
    def run() -> None:
        with progress.step(title) as step:
            work(step)

    return run


def _tail(log: Path) -> str:
    return tail_of(log.read_text(encoding="utf-8", errors="replace")) if log.is_file() else ""
