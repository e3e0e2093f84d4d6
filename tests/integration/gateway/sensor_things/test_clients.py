"""Clients that integrators have: their requests, as recorded, are answered in the shapes they read."""

import asyncio
import re
import socket
from collections.abc import AsyncGenerator
from typing import Any, Final
from urllib.parse import urlsplit

import anyio.to_thread
import frost_sta_client as fsc
import httpx
import pytest
import uvicorn
from pydantic import SecretStr
from tests.integration.conftest import connect
from tests.integration.gateway.sensor_things.conftest import Get

from fansipan_common.security import generate_api_key
from fansipan_gateway.app import build
from fansipan_gateway.settings import GatewaySettings

_NORTH: Final = "geography'POLYGON((103.9 22.3,104.2 22.3,104.2 22.6,103.9 22.6,103.9 22.3))'"


# ---------------------------------------------------------------- QGIS
async def test_qgis_finds_the_version_in_the_service_root(get: Get):
    root = await get("")
    assert any(re.fullmatch(r".*/1\.1/.*/datamodel\b", uri) for uri in root["serverSettings"]["conformance"])
    assert {entry["name"]: entry["url"] for entry in root["value"]}["Locations"].endswith("/Locations")
    assert not [
        uri for uri in root["serverSettings"]["conformance"] if "multi-datastream" in uri
    ]  # it would ask for them


@pytest.mark.parametrize(
    ("entity_set", "field", "counts"),
    [
        ("Locations", "location", {"Point": 2, "LineString": 1, "Polygon": 1}),
        ("FeaturesOfInterest", "feature", {"Point": 3, "LineString": 1, "Polygon": 1}),
        ("Datastreams", "observedArea", {"Point": 4, "LineString": 1, "Polygon": 0}),
    ],
)
async def test_qgis_counts_geometries_of_a_kind(
    get: Get, entity_set: str, field: str, counts: dict[str, int]
):
    for kind, count in counts.items():
        text = f"{field}/type eq '{kind}' or {field}/geometry/type eq '{kind}'"
        assert (await get(f"/{entity_set}", top=0, count="true", filter=text))["@iot.count"] == count


@pytest.mark.parametrize(
    ("entity_set", "count"),
    [
        ("Things", 3),
        ("Locations", 4),
        ("HistoricalLocations", 4),
        ("Datastreams", 5),
        ("Sensors", 2),
        ("ObservedProperties", 4),
        ("Observations", 37),
        ("FeaturesOfInterest", 5),
    ],
)
async def test_qgis_counts_whole_sets_without_reading_them(get: Get, entity_set: str, count: int):
    assert await get(f"/{entity_set}", top=0, count="true") == {"@iot.count": count, "value": []}


@pytest.mark.parametrize(
    ("entity_set", "field", "names"),
    [
        ("Locations", "location", ["here"]),
        ("FeaturesOfInterest", "feature", ["here", "river"]),
        ("Datastreams", "observedArea", ["Counts", "Mixed", "Rich", "Nothing yet"]),
    ],
)
async def test_qgis_asks_for_the_extent_of_each_kind_of_geometry(
    get: Get, entity_set: str, field: str, names: list[str]
):
    text = f"({field}/type eq 'Point' or {field}/geometry/type eq 'Point') and (geo.intersects({field}, {_NORTH}))"
    page = await get(f"/{entity_set}", top=200, count="false", filter=text)
    assert [entity["name"] for entity in page["value"]] == names
    assert page.keys() == {"value"}
    assert all(entity["@iot.id"] < 1 << 31 for entity in page["value"])


async def test_qgis_reads_names_properties_and_times_of_history(get: Get):
    for entity in (await get("/Locations", top=200, count="false"))["value"]:
        assert isinstance(entity["properties"], dict)
        assert entity["@iot.selfLink"].endswith(f"/Locations({entity['@iot.id']})")
        assert {"name", "description"} <= entity.keys()
    history = (await get("/HistoricalLocations", top=200, count="false"))["value"]
    assert all(re.fullmatch(r"[-0-9]+T[0-9:]+\.\d{3}Z", entity["time"]) for entity in history)


async def test_qgis_reads_pages_within_an_extent(sta: httpx.AsyncClient, get: Get):
    text = f"(location/type eq 'Point' or location/geometry/type eq 'Point') and (geo.intersects(location, {_NORTH}))"
    page = await get("/Locations", top=200, count="false", filter=text)
    assert [location["name"] for location in page["value"]] == ["here"]
    everywhere = await get("/Locations", top=3, count="false")
    rest = (await sta.get(everywhere["@iot.nextLink"])).json()
    assert len(everywhere["value"]) + len(rest["value"]) == 4


