"""DELETE, and what goes with it: table 25 of the standard."""

from tests.integration.gateway.sensor_things_writing.conftest import (
    Provider,
    World,
    datastream,
    feature,
    location,
    thing,
)


async def _station(lab: Provider, name: str) -> dict[str, str]:
    """Addresses of a Thing and of all around it."""
    made = await lab.post("/Things", thing(name, Locations=[location(name)], Datastreams=[datastream(name)]))
    whole = await lab.get(
        f"/Things({made['@iot.id']})",
        expand="Locations,HistoricalLocations,Datastreams($expand=Sensor,ObservedProperty)",
    )
    (stream,), (place,), (history,) = whole["Datastreams"], whole["Locations"], whole["HistoricalLocations"]
    return {
        "Thing": f"/Things({whole['@iot.id']})",
        "Location": f"/Locations({place['@iot.id']})",
        "HistoricalLocation": f"/HistoricalLocations({history['@iot.id']})",
        "Datastream": f"/Datastreams({stream['@iot.id']})",
        "Sensor": f"/Sensors({stream['Sensor']['@iot.id']})",
        "ObservedProperty": f"/ObservedProperties({stream['ObservedProperty']['@iot.id']})",
    }


async def _observe(world: World, address: str, result: float) -> str:
    """Store an observation of now as analytics does; its address."""
    datastream_id = int(address.rpartition("(")[2].rstrip(")"))
    await world.owner.execute(
        "INSERT INTO observation (datastream_id, phenomenon_time, result)"
        " VALUES ($1, date_trunc('milliseconds', now()), $2)",
        datastream_id,
        result,
    )
    moment = await world.owner.fetchval(
        "SELECT (extract(epoch FROM max(phenomenon_time)) * 1000)::bigint FROM observation WHERE datastream_id = $1",
        datastream_id,
    )
    return f"/Observations({datastream_id << 42 | moment})"


GOES_WITH = {
    "Thing": {"Thing", "Datastream", "HistoricalLocation", "Observation"},
    "Location": {"Location", "HistoricalLocation"},
    "HistoricalLocation": {"HistoricalLocation"},
    "Datastream": {"Datastream", "Observation"},
    "Sensor": {"Sensor", "Datastream", "Observation"},
    "ObservedProperty": {"ObservedProperty", "Datastream", "Observation"},
}


async def test_a_delete_is_200_then_404_and_takes_what_the_standard_says(lab: Provider, world: World):
    for deleted, goes in GOES_WITH.items():
        addresses = await _station(lab, f"Xóa {deleted}")
        addresses["Observation"] = await _observe(world, addresses["Datastream"], 1.0)
        assert await lab.status(addresses["Observation"]) == 200
        answer = await lab.send("DELETE", addresses[deleted])
        assert answer.status_code == 200, answer.text
        assert (await lab.refused("DELETE", addresses[deleted]))[:2] == (404, "not-found")
        for name, address in addresses.items():
            assert (name, await lab.status(address)) == (name, 404 if name in goes else 200)


async def test_what_was_deleted_is_nowhere_to_be_seen(lab: Provider, world: World):
    addresses = await _station(lab, "Không còn")
    observation = await _observe(world, addresses["Datastream"], 123.5)
    assert len((await lab.get("/Observations", filter="result eq 123.5"))["value"]) == 1
    await lab.send("DELETE", addresses["Datastream"])
    assert (await lab.get("/Observations", filter="result eq 123.5", count="true"))["@iot.count"] == 0
    assert await lab.status(observation) == 404
    assert await lab.status(f"{addresses['Datastream']}/Observations") == 404
    assert (await lab.get(f"{addresses['Sensor']}/Datastreams"))["value"] == []


async def test_past_observations_keep_the_feature_of_a_deleted_location(lab: Provider, world: World):
    addresses = await _station(lab, "Giữ đối tượng")
    observation = await _observe(world, addresses["Datastream"], 7.0)
    before = await lab.get(f"{observation}/FeatureOfInterest")
    assert before["name"] == "Giữ đối tượng"
    await lab.send("DELETE", addresses["Location"])
    assert await lab.get(f"{observation}/FeatureOfInterest") == before
    assert (await lab.get(f"{addresses['Thing']}/HistoricalLocations"))["value"] == []
    seen = (await lab.get(f"/FeaturesOfInterest({before['@iot.id']})/Observations"))["value"]
    assert [one["result"] for one in seen] == [7]


