"""PATCH, PUT and JSON Patch."""

import asyncio
from typing import Any, Final

import pytest
from tests.integration.gateway.sensor_things_writing.conftest import (
    Provider,
    World,
    datastream,
    feature,
    link,
    location,
    observed_property,
    sensor,
    thing,
)

JSON_PATCH: Final = "application/json-patch+json"


async def _addresses(lab: Provider) -> dict[str, str]:
    station = await lab.post("/Things", thing("Để đổi", Locations=[location()]))
    stream = await lab.post(f"/Things({station['@iot.id']})/Datastreams", datastream())
    (history,) = (await lab.get(f"/Things({station['@iot.id']})/HistoricalLocations"))["value"]
    made = {
        "Things": station,
        "Datastreams": stream,
        "HistoricalLocations": history,
        "Locations": await lab.post("/Locations", location()),
        "Sensors": await lab.post("/Sensors", sensor()),
        "ObservedProperties": await lab.post("/ObservedProperties", observed_property()),
        "FeaturesOfInterest": await lab.post("/FeaturesOfInterest", feature()),
    }
    return {name: f"/{name}({entity['@iot.id']})" for name, entity in made.items()}


@pytest.fixture(scope="module")
async def one_of_each(lab: Provider) -> dict[str, str]:
    """One entity of each set."""
    return await _addresses(lab)


LINE: Final = {"type": "LineString", "coordinates": [[104.0, 22.0], [104.1, 22.1]]}


@pytest.mark.parametrize(
    ("entity_set", "body"),
    [
        ("Things", {"name": "Mới", "properties": {"a": [1, {"b": None}]}}),
        ("Locations", {"location": LINE, "encodingType": "application/vnd.geo+json"}),
        ("Sensors", {"metadata": "", "description": "x"}),
        ("ObservedProperties", {"definition": "https://example.org/khac"}),
        ("FeaturesOfInterest", {"feature": LINE, "properties": {"c": 1}}),
        ("Datastreams", {"unitOfMeasurement": {"name": None, "symbol": "K", "definition": "K"}}),
        ("HistoricalLocations", {"time": "2021-02-03T04:05:06.789Z"}),
    ],
)
async def test_a_patch_changes_what_it_has_and_nothing_else(
    lab: Provider, one_of_each: dict[str, str], entity_set: str, body: dict[str, Any]
):
    before = await lab.get(one_of_each[entity_set])
    assert await lab.change("PATCH", one_of_each[entity_set], body) == before | body


async def test_a_patch_may_link_and_writes_a_historical_location(lab: Provider):
    station = await lab.post("/Things", thing("Dời", Locations=[location("Cũ")]))
    elsewhere = await lab.post("/Locations", location("Mới", [104.0, 22.5]))
    address = f"/Things({station['@iot.id']})"
    await lab.change("PATCH", address, {"Locations": [link(elsewhere)]})
    assert [place["name"] for place in (await lab.get(f"{address}/Locations"))["value"]] == ["Mới"]
    history = (await lab.get(f"{address}/HistoricalLocations", expand="Locations", orderby="id"))["value"]
    assert [row["Locations"][0]["name"] for row in history] == ["Cũ", "Mới"]
    await lab.change("PATCH", address, {"Locations": [link(elsewhere)]})  # it stands there already
    assert len((await lab.get(f"{address}/HistoricalLocations"))["value"]) == 2


async def test_a_datastream_is_given_another_sensor_thing_and_property(lab: Provider):
    first = await lab.post("/Things", thing("Một"))
    second = await lab.post("/Things", thing("Hai"))
    stream = await lab.post(f"/Things({first['@iot.id']})/Datastreams", datastream())
    device = await lab.post("/Sensors", sensor("Khác"))
    word = await lab.post("/ObservedProperties", observed_property("Khác"))
    address = f"/Datastreams({stream['@iot.id']})"
    await lab.change(
        "PATCH",
        address,
        {"Sensor": link(device), "ObservedProperty": link(word), "Thing": link(second)},
    )
    whole = await lab.get(address, expand="Thing,Sensor,ObservedProperty")
    assert (whole["Thing"]["name"], whole["Sensor"]["name"], whole["ObservedProperty"]["name"]) == (
        "Hai",
        "Khác",
        "Khác",
    )
    await lab.change("PATCH", f"/Things({first['@iot.id']})", {"Datastreams": [link(stream)]})
    assert (await lab.get(f"{address}/Thing"))["name"] == "Một"


