"""A broker of its own with TLS, where reading is closed: keys publish, and hear of their own provider only."""

import asyncio
import json
import subprocess
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from tests.conftest import Addresses
from tests.support.certificates import ServerFiles, make_certificates
from tests.support.mqtt import Device, Refused
from tests.support.processes import Processes, ServiceProcess, free_port, processes
from tests.support.providers import Credentials, make_key

from fansipan_common.security import Scope
from fansipan_local.debian import program
from fansipan_local.parts.mosquitto import Mosquitto
from fansipan_local.progress import SilentProgress

PROVIDER = "mqtt-closed"
BEGIN = datetime(2026, 7, 1, tzinfo=UTC)
BOTH = (Scope.READ, Scope.WRITE)
PATIENCE = 30.0


@dataclass(slots=True)
class Broker:
    """A Mosquitto with TLS in a folder, and the addresses of its two first users."""

    folder: Path
    files: ServerFiles
    port: int
    ingest: str
    gateway: str
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [program("mosquitto"), "-c", "mosquitto.conf"]
        with (self.folder / "mosquitto.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(10.0)

    @property
    def url(self) -> str:
        return f"mqtts://localhost:{self.port}"

    def device(self, key: Credentials) -> Device:
        return Device(self.url, key.key_id, key.key, authority=self.files.authority)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Generator[Broker]:
    folder = tmp_path_factory.mktemp("broker")
    files = make_certificates(folder / "tls")
    port = free_port()
    mosquitto = Mosquitto(folder, port, "of-ingest", "of-gateway")
    with SilentProgress().step("mosquitto") as step:
        mosquitto.prepare(step)
    config = folder / "mosquitto.conf"
    # as root Mosquitto would become another user, who may not read here
    tls = f"certfile {files.certificate}\nkeyfile {files.key}\n"
    first, _, rest = config.read_text(encoding="utf-8").partition("\n")
    config.write_text(f"user root\n{first}\n{tls}{rest}", encoding="utf-8")
    secure = f"localhost:{port}"
    made = Broker(
        folder,
        files,
        port,
        f"mqtts://fansipan-ingest:of-ingest@{secure}",
        f"mqtts://fansipan-gateway:of-gateway@{secure}",
    )
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
async def services(
    broker: Broker, addresses: Addresses, http: httpx.AsyncClient, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Processes]:
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": addresses.kafka,
        "DATABASE_URL": addresses.database,
        "REDIS_URL": addresses.redis,
        "FANSIPAN_MQTT_CA_FILE": str(broker.files.authority),
        "FANSIPAN_PUBLIC_URL": "https://city.example",
        "FANSIPAN_SESSION_SECRET": "s" * 64,
    }
    async with processes(environment, tmp_path_factory.mktemp("services"), http) as started:
        yield started


@pytest.fixture(scope="module")
async def ingest(services: Processes, broker: Broker) -> ServiceProcess:
    service = services.start(
        "ingest", MQTT_URL=broker.ingest, FANSIPAN_MQTT_SENSOR_THINGS_PROVIDER="mqtt-closed-sole"
    )
    await service.ready()
    return service


@pytest.fixture(scope="module")
async def gateway(services: Processes, broker: Broker) -> ServiceProcess:
    service = services.start("gateway", MQTT_URL=broker.gateway, FANSIPAN_MQTT_PUBLIC_URL=broker.url)
    await service.ready()
    return service


