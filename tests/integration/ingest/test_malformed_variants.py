"""Every door, every way in which its sample can be wrong: each has its reason, in the answer and as a dead letter.

Each door's sample is one number of 21.5 °C at one time. The same mutations are applied to all of them where the door's
form can express them; what belongs to one door alone is below.
"""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest
from tests.conftest import Addresses
from tests.integration.conftest import connect
from tests.support.providers import Credentials, make_key
from tests.support.remote_write import HEADERS, write_request

PROVIDER = "malformed"
GOOD = 1_782_867_600_000
TOO_EARLY = 1_000
IN_FUTURE = 4_000_000_000_000


@dataclass(frozen=True)
class Message:
    """A request to a door, and the property of what it says."""

    path: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict[str, str])
    params: dict[str, str] = field(default_factory=dict[str, str])


Builder = Callable[..., Message]


def iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")


def packed(value: Any) -> bytes:
    """JSON; a text that begins with `raw:` is written as it stands behind it."""
    text = json.dumps(value)
    while '"raw:' in text:
        before, _, after = text.partition('"raw:')
        raw, _, rest = after.partition('"')
        text = before + raw + rest
    return text.encode()


def observations(ms: int = GOOD, value: Any = 21.5, thing: str = "json") -> Message:
    item = {"datastream": f"{PROVIDER}/{thing}/temperature", "phenomenonTime": iso(ms), "result": value}
    return Message("/v1/observations", packed([item]), {"content-type": "application/json"})


def influx(ms: int = GOOD, value: Any = 21.5, thing: str = "influx") -> Message:
    text = value if isinstance(value, str) else {True: "true", False: "false"}.get(value, str(value))
    text = (
        text.removeprefix("raw:")
        if text.startswith("raw:")
        else f'"{text}"'
        if isinstance(value, str)
        else text
    )
    return Message("/api/v2/write", f"{thing} temperature={text} {ms}".encode(), params={"precision": "ms"})


def senml(ms: int = GOOD, value: Any = 21.5, unit: str = "Cel", thing: str = "senml") -> Message:
    kind = (
        "vb" if isinstance(value, bool) else "vs" if isinstance(value, str) and value[:4] != "raw:" else "v"
    )
    # Below 2^28 s a time of SenML counts from now: the earliest that it can say is 1978.
    seconds = max(ms / 1000, float(1 << 28))
    record = {"n": f"{thing}/temperature", "u": unit, kind: value, "t": seconds}
    if kind != "v":
        del record["u"]
    return Message("/v1/senml", packed([record]), {"content-type": "application/senml+json"})


def cloud_events(ms: int = GOOD, value: Any = 21.5, thing: str = "events") -> Message:
    event = {
        "specversion": "1.0",
        "id": "e-1",
        "source": "/s",
        "type": "vn.fansipan.observation.v1",
        "time": iso(ms),
        "subject": f"{PROVIDER}/{thing}/temperature",
        "data": {"result": value},
    }
    return Message("/v1/events", packed(event), {"content-type": "application/cloudevents+json"})


def chirpstack(ms: int = GOOD, value: Any = 21.5, unit: str = "°C", eui: str = "0101010101010101") -> Message:
    message = {
        "deduplicationId": "d-1",
        "time": iso(ms),
        "deviceInfo": {"devEui": eui},
        "object": {"temperature": {"value": value, "unit": unit}},
    }
    return Message("/v1/lorawan/chirpstack", packed(message), params={"event": "up"})


def things_stack(ms: int = GOOD, value: Any = 21.5, unit: str = "°C") -> Message:
    message = {
        "end_device_ids": {"device_id": "d", "application_ids": {"application_id": "a"}},
        "correlation_ids": ["as:up:1"],
        "uplink_message": {
            "received_at": iso(ms),
            "decoded_payload": {"temperature": {"value": value, "unit": unit}},
        },
    }
    return Message("/v1/lorawan/the-things-stack", packed(message))


def ngsi_v2(ms: int = GOOD, value: Any = 21.5, unit: str = "CEL") -> Message:
    attribute = {"type": "Number", "value": value, "metadata": {"unitCode": {"value": unit}}}
    entity = {"id": "v2", "type": "T", "TimeInstant": {"value": iso(ms)}, "temperature": attribute}
    return Message("/v1/ngsi-v2/notify", packed({"data": [entity]}))


