"""Whoever subscribes at the broker hears what is stored and changed, as it can be read, and nothing else."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from tests.conftest import Addresses
from tests.support.mqtt import Device
from tests.support.providers import Credentials, make_key

from fansipan_common.contracts.identity import observation_id
from fansipan_common.security import Scope

PROVIDER = "mqtt-out"
BEGIN = datetime(2026, 7, 1, tzinfo=UTC)
BOTH = (Scope.READ, Scope.WRITE)


@dataclass(frozen=True, slots=True)
class Site:
    """The running platform, a key that may read and write, and a client that has subscribed to everything."""

    addresses: Addresses
    http: httpx.AsyncClient
    owner: "asyncpg.Connection[Any]"
    key: Credentials
    listener: Device

    async def store(self, thing: str, *readings: tuple[datetime, Any], **more: Any) -> int:
        """Push readings of `<provider>/<thing>/pm2_5` and wait until they are stored; returns the datastream's id."""
        name = f"{PROVIDER}/{thing}/pm2_5"
        items = [
            {"datastream": name, "phenomenonTime": at.isoformat(), "result": result, **more}
            for at, result in readings
        ]
        answer = await self.http.post(
            f"{self.addresses.ingest}/v1/observations",
            params={"wait": "stored"},
            headers={"Authorization": f"Bearer {self.key.key}"},
            json=items,
        )
        assert answer.status_code == 202, answer.text
        assert answer.json()["stored"], answer.text
        return await self.owner.fetchval("SELECT id FROM datastream WHERE key = $1", name)

    async def heard(self, topic: str, count: int = 1) -> list[Any]:
        """The payloads of a topic, once there are so many."""
        return [each.json for each in await asyncio.to_thread(self.listener.heard, topic, count)]

    async def get(self, path: str) -> Any:
        """An entity by HTTP."""
        answer = await self.http.get(f"{self.addresses.gateway}/sta/v1.1/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()


async def let_in(
    addresses: Addresses, http: httpx.AsyncClient, key: Credentials, **query: str
) -> httpx.Response:
    return await http.put(
        f"{addresses.ingest}/v1/mqtt/access", headers={"Authorization": f"Bearer {key.key}"}, params=query
    )


@pytest.fixture(scope="module")
def key(addresses: Addresses) -> Credentials:
    return make_key(addresses.database, PROVIDER, scopes=BOTH)


@pytest.fixture(scope="module")
async def listener(addresses: Addresses, http: httpx.AsyncClient, key: Credentials) -> AsyncGenerator[Device]:
    """Subscribed to everything, and the platform is known to publish."""
    answer = await let_in(addresses, http, key, subscribe="true")
    assert answer.status_code == 200, answer.text
    assert answer.json()["subscriptions"] == ["v1.1/#", "live/indicators/#", "live/alerts/#"]
    with Device(addresses.mqtt, key.key_id, key.key) as device:
        for topic_filter in ("v1.1/#", "live/indicators/#", "live/alerts/#"):
            assert await asyncio.to_thread(device.subscribe, topic_filter) == "Granted QoS 1"
        await until_published(addresses, http, key, device)
        yield device


async def until_published(
    addresses: Addresses, http: httpx.AsyncClient, key: Credentials, device: Device
) -> None:
    """Store a reading again and again, until one comes by MQTT: what was asked for takes seconds to get around."""
    deadline = time.monotonic() + 30.0
    number = 0
    while not device.messages:
        assert time.monotonic() < deadline, "nothing is published"
        at = BEGIN + timedelta(seconds=number)
        number += 1
        await http.post(
            f"{addresses.ingest}/v1/observations",
            headers={"Authorization": f"Bearer {key.key}"},
            json=[{"datastream": f"{PROVIDER}/first/n", "phenomenonTime": at.isoformat(), "result": number}],
        )
        await asyncio.sleep(0.3)


@pytest.fixture
async def site(
    addresses: Addresses, http: httpx.AsyncClient, key: Credentials, listener: Device
) -> AsyncGenerator[Site]:
    owner = await asyncpg.connect(addresses.database, timeout=10.0)
    yield Site(addresses, http, owner, key, listener)
    owner.terminate()


def without_host(entity: dict[str, Any]) -> dict[str, Any]:
    """An entity with addresses as seen from any host."""
    text = json.dumps(entity)
    return json.loads(text.replace(entity["@iot.selfLink"].partition("/sta/")[0], ""))


async def test_each_observation_is_published_as_it_can_be_read(site: Site) -> None:
    old = BEGIN - timedelta(days=40)
    number = await site.store(
        "one", (BEGIN, 21.5), (BEGIN + timedelta(minutes=1), -2), (old, 3), resultQuality="suspect"
    )
    topic = f"v1.1/Datastreams({number})/Observations"
    heard = await site.heard(topic, 3)
    for at in (BEGIN, BEGIN + timedelta(minutes=1), old):
        entity_id = observation_id(number, int(at.timestamp() * 1000))
        (published,) = [each for each in heard if each["@iot.id"] == entity_id]
        assert without_host(published) == without_host(await site.get(f"Observations({entity_id})"))
    of_all = [each["@iot.id"] for each in await site.heard("v1.1/Observations", 3)]
    assert {each["@iot.id"] for each in heard} <= set(of_all)
    assert not any(each.retained for each in site.listener.messages)


async def test_the_same_again_is_no_news_and_a_correction_is(site: Site) -> None:
    number = await site.store("two", (BEGIN, 1.0), (BEGIN + timedelta(minutes=1), 2.0))
    topic = f"v1.1/Datastreams({number})/Observations"
    await site.heard(topic, 2)
    await site.store("two", (BEGIN, 1.0))
    await site.store("two", (BEGIN, 1.5))
    assert [each["result"] for each in await site.heard(topic, 3)] == [1.0, 2.0, 1.5]


async def test_what_a_device_publishes_there_is_taken_and_told_once(site: Site) -> None:
    number = await site.store("three", (BEGIN, 1.0))
    topic = f"v1.1/Datastreams({number})/Observations"
    await site.heard(topic, 1)
    device_key = make_key(site.addresses.database, PROVIDER)
    answer = await let_in(site.addresses, site.http, device_key, sensorThings="true")
    assert topic in answer.json()["topics"]
    assert answer.json()["subscriptions"] == []
    at = BEGIN + timedelta(hours=1)
    with Device(site.addresses.mqtt, device_key.key_id, device_key.key) as device:
        reading = json.dumps({"result": 7, "phenomenonTime": at.isoformat()})
        assert await asyncio.to_thread(device.publish, topic, reading) == "Success"
    heard = await site.heard(topic, 3)
    # What the device sent comes first, as it sent it: it is the same topic. Then the entity, once it is stored.
    assert [("@iot.id" in each, each["result"]) for each in heard[1:]] == [(False, 7), (True, 7)]
    await asyncio.sleep(
        1.5
    )  # had ingest taken the entity for a reading, it would be a dead letter, or come again
    assert len(await site.heard(topic, 3)) == 3
    letters = await site.owner.fetchval("SELECT count(*) FROM dead_letter WHERE provider = $1", PROVIDER)
    assert letters == 0


async def test_a_changed_entity_and_its_properties(site: Site) -> None:
    number = await site.store("four", (BEGIN, 1.0))
    thing = await site.owner.fetchval("SELECT thing_id FROM datastream WHERE id = $1", number)

    async def rename(name: str) -> None:
        await site.owner.execute("UPDATE thing SET name = $2 WHERE id = $1", thing, name)
        change = json.dumps({"set": "Things", "id": thing, "what": "updated"})
        await site.owner.execute("SELECT pg_notify('entity_changed', $1)", change)

    await rename("Trạm bốn")
    (entity,) = await site.heard(f"v1.1/Things({thing})")
    assert without_host(entity) == without_host(await site.get(f"Things({thing})"))
    assert entity in await site.heard("v1.1/Things")
    assert await site.heard(f"v1.1/Things({thing})/name") == [{"name": "Trạm bốn"}]
    await site.heard(f"v1.1/Things({thing})/description")
    await rename("Trạm năm")
    names = await site.heard(f"v1.1/Things({thing})/name", 2)
    assert names[1] == await site.get(f"Things({thing})/name") == {"name": "Trạm năm"}
    await site.heard(f"v1.1/Things({thing})", 2)
    assert len(await site.heard(f"v1.1/Things({thing})/description")) == 1  # it has not changed


async def test_what_is_written_through_sensor_things_is_heard(site: Site) -> None:
    number = await site.store("six", (BEGIN, 1.0))
    answer = await site.http.patch(
        f"{site.addresses.gateway}/sta/v1.1/Datastreams({number})",
        headers={"Authorization": f"Bearer {site.key.key}"},
        json={"description": "Bên cầu"},
    )
    assert answer.status_code == 200, answer.text
    (entity,) = await site.heard(f"v1.1/Datastreams({number})")
    assert entity["description"] == "Bên cầu"
    assert without_host(entity) == without_host(await site.get(f"Datastreams({number})"))
    assert await site.heard(f"v1.1/Datastreams({number})/description") == [{"description": "Bên cầu"}]


async def test_what_cannot_be_read_as_a_change_and_what_is_gone_harm_nothing(site: Site) -> None:
    for payload in (
        "no json",
        '{"set": "Things", "id": 2000000000, "what": "created"}',
        '{"set": "Nothings", "id": 1, "what": "created"}',
        '{"set": "Things", "id": 1, "what": "deleted"}',
    ):
        await site.owner.execute("SELECT pg_notify('entity_changed', $1)", payload)
    number = await site.store("five", (BEGIN, 1.0))
    change = json.dumps({"set": "Datastreams", "id": number, "what": "created"})
    await site.owner.execute("SELECT pg_notify('entity_changed', $1)", change)
    (entity,) = await site.heard(f"v1.1/Datastreams({number})")
    assert entity["@iot.id"] == number
    parts = (await site.http.get(f"{site.addresses.gateway}/readyz")).json()["parts"]
    assert (parts["mqtt"], parts["task:mqtt"]) == ("ok", "ok")


async def test_nobody_but_the_platform_publishes_there(site: Site) -> None:
    for topic in (
        "v1.1/Observations",
        "v1.1/Things(1)",
        "live/indicators/aqi/area/1",
        "fansipan-control/asked",
    ):
        assert await asyncio.to_thread(site.listener.publish, topic, "{}") == "Not authorized"
    for topic_filter in ("#", "live/#", "fansipan/#", "fansipan-control/#", "$SYS/#", "$share/ingest/v1.1/#"):
        assert await asyncio.to_thread(site.listener.subscribe, topic_filter) == "Not authorized"


async def test_who_may_not_read_is_refused_and_who_may_only_read_publishes_nothing(site: Site) -> None:
    writer = make_key(site.addresses.database, PROVIDER)
    assert (await let_in(site.addresses, site.http, writer, subscribe="true")).status_code == 403
    reader = make_key(site.addresses.database, PROVIDER, scopes=(Scope.READ,))
    assert (await let_in(site.addresses, site.http, reader)).status_code == 403
    answer = await let_in(site.addresses, site.http, reader, subscribe="true")
    assert (answer.json()["topics"], answer.json()["subscriptions"]) == (
        [],
        ["v1.1/#", "live/indicators/#", "live/alerts/#"],
    )
    with Device(site.addresses.mqtt, reader.key_id, reader.key) as device:
        assert await asyncio.to_thread(device.subscribe, "v1.1/Observations") == "Granted QoS 1"
        assert await asyncio.to_thread(device.publish, f"fansipan/{PROVIDER}/a/b", "1") == "Not authorized"
