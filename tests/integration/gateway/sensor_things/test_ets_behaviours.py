"""What the OGC suite ets-sta10 looks at when it reads: one test for each behaviour that is known to trip servers."""

from itertools import product
from typing import Any, Final

import httpx
import pytest
from tests.integration.gateway.sensor_things.conftest import Get

ROOT: Final = "http://gateway/sta/v1.1"
MANDATORY: Final = {
    "Things": {"name", "description", "properties"},
    "Locations": {"name", "description", "encodingType", "location"},
    "HistoricalLocations": {"time"},
    "Datastreams": {"name", "description", "unitOfMeasurement", "observationType"},
    "Sensors": {"name", "description", "encodingType", "metadata"},
    "ObservedProperties": {"name", "definition", "description"},
    "Observations": {"phenomenonTime", "result", "resultTime"},
    "FeaturesOfInterest": {"name", "description", "encodingType", "feature"},
}
RELATIONS: Final = {
    "Things": {"Locations", "HistoricalLocations", "Datastreams"},
    "Locations": {"Things", "HistoricalLocations"},
    "HistoricalLocations": {"Thing", "Locations"},
    "Datastreams": {"Thing", "Sensor", "ObservedProperty", "Observations"},
    "Sensors": {"Datastreams"},
    "ObservedProperties": {"Datastreams"},
    "Observations": {"Datastream", "FeatureOfInterest"},
    "FeaturesOfInterest": {"Observations"},
}
SET_OF: Final = {
    "Thing": "Things",
    "Sensor": "Sensors",
    "ObservedProperty": "ObservedProperties",
    "Datastream": "Datastreams",
    "FeatureOfInterest": "FeaturesOfInterest",
}


def _relative(link: str) -> str:
    assert link.startswith(ROOT)
    return link.removeprefix(ROOT)


async def test_the_service_root_lists_the_eight_sets_and_nothing_else(get: Get):
    root = await get("")
    assert root["value"] == [{"name": name, "url": f"{ROOT}/{name}"} for name in MANDATORY]
    conformance = root["serverSettings"]["conformance"]
    assert "http://www.opengis.net/spec/iot_sensing/1.1/req/datamodel" in conformance
    assert "http://www.opengis.net/spec/iot_sensing/1.1/req/create-update-delete/deep-insert" in conformance


@pytest.mark.parametrize("name", MANDATORY)
async def test_every_entity_has_its_id_its_links_and_its_mandatory_keys(get: Get, name: str):
    entities = (await get(f"/{name}"))["value"]
    assert entities
    for entity in entities:
        assert isinstance(entity["@iot.id"], int)
        assert entity["@iot.selfLink"] == f"{ROOT}/{name}({entity['@iot.id']})"
        assert entity.keys() >= MANDATORY[name]
        for relation in RELATIONS[name]:
            assert entity[f"{relation}@iot.navigationLink"] == f"{entity['@iot.selfLink']}/{relation}"
        assert await get(_relative(entity["@iot.selfLink"])) == entity


async def test_a_result_time_that_is_not_known_is_null_and_there(get: Get):
    (entity,) = (await get("/Datastreams(1)/Observations", top=1))["value"]
    assert entity["resultTime"] is None


@pytest.mark.parametrize("name", MANDATORY)
async def test_a_property_is_an_object_with_that_one_key(get: Get, name: str):
    (entity,) = (await get(f"/{name}", top=1))["value"]
    for key in MANDATORY[name]:
        assert await get(f"/{name}({entity['@iot.id']})/{key}") == {key: entity[key]}


async def test_a_value_is_raw_text_and_an_object_is_json(sta: httpx.AsyncClient):
    expected = {
        "/Things(1)/name/$value": "Trạm một",
        "/HistoricalLocations(1)/time/$value": "2026-06-21T00:00:00.000Z",
        "/Datastreams(1)/observationType/$value": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
        "/Observations(6180910511104)/result/$value": "1",
    }
    for path, text in expected.items():
        response = await sta.get(path)
        assert (response.status_code, response.text) == (200, text)
        assert response.headers["content-type"].startswith("text/plain")
    for path in (
        "/Locations(1)/location/$value",
        "/FeaturesOfInterest(1)/feature/$value",
        "/Datastreams(1)/unitOfMeasurement/$value",
    ):
        assert (await sta.get(path)).text.startswith("{")
    assert (await sta.get("/Observations(6180910511104)/resultTime/$value")).status_code == 204


async def _paths(get: Get) -> list[tuple[str, bool]]:
    """Paths over relations, four entities deep, and whether they name one entity."""
    found: list[tuple[str, bool]] = []
    open_paths = [
        (f"/{name}({(await get(f'/{name}', top=1))['value'][0]['@iot.id']})", name) for name in MANDATORY
    ]
    for _depth in range(3):
        deeper: list[tuple[str, str]] = []
        for path, name in open_paths:
            for relation in RELATIONS[name]:
                target = SET_OF.get(relation, relation)
                found.append((f"{path}/{relation}", relation in SET_OF))
                if relation in SET_OF:
                    deeper.append((f"{path}/{relation}", target))
                elif entities := (await get(f"{path}/{relation}", top=1))["value"]:
                    found.append((f"{path}/{relation}({entities[0]['@iot.id']})", True))
                    deeper.append((f"{path}/{relation}({entities[0]['@iot.id']})", target))
        open_paths = deeper
    return found