async def test_a_patch_with_a_new_related_entity_is_400(lab: Provider, one_of_each: dict[str, str]):
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("Things", {"Locations": [location()]}, "$.Locations[0]"),
        ("Things", {"Datastreams": [datastream()]}, "$.Datastreams[0]"),
        ("Datastreams", {"Sensor": sensor()}, "$.Sensor"),
        ("Sensors", {"Datastreams": [datastream()]}, "$.Datastreams[0]"),
        ("Locations", {"Things": [thing()]}, "$.Things[0]"),
    ]
    for entity_set, body, path in cases:
        for method in ("PATCH", "PUT"):
            sent = body if method == "PATCH" else (await lab.get(one_of_each[entity_set])) | body
            assert await lab.refused(method, one_of_each[entity_set], sent) == (400, "inline-entity", path)


@pytest.mark.parametrize(
    "entity_set", ["Things", "Locations", "Sensors", "Datastreams", "FeaturesOfInterest"]
)
async def test_a_put_of_what_a_get_shows_changes_nothing(
    lab: Provider, one_of_each: dict[str, str], entity_set: str
):
    shown = await lab.get(one_of_each[entity_set])
    assert await lab.change("PUT", one_of_each[entity_set], shown) == shown


async def test_a_put_writes_the_whole_entity_and_keeps_relations(lab: Provider):
    made = await lab.post("/Things", thing("PUT", Locations=[location("Ở lại")]))
    address = f"/Things({made['@iot.id']})"
    changed = await lab.change("PUT", address, {"@iot.id": made["@iot.id"], "name": "A", "description": ""})
    assert (changed["name"], changed["description"], changed["properties"]) == ("A", "", {})
    assert (await lab.get(f"{address}/Locations"))["value"][0]["name"] == "Ở lại"
    refusal = await lab.refused("PUT", address, {"description": "A"})
    assert refusal == (400, "missing-property", "$.name")
    other = {"@iot.id": 1_000_000, "name": "A", "description": ""}
    assert await lab.refused("PUT", address, other) == (400, "invalid-value", "$['@iot.id']")


async def test_a_json_patch_reaches_inside_of_properties(lab: Provider):
    made = await lab.post("/Things", thing("JSON Patch"))
    address = f"/Things({made['@iot.id']})"
    operations = [
        {"op": "test", "path": "/properties/height", "value": 2000},
        {"op": "add", "path": "/properties/tags", "value": ["a"]},
        {"op": "add", "path": "/properties/tags/-", "value": "b"},
        {"op": "replace", "path": "/name", "value": "Vá"},
        {"op": "move", "from": "/properties/height", "path": "/properties/cao"},
    ]
    changed = await lab.change("PATCH", address, operations, content_type=JSON_PATCH)
    assert (changed["name"], changed["properties"]) == ("Vá", {"tags": ["a", "b"], "cao": 2000})
    cases: list[tuple[Any, tuple[int, str]]] = [
        ([{"op": "test", "path": "/name", "value": "?"}], (409, "patch-test-failed")),
        ([{"op": "remove", "path": "/nothing"}], (400, "invalid-patch")),
        ([{"op": "remove", "path": "/name"}], (400, "missing-property")),
        ([{"op": "add", "path": "/colour", "value": 1}], (400, "unknown-property")),
        ([{"op": "add", "path": "/name", "value": 1}], (400, "invalid-value")),
        ([{"op": "shout", "path": "/name"}], (400, "invalid-patch")),
        ([{"op": "add", "path": 7, "value": 1}], (400, "invalid-patch")),
        ({"op": "remove", "path": "/name"}, (400, "invalid-patch")),
        ([{"op": "replace", "path": "", "value": 3}], (400, "invalid-patch")),
        ([{"op": "add", "path": "/properties/x", "value": 1}] * 101, (400, "invalid-patch")),
    ]
    for body, expected in cases:
        assert (await lab.refused("PATCH", address, body, content_type=JSON_PATCH))[:2] == expected
    assert await lab.get(address) == changed


