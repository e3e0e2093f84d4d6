"""`POST /v1/events` with the official SDKs of CloudEvents: Python and JavaScript, in every mode."""

import asyncio
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from tests.conftest import Addresses
from tests.support.providers import Credentials

SDK = Path(__file__).parents[2] / "support" / "cloud_events_sender"
TIME = datetime(2026, 7, 1, 1, 0, 0, 250_000, tzinfo=UTC)
DOSSIER = {"dossierId": "d-1", "agency": "so-tu-phap", "procedure": "1.000688", "channel": "online"}


def observation(provider: str, number: int, **change: Any) -> dict[str, Any]:
    return {
        "id": f"tin {number}",
        "source": "/stations/1",
        "type": "vn.fansipan.observation.v1",
        "time": "2026-07-01T08:00:00.250+07:00",
        "subject": f"{provider}/tram-1/x{number}",
        "data": {"result": number + 0.5},
        **change,
    }


def dossier(number: int) -> dict[str, Any]:
    return {
        "id": f"e-{number}",
        "source": "/agencies/so-tu-phap",
        "type": "vn.fansipan.dossier.received.v1",
        "time": "2026-07-01T08:00:00+07:00",
        "datacontenttype": "application/json",
        "data": DOSSIER | {"dossierId": f"d-{number}"},
    }


@pytest.fixture
def push(http: httpx.AsyncClient, addresses: Addresses, credentials: Credentials) -> Any:
    async def post(body: Any, headers: dict[str, str]) -> httpx.Response:
        key = {"authorization": f"Bearer {credentials.key}"}
        url = f"{addresses.ingest}/v1/events"
        return await http.post(url, content=body, headers=headers | key, params={"wait": "stored"})

    return post


async def stored(owner: "asyncpg.Connection[Any]", provider: str) -> dict[str, tuple[datetime, Any]]:
    rows = await owner.fetch(
        "SELECT d.key, o.* FROM observation o JOIN datastream d ON d.id = o.datastream_id"
        " WHERE d.key LIKE $1 || '/%'",
        provider,
    )
    return {row["key"].removeprefix(f"{provider}/"): (row["phenomenon_time"], row["result"]) for row in rows}


async def dossiers(owner: "asyncpg.Connection[Any]", provider: str) -> list[str]:
    rows = await owner.fetch(
        "SELECT dossier_id FROM dossier d JOIN provider p ON p.id = d.provider_id WHERE p.key = $1 ORDER BY 1",
        provider,
    )
    return [row["dossier_id"] for row in rows]


async def test_the_python_sdk(push: Any, credentials: Credentials, owner: "asyncpg.Connection[Any]"):
    def event(of: dict[str, Any]) -> CloudEvent:
        attributes = {name: value for name, value in of.items() if name != "data"} | {"specversion": "1.0"}
        attributes["time"] = datetime.fromisoformat(of["time"])
        return CloudEvent(attributes, of["data"])

    binary = to_binary_event(event(observation(credentials.provider, 1)))
    structured = to_structured_event(event(observation(credentials.provider, 2)))
    batch = [event(observation(credentials.provider, 3)), event(dossier(1))]
    texts = [bytes(to_structured_event(one).body).decode() for one in batch]
    batched = f"[{','.join(texts)}]"
    for body, headers, count in (
        (binary.body, binary.headers, 1),
        (structured.body, structured.headers, 1),
        (batched, {"content-type": "application/cloudevents-batch+json"}, 2),
    ):
        answer = await push(body, headers)
        assert (answer.status_code, answer.json()["accepted"], answer.json()["rejected"]) == (202, count, [])
    assert await stored(owner, credentials.provider) == {
        f"tram-1/x{number}": (TIME, number + 0.5) for number in (1, 2, 3)
    }
    assert await dossiers(owner, credentials.provider) == ["d-1"]


async def test_the_javascript_sdk(
    addresses: Addresses, credentials: Credentials, owner: "asyncpg.Connection[Any]"
):
    events = [observation(credentials.provider, number) for number in (1, 2, 3)] + [dossier(1), dossier(2)]
    if not (SDK / "node_modules" / ".package-lock.json").is_file():
        await run("npm", "ci", "--no-audit", "--no-fund", "--silent")
    answers = json.loads(
        await run(
            "node",
            "send.mjs",
            URL_OF_DOOR=f"{addresses.ingest}/v1/events?wait=stored",
            KEY=credentials.key,
            EVENTS=json.dumps(events),
        )
    )
    assert [(each["status"], each["body"]["accepted"], each["body"]["rejected"]) for each in answers] == [
        (202, 1, []),
        (202, 1, []),
        (202, 3, []),
    ]
    assert await stored(owner, credentials.provider) == {
        f"tram-1/x{number}": (TIME, number + 0.5) for number in (1, 2, 3)
    }
    assert await dossiers(owner, credentials.provider) == ["d-1", "d-2"]


async def run(*command: str, **environment: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=SDK,
        env=os.environ | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(120):
        output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return output


async def test_wrong_events_are_listed_by_their_place(push: Any, credentials: Credentials):
    good = {"specversion": "1.0"} | observation(credentials.provider, 1)
    events = [
        good,
        good | {"type": "com.example.other"},
        good | {"data": [{"result": 1}, {"result": None}]},
        {"specversion": "1.0"} | dossier(1) | {"data": {"citizen": "x"}},
        5,
    ]
    answer = await push(json.dumps(events), {"content-type": "application/cloudevents-batch+json"})
    assert answer.json()["accepted"] == 2
    assert [(item["index"], item["code"]) for item in answer.json()["rejected"]] == [
        (1, "event-type-unknown"),
        (2, "invalid-item"),
        (3, "invalid-item"),
        (4, "invalid-item"),
    ]
