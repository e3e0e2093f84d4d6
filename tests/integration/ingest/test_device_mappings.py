"""What the gateway says of devices, ingest follows: things, properties, units and scales of LoRaWAN and Influx."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from tests.conftest import Addresses
from tests.support.providers import Credentials

FIXTURES = Path(__file__).parents[3] / "services" / "ingest" / "tests" / "fixtures"
UP = json.loads((FIXTURES / "chirpstack_v4" / "up.json").read_text())
TTS = json.loads((FIXTURES / "things_stack_v3" / "uplink_message.json").read_text())
EUI = "0101010101010101"
READINGS = {
    "t": {"property": "temperature", "unit": "Cel", "scale": 0.1},
    "level": {"property": "water_level", "unit": "m", "scale": 0.001, "offset": 82.5},
    "gps": {"ignore": True},
}


class Site:
    """A provider, its doors, and an admin."""

    def __init__(self, http: httpx.AsyncClient, addresses: Addresses, credentials: Credentials) -> None:
        self._http = http
        self._addresses = addresses
        self.provider = credentials.provider
        self._headers = {"authorization": f"Bearer {credentials.key}"}

    async def say(self, door: str, key: str, said: Any, **params: str) -> None:
        """Say what is known of a device, or with None forget it."""
        url = f"{self._addresses.gateway}/v1/admin/devices/{self.provider}/{door}/{key}"
        method, body = ("DELETE", {}) if said is None else ("PUT", {"json": said})
        answer = await self._http.request(method, url, params=params, auth=self._addresses.operator, **body)
        assert answer.status_code in (200, 204), answer.text

    async def send(self, path: str, body: Any, **params: str) -> httpx.Response:
        """Push to a door."""
        content = body if isinstance(body, str) else json.dumps(body)
        answer = await self._http.post(
            self._addresses.ingest + path,
            content=content,
            headers=self._headers,
            params={"wait": "stored"} | params,
        )
        assert answer.status_code in (202, 204), answer.text
        return answer

    async def send_until(self, accepted: int, path: str, body: Any, **params: str) -> httpx.Response:
        """Push again until so many readings are accepted: then ingest has heard of the change."""
        async with asyncio.timeout(15):
            while (answer := await self.send(path, body, **params)).json()["accepted"] != accepted:
                await asyncio.sleep(0.05)
        return answer


@pytest.fixture
def site(http: httpx.AsyncClient, addresses: Addresses, credentials: Credentials) -> Site:
    return Site(http, addresses, credentials)


async def stored(owner: "asyncpg.Connection[Any]", provider: str) -> dict[str, tuple[Any, str | None]]:
    rows = await owner.fetch(
        "SELECT d.key, d.unit_definition, l.result, l.result_json FROM latest_observation l"
        " JOIN datastream d ON d.id = l.datastream_id WHERE d.key LIKE $1 || '/%' ORDER BY 1",
        provider,
    )
    return {
        row["key"].removeprefix(f"{provider}/"): (
            row["result"] if row["result_json"] is None else row["result_json"],
            row["unit_definition"],
        )
        for row in rows
    }


async def test_a_device_of_lorawan_is_a_thing(site: Site, owner: "asyncpg.Connection[Any]"):
    up = UP | {"object": {"t": 215, "level": 1240, "gps": {"lat": 22.4}, "humidity": 67}}
    await site.say("lorawan", EUI, {"thing": "tram-1", "readings": READINGS})
    answer = await site.send("/v1/lorawan/chirpstack", up, event="up")
    assert answer.json()["accepted"] == 3
    assert await stored(owner, site.provider) == {
        "tram-1/temperature": (21.5, "Cel"),
        "tram-1/water_level": (83.74, "m"),
        "tram-1/humidity": (67.0, "%"),
    }
    time = await owner.fetchval(
        "SELECT DISTINCT phenomenon_time FROM observation o JOIN datastream d ON d.id = o.datastream_id"
        " WHERE d.key LIKE $1 || '/tram-1/%'",
        site.provider,
    )
    assert time == datetime(2022, 7, 18, 9, 34, 15, 775_000, tzinfo=UTC)

    # changed and forgotten, ingest follows; what only this application says goes before what holds for all
    await site.say("lorawan", EUI, {"thing": "tram-2", "others": "ignore"}, application="Test application")
    await site.send_until(0, "/v1/lorawan/chirpstack", up, event="up")
    await site.say("lorawan", EUI, None, application="Test application")
    await site.say("lorawan", EUI, None)
    await site.send_until(4, "/v1/lorawan/chirpstack", up, event="up")
    assert (await stored(owner, site.provider))[f"{EUI}/t"] == (215.0, None)


async def test_a_device_of_the_things_stack_by_its_id(site: Site, owner: "asyncpg.Connection[Any]"):
    await site.say("lorawan", "dev1", {"thing": "den-duong-7"}, application="app1")
    await site.send("/v1/lorawan/the-things-stack", TTS)
    assert set(await stored(owner, site.provider)) == {"den-duong-7/luminosity", "den-duong-7/temperature"}


async def test_tags_of_influx_name_things(site: Site, owner: "asyncpg.Connection[Any]"):
    rule = {"property": "temperature", "unit": "Cel"}
    await site.say("influx", "weather", {"thingBy": ["station"], "readings": {"temp_c": rule}})
    await site.say("influx", "*", {"others": "ignore"})
    lines = (
        "weather,station=tram-1,host=logger-9 temp_c=21.5,rain=3i 1782867600\ncpu,host=a load=1 1782867600"
    )
    for _ in range(2):
        assert (await site.send("/api/v2/write", lines, precision="s")).status_code == 204
    assert await stored(owner, site.provider) == {
        "tram-1/temperature": (21.5, "Cel"),
        "tram-1/rain": (3.0, "mm"),
    }


async def test_a_unit_that_is_not_the_datastreams_is_refused(site: Site, owner: "asyncpg.Connection[Any]"):
    await site.say("lorawan", EUI, {"thing": "tram-1", "readings": {"t": {"property": "x", "unit": "Cel"}}})
    await site.send("/v1/lorawan/chirpstack", UP | {"object": {"t": 21}}, event="up")
    await site.say("lorawan", EUI, {"thing": "tram-1", "readings": {"t": {"property": "x", "unit": "K"}}})
    answer = await site.send_until(0, "/v1/lorawan/chirpstack", UP | {"object": {"t": 21}}, event="up")
    assert [item["code"] for item in answer.json()["rejected"]] == ["unit-mismatch"]
    assert await stored(owner, site.provider) == {"tram-1/x": (21.0, "Cel")}
