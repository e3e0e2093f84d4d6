"""Who may write what."""

from typing import Any

from tests.integration.gateway.sensor_things_writing.conftest import (
    Provider,
    World,
    datastream,
    link,
    location,
    observed_property,
    sensor,
    thing,
)


async def _made(provider: Provider, name: str) -> dict[str, str]:
    """Addresses of one entity of each set that a provider makes."""
    station = await provider.post("/Things", thing(name, Locations=[location(name)]))
    address = f"/Things({station['@iot.id']})"
    stream = await provider.post(f"{address}/Datastreams", datastream(name))
    whole = await provider.get(
        f"/Datastreams({stream['@iot.id']})",
        expand="Sensor,ObservedProperty,Thing($expand=Locations,HistoricalLocations)",
    )
    (features,) = (await provider.get("/FeaturesOfInterest", filter=f"name eq '{name}'"))["value"]
    return {
        "Things": address,
        "Datastreams": f"/Datastreams({stream['@iot.id']})",
        "Locations": f"/Locations({whole['Thing']['Locations'][0]['@iot.id']})",
        "HistoricalLocations": f"/HistoricalLocations({whole['Thing']['HistoricalLocations'][0]['@iot.id']})",
        "Sensors": f"/Sensors({whole['Sensor']['@iot.id']})",
        "ObservedProperties": f"/ObservedProperties({whole['ObservedProperty']['@iot.id']})",
        "FeaturesOfInterest": f"/FeaturesOfInterest({features['@iot.id']})",
    }


def _id(address: str) -> int:
    return int(address.rpartition("(")[2].rstrip(")"))


async def test_only_a_key_with_the_scope_write_writes(world: World):
    async def status(auth: Any, **headers: str) -> tuple[int, str]:
        answer = await world.lab.client.post("/Things", json=thing(), auth=auth, headers=headers)
        assert answer.json()["message"]
        return answer.status_code, answer.json()["code"]

    assert await status(None) == (401, "unauthorized")
    assert await status(("any", "fsp_wrong_key")) == (401, "unauthorized")
    assert await status(("any", world.reader.key)) == (403, "forbidden")
    assert await status(("mai", "bí mật")) == (403, "forbidden")  # an operator, whether good or not
    assert await status(None, Authorization=f"Bearer {world.reader.key}") == (403, "forbidden")
    answer = await world.lab.client.post(
        "/Things", json=thing(), headers={"Authorization": f"Bearer {world.lab.key}"}
    )
    assert answer.status_code == 201


async def test_others_neither_see_nor_change_nor_delete(world: World):
    addresses = await _made(world.lab, "Của lab")
    for entity_set, address in addresses.items():
        for method in ("PATCH", "PUT", "DELETE"):
            refusal = await world.other.refused(method, address, {"name": "cướp"})
            assert refusal[:2] == (404, "not-found"), (entity_set, method)
    assert (await world.other.refused("POST", f"{addresses['Things']}/Datastreams", datastream()))[0] == 404
    body = datastream(Thing={"@iot.id": _id(addresses["Things"])})
    assert await world.other.refused("POST", "/Datastreams", body) == (400, "no-such-entity", "$.Thing")


async def test_what_is_seen_of_others_is_not_theirs_to_change(world: World, serve: Any, database_url: str):
    addresses = await _made(world.lab, "Ai cũng thấy")
    async with serve(database_url, anonymous_read=True, base_url="http://gateway/sta/v1.1") as client:
        other = Provider(client, world.other.key, world.other.key_id)
        for entity_set, address in addresses.items():
            assert await other.status(address) == 200
            for method in ("PATCH", "PUT", "DELETE"):
                refusal = await other.refused(method, address, {"description": "cướp"})
                assert refusal[:2] == (403, "not-yours"), (entity_set, method)
        body = datastream(Thing={"@iot.id": _id(addresses["Things"])})
        assert (await other.refused("POST", "/Datastreams", body))[:2] == (403, "not-yours")
        assert (await other.refused("POST", f"{addresses['Things']}/Locations", location()))[:2] == (
            403,
            "not-yours",
        )
        moved = location(Things=[{"@iot.id": _id(addresses["Things"])}])
        assert (await other.refused("POST", "/Locations", moved))[:2] == (403, "not-yours")
        adopted = sensor(Datastreams=[{"@iot.id": _id(addresses["Datastreams"])}])
        assert (await other.refused("POST", "/Sensors", adopted))[:2] == (403, "not-yours")

        # shared entities may be linked, and are then not deleted with their links
        borrowed = await other.post(
            "/Things",
            thing(
                "Mượn",
                Locations=[{"@iot.id": _id(addresses["Locations"])}],
                Datastreams=[
                    datastream(
                        Sensor={"@iot.id": _id(addresses["Sensors"])},
                        ObservedProperty={"@iot.id": _id(addresses["ObservedProperties"])},
                    )
                ],
            ),
        )
        for entity_set in ("Sensors", "ObservedProperties", "Locations", "FeaturesOfInterest"):
            assert (await world.lab.refused("DELETE", addresses[entity_set]))[:2] == (409, "in-use")
        assert (await other.send("DELETE", f"/Things({borrowed['@iot.id']})")).status_code == 200
        for entity_set in ("Sensors", "ObservedProperties", "Locations"):
            assert (await world.lab.send("DELETE", addresses[entity_set])).status_code == 200