async def test_resource_paths_lead_to_entities_four_deep_and_their_references_to_addresses_only(get: Get):
    paths = await _paths(get)
    assert len(paths) > 200
    for path, single in paths:
        answer = await get(path, top=2) if not single else await get(path)
        references = await get(f"{path}/$ref")
        if single:
            assert references == {"@iot.selfLink": answer["@iot.selfLink"]}
        else:
            links = [entity["@iot.selfLink"] for entity in answer["value"]]
            assert references.keys() == {"value"}
            assert all(reference.keys() == {"@iot.selfLink"} for reference in references["value"])
            assert [reference["@iot.selfLink"] for reference in references["value"]][: len(links)] == links


@pytest.mark.parametrize(
    "path",
    [
        *(f"/{name}(9223372036854775807)" for name in MANDATORY),
        "/Things(0)",
        "/Things(-1)",
        "/Things(99999999999999999999999)",
        "/Things('nobody/knows')",
        "/Observations('a')",
        "/Things(99)/Datastreams",
        "/Things(1)/Datastreams(3)",
        "/Nothing",
        "/Things(1)/nothing",
        "/Things/name",
        "/Things(1)/Datastreams/Observations",
        "/Datastreams(1)/Thing(1)",
        "/Things(1)/properties/nothing",
    ],
)
async def test_what_is_not_there_is_404(sta: httpx.AsyncClient, path: str):
    response = await sta.get(path)
    assert response.status_code == 404, response.text
    assert response.json()["message"]


@pytest.mark.parametrize("name", MANDATORY)
async def test_select_of_properties_shows_no_links(get: Get, name: str):
    for key in MANDATORY[name]:
        for entity in (await get(f"/{name}", select=key))["value"]:
            assert entity.keys() == {key}
    both = ",".join(sorted(MANDATORY[name]))
    assert (await get(f"/{name}", select=both, top=1))["value"][0].keys() == MANDATORY[name]


async def test_select_of_a_relation_shows_its_link(get: Get):
    (entity,) = (await get("/Things", select="name,Datastreams", top=1))["value"]
    assert entity.keys() == {"name", "Datastreams@iot.navigationLink"}


@pytest.mark.parametrize("name", MANDATORY)
async def test_expand_shows_each_relation_alone_and_together(get: Get, name: str):
    options = [*RELATIONS[name], ",".join(sorted(RELATIONS[name]))]
    for option in options:
        for entity in (await get(f"/{name}", expand=option, top=3))["value"]:
            for relation in option.split(","):
                assert f"{relation}@iot.navigationLink" not in entity
                linked = await get(f"/{name}({entity['@iot.id']})/{relation}")
                expected = linked if relation in SET_OF else linked["value"]
                assert entity[relation] == (expected if relation in SET_OF else expected[:25])


async def test_expand_with_slashes_is_nested(get: Get):
    (entity,) = (await get("/Observations", expand="Datastream/Thing/Locations,FeatureOfInterest", top=1))[
        "value"
    ]
    assert entity["Datastream"]["Thing"]["Locations"][0]["name"] == "here"
    assert entity["FeatureOfInterest"]["name"] == "here"


async def test_expand_with_slashes_stands_beside_nested_options_and_means_the_same(get: Get):
    slashes = await get("/Things", expand="Datastreams/ObservedProperty,Locations($select=name)")
    nested = await get("/Things", expand="Datastreams($expand=ObservedProperty),Locations($select=name)")
    assert slashes == nested
    assert slashes["value"][0]["Locations"] == [{"name": "here"}]
    assert slashes["value"][0]["Datastreams"][0]["ObservedProperty"]["name"] == "Count"
    under = await get("/Sensors(1)", expand="Datastreams($top=1;$expand=Thing/Locations,ObservedProperty)")
    assert under["Datastreams"][0]["Thing"]["Locations"][0]["name"] == "here"


async def test_expand_of_nothing_known_is_400(sta: httpx.AsyncClient):
    response = await sta.get("/Things?$expand=FeatureOfInterest")
    assert response.status_code == 400
    assert "it has Locations, HistoricalLocations, Datastreams" in response.json()["message"]


async def test_count_is_shown_when_it_is_asked_for(get: Get):
    assert (await get("/Observations", count="true", top=0)) == {"@iot.count": 37, "value": []}
    assert "@iot.count" not in await get("/Observations", count="false")
    assert "@iot.count" not in await get("/Observations")


