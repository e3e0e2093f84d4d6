"""Forms of answers, addresses behind proxies, validators, and what a reader sees."""

import csv
import io
from typing import Any

import httpx
import pytest
from pwdlib import PasswordHash
from tests.integration.conftest import connect
from tests.integration.gateway.sensor_things.conftest import Get
from tests.support.sensor_things_world import COUNTS, MIXED

from fansipan_common.security import generate_api_key

_SETS = (
    "Things",
    "Locations",
    "HistoricalLocations",
    "Datastreams",
    "Sensors",
    "ObservedProperties",
    "Observations",
    "FeaturesOfInterest",
)


# ---------------------------------------------------------------- forms
async def test_a_data_array_groups_observations_by_datastream(sta: httpx.AsyncClient, get: Get):
    page = await get("/Observations", resultFormat="dataArray", top=20, count="true")
    assert page["@iot.count"] == 37
    first, second = page["value"]
    assert first["Datastream@iot.navigationLink"] == f"http://gateway/sta/v1.1/Datastreams({COUNTS})"
    assert first["components"] == ["id", "phenomenonTime", "result", "resultTime"]
    assert (first["dataArray@iot.count"], len(first["dataArray"])) == (12, 12)
    assert first["dataArray"][2][1:] == ["2026-07-01T02:00:00.000Z", 3, None]
    assert second["Datastream@iot.navigationLink"].endswith(f"({MIXED})")
    assert [line[2] for line in second["dataArray"]] == [
        "Nắng",
        "",
        "it's (ok)",
        True,
        False,
        {"a": 1, "b": ["x"]},
        [1, 2],
        7.5,
    ]
    rest = (await sta.get(page["@iot.nextLink"])).json()
    assert sum(group["dataArray@iot.count"] for group in rest["value"]) == 17


async def test_components_of_a_data_array_are_those_selected_in_their_order(get: Get):
    page = await get(
        "/Datastreams(3)/Observations",
        resultFormat="dataArray",
        select="result,phenomenonTime,parameters",
        top=1,
    )
    (group,) = page["value"]
    assert group["components"] == ["result", "phenomenonTime", "parameters"]
    assert group["dataArray"] == [[-4, "2026-07-01T00:00:00.000Z", {"battery": 100, "mode": None}]]


async def test_parts_of_properties_are_selected_nested_as_they_are(sta: httpx.AsyncClient, get: Get):
    page = await get("/Things", select="name,properties/commune,properties/deep/er")
    assert page["value"] == [
        {"name": "Trạm một", "properties": {"commune": "02671"}},
        {"name": "Trạm hai", "properties": {"commune": "02947"}},
        {"name": "Elsewhere (3)", "properties": {"deep": {"er": [1, {"x": None}]}}},
    ]
    expanded = await get(
        "/Datastreams(3)", select="id", expand="Thing($select=properties/height,properties/on)"
    )
    assert expanded == {"@iot.id": 3, "Thing": {"properties": {"height": 3}}}
    (location,) = (await get("/Locations", select="location/type", top=1))["value"]
    assert location == {"location": {"type": "Point"}}
    whole = (await get("/Things(1)", select="properties,properties/commune"))["properties"]
    assert whole == (await get("/Things(1)/properties"))["properties"]
    page = await get(
        "/Datastreams(3)/Observations",
        resultFormat="dataArray",
        select="result,parameters/battery,parameters/x",
    )
    (group,) = page["value"]
    assert group["components"] == ["result", "parameters/battery", "parameters/x"]
    assert group["dataArray"][:2] == [[-4, 100, None], [-2.75, 99, None]]
    for name in ("name/x", "Datastreams/name", "nothing/x"):
        assert (await sta.get(f"/Things?$select={name}")).status_code == 400


async def test_csv_has_a_column_for_each_part(sta: httpx.AsyncClient):
    response = await sta.get(
        "/Datastreams?$resultFormat=CSV&$select=name,unitOfMeasurement&$expand=Thing($select=description)"
        "&$orderby=id desc&$top=2"
    )
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(response.text)))
    assert rows[0] == [
        "name",
        "unitOfMeasurement/name",
        "unitOfMeasurement/symbol",
        "unitOfMeasurement/definition",
        "Thing/description",
    ]
    assert rows[1] == ["Level elsewhere", "Metre", "m", "ucum:m", 'It\'s = "there"']
    assert len(rows) == 3