async def test_a_feature_that_nothing_observes_is_deleted(lab: Provider):
    made = await lab.post("/FeaturesOfInterest", feature("Không ai đo"))
    address = f"/FeaturesOfInterest({made['@iot.id']})"
    assert (await lab.send("DELETE", address)).status_code == 200
    assert await lab.status(address) == 404


async def test_a_location_is_never_without_a_feature(lab: Provider, world: World):
    addresses = await _station(lab, "Luôn có")
    (made,) = (await lab.get("/FeaturesOfInterest", filter="name eq 'Luôn có'"))["value"]
    assert (await lab.send("DELETE", f"/FeaturesOfInterest({made['@iot.id']})")).status_code == 200
    (another,) = (await lab.get("/FeaturesOfInterest", filter="name eq 'Luôn có'"))["value"]
    assert another["@iot.id"] != made["@iot.id"]
    observation = await _observe(world, addresses["Datastream"], 8.0)
    assert (await lab.get(f"{observation}/FeatureOfInterest"))["@iot.id"] == another["@iot.id"]


async def test_the_history_may_be_filled_in_and_the_newest_says_where_a_thing_stands(lab: Provider):
    addresses = await _station(lab, "Lịch sử")
    thing_id = int(addresses["Thing"].rpartition("(")[2].rstrip(")"))
    old = {
        "time": "2015-03-01T00:40:00.000Z",
        "Thing": {"@iot.id": thing_id},
        "Locations": [location("Xưa")],
    }
    made = await lab.post("/HistoricalLocations", old)
    assert made["time"] == "2015-03-01T00:40:00.000Z"
    assert [one["name"] for one in (await lab.get(f"{addresses['Thing']}/Locations"))["value"]] == ["Lịch sử"]
    assert (await lab.refused("POST", "/HistoricalLocations", old))[:2] == (409, "exists")

    await lab.change("PATCH", addresses["HistoricalLocation"], {"time": "2016-01-01T00:00:00Z"})
    now = {"time": "2017-01-01T00:00:00Z", "Locations": [location("Nay")]}
    await lab.post(f"{addresses['Thing']}/HistoricalLocations", now)
    assert [one["name"] for one in (await lab.get(f"{addresses['Thing']}/Locations"))["value"]] == ["Nay"]
    rows = (await lab.get(f"{addresses['Thing']}/HistoricalLocations", expand="Locations", orderby="time"))[
        "value"
    ]
    assert [(row["time"][:4], row["Locations"][0]["name"]) for row in rows] == [
        ("2015", "Xưa"),
        ("2016", "Lịch sử"),
        ("2017", "Nay"),
    ]


async def test_the_audit_trail_tells_who_did_what(lab: Provider, world: World):
    addresses = await _station(lab, "Có dấu vết")
    await lab.change("PATCH", addresses["Thing"], {"name": "Đổi tên"})
    await lab.send("DELETE", addresses["Thing"])
    object_name = f"thing/{addresses['Thing'].rpartition('(')[2].rstrip(')')}"
    rows = await world.owner.fetch(
        "SELECT actor, action, details FROM audit_event WHERE object = $1 ORDER BY id", object_name
    )
    assert [(row["actor"], row["action"]) for row in rows] == [
        (f"api-key:{lab.key_id}", action) for action in ("thing.created", "thing.changed", "thing.deleted")
    ]
    created, changed, deleted = (row["details"] for row in rows)
    assert set(created["with"]["created"]) == {
        "Locations",
        "HistoricalLocations",
        "FeaturesOfInterest",
        "Datastreams",
        "Sensors",
        "ObservedProperties",
    }
    assert changed["properties"] == ["name"]
    assert set(deleted["with"]["deleted"]) == {"Datastreams", "HistoricalLocations"}