@pytest.mark.parametrize(("top", "skip"), list(product((1, 2, 3, 100), (0, 1, 2, 3, 50))))
async def test_a_next_link_is_there_exactly_when_more_remain(
    sta: httpx.AsyncClient, get: Get, top: int, skip: int
):
    everything = [entity["@iot.id"] for entity in (await get("/Things"))["value"]]
    page, found = await get("/Things", top=top, skip=skip), list[int]()
    while True:
        found += [entity["@iot.id"] for entity in page["value"]]
        assert ("@iot.nextLink" in page) == (len(found) < len(everything[skip:]))
        if "@iot.nextLink" not in page:
            break
        assert len(page["value"]) == top
        page = (await sta.get(page["@iot.nextLink"])).json()
    assert found == everything[skip:]


_MEASUREMENT: Final = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
_VALUES: Final = {
    "Things/name": "'Trạm hai'",
    "Things/description": "'Đứng yên'",
    "Things/properties/commune": "'02671'",
    "Locations/name": "'there'",
    "Locations/description": "'Point'",
    "Locations/encodingType": "'application/geo+json'",
    "HistoricalLocations/time": "2026-06-21T00:00:00Z",
    "Datastreams/name": "'Mixed'",
    "Datastreams/description": "'One to twelve'",
    "Datastreams/observationType": f"'{_MEASUREMENT}'",
    "Datastreams/unitOfMeasurement/name": "'Metre'",
    "Datastreams/unitOfMeasurement/symbol": "'m'",
    "Datastreams/unitOfMeasurement/definition": "'ucum:m'",
    "Sensors/name": "'Sensor'",
    "Sensors/description": "''",
    "Sensors/encodingType": "'application/pdf'",
    "Sensors/metadata": "'https://example.org/s.pdf'",
    "ObservedProperties/name": "'Note'",
    "ObservedProperties/definition": "'https://example.org/count'",
    "ObservedProperties/description": "''",
    "Observations/result": "5",
    "Observations/phenomenonTime": "2026-07-01T05:00:00.000Z",
    "Observations/resultTime": "2026-07-04T01:00:00Z",
    "FeaturesOfInterest/name": "'river'",
    "FeaturesOfInterest/description": "'Named by the sender'",
    "FeaturesOfInterest/encodingType": "'application/geo+json'",
}


def test_every_mandatory_property_that_can_be_compared_is_in_the_list():
    listed = {tuple(name.split("/")[:2]) for name in _VALUES}
    geometries = {"location", "feature"}
    assert listed == {(name, key) for name, keys in MANDATORY.items() for key in keys - geometries}


@pytest.mark.parametrize(("name", "value"), _VALUES.items())
async def test_filters_compare_every_property(get: Get, name: str, value: str):
    entity_set, _, property_name = name.partition("/")
    counts = {
        operator: (
            await get(f"/{entity_set}", count="true", top=0, filter=f"{property_name} {operator} {value}")
        )["@iot.count"]
        for operator in ("lt", "le", "eq", "ne", "ge", "gt")
    }
    assert counts["eq"] >= 1
    assert counts["le"] == counts["lt"] + counts["eq"]
    assert counts["ge"] == counts["gt"] + counts["eq"]
    assert counts["ne"] == counts["lt"] + counts["gt"]


async def test_priority_of_options_and_a_quoted_constant_compares_results_as_texts(sta: httpx.AsyncClient):
    response = await sta.get(
        "/Datastreams(1)/Observations?$count=true&$top=1&$skip=2&$orderby=phenomenonTime%20asc&$filter=result%20gt%20'3'"
    )
    page: dict[str, Any] = response.json()
    assert page["@iot.count"] == 6
    assert [entity["result"] for entity in page["value"]] == [6]
    assert "@iot.nextLink" in page


@pytest.mark.parametrize("name", MANDATORY)
async def test_orderby_every_property_both_ways(get: Get, name: str):
    for key in MANDATORY[name] - {"location", "feature"}:
        up = [e["@iot.id"] for e in (await get(f"/{name}", orderby=f"{key} asc,id"))["value"]]
        down = [e["@iot.id"] for e in (await get(f"/{name}", orderby=f"{key} desc,id desc"))["value"]]
        assert up == down[::-1]


@pytest.mark.parametrize(
    "query",
    [
        "$filter=name",
        "$filter=nothing eq 1",
        "$filter=name gt 5",
        "$filter=name eq",
        "$filter=startswith(name)",
        "$orderby=nothing",
        "$orderby=Datastreams/name",
        "$select=nothing",
        "$top=-1",
        "$skip=x",
        "$count=maybe",
        "$nothing=1",
        "$skiptoken=x",
        "$resultFormat=dataArray",
        "$expand=Datastreams($top=1000;$expand=Observations($top=1000))",
    ],
)
async def test_options_that_make_no_sense_are_400(sta: httpx.AsyncClient, query: str):
    response = await sta.get(f"/Things?{query}")
    assert response.status_code == 400, response.text
    problem = response.json()
    assert problem["message"] == problem["detail"]
    assert problem["code"] in ("invalid-syntax", "invalid-query")