async def test_qgis_expands_from_locations_down_to_newest_observations(get: Get):
    expand = (
        "Things($expand=Datastreams($top=10;$expand=Observations($orderby=phenomenonTime desc;$top=2;"
        "$filter=phenomenonTime ge 2026-07-01T00:00:00Z)))"
    )
    page = await get("/Locations", top=100, count="false", expand=expand)
    here = page["value"][0]
    assert here["@iot.id"] < 1 << 31
    (counts, _mixed) = here["Things"][0]["Datastreams"]
    assert counts["unitOfMeasurement"] == {"name": "Piece", "symbol": "1", "definition": "ucum:1"}
    assert re.fullmatch(r"[-0-9]+T[0-9:]+\.\d{3}Z/[-0-9]+T[0-9:]+\.\d{3}Z", counts["phenomenonTime"])
    assert [observation["result"] for observation in counts["Observations"]] == [12, 11]
    assert isinstance(here["Things"][0]["properties"], dict)


async def test_qgis_follows_next_links_of_what_is_expanded(sta: httpx.AsyncClient, get: Get):
    page = await get(
        "/Things(1)", expand="Datastreams($top=1;$expand=Observations($top=5;$orderby=phenomenonTime desc))"
    )
    datastream = page["Datastreams"][0]
    results = [observation["result"] for observation in datastream["Observations"]]
    link = datastream["Observations@iot.nextLink"]
    while link:
        following = (await sta.get(link)).json()
        results += [observation["result"] for observation in following["value"]]
        link = following.get("@iot.nextLink")
    assert results == list(range(12, 0, -1))
    (second,) = (await sta.get(page["Datastreams@iot.nextLink"])).json()["value"]
    assert second["name"] == "Mixed"
    assert len(second["Observations"]) == 5


# ---------------------------------------------------------------- Grafana
async def test_grafana_asks_the_root_whether_it_is_well(sta: httpx.AsyncClient):
    for path in ("", "/"):
        assert (await sta.get(path)).status_code == 200


@pytest.mark.parametrize(
    "entity_set", ["Things", "Locations", "Datastreams", "Observations", "FeaturesOfInterest"]
)
async def test_grafana_may_ask_for_a_thousand(get: Get, entity_set: str):
    page = await get(f"/{entity_set}", top=1000, count="true")
    assert len(page["value"]) == page["@iot.count"]
    assert "@iot.nextLink" not in page


async def test_grafana_takes_the_first_part_of_a_period_and_the_result(get: Get):
    observations = await get("/Datastreams(1)/Observations", top=1000)
    assert [item["result"] for item in observations["value"]] == list(range(1, 13))
    assert observations["value"][0]["phenomenonTime"].split("/")[0] == "2026-07-01T00:00:00.000Z"
    (datastream,) = (await get("/Datastreams", filter="id eq 1"))["value"]
    assert datastream["phenomenonTime"].split("/")[0] == "2026-07-01T00:00:00.000Z"


async def test_grafana_adds_no_range_to_a_path_that_has_a_filter_or_expands(sta: httpx.AsyncClient):
    for typed in (
        "/Datastreams(1)/Observations?$filter=result gt 10&$top=1000",
        "/Things?$expand=Datastreams($expand=Observations($top=1;$orderby=phenomenonTime desc))&$top=1000",
    ):
        assert (await sta.get(typed)).status_code == 200


async def test_grafana_adds_a_range_and_top_to_the_path_that_was_typed(sta: httpx.AsyncClient):
    begin, end = "2026-07-01T02:00:00.000Z", "2026-07-01T04:00:00.000Z"
    addition = f"&$filter=phenomenonTime ge {begin} and phenomenonTime le {end}&$top=1000"
    for typed in ("/Datastreams(1)/Observations?$orderby=phenomenonTime asc", "/Datastreams(1)/Observations"):
        response = await sta.get(typed + addition)  # the second has forgotten its question mark
        assert response.status_code == 200, response.text
        assert [(o["phenomenonTime"][11:16], o["result"]) for o in response.json()["value"]] == [
            ("02:00", 3),
            ("03:00", 4),
            ("04:00", 5),
        ]


