"""Notifications of context brokers through the real stack: read back with their time, value and unit."""

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


@pytest.fixture
def push(http: httpx.AsyncClient, addresses: Addresses, credentials: Credentials) -> Any:
    async def post(dialect: str, body: Any, **headers: str) -> httpx.Response:
        key = {"authorization": f"Bearer {credentials.key}"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"{addresses.ingest}/v1/{dialect}/notify"
        return await http.post(url, json=body, headers=key | named, params={"wait": "stored"})

    return post


def sample(name: str) -> Any:
    found = json.loads((FIXTURES / name).read_text())
    return found if "data" in found else {"data": [found]}


async def stored(
    owner: "asyncpg.Connection[Any]", provider: str
) -> dict[str, tuple[Any, str | None, datetime]]:
    rows = await owner.fetch(
        "SELECT d.key, d.unit_definition, o.* FROM observation o JOIN datastream d ON d.id = o.datastream_id"
        " WHERE d.key LIKE $1 || '/%'",
        provider,
    )
    return {
        row["key"].removeprefix(f"{provider}/"): (
            row["result"] if row["result_json"] is None else row["result_json"],
            row["unit_definition"],
            row["phenomenon_time"],
        )
        for row in rows
    }


async def test_ngsi_v2(push: Any, credentials: Credentials, owner: "asyncpg.Connection[Any]"):
    body = sample("ngsi_v2/AirQualityObserved.normalized.json")
    for _ in range(2):
        answer = await push("ngsi-v2", body)
        assert (answer.status_code, answer.json()["accepted"], answer.json()["rejected"]) == (202, 17, [])
    found = await stored(owner, credentials.provider)
    thing = "AirQualityObserved:Madrid-AmbientObserved-28079004-2016-03-15T11:00:00"
    time = datetime(2016, 3, 15, 11, tzinfo=UTC)
    assert found[f"{thing}/no2"] == (69.0, "ug/m3", time)
    assert found[f"{thing}/co"] == (500.0, "mg/m3", time)
    assert found[f"{thing}/precipitation"] == (False, None, time)
    assert len(found) == 17


async def test_ngsi_ld(push: Any, credentials: Credentials, owner: "asyncpg.Connection[Any]"):
    answer = await push("ngsi-ld", sample("ngsi_ld/notification.jsonld"), content_type="application/json")
    assert (answer.status_code, answer.json()["accepted"]) == (202, 1)
    assert await stored(owner, credentials.provider) == {
        "urn:ngsi-ld:BeeHive:01/temperature": (
            42.0,
            "Cel",
            datetime(2025, 10, 26, 22, 35, 52, 986_000, tzinfo=UTC),
        )
    }


async def test_key_values_and_services(push: Any, credentials: Credentials, owner: "asyncpg.Connection[Any]"):
    body = sample("ngsi_v2/FloodMonitoring.keyvalues.json")
    assert (await push("ngsi-v2", body, ngsiv2_attrsformat="keyValues")).json()["accepted"] == 5
    other = await push("ngsi-v2", body, fiware_service="laocai", fiware_servicepath="/flood")
    assert other.json()["accepted"] == 5
    assert len(await stored(owner, credentials.provider)) == 10
    assert (await push("ngsi-v2", body, ngsiv2_attrsformat="values")).json()["code"] == "bad-request"
    assert (await push("ngsi-v2", {})).json()["code"] == "bad-request"
    assert (await push("ngsi-ld", {"data": [], "notifiedAt": "now"})).json()["code"] == "bad-request"
    assert (await push("ngsi-ld", {"data": []}, content_type="text/xml")).status_code == 415
