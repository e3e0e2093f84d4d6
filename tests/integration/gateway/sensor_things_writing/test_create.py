"""POST: single entities, links, navigation paths, deep inserts."""

from typing import Any

import pytest
from tests.integration.gateway.sensor_things_writing.conftest import (
    PREFIX,
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


@pytest.mark.parametrize(
    ("entity_set", "body"),
    [
        ("Things", thing()),
        ("Locations", location()),
        ("Sensors", sensor()),
        ("ObservedProperties", observed_property()),
        ("FeaturesOfInterest", feature()),
    ],
)
async def test_a_post_gives_201_its_address_and_what_a_get_shows(
    lab: Provider, entity_set: str, body: dict[str, Any]
):
    answer = await lab.send("POST", f"/{entity_set}", body)
    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert answer.headers["location"] == f"{PREFIX}/{entity_set}({shown['@iot.id']})"
    assert answer.headers["etag"]
    assert {name: shown[name] for name in body} == body
    assert await lab.get(f"/{entity_set}({shown['@iot.id']})") == shown


async def test_a_deep_insert_makes_all_of_it(lab: Provider, world: World):
    made = await lab.post(
        "/Things", thing(Locations=[location()], Datastreams=[datastream(), datastream("Độ ẩm")])
    )
    whole = await lab.get(
        f"/Things({made['@iot.id']})",
        expand="Locations,HistoricalLocations/Locations,Datastreams($expand=Sensor,ObservedProperty)",
    )
    assert [place["name"] for place in whole["Locations"]] == ["Đèo"]
    (history,) = whole["HistoricalLocations"]
    assert [place["name"] for place in history["Locations"]] == ["Đèo"]
    assert [one["name"] for one in whole["Datastreams"]] == ["Nhiệt độ trên đèo", "Độ ẩm"]
    assert whole["Datastreams"][0]["Sensor"]["name"] == "DHT22"
    assert whole["Datastreams"][0]["unitOfMeasurement"]["definition"] == "Cel"
    row = await world.owner.fetchrow("SELECT * FROM thing WHERE id = $1", made["@iot.id"])
    assert row is not None
    assert row["area_code"] is not None  # the commune around the point
    assert row["area_code"] == await world.owner.fetchval(
        "SELECT area_at($1::numeric, $2::numeric)", *location()["location"]["coordinates"]
    )


async def test_a_deep_insert_goes_down_from_any_entity(lab: Provider):
    station = thing("Từ cảm biến", Locations=[location("Từ cảm biến")])
    made = await lab.post(
        "/Sensors",
        sensor("Từ cảm biến", Datastreams=[_without(datastream(Thing=station), "Sensor")]),
    )
    whole = await lab.get(
        f"/Sensors({made['@iot.id']})", expand="Datastreams($expand=Thing($expand=Locations))"
    )
    assert whole["Datastreams"][0]["Thing"]["Locations"][0]["name"] == "Từ cảm biến"

    place = await lab.post("/Locations", location("Từ vị trí", Things=[thing("Từ vị trí")]))
    (found,) = (await lab.get(f"/Locations({place['@iot.id']})/Things"))["value"]
    assert found["name"] == "Từ vị trí"
    assert len((await lab.get(f"/Things({found['@iot.id']})/HistoricalLocations"))["value"]) == 1


async def test_an_inline_entity_with_an_id_is_a_link_and_its_other_fields_are_ignored(lab: Provider):
    station, device = await lab.post("/Things", thing("Liên kết")), await lab.post("/Sensors", sensor())
    body = datastream(
        Thing={"@iot.id": station["@iot.id"], "name": "khác", "nonsense": 1}, Sensor=link(device)
    )
    made = await lab.post("/Datastreams", body)
    whole = await lab.get(f"/Datastreams({made['@iot.id']})", expand="Thing,Sensor")
    assert (whole["Thing"]["name"], whole["Sensor"]["@iot.id"]) == ("Liên kết", device["@iot.id"])


async def test_a_link_may_name_a_key(lab: Provider):
    await lab.post("/Things", thing("Theo khóa", **{"@fansipan.key": "theo-khoa"}))
    made = await lab.post("/Datastreams", datastream(Thing={"@iot.id": "lab/theo-khoa"}))
    assert (await lab.get(f"/Datastreams({made['@iot.id']})/Thing"))["name"] == "Theo khóa"


async def test_navigation_paths_give_the_relation(lab: Provider):
    station = await lab.post("/Things", thing("Đường dẫn"))
    address = f"/Things({station['@iot.id']})"
    stream = await lab.post(f"{address}/Datastreams", datastream())
    assert (await lab.get(f"/Datastreams({stream['@iot.id']})/Thing"))["name"] == "Đường dẫn"
    here = await lab.post(f"{address}/Locations", location("Chỗ mới"))
    assert [place["name"] for place in (await lab.get(f"{address}/Locations"))["value"]] == ["Chỗ mới"]
    second = await lab.post(f"/Locations({here['@iot.id']})/Things", thing("Cùng chỗ"))
    assert (await lab.get(f"/Things({second['@iot.id']})/Locations"))["value"][0]["@iot.id"] == here[
        "@iot.id"
    ]
    owner = await lab.get(f"/Datastreams({stream['@iot.id']})/Sensor")
    another = await lab.post(
        f"/Sensors({owner['@iot.id']})/Datastreams",
        _without(datastream(Thing=link(station)), "Sensor"),
    )
    assert (await lab.get(f"/Datastreams({another['@iot.id']})/Sensor"))["@iot.id"] == owner["@iot.id"]
    history = await lab.post(
        f"{address}/HistoricalLocations", {"time": "2020-01-01T00:00:00Z", "Locations": [link(here)]}
    )
    assert (await lab.get(f"/HistoricalLocations({history['@iot.id']})/Thing"))["name"] == "Đường dẫn"


async def test_a_thing_moves_to_a_location_made_in_it(lab: Provider):
    station = await lab.post("/Things", thing("Di động", Locations=[location("Trước")]))
    address = f"/Things({station['@iot.id']})"
    await lab.post(f"{address}/Locations", location("Sau"))
    assert [place["name"] for place in (await lab.get(f"{address}/Locations"))["value"]] == ["Sau"]
    history = (await lab.get(f"{address}/HistoricalLocations", expand="Locations", orderby="time"))["value"]
    assert [[place["name"] for place in row["Locations"]] for row in history] == [["Trước"], ["Sau"]]


async def test_keys_are_made_of_names_and_stay(lab: Provider, world: World):
    first = await lab.post("/Things", thing("Cầu Cốc Lếu"))
    second = await lab.post("/Things", thing("Cầu Cốc Lếu"))
    keys = [
        await world.owner.fetchval("SELECT key FROM thing WHERE id = $1", one["@iot.id"])
        for one in (first, second)
    ]
    assert keys == ["cau-coc-leu", "cau-coc-leu-2"]
    assert (await lab.get("/Things('lab/cau-coc-leu-2')"))["@iot.id"] == second["@iot.id"]
    await lab.change("PATCH", "/Things('lab/cau-coc-leu')", {"name": "Cầu khác"})
    assert (await lab.get("/Things('lab/cau-coc-leu')"))["name"] == "Cầu khác"


async def test_the_key_of_a_datastream_ends_as_that_of_its_property(lab: Provider, world: World):
    await world.owner.execute("INSERT INTO observed_property (key, name) VALUES ('pm2_5', 'PM2.5')")
    station = await lab.post("/Things", thing("Khóa", **{"@fansipan.key": "khoa"}))
    body = datastream(ObservedProperty={"@iot.id": "pm2_5"})
    streams = [await lab.post(f"/Things({station['@iot.id']})/Datastreams", body) for _ in range(3)]
    found = [await lab.get(f"/Datastreams('lab/khoa/{part}')") for part in ("pm2_5", "pm2_5-2", "pm2_5-3")]
    assert found == streams
    wished = await lab.post(
        f"/Things({station['@iot.id']})/Datastreams", {**datastream(), "@fansipan.key": "nhiet"}
    )
    assert await lab.get("/Datastreams('lab/khoa/nhiet')") == wished
    again = {**datastream(), "@fansipan.key": "nhiet"}
    assert (await lab.refused("POST", f"/Things({station['@iot.id']})/Datastreams", again))[:2] == (
        409,
        "exists",
    )


def _without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


async def test_the_feature_of_a_new_location_is_seen_before_a_thing_stands_there(lab: Provider, world: World):
    made = await lab.post("/Locations", location("Chưa ai đứng"))
    (found,) = (await lab.get("/FeaturesOfInterest", filter="name eq 'Chưa ai đứng'"))["value"]
    assert found["feature"] == made["location"]
    changed = await lab.change("PATCH", f"/FeaturesOfInterest({found['@iot.id']})", {"name": "Tên riêng"})
    assert (changed["name"], changed["feature"]) == ("Tên riêng", made["location"])
    assert (await world.other.get("/FeaturesOfInterest", filter="name eq 'Tên riêng'"))["value"] == []
