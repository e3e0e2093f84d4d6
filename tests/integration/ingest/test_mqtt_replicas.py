"""Several replicas of ingest at one broker: they divide the messages, or one takes over from the other."""

import asyncio
import json
import re
import time
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from tests.conftest import Addresses
from tests.support.mqtt import Device, address_for_ingest
from tests.support.processes import Processes, ServiceProcess, processes
from tests.support.providers import Credentials, make_key

from fansipan_local import Stack

PROVIDER = "mqtt-replicas"
BEGIN = datetime(2026, 7, 1, tzinfo=UTC)
CONSUMED = re.compile(r"^messaging_client_consumed_messages_total\{[^}]*\} ([0-9.]+)", re.MULTILINE)


@pytest.fixture
async def replicas(
    stack: Stack, addresses: Addresses, http: httpx.AsyncClient, tmp_path: Path
) -> AsyncGenerator[Processes]:
    """Makes replicas beside the stack's own ingest, which has a session of its own."""
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": addresses.kafka,
        "DATABASE_URL": addresses.database,
        "MQTT_URL": address_for_ingest(stack, addresses.mqtt),
        "FANSIPAN_MQTT_SESSION_SECONDS": "60",
        "FANSIPAN_MQTT_RIGHTS": "none",
    }
    async with processes(environment, tmp_path, http) as started:
        yield started


@pytest.fixture
async def credentials(addresses: Addresses, http: httpx.AsyncClient) -> Credentials:
    made = make_key(addresses.database, PROVIDER)
    answer = await http.put(
        f"{addresses.ingest}/v1/mqtt/access", headers={"Authorization": f"Bearer {made.key}"}
    )
    assert answer.status_code == 200
    return made


async def consumed(replica: ServiceProcess, http: httpx.AsyncClient) -> int:
    """How many messages a replica has taken."""
    text = (await http.get(f"{replica.url}/metrics")).text
    return sum(int(float(count)) for count in CONSUMED.findall(text))


async def stored(addresses: Addresses, thing: str) -> int:
    """How many readings of a thing are stored."""
    connection = await asyncpg.connect(addresses.database, timeout=10.0)
    try:
        return await connection.fetchval(
            "SELECT count(*) FROM observation JOIN datastream ON datastream.id = datastream_id WHERE key = $1",
            f"{PROVIDER}/{thing}/rain",
        )
    finally:
        await connection.close()


async def until(what: Callable[[], Any], wanted: Callable[[Any], bool]) -> Any:
    deadline = time.monotonic() + 40.0
    while not wanted(found := await what()):
        assert time.monotonic() < deadline, f"still {found} after 40 s"
        await asyncio.sleep(0.1)
    return found


async def connected(replica: ServiceProcess, http: httpx.AsyncClient) -> bool:
    parts = (await http.get(f"{replica.url}/readyz")).json()["parts"]
    return parts["mqtt"] == "ok"


def readings(thing: str, begin: int, end: int) -> list[tuple[str, str]]:
    return [
        (
            f"fansipan/{PROVIDER}/{thing}/rain",
            json.dumps({"result": n, "phenomenonTime": (BEGIN + timedelta(seconds=n)).isoformat()}),
        )
        for n in range(begin, end)
    ]


async def test_replicas_of_a_group_divide_the_messages_and_one_that_was_killed_finds_its_share(
    replicas: Processes, credentials: Credentials, addresses: Addresses, http: httpx.AsyncClient
) -> None:
    def start(name: str) -> ServiceProcess:
        return replicas.start("ingest", FANSIPAN_MQTT_SHARED_GROUP="divide", FANSIPAN_MQTT_SESSION=name)

    one, two = start("divide-1"), start("divide-2")
    for replica in (one, two):
        await replica.ready()
        await until(lambda replica=replica: connected(replica, http), bool)
    with Device(addresses.mqtt, credentials.key_id, credentials.key) as device:
        await asyncio.to_thread(device.publish_all, readings("divided", 0, 400))

        async def counts() -> list[int]:
            return [await consumed(one, http), await consumed(two, http)]

        shares = await until(counts, lambda found: sum(found) >= 400)
        assert sum(shares) == 400
        assert min(shares) >= 100, f"one does nearly all: {shares}"

        two.kill()
        await asyncio.to_thread(device.publish_all, readings("divided", 400, 800))
    again = start("divide-2")
    await again.ready()

    async def all_counts() -> int:
        return await consumed(one, http) + await consumed(again, http)

    # What was acknowledged by Kafka and not yet to the broker comes again: more are consumed, none is stored twice.
    await until(all_counts, lambda found: found >= 400 + shares[0])
    await until(lambda: stored(addresses, "divided"), lambda found: found >= 800)
    assert await stored(addresses, "divided") == 800


async def test_one_replica_takes_over_from_another_with_what_waited(
    replicas: Processes, credentials: Credentials, addresses: Addresses, http: httpx.AsyncClient
) -> None:
    one = replicas.start("ingest", FANSIPAN_MQTT_SESSION="take-over")
    await one.ready()
    async with asyncio.timeout(40.0):
        with Device(addresses.mqtt, credentials.key_id, credentials.key) as device:
            while not await consumed(one, http):  # it says `ok` also when it is not its turn
                await asyncio.to_thread(device.publish_all, readings("warm-up", 0, 1))
                await asyncio.sleep(0.2)
            two = replicas.start("ingest", FANSIPAN_MQTT_SESSION="take-over")
            await two.ready()
            one.kill()
            await asyncio.to_thread(device.publish_all, readings("taken-over", 0, 300))
    await until(lambda: consumed(two, http), lambda found: found >= 300)