async def test_geojson_has_the_geometry_of_an_entity_or_of_its_place(sta: httpx.AsyncClient):
    response = await sta.get("/Locations?$resultFormat=GeoJSON")
    assert response.headers["content-type"] == "application/geo+json"
    kinds = [feature["geometry"]["type"] for feature in response.json()["features"]]
    assert kinds == ["Point", "Point", "LineString", "Polygon"]
    things = (await sta.get("/Things?$resultFormat=GeoJSON&$expand=Locations&$top=1")).json()
    assert things["features"][0]["geometry"] == {"type": "Point", "coordinates": [104.01, 22.42]}
    assert (await sta.get("/Things?$resultFormat=GeoJSON")).json()["features"][0]["geometry"] is None


async def test_one_entity_has_these_forms_too(sta: httpx.AsyncClient):
    assert (await sta.get("/Things(1)?$resultFormat=CSV&$select=name")).text == "name\r\nTrạm một\r\n"
    location = (await sta.get("/Locations(1)?$resultFormat=GeoJSON")).json()
    assert location["features"][0]["geometry"]["type"] == "Point"
    assert (await sta.get("/Observations(6180910511104)?$resultFormat=dataArray")).status_code == 400


async def test_nobody_writes_without_a_key(sta: httpx.AsyncClient):
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        response = await sta.request(method, "/Things(1)", json={"name": "x"})
        assert response.status_code == 401, response.text
        assert "scope 'write'" in response.json()["message"]


# ---------------------------------------------------------------- geometry
@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("st_within(location, geography'POLYGON ((102 20, 103.8 20, 103.8 23, 102 23, 102 20))')", ["there"]),
        (
            "st_within(location, geography'POLYGON ((102 20, 105 20, 105 23, 102 23, 102 20))')",
            ["here", "there", "road", "field"],
        ),
        (
            "st_contains(geography'POLYGON ((102 20, 103.8 20, 103.8 23, 102 23, 102 20))', location)",
            ["there"],
        ),
        ("geo.intersects(location, geography'LINESTRING (103.5 20, 103.5 23)')", ["there", "road", "field"]),
        ("st_intersects(location, geography'POINT (103.2 22)')", ["road", "field"]),
        ("st_disjoint(location, geography'POINT (104.01 22.42)')", ["there", "road", "field"]),
        ("not st_disjoint(location, geography'POINT (104.01 22.42)')", ["here"]),
        ("st_equals(location, geography'POINT (103.5 22)')", ["there"]),
        ("st_touches(location, geography'LINESTRING (103.5 22, 103.5 23)')", ["there", "road", "field"]),
        ("st_crosses(location, geography'LINESTRING (103.5 21.5, 103.5 23)')", ["road", "field"]),
        (
            "st_overlaps(location, geography'POLYGON ((103.5 21.5, 105 21.5, 105 23, 103.5 23, 103.5 21.5))')",
            ["field"],
        ),
        ("st_relate(location, geography'POINT (103.5 22)', 'T********')", ["there", "road"]),
        ("geo.distance(location, geography'POINT (104.01 22.43)') lt 0.1", ["here"]),
        ("0.1 gt geo.distance(location, geography'POINT (104.01 22.43)')", ["here"]),
        ("geo.distance(location, geography'POINT (104.01 22.43)') ge 0.1", ["there", "road", "field"]),
        ("geo.length(location) gt 0.5", ["road", "field"]),
        ("Things/Locations/name eq 'road'", ["road"]),
        ("geo.length(location) gt 0.5 and name ne 'road' or name eq 'here'", ["here", "field"]),
    ],
)
async def test_filters_know_geometry(get: Get, condition: str, names: list[str]):
    assert [location["name"] for location in (await get("/Locations", filter=condition))["value"]] == names


