"""Webhooks of network servers through the real stack: stored once with time, value and unit; other events are not."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from tests.conftest import Addresses
from tests.support.kafka import DeadLetters
from tests.support.providers import Credentials

FIXTURES = Path(__file__).parents[3] / "services" / "ingest" / "tests" / "fixtures"
CODECS = json.loads((FIXTURES / "lorawan_codecs" / "device_payload_examples.json").read_text())


@pytest.fixture
def push(http: httpx.AsyncClient, addresses: Addresses, credentials: Credentials) -> Any:
    async def post(server: str, message: Any, **params: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {credentials.key}"}
        url = f"{addresses.ingest}/v1/lorawan/{server}"
        return await http.post(url, json=message, headers=headers, params={"wait": "stored"} | params)

    return post


def sample(folder: str, name: str) -> Any:
    return json.loads((FIXTURES / folder / f"{name}.json").read_text())


async def stored(owner: "asyncpg.Connection[Any]", provider: str) -> list[asyncpg.Record]:
    return await owner.fetch(
        "SELECT d.key, d.unit_definition, o.* FROM observation o JOIN datastream d ON d.id = o.datastream_id"
        " WHERE d.key LIKE $1 || '/%' ORDER BY d.key",
        provider,
    )


async def test_chirpstack_delivers_again_and_it_is_stored_once(
    push: Any, credentials: Credentials, owner: "asyncpg.Connection[Any]"
):
    message = sample("chirpstack_v4", "up") | {"object": CODECS[0]["expected"]}
    for _ in range(3):
        answer = await push("chirpstack", message, event="up")
        assert (answer.status_code, answer.json()["rejected"]) == (202, [])
    rows = await stored(owner, credentials.provider)
    prefix = f"{credentials.provider}/0101010101010101/"
    assert {row["key"].removeprefix(prefix): row["result"] for row in rows} == {
        name: value["value"] if isinstance(value, dict) else value
        for name, value in CODECS[0]["expected"].items()
    }
    assert {row["phenomenon_time"] for row in rows} == {datetime(2022, 7, 18, 9, 34, 15, 775_000, tzinfo=UTC)}
    assert all(row["parameters"] == {"uplinkId": message["deduplicationId"]} for row in rows)
    units = {row["key"].removeprefix(prefix): row["unit_definition"] for row in rows}
    assert units["air_temperature"] == "Cel"
    assert units["pm2_5_mass_concentration"] == "ug/m3"
    history = await owner.fetchval(
        "SELECT count(*) FROM observation_history h JOIN datastream d ON d.id = h.datastream_id"
        " WHERE d.key LIKE $1 || '/%'",
        credentials.provider,
    )
    assert history == 0


async def test_the_things_stack(push: Any, credentials: Credentials, owner: "asyncpg.Connection[Any]"):
    answer = await push("the-things-stack", sample("things_stack_v3", "uplink_message"))
    assert (answer.status_code, answer.json()["accepted"]) == (202, 2)
    rows = await stored(owner, credentials.provider)
    thing = f"{credentials.provider}/0004a30b001c0530"
    assert [(row["key"], row["result"], row["unit_definition"]) for row in rows] == [
        (f"{thing}/luminosity", 0.64, None),
        (f"{thing}/temperature", 1.0, "Cel"),
    ]
    assert {row["phenomenon_time"] for row in rows} == {
        datetime(2020, 2, 12, 15, 15, 45, 789_000, tzinfo=UTC)
    }


@pytest.mark.parametrize("event", ["join", "status", "ack", "txack", "log", "location", "integration"])
async def test_other_events_of_chirpstack_are_understood_and_not_stored(push: Any, event: str):
    assert (await push("chirpstack", sample("chirpstack_v4", event), event=event)).status_code == 204


@pytest.mark.parametrize("name", ["join_accept", "downlink_ack", "downlink_failed", "downlinks"])
async def test_other_messages_of_the_things_stack_are_understood_and_not_stored(push: Any, name: str):
    assert (await push("the-things-stack", sample("things_stack_v3", name))).status_code == 204


async def test_what_is_wrong_has_its_reason(push: Any, credentials: Credentials, dead_letters: DeadLetters):
    message = sample("chirpstack_v4", "up")
    answer = await push("chirpstack", message)
    assert [item["code"] for item in answer.json()["rejected"]] == ["not-decoded"]
    assert [letter["payload"] for letter in await dead_letters.of(credentials.provider)] == [message]
    assert (await push("chirpstack", {}, event="up")).json()["code"] == "bad-request"
    assert (await push("chirpstack", {}, event="nonsense")).status_code == 400
    assert (await push("the-things-stack", {"a": 1})).status_code == 400
