"""The OpenAPI document of ingest: complete, and its examples are what ingest accepts."""

from typing import Any

import httpx
import pytest
from tests.conftest import Addresses
from tests.support.sending import Sender

WEBHOOKS = (
    "/v1/lorawan/chirpstack",
    "/v1/lorawan/the-things-stack",
    "/v1/ngsi-v2/notify",
    "/v1/ngsi-ld/notify",
)


@pytest.fixture(scope="module")
async def document(addresses: Addresses, http: httpx.AsyncClient) -> dict[str, Any]:
    answer = await http.get(f"{addresses.ingest}/openapi.json")
    assert answer.status_code == 200
    return answer.json()


def references(value: Any) -> set[str]:
    """Every $ref below a value."""
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set[str]()
        return own.union(*map(references, value.values()))
    return set[str]().union(*map(references, value)) if isinstance(value, list) else set()


def resolve(document: dict[str, Any], pointer: str) -> Any:
    value: Any = document
    for part in pointer.removeprefix("#/").split("/"):
        value = value[part]
    return value


async def test_every_reference_resolves(document: dict[str, Any]):
    assert document["openapi"].startswith("3.")
    for reference in references(document):
        assert reference.startswith("#/")
        resolve(document, reference)


async def test_it_shows_the_doors_and_nothing_else(document: dict[str, Any]):
    assert set(document["paths"]) == {
        "/v1/observations",
        "/v1/observation-deletions",
        "/v1/service-events",
        "/api/v2/write",
        "/write",
        "/v1/senml",
        "/v1/events",
        "/v1/lorawan/chirpstack",
        "/v1/lorawan/the-things-stack",
        "/v1/ngsi-v2/notify",
        "/v1/ngsi-ld/notify",
        "/v1/mqtt/access",
        "/v1/mqtt/messages",
        "/api/v1/write",
    }


@pytest.mark.parametrize(
    "path", ["/v1/observations", "/v1/service-events", "/v1/senml", "/v1/events", *WEBHOOKS]
)
async def test_every_problem_is_documented_as_a_problem(document: dict[str, Any], path: str):
    responses = document["paths"][path]["post"]["responses"]
    assert {"202", "400", "401", "403", "413", "415", "422", "503"} <= set(responses)
    for status, response in responses.items():
        if status not in ("200", "202", "204"):
            assert "application/problem+json" in response["content"], status


async def test_the_examples_are_accepted(
    document: dict[str, Any], addresses: Addresses, http: httpx.AsyncClient
):
    sender = Sender(http, addresses.ingest, addresses.key)
    tried = 0
    for path, push in (("/v1/observations", sender.observations), ("/v1/service-events", sender.events)):
        for media_type, content in document["paths"][path]["post"]["requestBody"]["content"].items():
            headers = {"content-type": media_type}
            example = content["example"]
            if path == "/v1/service-events" and media_type == "application/json":
                headers |= {
                    "ce-specversion": "1.0",
                    "ce-id": "example",
                    "ce-source": "/examples",
                    "ce-type": "vn.fansipan.dossier.received.v1",
                    "ce-time": "2026-07-01T08:00:00+07:00",
                }
            answer = await push(example.encode() if isinstance(example, str) else example, headers=headers)
            assert answer.status_code == 202, answer.text
            assert (answer.json()["accepted"], answer.json()["rejected"]) == (1, []), media_type
            tried += 1
    assert tried == 5


DOORS = [
    ("/v1/senml", "application/senml+json"),
    ("/v1/events", "application/cloudevents+json"),
    ("/v1/events", "application/cloudevents-batch+json"),
    *((path, "application/json") for path in WEBHOOKS),
]


@pytest.mark.parametrize(("path", "media_type"), DOORS)
async def test_the_example_of_each_further_door_is_accepted(
    document: dict[str, Any], addresses: Addresses, http: httpx.AsyncClient, path: str, media_type: str
):
    example = document["paths"][path]["post"]["requestBody"]["content"][media_type]["example"]
    headers = {"authorization": f"Bearer {addresses.key}", "content-type": media_type}
    answer = await http.post(addresses.ingest + path, json=example, headers=headers)
    assert answer.status_code == 202, answer.text
    assert answer.json()["accepted"] >= 1
    assert answer.json()["rejected"] == []


@pytest.mark.parametrize("path", ["/api/v2/write", "/write"])
async def test_influxs_doors_document_their_own_answers(
    document: dict[str, Any], addresses: Addresses, http: httpx.AsyncClient, path: str
):
    post = document["paths"][path]["post"]
    headers = {"authorization": f"Token {addresses.key}"}
    example = post["requestBody"]["content"]["text/plain"]["example"]
    answer = await http.post(addresses.ingest + path, content=example, headers=headers)
    assert (answer.status_code, answer.text) == (204, "")
    answer = await http.post(addresses.ingest + path, content="a f=1\nwrong", headers=headers)
    schema = post["responses"][str(answer.status_code)]["content"]["application/json"]["schema"]
    assert set(schema["required"]) <= set(answer.json()) <= set(schema["properties"])


async def test_the_answer_is_as_documented(
    document: dict[str, Any], addresses: Addresses, http: httpx.AsyncClient
):
    answer = await Sender(http, addresses.ingest, addresses.key).observations([1], wait="stored")
    schema = document["paths"]["/v1/observations"]["post"]["responses"]["202"]["content"]["application/json"][
        "schema"
    ]
    shown = resolve(document, schema["$ref"])
    assert set(answer.json()) <= set(shown["properties"])
    assert set(shown["required"]) <= set(answer.json())
    item = resolve(document, shown["properties"]["rejected"]["items"]["$ref"])
    assert set(answer.json()["rejected"][0]) == set(item["properties"]) == set(item["required"])