async def test_geometry_of_related_entities_filters_too(get: Get):
    near = "geography'POLYGON ((104 22.4, 104.1 22.4, 104.1 22.5, 104 22.5, 104 22.4))'"
    things = await get("/Things", filter=f"st_within(Locations/location, {near})")
    assert [thing["@iot.id"] for thing in things["value"]] == [1, 2]
    observations = await get(
        "/Datastreams(3)/Observations",
        filter=f"st_within(FeatureOfInterest/feature, {near})",
        select="phenomenonTime",
    )
    days = [observation["phenomenonTime"][8:10] for observation in observations["value"]]
    assert days == [
        "03",
        "04",
        "05",
        "06",
        "07",
        "08",
        "09",
    ]  # since it moved there, but for the one that names a river
    (datastream,) = (
        await get(
            "/Datastreams",
            filter="st_within(observedArea, geography'POLYGON ((102 20, 104 20, 104 22.1, 102 22.1, 102 20))')",
        )
    )["value"]
    assert datastream["name"] == "Level elsewhere"
    expanded = await get(
        "/Things", expand=f"Locations($filter=st_within(location, {near});$select=name)", select="id"
    )
    assert [len(thing["Locations"]) for thing in expanded["value"]] == [1, 1, 0]


@pytest.mark.parametrize(
    "condition",
    [
        "st_within(location, geography'POLYGON ((1 1, 2 2')",
        "st_within(location, geography'POLYGON ((0 0, 1 1, 0 1, 1 0, 0 0))')",
        "st_within(location, location)",
        "geo.distance(location, geography'POINT (1 2)')",
        "geo.distance(name, geography'POINT (1 2)') lt 1",
        "st_relate(location, geography'POINT (1 2)', 'x')",
        "location eq geography'POINT (1 2)'",
    ],
)
async def test_geometry_that_makes_no_sense_is_400(sta: httpx.AsyncClient, condition: str):
    assert (await sta.get("/Locations", params={"$filter": condition})).status_code == 400


# ---------------------------------------------------------------- features
async def test_an_observation_was_made_where_its_thing_stood_then(get: Get):
    page = await get("/Datastreams(3)/Observations", select="id", expand="FeatureOfInterest($select=name)")
    names = [observation["FeatureOfInterest"]["name"] for observation in page["value"]]
    assert names == ["there", "there", *["here"] * 7, "river"]
    for feature, count in ((1, 12 + 11 + 7), (2, 2), (3, 4), (4, 0), (5, 1)):
        page = await get(f"/FeaturesOfInterest({feature})/Observations", count="true", top=0)
        assert page["@iot.count"] == count


# ---------------------------------------------------------------- addresses
async def test_addresses_are_those_of_the_public_url(filled: str, serve: Any):
    async with serve(
        filled, anonymous_read=True, public_url="https://data.laocai.example/fansipan"
    ) as client:
        page = (await client.get("/sta/v1.1/Things?$top=1")).json()
    root = "https://data.laocai.example/fansipan/sta/v1.1"
    assert page["@iot.nextLink"].startswith(f"{root}/Things?$top=1&$skiptoken=")
    assert page["value"][0]["@iot.selfLink"] == f"{root}/Things(1)"


async def test_addresses_are_those_a_trusted_proxy_names(filled: str, serve: Any):
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "sta.example"}
    async with serve(filled, anonymous_read=True, trusted_proxies="127.0.0.0/8") as client:
        trusted = (await client.get("/sta/v1.1/Things(1)", headers=forwarded)).json()
    async with serve(filled, anonymous_read=True) as client:
        untrusted = (await client.get("/sta/v1.1/Things(1)", headers=forwarded)).json()
    assert trusted["@iot.selfLink"] == "https://sta.example/sta/v1.1/Things(1)"
    assert untrusted["@iot.selfLink"] == "http://gateway/sta/v1.1/Things(1)"