async def test_copies_of_copies_are_bounded(lab: Provider):
    made = await lab.post("/Things", thing("Nhân đôi", properties={"a": "x" * 1000}))
    operations = [
        {"op": "copy", "from": "/properties", "path": f"/properties/{number}"} for number in range(40)
    ]
    answer = await lab.refused("PATCH", f"/Things({made['@iot.id']})", operations, content_type=JSON_PATCH)
    assert answer[:2] == (400, "invalid-patch")


async def test_what_others_compute_is_passed_over(lab: Provider, one_of_each: dict[str, str]):
    before = await lab.get(one_of_each["Datastreams"])
    body = {"observedArea": {"type": "Point", "coordinates": [0, 0]}, "phenomenonTime": "x", "resultTime": 1}
    assert await lab.change("PATCH", one_of_each["Datastreams"], body) == before


async def test_if_match_holds_off_a_change_of_what_has_changed(lab: Provider):
    made = await lab.send("POST", "/Things", thing("Phiên bản"))
    address = f"/Things({made.json()['@iot.id']})"
    seen = made.headers["etag"]
    read = await lab.client.get(address, auth=("any", lab.key))
    assert read.headers["etag"] == seen
    await lab.change("PATCH", address, {"name": "Lần hai"}, if_match=seen)
    assert (await lab.refused("PATCH", address, {"name": "Lần ba"}, if_match=seen))[:2] == (
        412,
        "precondition-failed",
    )
    assert (await lab.refused("DELETE", address, if_match=seen))[:2] == (412, "precondition-failed")
    await lab.change("PATCH", address, {"name": "Lần ba"}, if_match="*")
    assert (await lab.get(address))["name"] == "Lần ba"


async def test_two_patches_at_once_both_hold(lab: Provider):
    made = await lab.post("/Things", thing("Cùng lúc"))
    address = f"/Things({made['@iot.id']})"
    operations = [[{"op": "add", "path": f"/properties/{number}", "value": number}] for number in range(10)]
    answers = await asyncio.gather(
        lab.send("PATCH", address, {"name": "Tên mới"}),
        lab.send("PATCH", address, {"description": "Mô tả mới"}),
        *(lab.send("PATCH", address, body, content_type=JSON_PATCH) for body in operations),
    )
    assert [answer.status_code for answer in answers] == [200] * 12
    shown = await lab.get(address)
    assert (shown["name"], shown["description"]) == ("Tên mới", "Mô tả mới")
    assert shown["properties"] == {"height": 2000} | {str(number): number for number in range(10)}


async def test_many_inserts_of_one_name_at_once_have_keys_of_their_own(lab: Provider, world: World):
    answers = await asyncio.gather(*(lab.send("POST", "/Sensors", sensor("Cùng tên")) for _ in range(8)))
    assert [answer.status_code for answer in answers] == [201] * 8
    keys = await world.owner.fetch("SELECT key FROM sensor WHERE name = 'Cùng tên' ORDER BY id")
    assert {row["key"] for row in keys} == {"lab/cung-ten", *(f"lab/cung-ten-{n}" for n in range(2, 9))}


async def test_two_inserts_with_one_key_at_once_are_one(lab: Provider, world: World):
    body = sensor("Một khóa", **{"@fansipan.key": "mot-khoa"})
    answers = await asyncio.gather(*(lab.send("POST", "/Sensors", body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert await world.owner.fetchval("SELECT count(*) FROM sensor WHERE key = 'lab/mot-khoa'") == 1
