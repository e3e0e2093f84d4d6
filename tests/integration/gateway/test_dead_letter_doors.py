"""What a door refused is corrected in its own form and goes back through the same door: with the right time, value and
unit, and the replay is noted."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import cbor2
import httpx
import pytest
from tests.conftest import Addresses
from tests.support.providers import Credentials

FIXTURES = Path(__file__).parents[3] / "services" / "ingest" / "tests" / "fixtures"
AT = datetime(2026, 7, 1, 1, tzinfo=UTC)


def sample(folder: str, name: str) -> Any:
    return json.loads((FIXTURES / folder / f"{name}.json").read_text())


def changed(path: str, value: Any) -> Callable[[Any], Any]:
    """Sets (or with None takes away) a member of what was sent; parts of the path are joined by `/`."""

    def fix(payload: Any) -> Any:
        *above, last = path.split("/")
        place = payload
        for part in above:
            place = place[int(part)] if part.isdigit() else place[part]
        if value is None:
            del place[last]
        else:
            place[last] = value
        return payload

    return fix


@dataclass(frozen=True)
class Case:
    """One message that a door refuses.

    Attributes:
        path: of the door.
        body: what is sent; JSON unless bytes.
        code: the reason.
        fix: what an operator does with what was kept.
        stored: end of the datastream's key, time (or seconds after it first came), result and UCUM code of what is
            stored.
    """

    door: str
    path: str
    body: Any
    code: str
    fix: Callable[[Any], Any]
    stored: tuple[str, datetime | float, Any, str | None]
    media_type: str = "application/json"
    params: dict[str, str] = field(default_factory=dict[str, str])
    headers: dict[str, str] = field(default_factory=dict[str, str])


ENTITY = {
    "id": "urn:ngsi-ld:Air:1",
    "type": "Air",
    "dateObserved": {"type": "DateTime", "value": "2026-07-01T01:00:00Z"},
    "no2": {"type": "Number", "value": "wet", "metadata": {"unitCode": {"value": "GQ"}}},
    "note": {"type": "Text", "value": "not needed to read no2 again"},
}
LD_ENTITY = {
    "id": "urn:ngsi-ld:Air:2",
    "type": "Air",
    "no2": {"type": "Property", "value": 69, "unitCode": "GQ"},
}
PACK = [
    {"bn": "urn:dev:ow:10e2073a01080063:", "bt": 1782867600, "bu": "%RH", "n": "a", "v": 1},
    {"n": "humidity", "t": -60, "v": "67"},
]
EVENT = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/stations/1",
    "type": "vn.fansipan.observation.v1",
    "datacontenttype": "text/plain",
    "time": "2026-07-01T08:00:00+07:00",
}
CASES = [
    Case(
        "influx",
        "/api/v2/write",
        b"air,station=tram-1 pm2_5=23,4 1782867600",
        "invalid-line",
        lambda line: line.replace("23,4", "23.4"),
        ("air:station:tram-1/pm2_5", AT, 23.4, "ug/m3"),
        params={"precision": "s"},
    ),
    Case(
        "influx",
        "/write",
        b"air,station=tram-2 temperature=",
        "invalid-line",
        lambda line: line + "21.5",
        ("air:station:tram-2/temperature", 0.0, 21.5, "Cel"),
    ),
    Case(
        "senml",
        "/v1/senml",
        PACK,
        "invalid-item",
        changed("v", 67),
        ("urn:dev:ow:10e2073a01080063/humidity", AT.replace(hour=0, minute=59), 67.0, "%"),
        media_type="application/senml+json",
    ),
    Case(
        "senml",
        "/v1/senml",
        cbor2.dumps([{-2: "urn:dev:ow:10e2073a01080064:", 0: "temperature", 1: "degC", 2: 21.5, 6: -10}]),
        "unit-unknown",
        changed("u", "Cel"),
        ("urn:dev:ow:10e2073a01080064/temperature", -10.0, 21.5, "Cel"),
        media_type="application/senml+cbor",
    ),
    Case(
        "cloud-events",
        "/v1/events",
        EVENT | {"data": {"datastream": "PROVIDER/e/pm10", "result": 41}},
        "invalid-item",
        changed("datacontenttype", "application/json"),
        ("e/pm10", AT, 41.0, "ug/m3"),
        media_type="application/cloudevents+json",
    ),
    Case(
        "chirpstack",
        "/v1/lorawan/chirpstack",
        sample("chirpstack_v4", "up"),
        "not-decoded",
        changed("object", {"temperature": 21.5}),
        ("0101010101010101/temperature", datetime(2022, 7, 18, 9, 34, 15, 775_000, UTC), 21.5, "Cel"),
        params={"event": "up"},
    ),
    Case(
        "the-things-stack",
        "/v1/lorawan/the-things-stack",
        sample("things_stack_v3", "uplink_message_console_1"),
        "not-decoded",
        changed("uplink_message/decoded_payload", {"battery_mv": 3100}),
        ("/battery_mv", datetime(2020, 9, 25, 13, 46, 52, 433_000, UTC), 3100.0, "mV"),
    ),
    Case(
        "ngsi-v2",
        "/v1/ngsi-v2/notify",
        {"subscriptionId": "s", "data": [ENTITY]},
        "invalid-item",
        changed("data/0/no2/value", 69),
        ("Air:urn:ngsi-ld:Air:1/no2", AT, 69.0, "ug/m3"),
        headers={"fiware-service": "laocai", "fiware-servicepath": "/air"},
    ),
    Case(
        "ngsi-ld",
        "/v1/ngsi-ld/notify",
        {"notifiedAt": "2026-07-01T01:00:00Z", "data": [changed("no2/observedAt", "now")(LD_ENTITY)]},
        "invalid-item",
        changed("data/0/no2/observedAt", None),
        ("urn:ngsi-ld:Air:2/no2", AT, 69.0, "ug/m3"),
    ),
    Case(
        "mqtt",
        "/v1/mqtt/messages",
        b"23,4",
        "invalid-json",
        lambda _: 23.4,
        ("box/pm2_5", 0.0, 23.4, "ug/m3"),
        params={"topic": "fansipan/PROVIDER/box/pm2_5"},
    ),
]


@dataclass(frozen=True, slots=True)
class Desk:
    """Provider and operator."""

    http: httpx.AsyncClient
    addresses: Addresses
    credentials: Credentials

    async def send(self, case: Case) -> httpx.Response:
        """Push a case's message as its provider."""
        body = case.body if isinstance(case.body, bytes) else json.dumps(case.body).encode()
        own = self.credentials.provider
        return await self.http.post(
            self.addresses.ingest + case.path,
            content=body.replace(b"PROVIDER", own.encode()),
            params={name: value.replace("PROVIDER", own) for name, value in case.params.items()},
            headers={
                "authorization": f"Bearer {self.credentials.key}",
                "content-type": case.media_type,
                **case.headers,
            },
        )

    async def letter(self) -> dict[str, Any]:
        """The one dead letter of the provider, once it is there."""
        until = time.monotonic() + 15.0
        while True:
            url = f"{self.addresses.gateway}/v1/admin/dead-letters"
            params = {"provider": self.credentials.provider}
            items = (await self.http.get(url, params=params, auth=self.addresses.operator)).json()["items"]
            if items:
                [item] = items
                return (await self.http.get(f"{url}/{item['id']}", auth=self.addresses.operator)).json()
            assert time.monotonic() < until, "no letter after 15 s"
            await asyncio.sleep(0.1)

    async def replay(self, letter: int, body: Any) -> dict[str, Any]:
        """Send it again; returns what became of it."""
        answer = await self.http.post(
            f"{self.addresses.gateway}/v1/admin/dead-letters/{letter}/replay",
            auth=self.addresses.operator,
            json=body,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["replay"]


@pytest.fixture
def desk(http: httpx.AsyncClient, addresses: Addresses, credentials: Credentials) -> Desk:
    return Desk(http, addresses, credentials)


async def stored(owner: "asyncpg.Connection[Any]", provider: str, ending: str) -> list[asyncpg.Record]:
    """The readings whose datastream ends so; a door that cannot say when they are stored is waited for."""
    until = time.monotonic() + 15.0
    while True:
        rows = await owner.fetch(
            "SELECT d.key, d.unit_definition, o.phenomenon_time, o.result FROM observation o"
            " JOIN datastream d ON d.id = o.datastream_id WHERE d.key LIKE $1 || '/%' AND d.key LIKE '%' || $2",
            provider,
            ending,
        )
        if rows:
            return rows
        assert time.monotonic() < until, f"nothing of {ending} is stored after 15 s"
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.door} {case.path} {case.media_type}")
async def test_what_a_door_refused_is_corrected_and_stored(
    desk: Desk, owner: "asyncpg.Connection[Any]", case: Case
):
    answer = await desk.send(case)
    assert answer.status_code in (202, 400), answer.text
    letter = await desk.letter()
    assert (letter["door"], letter["code"], letter["replayable"]) == (case.door, case.code, True)
    kept = letter["payload"] if letter["payload"] is not None else letter["payloadText"]

    if letter["payload"] is not None:  # as it was it is refused again, and leaves no second letter
        refused = await desk.replay(letter["id"], {})
        assert (refused["outcome"], refused["reasons"][0]["code"]) == ("refused", case.code)

    replay = await desk.replay(letter["id"], {"payload": case.fix(kept)})
    assert (replay["outcome"], replay["corrected"], replay["reasons"]) == ("accepted", True, [])
    ending, at, result, unit = case.stored
    [row] = await stored(owner, desk.credentials.provider, ending)
    if isinstance(at, datetime):
        assert row["phenomenon_time"] == at
    else:  # the millisecond at which the letter was written is a little after that at which the message was read
        after = (row["phenomenon_time"] - datetime.fromisoformat(letter["receivedAt"])).total_seconds() - at
        assert abs(after) < 0.002
    assert (row["result"], row["unit_definition"]) == (result, unit)
    noted = await desk.letter()
    assert (noted["id"], noted["replay"]["outcome"]) == (letter["id"], "accepted")


