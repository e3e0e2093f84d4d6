"""Readings published at a real Mosquitto are stored; whatever else is published has its reason or is refused there."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from paho.mqtt.client import MQTTv311
from tests.conftest import Addresses
from tests.support.mqtt import Device, Refused, address_for_ingest
from tests.support.providers import Credentials, make_key

from fansipan_common.mqtt.broker import Broker
from fansipan_common.security import Scope
from fansipan_ingest.mqtt.dynamic_security import DynamicSecurity
from fansipan_local import Stack

PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Site:
    """Where devices publish, and what of it is stored."""

    addresses: Addresses
    owner: "asyncpg.Connection[Any]"
    http: httpx.AsyncClient

    async def let_in(self, credentials: Credentials, **query: str) -> httpx.Response:
        """Ask for access as the key does."""
        return await self.http.put(
            f"{self.addresses.ingest}/v1/mqtt/access",
            headers={"Authorization": f"Bearer {credentials.key}"},
            params=query,
        )

    async def rows(self, datastream: str, count: int) -> list[asyncpg.Record]:
        """The readings of a datastream once there are `count` of them."""
        return await self.until(
            "SELECT o.phenomenon_time, o.result, o.result_quality, d.unit_symbol FROM observation o"
            " JOIN datastream d ON d.id = o.datastream_id WHERE d.key = $1 ORDER BY o.phenomenon_time",
            datastream,
            lambda rows: len(rows) >= count,
        )

    async def dead_letters(self, provider: str, count: int) -> list[asyncpg.Record]:
        """The dead letters of a provider once there are `count` of them."""
        return await self.until(
            "SELECT code, detail, payload, payload_format, kind, item, door, context FROM dead_letter"
            " WHERE provider = $1 ORDER BY code, detail, item",
            provider,
            lambda rows: len(rows) >= count,
        )

    async def until(
        self, query: str, argument: str, enough: Callable[[list[asyncpg.Record]], bool]
    ) -> list[asyncpg.Record]:
        deadline = time.monotonic() + PATIENCE
        while not enough(rows := await self.owner.fetch(query, argument)):
            assert time.monotonic() < deadline, f"after {PATIENCE} s: {rows}"
            await asyncio.sleep(0.05)
        return rows


@pytest.fixture
async def site(addresses: Addresses, http: httpx.AsyncClient) -> AsyncGenerator[Site]:
    owner = await asyncpg.connect(addresses.database, timeout=10.0)
    yield Site(addresses, owner, http)
    owner.terminate()


@pytest.fixture
async def air(site: Site) -> Credentials:
    """A provider whose key may publish."""
    credentials = make_key(site.addresses.database, "mqtt-air")
    answer = await site.let_in(credentials)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "username": credentials.key_id,
        "password": "the API key",
        "topics": ["fansipan/mqtt-air/#"],
        "subscriptions": [],
    }
    return credentials


@pytest.fixture
def device(site: Site, air: Credentials) -> Generator[Device]:
    with Device(site.addresses.mqtt, air.key_id, air.key) as connected:
        yield connected


async def published(device: Device, topic: str, payload: Any) -> None:
    text = payload if isinstance(payload, str | bytes) else json.dumps(payload)
    assert await asyncio.to_thread(device.publish, topic, text) == "Success"


async def test_a_bare_number_is_a_reading_of_now(site: Site, device: Device) -> None:
    before = datetime.now(UTC)
    await published(device, "fansipan/mqtt-air/box-1/pm2_5", "23.4")
    (row,) = await site.rows("mqtt-air/box-1/pm2_5", 1)
    assert row["result"] == 23.4
    assert row["unit_symbol"] == "µg/m³"
    assert before - timedelta(milliseconds=1) <= row["phenomenon_time"] <= datetime.now(UTC)


async def test_a_reading_with_its_own_time_and_quality(site: Site, device: Device) -> None:
    reading = {"result": 31.5, "phenomenonTime": "2026-07-01T08:00:00.250+07:00", "resultQuality": "suspect"}
    for _ in range(2):  # the same again is nothing new
        await published(device, "fansipan/mqtt-air/box-2/temperature", reading)
    await published(
        device, "fansipan/mqtt-air/box-2/temperature", {**reading, "phenomenonTime": "2026-07-01T02:00:00Z"}
    )
    rows = await site.rows("mqtt-air/box-2/temperature", 2)
    assert [
        (row["phenomenon_time"], row["result"], row["result_quality"], row["unit_symbol"]) for row in rows
    ] == [
        (datetime(2026, 7, 1, 1, 0, 0, 250_000, UTC), 31.5, 1, "°C"),
        (datetime(2026, 7, 1, 2, 0, tzinfo=UTC), 31.5, 1, "°C"),
    ]


async def test_readings_that_come_in_one_millisecond_are_all_kept(site: Site, device: Device) -> None:
    burst = [("fansipan/mqtt-air/box-3/count", str(number)) for number in range(200)]
    assert set(await asyncio.to_thread(device.publish_all, burst)) == {"Success"}
    rows = await site.rows("mqtt-air/box-3/count", 200)
    assert [row["result"] for row in rows] == list(range(200))


async def test_an_array_of_observations(site: Site, device: Device) -> None:
    good = {"datastream": "mqtt-air/box-4/pm10", "phenomenonTime": "2026-07-01T01:00:00Z", "result": 7}
    bad = {"datastream": "mqtt-air/box-4/pm10", "phenomenonTime": "1970-01-01T00:00:00Z", "result": 7}
    foreign = {**good, "datastream": "demo/box-4/pm10"}
    await published(device, "fansipan/mqtt-air/observations", [good, bad, foreign])
    (row,) = await site.rows("mqtt-air/box-4/pm10", 1)
    assert row["phenomenon_time"] == datetime(2026, 7, 1, 1, tzinfo=UTC)
    letters = await site.dead_letters("mqtt-air", 2)
    found = {letter["code"]: (letter["kind"], json.loads(letter["payload"])) for letter in letters}
    assert found["time-too-early"] == ("observation", bad)
    assert found["datastream-forbidden"] == ("observation", foreign)


async def test_a_sensor_things_observation(site: Site, device: Device) -> None:
    await published(
        device, "fansipan/mqtt-air/box-5/pm2_5", {"result": 1, "phenomenonTime": "2026-07-01T01:00:00Z"}
    )
    await site.rows("mqtt-air/box-5/pm2_5", 1)
    number = await site.owner.fetchval("SELECT id FROM datastream WHERE key = 'mqtt-air/box-5/pm2_5'")
    entity = {
        "phenomenonTime": "2026-07-01T02:00:00Z",
        "resultTime": None,
        "result": 2.5,
        "Datastream": {"@iot.id": number},
    }
    await published(device, f"fansipan/mqtt-air/v1.1/Datastreams({number})/Observations", entity)
    rows = await site.rows("mqtt-air/box-5/pm2_5", 2)
    assert [row["result"] for row in rows] == [1.0, 2.5]


async def test_a_sensor_things_observation_that_names_its_datastream_and_its_feature(
    site: Site, device: Device
) -> None:
    await published(
        device, "fansipan/mqtt-air/box-7/pm2_5", {"result": 1, "phenomenonTime": "2026-07-01T01:00:00Z"}
    )
    await site.rows("mqtt-air/box-7/pm2_5", 1)
    number = await site.owner.fetchval("SELECT id FROM datastream WHERE key = 'mqtt-air/box-7/pm2_5'")
    feature = await site.owner.fetchval(
        "INSERT INTO feature_of_interest (name, description, encoding_type, feature)"
        " VALUES ('Bank', 'Of the river', 'application/geo+json', $1) RETURNING id",
        json.dumps({"type": "Point", "coordinates": [103.9, 22.5]}),
    )
    entity = {"result": 2, "phenomenonTime": "2026-07-01T02:00:00Z", "Datastream": {"@iot.id": number}}
    later = {**entity, "result": 3, "phenomenonTime": "2026-07-01T03:00:00Z"}
    root = "fansipan/mqtt-air/v1.1"
    await published(device, f"{root}/Observations", entity)
    await published(device, f"{root}/FeaturesOfInterest({feature})/Observations", later)
    await published(device, f"{root}/FeaturesOfInterest(2000000000)/Observations", later)
    await published(
        device, f"{root}/Observations", {**later, "FeatureOfInterest": {"name": "new", "feature": {}}}
    )
    rows = await site.until(
        "SELECT o.result, o.feature_id FROM observation o JOIN datastream d ON d.id = o.datastream_id"
        " WHERE d.key = $1 ORDER BY o.phenomenon_time",
        "mqtt-air/box-7/pm2_5",
        lambda rows: len(rows) >= 3,
    )
    assert [(row["result"], row["feature_id"]) for row in rows] == [(1, None), (2, None), (3, feature)]
    letters = await site.until(
        "SELECT code, detail FROM dead_letter WHERE provider = $1 AND (code = 'feature-unknown'"
        " OR detail LIKE '%v1.1/Observations%') ORDER BY code",
        "mqtt-air",
        lambda rows: len(rows) >= 2,
    )
    assert [letter["code"] for letter in letters] == ["feature-unknown", "invalid-item"]
    assert "make it by HTTP" in letters[1]["detail"]


async def test_the_topics_of_sensor_things_themselves(site: Site, device: Device) -> None:
    await published(
        device, "fansipan/mqtt-air/box-6/pm2_5", {"result": 1, "phenomenonTime": "2026-07-01T01:00:00Z"}
    )
    await site.rows("mqtt-air/box-6/pm2_5", 1)
    number = await site.owner.fetchval("SELECT id FROM datastream WHERE key = 'mqtt-air/box-6/pm2_5'")
    topic = f"v1.1/Datastreams({number})/Observations"
    assert await asyncio.to_thread(device.publish, topic, "{}") == "Not authorized"
    another = make_key(site.addresses.database, "mqtt-air")
    answer = await site.let_in(another, sensorThings="true")
    assert topic in answer.json()["topics"]
    with Device(site.addresses.mqtt, another.key_id, another.key) as sensor:
        await published(sensor, topic, {"result": 2.5, "phenomenonTime": "2026-07-01T02:00:00Z"})
        nobodys = "v1.1/Datastreams(2000000001)/Observations"
        assert await asyncio.to_thread(sensor.publish, nobodys, '{"result": 1}') == "Not authorized"
    rows = await site.rows("mqtt-air/box-6/pm2_5", 2)
    assert [row["result"] for row in rows] == [1.0, 2.5]


async def test_what_cannot_be_used_is_kept_with_its_reason_and_comes_once(site: Site) -> None:
    credentials = make_key(site.addresses.database, "mqtt-poison")
    assert (await site.let_in(credentials)).status_code == 200
    with Device(site.addresses.mqtt, credentials.key_id, credentials.key) as device:
        for topic, payload in (
            ("fansipan/mqtt-poison/box/pm2_5", "23,4"),
            ("fansipan/mqtt-poison/box/pm2_5", b"\xff\xfe\x00"),
            ("fansipan/mqtt-poison/box/pm2_5", '{"value": 3}'),
            ("fansipan/mqtt-poison/box/pm2_5", '{"result": 3, "colour": "red"}'),
            ("fansipan/mqtt-poison/box/-pm", "3"),
            ("fansipan/mqtt-poison/box", "3"),
            ("fansipan/mqtt-poison/box/pm2_5/x/y/z", "3"),
            ("fansipan/mqtt-poison/observations", '"text"'),
            ("fansipan/mqtt-poison/v1.1/Datastreams(2000000001)/Observations", '{"result": 1}'),
        ):
            await published(device, topic, payload)
        await published(
            device, "fansipan/mqtt-poison/box/good", {"result": 1, "phenomenonTime": "2026-07-01T01:00:00Z"}
        )
    await site.rows("mqtt-poison/box/good", 1)
    letters = await site.dead_letters("mqtt-poison", 9)
    assert [letter["code"] for letter in letters] == [
        "datastream-key",
        "datastream-unknown",
        "invalid-item",
        "invalid-item",
        "invalid-item",
        "invalid-json",
        "invalid-json",
        "topic-unknown",
        "topic-unknown",
    ]
    not_json = [letter for letter in letters if letter["code"] == "invalid-json"]
    assert all("topic fansipan/mqtt-poison/box/pm2_5" in letter["detail"] for letter in not_json)
    assert {letter["payload"] for letter in not_json} == {"MjMsNA==", "//4A"}
    assert {(letter["door"], letter["context"]) for letter in not_json} == {
        ("mqtt", '{"topic": "fansipan/mqtt-poison/box/pm2_5"}')
    }
    assert {letter["door"] for letter in letters if letter["code"] == "topic-unknown"} == {None}


async def test_a_key_publishes_below_its_own_provider_only(site: Site, device: Device) -> None:
    for topic in (
        "fansipan/demo/box/pm2_5",
        "fansipan/demo/observations",
        "other",
        "$CONTROL/dynamic-security/v1",
    ):
        assert await asyncio.to_thread(device.publish, topic, "1") == "Not authorized"
    for topic_filter in ("#", "fansipan/#", "fansipan/mqtt-air/#", "$share/ingest/fansipan/#", "$SYS/#"):
        assert await asyncio.to_thread(device.subscribe, topic_filter) == "Not authorized"


async def test_nobody_comes_in_without_a_good_key(site: Site, air: Credentials) -> None:
    stranger = make_key(site.addresses.database, "mqtt-air")  # good, but has not asked for access
    for username, password in (
        (None, None),
        (air.key_id, None),
        (air.key_id, stranger.key),
        (stranger.key_id, stranger.key),
        ("fansipan-ingest", "fansipan-ingest"),
    ):
        with pytest.raises(Refused, match="Not authorized"):
            await asyncio.to_thread(Device, site.addresses.mqtt, username, password)


async def test_a_key_limited_to_a_thing(site: Site) -> None:
    limited = make_key(site.addresses.database, "mqtt-air", prefixes=("mqtt-air/box-9/",))
    assert (await site.let_in(limited)).json()["topics"] == ["fansipan/mqtt-air/box-9/+"]
    with Device(site.addresses.mqtt, limited.key_id, limited.key) as device:
        assert await asyncio.to_thread(device.publish, "fansipan/mqtt-air/box-9/rain", "1") == "Success"
        for topic in ("fansipan/mqtt-air/box-8/rain", "fansipan/mqtt-air/observations"):
            assert await asyncio.to_thread(device.publish, topic, "1") == "Not authorized"
    vague = make_key(site.addresses.database, "mqtt-air", prefixes=("mqtt-air/box-",))
    reader = make_key(site.addresses.database, "mqtt-air", scopes=(Scope.READ,))
    assert [(await site.let_in(key)).status_code for key in (vague, reader)] == [403, 403]


async def _revoke(site: Site, key: Credentials) -> None:
    await site.owner.execute("UPDATE api_key SET revoked_at = now() WHERE id = $1", key.key_id)


async def _disable(site: Site, key: Credentials) -> None:
    await site.owner.execute("UPDATE provider SET disabled_at = now() WHERE key = $1", key.provider)


async def test_who_asks_the_broker_at_once_gets_the_own_answer(site: Site, stack: Stack) -> None:
    """Mosquitto sends each answer to everybody who may ask."""
    security = DynamicSecurity(Broker.of(address_for_ingest(stack, site.addresses.mqtt), None))
    names = [f"at-once-{number}" for number in range(6)]
    async with asyncio.TaskGroup() as tasks:
        listed = tasks.create_task(security.clients())
        for name in names:
            tasks.create_task(security.allow(name, "a long password", [f"x/{name}/#"], []))
    assert "fansipan-ingest" in {client.username for client in listed.result()}
    await security.change(remove=names, disable=[], enable=[])
    assert not {*names} & {client.username for client in await security.clients()}


@pytest.mark.parametrize("end", [_revoke, _disable])
async def test_a_key_that_ends_is_thrown_out(
    site: Site, end: Callable[[Site, Credentials], Awaitable[None]]
) -> None:
    key = make_key(site.addresses.database, f"mqtt-ends{end.__name__.replace('_', '-')}")
    assert (await site.let_in(key)).status_code == 200
    with Device(site.addresses.mqtt, key.key_id, key.key) as device:
        await end(site, key)
        assert await asyncio.to_thread(device.lost.wait, PATIENCE), "it is still connected"
    with pytest.raises(Refused, match="Not authorized"):
        await asyncio.to_thread(Device, site.addresses.mqtt, key.key_id, key.key)
    await site.owner.execute("UPDATE provider SET disabled_at = NULL WHERE key = $1", key.provider)


async def test_a_device_of_mqtt_3_and_qos_0(site: Site, air: Credentials) -> None:
    reading = json.dumps({"result": 5, "phenomenonTime": "2026-07-01T01:00:00Z"})
    with Device(site.addresses.mqtt, air.key_id, air.key, version=MQTTv311) as old:
        await asyncio.to_thread(old.publish, "fansipan/mqtt-air/old/rain", reading)
        await asyncio.to_thread(old.publish, "fansipan/mqtt-air/old/humidity", reading, qos=0)
        await asyncio.to_thread(old.publish, "fansipan/mqtt-air/old/pressure", reading, qos=2)
    for name in ("rain", "humidity", "pressure"):
        (row,) = await site.rows(f"mqtt-air/old/{name}", 1)
        assert row["result"] == 5


async def test_readiness_tells_of_the_door(site: Site) -> None:
    parts = (await site.http.get(f"{site.addresses.ingest}/readyz")).json()["parts"]
    assert parts["mqtt"] == "ok"
    assert (parts["task:mqtt-bridge"], parts["task:mqtt-access"]) == ("ok", "ok")