def ngsi_ld(ms: int = GOOD, value: Any = 21.5, unit: str = "CEL") -> Message:
    attribute = {"type": "Property", "value": value, "unitCode": unit, "observedAt": iso(ms)}
    return Message("/v1/ngsi-ld/notify", packed({"data": [{"id": "urn:x:ld", "temperature": attribute}]}))


def mqtt(ms: int = GOOD, value: Any = 21.5, thing: str = "mqtt") -> Message:
    topic = f"fansipan/{PROVIDER}/{thing}/temperature"
    body = packed({"result": value, "phenomenonTime": iso(ms)})
    return Message("/v1/mqtt/messages", body, params={"topic": topic})


def prometheus(ms: int = GOOD, value: float = 21.5) -> Message:
    body = write_request(({"__name__": "temperature", "job": "prometheus"}, [(value, ms)]))
    return Message("/api/v1/write", body, HEADERS)


DOORS: dict[str, Builder] = {
    builder.__name__: builder
    for builder in (
        observations,
        influx,
        senml,
        cloud_events,
        chirpstack,
        things_stack,
        ngsi_v2,
        ngsi_ld,
        mqtt,
        prometheus,
    )
}
ALL = tuple(DOORS)
COMMON: list[tuple[str, dict[str, Any], str, tuple[str, ...]]] = [
    ("its time is 1970", {"ms": TOO_EARLY}, "time-too-early", ALL),
    ("its time is 2096", {"ms": IN_FUTURE}, "time-in-future", ALL),
    (
        "its number is true",
        {"value": True},
        "result-type",
        tuple(door for door in ALL if door != "prometheus"),
    ),
    (
        "its number is text",
        {"value": "warm"},
        "result-type",
        ("observations", "influx", "senml", "cloud_events", "mqtt"),
    ),
    ("its unit is another", {"unit": "Pa"}, "unit-mismatch", ("senml", "chirpstack", "things_stack")),
    ("its unit is another", {"unit": "PAL"}, "unit-mismatch", ("ngsi_v2", "ngsi_ld")),
    ("its number is infinite", {"value": float("inf")}, "invalid-item", ("prometheus",)),
]


def without(message: Message, *path: str | int, value: Any = None) -> Message:
    """A JSON message with a member taken away, or set."""
    body = json.loads(message.body)
    place = body
    for part in path[:-1]:
        place = place[part]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return replace(message, body=json.dumps(body).encode())


