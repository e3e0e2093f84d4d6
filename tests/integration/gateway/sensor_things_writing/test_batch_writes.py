"""Writes in a batch: links to what earlier requests made, each with its own fate, with the rights of the sender."""

from typing import Any

import httpx
from tests.conftest import Addresses
from tests.integration.conftest import connect
from tests.integration.gateway.sensor_things_writing.conftest import (
    PREFIX,
    Provider,
    World,
    datastream,
    location,
    thing,
)
from tests.support.sensor_things_writer import sta_writer


async def _run(provider: Provider, *requests: dict[str, Any]) -> list[dict[str, Any]]:
    numbered = [{"id": str(number), **request} for number, request in enumerate(requests)]
    answer = await provider.send("POST", "/$batch", {"requests": numbered})
    assert answer.status_code == 200, answer.text
    return answer.json()["responses"]


async def test_entities_are_made_linked_changed_and_deleted_in_one_batch(lab: Provider):
    answers = await _run(
        lab,
        {"id": "place", "method": "post", "url": "Locations", "body": location()},
        {
            "id": "station",
            "method": "post",
            "url": "Things",
            "body": thing(Locations=[{"@iot.id": "$place"}]),
        },
        {
            "id": "series",
            "method": "post",
            "url": "Datastreams",
            "body": datastream(Thing={"@iot.id": "$station"}),
        },
        {"method": "patch", "url": "$station", "body": {"name": "Renamed"}},
        {"method": "get", "url": "$station?$expand=Locations,Datastreams"},
        {"method": "post", "url": "Things", "body": {"description": "no name"}},
        {"method": "delete", "url": "Datastreams($series)"},
        {"method": "get", "url": "$series"},
        {"method": "get", "url": "Things($station)/Datastreams"},
    )
    assert [answer["status"] for answer in answers] == [201, 201, 201, 200, 200, 400, 200, 404, 200]
    whole = answers[4]["body"]
    assert whole["name"] == "Renamed"
    assert [place["@iot.id"] for place in whole["Locations"]] == [answers[0]["body"]["@iot.id"]]
    assert [series["@iot.id"] for series in whole["Datastreams"]] == [answers[2]["body"]["@iot.id"]]
    assert answers[1]["headers"]["location"] == f"{PREFIX}/Things({whole['@iot.id']})"
    assert answers[8]["body"]["value"] == []


async def test_a_key_without_the_scope_writes_nothing_in_a_batch_either(world: World):
    before = await world.counts()
    (answer,) = await _run(world.reader, {"method": "post", "url": "Things", "body": thing()})
    assert (answer["status"], answer["body"]["code"]) == (403, "forbidden")
    (answer,) = await _run(world.blind, {"method": "get", "url": "Things"})
    assert answer["status"] == 403
    two = [{"method": "post", "url": "Things", "body": thing(), "atomicityGroup": "g"} for _ in range(2)]
    assert [answer["status"] for answer in await _run(world.reader, *two)] == [403, 424]
    two = [{"method": "get", "url": "Things?$top=1", "atomicityGroup": "g"}, two[0]]
    assert [answer["status"] for answer in await _run(world.reader, *two)] == [424, 403]
    assert await world.counts() == before


async def test_a_key_that_only_writes_runs_groups_as_well(world: World):
    before = await world.counts()
    good = [{"method": "post", "url": "Things", "body": thing(), "atomicityGroup": "g"} for _ in range(2)]
    reads = {"method": "get", "url": "Things", "atomicityGroup": "g"}
    assert [answer["status"] for answer in await _run(world.blind, *good, reads)] == [424, 424, 403]
    assert await world.counts() == before
    assert [answer["status"] for answer in await _run(world.blind, *good)] == [201, 201]


async def test_a_change_set_of_one_is_run_and_answered_in_its_form(lab: Provider):
    body = (
        "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
        "--c\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: 1\r\n\r\n"
        "POST Things HTTP/1.1\r\nContent-Type: application/json\r\n\r\n"
        '{"name": "Trạm A", "description": ""}\r\n--c--\r\n'
        "--b\r\nContent-Type: application/http\r\n\r\nGET $1/name HTTP/1.1\r\n\r\n\r\n--b--\r\n"
    )
    answer = await lab.client.post(
        "/$batch",
        content=body.encode(),
        headers={"Content-Type": "multipart/mixed; boundary=b"},
        auth=("any", lab.key),
    )
    assert answer.status_code == 200, answer.text
    assert answer.text.count("Content-Type: multipart/mixed; boundary=changeset_") == 1
    assert "HTTP/1.1 201 Created" in answer.text
    assert '{"name":"Trạm A"}' in answer.text


async def test_observations_of_a_batch_are_readable_behind_them(
    http: httpx.AsyncClient, addresses: Addresses
):
    owner = await connect(addresses.database)
    writer = await sta_writer(http, addresses.gateway, addresses.database, owner)
    await owner.close(timeout=5.0)
    sent = [
        {
            "id": f"o{hour}",
            "method": "POST",
            "url": f"Datastreams({writer.numbers})/Observations",
            "body": {"phenomenonTime": f"2026-07-01T0{hour}:00:00Z", "result": hour},
        }
        for hour in range(3)
    ]
    reads = [
        {"id": "all", "method": "GET", "url": f"Datastreams({writer.numbers})/Observations?$select=result"},
        {"id": "one", "method": "GET", "url": "$o2/result"},
        {
            "id": "figures",
            "method": "GET",
            "url": f"Datastreams({writer.numbers})/aggregate?interval=P1D&functions=sum,count&timeZone=UTC"
            "&from=2026-07-01T00:00:00Z&to=2026-07-02T00:00:00Z",
        },
    ]
    answer = await writer.post("$batch", {"requests": [*sent, *reads]}, timeout=60.0)
    responses = answer.json()["responses"]
    assert [each["status"] for each in responses] == [201] * 3 + [200] * 3, answer.text
    assert [item["result"] for item in responses[3]["body"]["value"]] == [0, 1, 2]
    assert responses[4]["body"] == {"result": 2}
    (day,) = responses[5]["body"]["value"]
    assert (day["sum"], day["count"]) == (3, 3)
