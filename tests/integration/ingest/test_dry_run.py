"""`?dryRun=true`: checked as in earnest by every door; nothing is stored, registered or kept."""

from collections.abc import Callable
from typing import Any

import asyncpg
import httpx
import orjson
import pytest
from tests.conftest import Addresses
from tests.support.providers import Credentials
from tests.support.sending import Sender

TIME = "2026-07-01T08:00:00+07:00"

Post = Callable[..., Any]


@pytest.fixture
def post(http: httpx.AsyncClient, addresses: Addresses, credentials: Credentials) -> Post:
    async def send(path: str, body: Any, media_type: str, **params: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        headers = {"authorization": f"Bearer {credentials.key}", "content-type": media_type}
        return await http.post(addresses.ingest + path, content=content, headers=headers, params=params)

    return send


async def counts(owner: "asyncpg.Connection[Any]", provider: str) -> tuple[int, int]:
    """Datastreams and dead letters of a provider."""
    row = await owner.fetchrow(
        "SELECT (SELECT count(*) FROM datastream WHERE key LIKE $1 || '/%'),"
        " (SELECT count(*) FROM dead_letter WHERE provider = $1)",
        provider,
    )
    assert row is not None
    return row[0], row[1]


def items(provider: str) -> list[Any]:
    known = {"datastream": f"{provider}/a/temperature", "phenomenonTime": TIME, "result": 21.5}
    return [
        known,
        known | {"result": "warm"},
        known | {"phenomenonTime": "2099-01-01T00:00:00Z", "resultTime": "1970-01-01T00:00:00Z"},
        known | {"phenomenonTime": "2026-07-01T08:00:00", "note": 1},
        known | {"datastream": "somebody-else/a/temperature"},
        known | {"datastream": "no key"},
        known | {"parameters": {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": {"i": 1}}}}}}}}}},
        "no object",
    ]


async def test_it_finds_what_the_earnest_door_finds_and_more_and_leaves_nothing(
    sender: Sender, credentials: Credentials, owner: "asyncpg.Connection[Any]"
):
    sent = items(credentials.provider)
    tried = await sender.observations(sent, dryRun="true")
    assert tried.status_code == 200, tried.text
    assert await counts(owner, credentials.provider) == (0, 0)

    earnest = (await sender.observations(sent)).json()
    report = tried.json()
    assert report["accepted"] == earnest["accepted"] == 1
    first = {reason["index"]: reason["code"] for reason in reversed(report["rejected"])}
    assert first == {reason["index"]: reason["code"] for reason in earnest["rejected"]}
    assert [reason["code"] for reason in report["rejected"] if reason["index"] == 2] == [
        "time-in-future",
        "time-too-early",
    ]
    assert [reason["code"] for reason in report["rejected"] if reason["index"] == 3] == ["invalid-item"] * 2
    assert report["datastreams"] == [
        {
            "datastream": f"{credentials.provider}/a/temperature",
            "registered": False,
            "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
            "unit": "Cel",
            "items": 1,
        }
    ]
    again = (await sender.observations(sent, dryRun="true")).json()
    assert again["datastreams"][0]["registered"] is True


async def test_an_event_with_several_faults_gets_them_all_and_is_not_kept(
    sender: Sender, credentials: Credentials, owner: "asyncpg.Connection[Any]"
):
    good = {
        "specversion": "1.0",
        "id": "1",
        "source": "/s",
        "type": "vn.fansipan.dossier.received.v1",
        "time": TIME,
        "data": {
            "dossierId": "1",
            "agency": "so-tu-phap",
            "procedure": "1.000688",
            "area": "02671",
            "channel": "online",
            "dueAt": "2026-07-08T17:00:00+07:00",
        },
    }
    bad = good | {"time": "2099-01-01T00:00:00Z", "data": {"dossierId": "2", "citizen": "An"}}
    answer = await sender.events([good, bad], dryRun="true")
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert (report["accepted"], report["refused"]) == (1, 1)
    assert report["items"][0]["subject"] == "1"
    assert report["rejected"][-1]["code"] == "time-in-future"
    assert len(report["rejected"]) > 2
    query = "SELECT count(*) FROM service_event e JOIN provider p ON p.id = e.provider_id WHERE p.key = $1"
    assert await owner.fetchval(query, credentials.provider) == 0


@pytest.mark.parametrize(
    ("path", "media_type", "body"),
    [
        (
            "/v1/senml",
            "application/senml+json",
            [{"bn": "urn:dev:ow:1:", "n": "temperature", "u": "Cel", "v": 23.1, "t": 1782867600}],
        ),
        ("/api/v2/write", "text/plain", b"air,station=a temperature=23.1 1782867600000000000"),
        (
            "/v1/events",
            "application/cloudevents+json",
            {
                "specversion": "1.0",
                "id": "1",
                "source": "/s",
                "type": "vn.fansipan.observation.v1",
                "data": {"datastream": "PROVIDER/a/temperature", "phenomenonTime": TIME, "result": 23.1},
            },
        ),
        (
            "/v1/lorawan/chirpstack",
            "application/json",
            {
                "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
                "time": "2026-07-01T01:00:00.775023242+00:00",
                "deviceInfo": {"devEui": "0101010101010101", "deviceName": "tram-1"},
                "object": {"temperature": 23.1},
            },
        ),
        (
            "/v1/ngsi-v2/notify",
            "application/json",
            {
                "subscriptionId": "57f7787a5f817988e4eb3dda",
                "data": [
                    {
                        "id": "Room1",
                        "type": "Room",
                        "temperature": {"type": "Number", "value": 23.1, "metadata": {}},
                    }
                ],
            },
        ),
    ],
)
async def test_every_door_shows_what_it_made_of_a_message(
    post: Post,
    credentials: Credentials,
    owner: "asyncpg.Connection[Any]",
    path: str,
    media_type: str,
    body: Any,
):
    if not isinstance(body, bytes):
        body = orjson.dumps(body).replace(b"PROVIDER", credentials.provider.encode())
    answer = await post(path, body, media_type, dryRun="true")
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert (report["dryRun"], report["accepted"], report["rejected"]) == (True, 1, []), report
    assert report["items"][0]["result"] == 23.1
    assert report["datastreams"][0]["registered"] is False
    assert await counts(owner, credentials.provider) == (0, 0)


async def test_what_cannot_be_read_at_all_is_a_problem_as_in_earnest(post: Post):
    for query in ({}, {"dryRun": "true"}):
        assert (await post("/v1/observations", b"{", "application/json", **query)).status_code == 400
        assert (await post("/v1/observations", b"[]", "text/html", **query)).status_code == 415