OWN: list[tuple[str, Message, str]] = [
    ("observations without a time", without(observations(), 0, "phenomenonTime"), "invalid-item"),
    ("observations without a result", without(observations(), 0, "result"), "invalid-item"),
    ("observations with a field too many", without(observations(), 0, "colour", value="red"), "invalid-item"),
    ("observations of two parts", without(observations(), 0, "datastream", value="a/b"), "datastream-key"),
    (
        "observations of another",
        without(observations(), 0, "datastream", value="demo/a/b"),
        "datastream-forbidden",
    ),
    (
        "observations of no id",
        without(observations(), 0, "datastream", value=2_000_000_001),
        "datastream-unknown",
    ),
    (
        "observations nested",
        without(observations(), 0, "parameters", value={"a": [[[[[[[[1]]]]]]]]}),
        "too-deep",
    ),
    ("observations with NUL", without(observations(), 0, "parameters", value={"a": "\0"}), "nul-character"),
    ("influx without a value", influx(value="raw:"), "invalid-line"),
    ("influx with a comma", influx(value="raw:21,5"), "invalid-line"),
    ("influx with NaN", influx(value="raw:NaN"), "invalid-line"),
    ("influx with a text that is open", influx(value='raw:"warm'), "invalid-line"),
    ("influx with a large integer", influx(value="raw:99999999999999999999i"), "invalid-line"),
    ("influx with a time of letters", Message("/api/v2/write", b"a f=1 now"), "invalid-line"),
    ("influx with a tag twice", Message("/api/v2/write", b"a,b=1,b=2 f=1"), "invalid-line"),
    ("influx with a field twice", Message("/api/v2/write", b"a f=1,f=2"), "invalid-line"),
    ("influx without a field", Message("/api/v2/write", b"a,b=1"), "invalid-line"),
    ("influx without a measurement", Message("/api/v2/write", b",b=1 f=1"), "invalid-line"),
    ("influx that is no text", Message("/api/v2/write", b"a,b=\xff f=1"), "invalid-line"),
    ("senml without a name", without(senml(), 0, "n"), "senml-name"),
    ("senml with a name of spaces", without(senml(), 0, "n", value="a b"), "senml-name"),
    ("senml without a value", without(senml(), 0, "v"), "invalid-item"),
    ("senml with two values", without(senml(), 0, "vb", value=True), "invalid-item"),
    ("senml with a value of text", without(senml(), 0, "v", value="21,5"), "invalid-item"),
    ("senml with a time of text", without(senml(), 0, "t", value="now"), "invalid-item"),
    ("senml with data that are none", without(without(senml(), 0, "v"), 0, "vd", value="a="), "invalid-item"),
    ("senml in degrees", senml(unit="degC"), "unit-unknown"),
    ("senml that is no record", Message("/v1/senml", b"[5]", senml().headers), "invalid-item"),
    ("an event of another version", without(cloud_events(), "specversion", value="0.3"), "invalid-item"),
    ("an event without an id", without(cloud_events(), "id"), "invalid-item"),
    ("an event without a source", without(cloud_events(), "source"), "invalid-item"),
    ("an event of another type", without(cloud_events(), "type", value="x"), "event-type-unknown"),
    ("an event without a type", without(cloud_events(), "type"), "event-type-unknown"),
    ("an event without data", without(cloud_events(), "data"), "invalid-item"),
    ("an event without a time", without(cloud_events(), "time"), "invalid-item"),
    ("an event with data twice", without(cloud_events(), "data_base64", value="e30="), "invalid-item"),
    ("an event about nothing", without(cloud_events(), "subject"), "invalid-item"),
    ("an event in XML", without(cloud_events(), "datacontenttype", value="text/xml"), "invalid-item"),
    ("chirpstack without a decoder", without(chirpstack(), "object"), "not-decoded"),
    ("chirpstack with text alone", without(chirpstack(), "object", value={"state": "ok"}), "not-decoded"),
    (
        "the things stack without a decoder",
        without(things_stack(), "uplink_message", "decoded_payload"),
        "not-decoded",
    ),
    ("ngsi-v2 without an id", without(ngsi_v2(), "data", 0, "id"), "invalid-item"),
    ("ngsi-v2 with a number of letters", ngsi_v2(value="warm"), "invalid-item"),
    (
        "ngsi-v2 with a time of letters",
        without(ngsi_v2(), "data", 0, "TimeInstant", value="now"),
        "invalid-item",
    ),
    ("ngsi-ld without an id", without(ngsi_ld(), "data", 0, "id"), "invalid-item"),
    (
        "ngsi-ld with a time of letters",
        without(ngsi_ld(), "data", 0, "temperature", "observedAt", value="now"),
        "invalid-item",
    ),
    ("mqtt that is no JSON", replace(mqtt(), body=b"21,5"), "invalid-json"),
    ("mqtt without a result", without(mqtt(), "result"), "invalid-item"),
    ("mqtt that says its datastream", without(mqtt(), "datastream", value="a/b/c"), "invalid-item"),
    ("mqtt of an unknown topic", replace(mqtt(), params={"topic": "other"}), "topic-unknown"),
    ("mqtt below another", replace(mqtt(), params={"topic": "fansipan/demo/a/b"}), "datastream-forbidden"),
    (
        "mqtt of no datastream",
        replace(mqtt(), params={"topic": f"fansipan/{PROVIDER}/-a/b"}),
        "datastream-key",
    ),
    (
        "prometheus without a metric",
        Message("/api/v1/write", write_request(({"a": "b"}, [(1, GOOD)])), HEADERS),
        "name-missing",
    ),
]
WHOLE: list[tuple[str, Message, int]] = [
    *(
        (f"{door} that is no JSON", replace(DOORS[door](), body=b"{"), 400)
        for door in ALL
        if door not in ("influx", "mqtt", "prometheus")
    ),
    ("prometheus that is not packed", replace(prometheus(), body=b"{"), 400),
    (
        "observations of another content type",
        replace(observations(), headers={"content-type": "text/csv"}),
        415,
    ),
    ("senml of another content type", replace(senml(), headers={"content-type": "application/json"}), 415),
    ("senml of a later version", without(senml(), 0, "bver", value=11), 400),
    ("senml with a field that must be understood", without(senml(), 0, "x_", value=1), 400),
    ("senml that is no pack", replace(senml(), body=b"{}"), 400),
    ("events of another content type", replace(cloud_events(), headers={"content-type": "text/plain"}), 415),
    ("chirpstack without a device", without(chirpstack(), "deviceInfo"), 400),
    ("chirpstack with half an EUI", chirpstack(eui="0101"), 400),
    ("chirpstack without a time", without(chirpstack(), "time"), 400),
    ("chirpstack with a time of letters", without(chirpstack(), "time", value="now"), 400),
    ("chirpstack without its id", without(chirpstack(), "deduplicationId"), 400),
    ("chirpstack of an unknown event", replace(chirpstack(), params={"event": "x"}), 400),
    ("the things stack without a device", without(things_stack(), "end_device_ids"), 400),
    ("the things stack without a time", without(things_stack(), "uplink_message", "received_at"), 400),
    ("the things stack of an unknown message", without(things_stack(), "uplink_message"), 400),
    ("ngsi-v2 without data", without(ngsi_v2(), "data"), 400),
    ("ngsi-ld that was notified at no time", without(ngsi_ld(), "notifiedAt", value="now"), 400),
    ("influx of an unknown precision", replace(influx(), params={"precision": "days"}), 400),
    ("influx of another bucket", replace(influx(), params={"bucket": "demo"}), 404),
    (
        "prometheus of version 2",
        replace(
            prometheus(),
            headers=HEADERS | {"content-type": "application/x-protobuf;proto=io.prometheus.write.v2.Request"},
        ),
        415,
    ),
]


