"""SenML through the real stack: the examples of RFC 8428 are read back with their time, value and unit."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import cbor2
import httpx
import pytest
from tests.conftest import Addresses
from tests.support.kafka import DeadLetters
from tests.support.providers import Credentials

from fansipan_ingest.doors.senml.mapping import split_name

SAMPLES = Path(__file__).parents[3] / "services" / "ingest" / "tests" / "fixtures" / "senml"
LABELS: Final = {
    "bver": -1,
    "bn": -2,
    "bt": -3,
    "bu": -4,
    "bv": -5,
    "bs": -6,
    "n": 0,
    "u": 1,
    "v": 2,
    "vs": 3,
} | {
    "vb": 4,
    "s": 5,
    "t": 6,
    "ut": 7,
    "vd": 8,
}
UCUM = {"Cel": "Cel", "%RH": "%", "%EL": "%", "V": "V", "A": "A", "lat": "deg", "lon": "deg", "/": "1"}


@pytest.fixture
def push(http: httpx.AsyncClient, addresses: Addresses, credentials: Credentials) -> Any:
    async def post(body: bytes, form: str = "json", **params: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {credentials.key}", "content-type": f"application/senml+{form}"}
        url = f"{addresses.ingest}/v1/senml"
        return await http.post(url, content=body, headers=headers, params={"wait": "stored"} | params)

    return post


async def stored(owner: "asyncpg.Connection[Any]", provider: str) -> list[asyncpg.Record]:
    return await owner.fetch(
        "SELECT d.key, d.unit_definition, o.* FROM observation o JOIN datastream d ON d.id = o.datastream_id"
        " WHERE d.key LIKE $1 || '/%' ORDER BY o.phenomenon_time, d.key",
        provider,
    )


def as_cbor(pack: list[dict[str, Any]]) -> bytes:
    return cbor2.dumps(
        [
            {LABELS.get(key, key): b"hi \n" if key == "vd" else value for key, value in record.items()}
            for record in pack
        ]
    )


@pytest.mark.parametrize("form", ["json", "cbor"])
@pytest.mark.parametrize("number", range(1, 13))
async def test_the_examples_of_the_rfc_are_stored(
    push: Any, credentials: Credentials, owner: "asyncpg.Connection[Any]", number: int, form: str
):
    body = (SAMPLES / f"ex{number}.json").read_bytes()
    resolved: list[dict[str, Any]] = json.loads((SAMPLES / f"ex{number}.resolved.json").read_bytes())
    now = max(record["t"] for record in resolved)  # what "now" was when the RFC's examples were resolved
    is_relative = number in (1, 2, 7, 9)
    before = datetime.now(UTC)
    answer = await push(body if form == "json" else as_cbor(json.loads(body)), form)
    after = datetime.now(UTC)
    assert (answer.status_code, answer.json()["rejected"], answer.json()["stored"]) == (202, [], True)
    rows = [row for row in await stored(owner, credentials.provider) if value_of(row) != "aGkgCg"]
    expected: list[tuple[str, Any, str | None, float]] = []
    for record in resolved:
        thing, prop = split_name(record["n"], record.get("u"))
        value = next(record[kind] for kind in ("v", "vs", "vb") if kind in record)
        unit = UCUM[record["u"]] if "u" in record else None
        expected.append((f"{credentials.provider}/{thing}/{prop}", value, unit, record["t"]))
    expected.sort(key=lambda each: (each[3], each[0]))
    assert [(row["key"], value_of(row), row["unit_definition"]) for row in rows] == [
        each[:3] for each in expected
    ]
    for row, (*_, time) in zip(rows, expected, strict=True):
        if is_relative:
            ago = timedelta(seconds=now - time, milliseconds=1)
            assert before - ago <= row["phenomenon_time"] <= after
        else:
            assert abs(row["phenomenon_time"].timestamp() - time) < 0.001


def value_of(row: asyncpg.Record) -> Any:
    return row["result"] if row["result_json"] is None else row["result_json"]


async def test_wrong_records_are_listed_and_kept(
    push: Any, credentials: Credentials, dead_letters: DeadLetters
):
    pack = [
        {"bn": "tram-1/", "n": "t", "v": 20, "u": "Cel"},
        {"n": "t", "v": 293, "u": "K"},
        {"n": "x", "u": "F°"},
    ]
    answer = await push(json.dumps([*pack, {"n": "y", "v": 1, "u": "furlong"}]).encode())
    body = answer.json()
    assert body["accepted"] == 1
    assert [(item["index"], item["code"]) for item in body["rejected"]] == [
        (1, "unit-mismatch"),
        (2, "invalid-item"),
        (3, "unit-unknown"),
    ]
    assert {letter["code"] for letter in await dead_letters.of(credentials.provider)} == {
        item["code"] for item in body["rejected"]
    }
    again = await push(json.dumps([{"n": "tram-1/t", "v": 293, "u": "K"}]).encode())
    assert [item["code"] for item in again.json()["rejected"]] == ["unit-mismatch"]
    assert "measured in Cel" in again.json()["rejected"][0]["detail"]


async def test_whole_requests_that_are_refused(push: Any):
    assert (await push(b"{}")).json()["code"] == "bad-request"
    assert (await push(b"[]", "xml")).status_code == 415
    assert (await push(b"[" + b"5," * 10_000 + b"5]")).status_code == 413
    assert (await push(b'[{"n": "a"}]', strict="true")).status_code == 422