async def test_keys_name_entities_as_ids_do(get: Get):
    for by_key, by_id in (
        ("/Things('lab/one')", "/Things(1)"),
        ("/Datastreams('lab/two/level')", "/Datastreams(3)"),
        ("/Sensors('s')", "/Sensors(1)"),
        ("/ObservedProperties('note')", "/ObservedProperties(2)"),
    ):
        assert await get(by_key) == await get(by_id)
    assert (await get("/Things('lab/one')/Datastreams", count="true"))["@iot.count"] == 2


async def test_what_did_not_change_is_304(sta: httpx.AsyncClient):
    for path in ("", "/Things", "/Things(1)/name/$value", "/Observations?$top=5&$resultFormat=CSV"):
        first = await sta.get(path)
        again = await sta.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_a_next_link_of_another_order_is_refused(sta: httpx.AsyncClient):
    link = (await sta.get("/Things?$top=1&$orderby=name")).json()["@iot.nextLink"]
    response = await sta.get(link.replace("$orderby=name", "$orderby=description"))
    assert response.status_code == 400
    assert "follow @iot.nextLink" in response.json()["message"]


# ---------------------------------------------------------------- who sees what
async def test_readers_see_what_the_other_doors_show_them(filled: str, serve: Any):
    keys = {name: generate_api_key() for name in ("lab", "note", "other")}
    owner = await connect(filled)
    for name, provider, prefixes in (("lab", 1, []), ("note", 1, ["lab/one/note"]), ("other", 2, [])):
        await owner.execute(
            "INSERT INTO api_key (id, provider_id, name, secret_hash, scopes, datastream_prefixes)"
            " VALUES ($1, $2, 'test', $3, '{read}', $4)",
            keys[name].id,
            provider,
            keys[name].secret_hash,
            prefixes,
        )
    hashed = PasswordHash.recommended().hash("mật khẩu")
    await owner.executemany(
        "INSERT INTO operator (username, password_hash, role, area_codes, agencies) VALUES ($1, $2, 'viewer', $3, $4)",
        [("tinh", hashed, [], []), ("xa", hashed, ["02671"], []), ("so", hashed, [], ["H38.1"])],
    )
    await owner.close()
    expected = {
        ("x", keys["lab"].text): (2, 2, 3, 4, 1, 3, 33, 3),
        ("x", keys["note"].text): (1, 1, 1, 1, 1, 1, 11, 1),
        ("x", keys["other"].text): (1, 1, 1, 1, 1, 1, 4, 1),
        ("tinh", "mật khẩu"): (3, 4, 4, 5, 2, 4, 37, 5),
        ("xa", "mật khẩu"): (1, 1, 1, 2, 1, 2, 23, 1),
        ("so", "mật khẩu"): (0,) * 8,
    }
    async with serve(filled) as client:
        assert (await client.get("/sta/v1.1/Things")).status_code == 401
        for who, counts in expected.items():
            found = []
            for name in _SETS:
                page = (await client.get(f"/sta/v1.1/{name}?$count=true&$top=1000", auth=who)).json()
                assert len(page["value"]) == page["@iot.count"]
                found.append(page["@iot.count"])
            assert tuple(found) == counts, who
            things = (await client.get("/v1/things", auth=who)).json()["items"]
            assert len(things) == counts[0]
        hidden = ("x", keys["other"].text)
        for path in (
            "Things(1)",
            "Things(1)/Datastreams",
            "Datastreams(1)/Observations",
            "Datastreams('lab/one/note')",
        ):
            assert (await client.get(f"/sta/v1.1/{path}", auth=hidden)).status_code == 404
        page = (await client.get("/sta/v1.1/ObservedProperties(3)/Datastreams", auth=hidden)).json()
        assert [datastream["name"] for datastream in page["value"]] == ["Level elsewhere"]
        filtered = "/sta/v1.1/Locations?$filter=Things/name eq 'Trạm hai' or geo.length(location) gt 0"
        assert [e["name"] for e in (await client.get(filtered, auth=hidden)).json()["value"]] == ["road"]
        expanded = "/sta/v1.1/Sensors?$expand=Datastreams($count=true;$select=name)"
        (sensor,) = (await client.get(expanded, auth=hidden)).json()["value"]
        assert sensor["Datastreams@iot.count"] == 1