class Doors:
    """All doors, with a key of one provider whose samples are known already."""

    def __init__(self, http: httpx.AsyncClient, url: str, key: str) -> None:
        self._http = http
        self._url = url
        self._headers = {"authorization": f"Bearer {key}"}
        self.refused: list[str] = []

    async def send(self, message: Message) -> httpx.Response:
        """Push it."""
        return await self._http.post(
            self._url + message.path,
            content=message.body,
            headers=self._headers | message.headers,
            params=message.params,
        )

    async def is_refused(self, message: Message, code: str) -> None:
        """Push something with one fault; nothing of it is accepted."""
        answer = await self.send(message)
        body = answer.json()
        assert answer.status_code in (202, 400), answer.text
        assert [item["code"] for item in body["rejected"]] == [code], answer.text
        assert body["accepted"] == 0
        assert all(item["detail"] for item in body["rejected"])
        self.refused.append(code)


@pytest.fixture(scope="module")
async def doors(addresses: Addresses, http: httpx.AsyncClient) -> Doors:
    credentials: Credentials = make_key(addresses.database, PROVIDER)
    found = Doors(http, addresses.ingest, credentials.key)
    for door, build in DOORS.items():
        answer = await found.send(build())
        assert answer.status_code in (202, 204), (door, answer.text)
    return found


@pytest.mark.parametrize(
    ("door", "change", "code"),
    [(door, change, code) for _, change, code, doors in COMMON for door in doors],
    ids=[f"{door}: {what}" for what, _, _, doors in COMMON for door in doors],
)
async def test_a_fault_that_any_sample_can_have(doors: Doors, door: str, change: dict[str, Any], code: str):
    await doors.is_refused(DOORS[door](**change), code)


@pytest.mark.parametrize(("message", "code"), [each[1:] for each in OWN], ids=[each[0] for each in OWN])
async def test_a_fault_of_one_doors_form(doors: Doors, message: Message, code: str):
    await doors.is_refused(message, code)


@pytest.mark.parametrize(("message", "status"), [each[1:] for each in WHOLE], ids=[each[0] for each in WHOLE])
async def test_what_is_refused_whole_says_why(doors: Doors, message: Message, status: int):
    answer = await doors.send(message)
    assert answer.status_code == status, answer.text
    assert answer.json().get("detail") or answer.json().get("message")


async def test_each_refused_item_is_one_dead_letter_with_its_reason(doors: Doors, addresses: Addresses):
    owner: asyncpg.Connection[Any] = await connect(addresses.database)
    until = time.monotonic() + 20.0
    while True:
        rows = await owner.fetch("SELECT code FROM dead_letter WHERE provider = $1", PROVIDER)
        if len(rows) >= len(doors.refused):
            break
        assert time.monotonic() < until, f"{len(rows)} of {len(doors.refused)} letters after 20 s"
        await asyncio.sleep(0.1)
    await owner.close(timeout=5.0)
    assert sorted(row["code"] for row in rows) == sorted(doors.refused)