async def told(service: ServiceProcess, http: httpx.AsyncClient, wanted: str) -> None:
    """Wait until readiness says of MQTT that it is `ok`, or a reason that holds what is wanted."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = (await http.get(f"{service.url}/readyz")).json()["parts"].get("mqtt", "")
            if found == wanted or (wanted != "ok" and wanted in found):
                return
            await asyncio.sleep(0.1)


async def let_in(
    ingest: ServiceProcess, http: httpx.AsyncClient, key: Credentials, **query: str
) -> httpx.Response:
    return await http.put(
        f"{ingest.url}/v1/mqtt/access", headers={"Authorization": f"Bearer {key.key}"}, params=query
    )


async def store(addresses: Addresses, http: httpx.AsyncClient, key: Credentials, name: str, n: int) -> None:
    item = {"datastream": name, "phenomenonTime": (BEGIN + timedelta(seconds=n)).isoformat(), "result": n}
    answer = await http.post(
        f"{addresses.ingest}/v1/observations",
        params={"wait": "stored"},
        headers={"Authorization": f"Bearer {key.key}"},
        json=[item],
    )
    assert answer.json()["stored"], answer.text


async def test_devices_publish_over_tls(
    broker: Broker, ingest: ServiceProcess, addresses: Addresses, http: httpx.AsyncClient
) -> None:
    await told(ingest, http, "ok")
    key = make_key(addresses.database, PROVIDER)
    answer = await let_in(ingest, http, key)
    assert answer.json()["topics"] == [f"fansipan/{PROVIDER}/#"]
    # more than one TLS record holds, so that a part of it is unpacked before it is read
    readings = [
        (
            f"fansipan/{PROVIDER}/box/rain",
            json.dumps({"result": n, "phenomenonTime": (BEGIN + timedelta(seconds=n)).isoformat()}),
        )
        for n in range(1_000)
    ]
    with broker.device(key) as device:
        assert set(await asyncio.to_thread(device.publish_all, readings)) == {"Success"}
    owner = await asyncpg.connect(addresses.database, timeout=10.0)
    try:
        async with asyncio.timeout(PATIENCE):
            while (
                await owner.fetchval(
                    "SELECT count(*) FROM observation o JOIN datastream d ON d.id = o.datastream_id WHERE d.key = $1",
                    f"{PROVIDER}/box/rain",
                )
                < 1_000
            ):
                await asyncio.sleep(0.1)
    finally:
        owner.terminate()


@pytest.mark.parametrize(
    ("service", "host", "reason"),
    [
        ("ingest", "localhost", "unable to get local issuer certificate"),
        ("ingest", "127.0.0.1", "IP address mismatch"),
        ("gateway", "localhost", "unable to get local issuer certificate"),
    ],
)
async def test_a_broker_that_cannot_be_trusted_is_told_and_left_alone_for_a_while(
    service: str,
    host: str,
    reason: str,
    services: Processes,
    broker: Broker,
    http: httpx.AsyncClient,
    tmp_path: Path,
) -> None:
    stranger = make_certificates(tmp_path / "stranger")
    process = services.start(
        service,
        MQTT_URL=(broker.ingest if service == "ingest" else broker.gateway).replace("localhost", host),
        FANSIPAN_MQTT_CA_FILE=str((stranger if host == "localhost" else broker.files).authority),
        FANSIPAN_MQTT_SESSION=f"tls-{host}",
        FANSIPAN_MQTT_RIGHTS="none",
    )
    await process.ready()  # the rest of the service goes on
    await told(process, http, reason)
    before = process.log.count(reason)
    await asyncio.sleep(2.0)
    assert process.log.count(reason) - before <= 4  # it tries again, each time later
    process.kill()


async def test_a_key_hears_of_its_own_provider_and_not_of_others(
    broker: Broker,
    ingest: ServiceProcess,
    gateway: ServiceProcess,
    addresses: Addresses,
    http: httpx.AsyncClient,
) -> None:
    key, limited = (
        make_key(addresses.database, PROVIDER, scopes=BOTH, prefixes=prefixes)
        for prefixes in ((), (f"{PROVIDER}/one/",))
    )
    other = make_key(addresses.database, "mqtt-closed-other", scopes=BOTH)
    names = [f"{PROVIDER}/one/n", f"{PROVIDER}/two/n", "mqtt-closed-other/one/n"]
    for name, owner in zip(names, (key, key, other), strict=True):
        await store(addresses, http, owner, name, 0)
    owner = await asyncpg.connect(addresses.database, timeout=10.0)
    rows = await owner.fetch("SELECT key, id, thing_id FROM datastream WHERE key = ANY($1::text[])", names)
    owner.terminate()
    numbers = {row["key"]: row["id"] for row in rows}
    ours, second, foreign = (f"v1.1/Datastreams({numbers[name]})/Observations" for name in names)
    things = {row["key"]: row["thing_id"] for row in rows}

    answer = await let_in(ingest, http, key, subscribe="true")
    assert answer.json()["subscriptions"] == ["live/indicators/#", f"live/providers/{PROVIDER}/#"]
    assert (await let_in(ingest, http, limited, subscribe="true")).status_code == 403
    answer = await let_in(ingest, http, limited, subscribe="true", sensorThings="true")
    assert answer.json()["subscriptions"] == [
        "live/indicators/#",
        f"v1.1/Datastreams({numbers[names[0]]})/#",
        f"v1.1/Things({things[names[0]]})/#",
    ]
    await told(gateway, http, "ok")
    root = await http.get(f"{gateway.url}/sta/v1.1", headers={"Authorization": f"Bearer {key.key}"})
    settings = root.json()["serverSettings"]
    (updates,) = (name for name in settings["conformance"] if name.endswith("/receive-updates"))
    assert settings[updates] == {"endpoints": [broker.url]}
    with broker.device(key) as all_of_it, broker.device(limited) as some:
        mine = f"live/providers/{PROVIDER}/v1.1"
        assert await asyncio.to_thread(all_of_it.subscribe, f"{mine}/#") == "Granted QoS 1"
        assert await asyncio.to_thread(some.subscribe, ours) == "Granted QoS 1"
        for topic_filter in (
            "v1.1/#",
            "v1.1/Observations",
            ours,
            "live/#",
            "live/providers/mqtt-closed-other/#",
        ):
            assert await asyncio.to_thread(all_of_it.subscribe, topic_filter) == "Not authorized"
        for topic_filter in (second, foreign, "v1.1/+/Observations", "live/alerts/#", f"{mine}/#"):
            assert await asyncio.to_thread(some.subscribe, topic_filter) == "Not authorized"
        number = 0
        async with asyncio.timeout(PATIENCE):
            while len(some.messages) < 2 or len(all_of_it.messages) < 6:
                number += 1
                for name, whose in zip(names, (key, key, other), strict=True):
                    await store(addresses, http, whose, name, number)
                await asyncio.sleep(0.3)
        assert {each.topic for each in some.messages} == {ours}
        heard = {each.topic for each in all_of_it.messages}
        assert heard == {
            f"{mine}/Observations",
            f"{mine}/Datastreams({numbers[names[0]]})/Observations",
            f"{mine}/Datastreams({numbers[names[1]]})/Observations",
        }
        entity: dict[str, Any] = some.messages[0].json
        assert entity["@iot.selfLink"] == f"https://city.example/sta/v1.1/Observations({entity['@iot.id']})"


async def test_one_provider_publishes_where_no_datastream_is_named(
    broker: Broker, ingest: ServiceProcess, addresses: Addresses, http: httpx.AsyncClient
) -> None:
    sole, other = (make_key(addresses.database, provider) for provider in ("mqtt-closed-sole", PROVIDER))
    await store(addresses, http, sole, "mqtt-closed-sole/box/n", 0)
    await store(addresses, http, other, f"{PROVIDER}/sole/n", 0)
    answers = [await let_in(ingest, http, key, sensorThings="true") for key in (sole, other)]
    assert [("v1.1/Observations" in answer.json()["topics"]) for answer in answers] == [True, False]
    owner = await asyncpg.connect(addresses.database, timeout=10.0)
    number = await owner.fetchval("SELECT id FROM datastream WHERE key = 'mqtt-closed-sole/box/n'")
    theirs = await owner.fetchval("SELECT id FROM datastream WHERE key = $1", f"{PROVIDER}/sole/n")
    reading = json.dumps(
        {"result": 5, "phenomenonTime": BEGIN.isoformat(), "Datastream": {"@iot.id": number}}
    )
    with broker.device(sole) as device:
        assert await asyncio.to_thread(device.publish, "v1.1/Observations", reading) == "Success"
        foreign = f"v1.1/Datastreams({theirs})/Observations"
        assert await asyncio.to_thread(device.publish, foreign, reading) == "Not authorized"
    with broker.device(other) as device:
        assert await asyncio.to_thread(device.publish, "v1.1/Observations", reading) == "Not authorized"
    async with asyncio.timeout(PATIENCE):
        while (await owner.fetchval("SELECT result FROM observation WHERE datastream_id = $1", number)) != 5:
            await asyncio.sleep(0.1)
    owner.terminate()


async def test_data_goes_out_again_after_the_broker_was_away(
    broker: Broker,
    ingest: ServiceProcess,
    gateway: ServiceProcess,
    addresses: Addresses,
    http: httpx.AsyncClient,
) -> None:
    key = make_key(addresses.database, PROVIDER, scopes=BOTH)
    answer = await let_in(ingest, http, key, subscribe="true")
    assert answer.status_code == 200, answer.text
    await told(gateway, http, "ok")
    await asyncio.to_thread(broker.stop)
    await told(gateway, http, "refused")
    broker.start()
    for service in (gateway, ingest):
        await told(service, http, "ok")
    with broker.device(key) as device:
        topic = f"live/providers/{PROVIDER}/v1.1/Observations"
        assert await asyncio.to_thread(device.subscribe, topic) == "Granted QoS 1"
        number = 0
        async with asyncio.timeout(PATIENCE):
            while not device.messages:
                number += 1
                await store(addresses, http, key, f"{PROVIDER}/again/n", number)
                await asyncio.sleep(0.3)


async def test_nobody_comes_in_without_a_key(broker: Broker, ingest: ServiceProcess) -> None:
    del ingest
    with pytest.raises(Refused, match="Not authorized"):
        await asyncio.to_thread(Device, broker.url, None, None, authority=broker.files.authority)