async def test_grafana_keeps_only_the_query_of_a_next_link(sta: httpx.AsyncClient):
    page = (await sta.get("/Datastreams(1)/Observations?$top=10")).json()
    query = urlsplit(page["@iot.nextLink"]).query
    rest = (await sta.get(f"/Datastreams(1)/Observations?{query}")).json()
    assert [o["result"] for o in page["value"] + rest["value"]] == list(range(1, 13))


async def test_grafana_picks_by_beginnings_and_properties(get: Get):
    page = await get(
        "/Things",
        filter="startswith(name,'Tr') and startswith(properties/commune,'026')",
        count="true",
        skip=0,
        top=10,
    )
    assert (page["@iot.count"], [thing["name"] for thing in page["value"]]) == (1, ["Trạm một"])


async def test_grafana_asks_single_entities_with_the_same_additions(sta: httpx.AsyncClient):
    response = await sta.get("/Things(1)?$filter=phenomenonTime ge 2026-07-01T02:00:00.000Z&$top=1000")
    assert response.status_code == 200


# ---------------------------------------------------------------- frost_sta_client
@pytest.fixture(scope="module")
async def served(filled: str) -> AsyncGenerator[tuple[str, str]]:
    """The address of a gateway on a port, and an API key of the provider `lab`."""
    key = generate_api_key()
    owner = await connect(filled)
    await owner.execute(
        "INSERT INTO api_key (id, provider_id, name, secret_hash, scopes) VALUES ($1, 1, 'frost', $2, '{read}')",
        key.id,
        key.secret_hash,
    )
    await owner.close()
    settings = GatewaySettings(
        database_url=SecretStr(filled),
        redis_url=None,
        session_secret=SecretStr("s" * 64),
        anonymous_read=False,
    )
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(build(settings), log_level="warning"))
        running = asyncio.create_task(server.serve(sockets=[listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/sta/v1.1", key.text
        server.should_exit = True
        await running


@pytest.mark.filterwarnings("ignore:furl.pathstr is deprecated:DeprecationWarning")
async def test_frost_sta_client_reads_with_an_api_key_as_password(served: tuple[str, str]):
    root, key = served

    def scenario() -> dict[str, Any]:
        service = fsc.SensorThingsService(root, auth_handler=fsc.AuthHandler(username="any", password=key))
        found: dict[str, Any] = {}
        thing = service.things().find(1)
        found["thing"] = (thing.id, thing.name, thing.properties["commune"])
        streams = service.things().query().expand("Datastreams").top(1).list()
        found["datastreams"] = [d.name for d in streams.entities[0].datastreams.entities]
        datastream = service.datastreams().find(1)
        found["unit"] = datastream.unit_of_measurement.symbol
        query = datastream.get_observations().query()
        query = query.filter("result gt 1 and phenomenonTime ge 2026-07-01T02:00:00Z").orderby(
            "phenomenonTime", "DESC"
        )
        pages = query.top(4).count().expand("FeatureOfInterest").list()
        found["count"] = pages.count
        found["results"] = [observation.result for observation in pages]  # follows next links
        found["feature"] = pages.entities[0].feature_of_interest.name
        found["locations"] = [location.name for location in thing.get_locations().query().list()]
        selected = service.observations().query().select("result", "phenomenonTime").top(2).list()
        found["selected"] = [observation.result for observation in selected.entities]
        found["things"] = [thing.name for thing in service.things().query().list()]
        try:
            service.things().query().filter("name gt 5").list()
        except Exception as error:  # noqa: BLE001 - what the client raises is what is asked
            found["error"] = str(error)
        return found

    found = await anyio.to_thread.run_sync(scenario)
    assert found["thing"] == (1, "Trạm một", "02671")
    assert found["datastreams"] == ["Counts", "Mixed"]
    assert found["unit"] == "1"
    assert (found["count"], found["results"]) == (10, list(range(12, 2, -1)))
    assert found["feature"] == "here"
    assert found["locations"] == ["here"]
    assert found["selected"] == [1, 2]
    assert found["things"] == ["Trạm một", "Trạm hai"]  # not what is of others
    assert "400" in found["error"]


async def test_a_wrong_key_is_401_with_a_message(served: tuple[str, str]):
    async with httpx.AsyncClient() as client:
        response = await client.get(f"{served[0]}/Things", auth=("any", "fsp_wrong_key"))
    assert response.status_code == 401
    assert response.json()["message"]
    assert "Basic" in response.headers["www-authenticate"]