async def test_the_headers_that_named_the_thing_are_sent_again(desk: Desk, owner: "asyncpg.Connection[Any]"):
    [case] = [case for case in CASES if case.door == "ngsi-v2"]
    good = Case(
        *("ngsi-v2", case.path, {"data": [changed("no2/value", 1)(json.loads(json.dumps(ENTITY)))]}),
        *("", case.fix, case.stored),
        headers=case.headers,
    )
    assert (await desk.send(good)).json()["accepted"] == 1
    await desk.send(case)
    letter = await desk.letter()
    assert letter["context"] == case.headers
    replay = await desk.replay(letter["id"], {"payload": case.fix(letter["payload"])})
    assert replay["outcome"] == "accepted"
    [row] = await stored(owner, desk.credentials.provider, "/no2")  # one datastream; the later value holds
    assert row["result"] == 69.0


async def test_text_is_text_and_what_holds_nothing_is_not_taken(desk: Desk):
    [case, *_] = CASES
    await desk.send(case)
    letter = await desk.letter()
    url = f"{desk.addresses.gateway}/v1/admin/dead-letters/{letter['id']}/replay"
    for payload in ({"a": 1}, "# only a comment", ""):
        answer = await desk.http.post(url, auth=desk.addresses.operator, json={"payload": payload})
        assert (answer.status_code, answer.json()["code"]) == (409, "body-needed")