async def test_what_nobody_made_here_is_nobodys_to_change(world: World):
    await world.owner.execute(
        """
        INSERT INTO sensor (key, name) VALUES ('lab/unspecified', 'Chưa rõ');
        INSERT INTO observed_property (key, name) VALUES ('level', 'Mực nước suối');
        INSERT INTO thing (provider_id, key, name) VALUES (1, 'tu-dong', 'Tự đăng ký');
        INSERT INTO datastream (key, thing_id, sensor_id, observed_property_id, name, observation_type)
        SELECT 'lab/tu-dong/level', t.id, s.id, o.id, 'Mực nước suối', 'x' FROM thing t, sensor s, observed_property o
         WHERE t.key = 'tu-dong' AND s.key = 'lab/unspecified' AND o.key = 'level';
        """
    )
    for address in ("/Sensors('lab/unspecified')", "/ObservedProperties('level')"):
        for method in ("PATCH", "DELETE"):
            refusal = await world.lab.refused(method, address, {"name": "x"})
            assert refusal[:2] == (403, "not-yours")
    # the Thing and the Datastream are of the provider all the same
    await world.lab.change("PATCH", "/Things('lab/tu-dong')", {"name": "Trạm thủy văn"})
    device = await world.lab.post("/Sensors", sensor("Radar"))
    await world.lab.change("PATCH", "/Datastreams('lab/tu-dong/level')", {"Sensor": link(device)})
    # words of the platform may be used by all, seen or not
    body = datastream(Thing=thing("Khác"), ObservedProperty={"@iot.id": "level"})
    await world.other.post("/Datastreams", body)


async def test_a_key_for_a_part_touches_that_part(world: World):
    whole, part = world.lab, world.part
    mine = await part.send("POST", "/Things", thing("Trạm 1", **{"@fansipan.key": "tram-1"}))
    assert mine.status_code == 201, mine.text
    address = f"/Things({mine.json()['@iot.id']})"
    refusal = await part.refused("POST", "/Things", thing("Trạm 2"))
    assert refusal[:2] == (403, "not-yours")
    stream = await part.post(f"{address}/Datastreams", datastream())
    await part.change("PATCH", address, {"name": "Trạm một"})  # seen now, since it has a Datastream
    other = await whole.post("/Things", thing("Trạm 3", Datastreams=[datastream()]))
    theirs = await whole.get(f"/Things({other['@iot.id']})/Datastreams", expand="Sensor")
    body = datastream(Thing=link(other))
    assert (await part.refused("POST", "/Datastreams", body))[0] == 400
    assert (await part.refused("DELETE", f"/Datastreams({theirs['value'][0]['@iot.id']})"))[0] == 404
    # what is shared with the rest of the provider is not for this key to change
    device = await part.get(f"/Datastreams({stream['@iot.id']})/Sensor")
    await part.change("PATCH", f"/Sensors({device['@iot.id']})", {"name": "Của trạm 1"})
    await whole.change("PATCH", f"/Datastreams({theirs['value'][0]['@iot.id']})", {"Sensor": link(device)})
    for method in ("PATCH", "DELETE"):
        refusal = await part.refused(method, f"/Sensors({device['@iot.id']})", {"name": "x"})
        assert refusal[:2] == (403, "not-yours")
    assert (await part.send("DELETE", f"/Datastreams({stream['@iot.id']})")).status_code == 200
    assert (await part.send("DELETE", address)).status_code == 200  # unseen again, and still its own


async def test_a_key_that_does_not_read_gets_the_address_and_nothing_else(world: World):
    made = await world.blind.send("POST", "/ObservedProperties", observed_property("Không đọc"))
    assert made.status_code == 201
    assert set(made.json()) == {"@iot.id", "@iot.selfLink"}
    address = f"/ObservedProperties({made.json()['@iot.id']})"
    assert await world.blind.status(address) == 403
    changed = await world.blind.send("PATCH", address, {"description": "x"})
    assert (changed.status_code, set(changed.json())) == (200, {"@iot.id", "@iot.selfLink"})
    assert (await world.lab.get(address))["description"] == "x"
    assert (await world.blind.send("DELETE", address)).status_code == 200
