"""A network that resets connections to Kafka, PostgreSQL and Redis all the time: slower, and nothing else."""

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from tests.conftest import Addresses
from tests.faults.load import Load, outcomes, plan
from tests.faults.real_data import AIR, TRAFFIC, read
from tests.faults.store_checks import assert_derived_equals_raw, assert_raw_is, wait_until_settled
from tests.support.kafka_node import KafkaNode
from tests.support.processes import Processes, ServiceProcess, free_port, processes, settings_of
from tests.support.providers import make_key
from tests.support.resetting_proxy import ResettingProxy, resetting_proxy

from fansipan_common.contracts.topics import topic_specs
from fansipan_common.kafka.admin import create_topics
from fansipan_common.security import Scope
from fansipan_db import migrate
from fansipan_local import Stack
from fansipan_local.parts.kafka_config import render_properties

DATABASE: Final = "faults_connections_reset"
PREFIX: Final = "resets"
SEED: Final = 20261126
SHARES: Final = {"kafka": 0.06, "postgres": 0.006, "redis": 0.2}
"""Of pieces of data at which the connection is reset."""
READINGS: Final = 20_000
_SERVICES: Final = ("ingest", "analytics", "gateway")
_READ: Final = ("/v1/things?limit=5", "/v1/indicators", f"/v1/latest?thing=demo/{PREFIX}-1", "/v1/areas")
_AWAY: Final = {"database-away", "broker-away", "broker-behind"}


@pytest.fixture
def kafka(tmp_path: Path) -> Generator[tuple[KafkaNode, int]]:
    """A node that tells its clients to come to another port, and that port."""
    port, proxied = free_port(), free_port()
    folder = tmp_path / "kafka"
    properties = render_properties(folder / "log", port, free_port())
    node = KafkaNode(folder, f"{properties}\nadvertised.listeners=PLAINTEXT://127.0.0.1:{proxied}\n", port)
    node.format()
    node.start()
    try:
        node.await_ready()
        yield node, proxied
    finally:
        node.kill()


@pytest.fixture
async def database(site: Addresses, owner: "asyncpg.Connection[Any]") -> str:
    """A database of the test's own; its address."""
    await owner.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    await owner.execute(f"CREATE DATABASE {DATABASE}")
    address = site.database.rsplit("/", 1)[0] + "/" + DATABASE
    await asyncio.to_thread(migrate, address)
    return address


@dataclass(frozen=True, slots=True)
class BadNetwork:
    """Services that come to everything through proxies, and those."""

    started: Processes
    settings: Mapping[str, Mapping[str, str]]
    proxies: Mapping[str, ResettingProxy]

    def start(self, name: str) -> ServiceProcess:
        """Start a service."""
        return self.started.start(name, **self.settings[name])


@pytest.fixture
async def network(
    fault_stack: Stack, site: Addresses, kafka: tuple[KafkaNode, int], database: str, tmp_path: Path
) -> AsyncGenerator[BadNetwork]:
    node, proxied = kafka
    rng = random.Random(SEED)
    targets = {"kafka": node.port, "postgres": _port(site.database), "redis": _port(site.redis)}
    async with AsyncExitStack() as stack:
        ports: dict[str, int] = {}
        proxies: dict[str, ResettingProxy] = {}
        for name, target in targets.items():
            made = resetting_proxy(target, rng, port=proxied if name == "kafka" else 0)
            ports[name], proxies[name] = await stack.enter_async_context(made)
        await create_topics(f"127.0.0.1:{node.port}", topic_specs(""))
        settings: dict[str, dict[str, str]] = {}
        for name in _SERVICES:
            given = settings_of(fault_stack.pid(name), without=("MQTT_URL",))
            given["KAFKA_BOOTSTRAP_SERVERS"] = f"127.0.0.1:{ports['kafka']}"
            given["DATABASE_URL"] = _through(given["DATABASE_URL"], ports["postgres"], database)
            if "REDIS_URL" in given:
                given["REDIS_URL"] = re.sub(r":\d+(?=/|$)", f":{ports['redis']}", given["REDIS_URL"])
            settings[name] = given
        http = await stack.enter_async_context(httpx.AsyncClient(timeout=30.0))
        started = await stack.enter_async_context(processes({}, tmp_path, http))
        yield BadNetwork(started, settings, proxies)


@pytest.mark.timeout(600)
async def test_connections_that_are_reset_all_the_time_lose_nothing(
    network: BadNetwork, kafka: tuple[KafkaNode, int], database: str, show: Callable[[str], None]
) -> None:
    key = make_key(database, "demo", scopes=(Scope.READ, Scope.WRITE)).key
    services = {name: network.start(name) for name in _SERVICES}
    for service in services.values():
        await service.ready(timeout=120.0)
    for name, proxy in network.proxies.items():
        proxy.share = SHARES[name]
    rng = random.Random(SEED)
    readings = [reading for series in (TRAFFIC, AIR) for reading in read(series, PREFIX)][:READINGS]
    chains = plan(readings, rng)
    load = Load(chains, url=services["ingest"].url, key=key, rng=rng, batch=(40, 80))
    load.let(1.0)
    read_on = asyncio.Event()
    reading = asyncio.create_task(_read(services["gateway"].url, key, read_on))
    began = time.monotonic()
    try:
        await load.run()
        sent_after = time.monotonic() - began
        network.proxies[
            "kafka"
        ].share = 0.0  # what follows has a consumer of its own there, without any patience
        owner = await asyncpg.connect(database, timeout=10.0, command_timeout=120.0)
        try:
            await wait_until_settled(owner, f"127.0.0.1:{kafka[0].port}", "observations.v1", 120.0)
            settled_after = time.monotonic() - began
            await assert_raw_is(owner, outcomes(chains), f"demo/{PREFIX}-")
            await assert_derived_equals_raw(owner)
        finally:
            owner.terminate()
    finally:
        read_on.set()
    answers = await reading
    resets = {name: proxy.resets for name, proxy in network.proxies.items()}
    for name, service in services.items():
        await service.ready(timeout=60.0)
        assert "background task died" not in service.log, name
        assert "RuntimeError" not in service.log, name
    assert min(resets.values()) >= 10, resets
    assert answers["200"] > 50, answers
    assert set(answers) <= {"200", *(f"503 {code}" for code in _AWAY)}, answers
    show(
        f"connections reset: {resets}; {len(readings)} readings sent in {sent_after:.1f} s, all stored once after"
        f" {settled_after:.1f} s; refused {load.figures.codes}; read {dict(answers)}"
    )


async def _read(url: str, key: str, stop: asyncio.Event) -> Counter[str]:
    """Read until told to stop; how often there was which answer."""
    answers: Counter[str] = Counter()
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30.0) as client:
        while not stop.is_set():
            for path in _READ:
                answer = await client.get(path)
                code = "" if answer.is_success else f" {answer.json().get('code')}"
                answers[f"{answer.status_code}{code}"] += 1
                await asyncio.sleep(0.02)
    return answers


def _port(address: str) -> int:
    port = urlsplit(address).port
    assert port is not None, address
    return port


def _through(address: str, port: int, database: str) -> str:
    """An address of the same role, in another database, through another port."""
    parts = urlsplit(address)
    user, _, _ = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}@127.0.0.1:{port}", path=urlsplit(database).path).geturl()
