"""What is refused, with which code, and that nothing is left of it."""

import asyncio
from typing import Any, Final

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.gateway.sensor_things_writing.conftest import (
    SETS,
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

NAMES: Final[dict[str, dict[str, Any]]] = {
    "Things": thing(),
    "Locations": location(),
    "Sensors": sensor(),
    "ObservedProperties": observed_property(),
    "FeaturesOfInterest": feature(),
}


@pytest.mark.parametrize("entity_set", NAMES)
async def test_each_mandatory_property_is_missed_by_its_name(lab: Provider, entity_set: str):
    empty: dict[str, Any] = {"description": "", "definition": "", "metadata": "", "properties": {}}
    for name in NAMES[entity_set]:
        body = {key: value for key, value in NAMES[entity_set].items() if key != name}
        if name in empty:  # clients leave out empty texts
            assert (await lab.post(f"/{entity_set}", body))[name] == empty[name]
        else:
            refusal = await lab.refused("POST", f"/{entity_set}", body)
            assert refusal == (400, "missing-property", f"$.{name}")


async def test_a_datastream_needs_its_thing_its_sensor_and_its_property(lab: Provider):
    station = await lab.post("/Things", thing())
    for name in ("Thing", "Sensor", "ObservedProperty"):
        body = datastream(Thing=link(station))
        del body[name]
        assert await lab.refused("POST", "/Datastreams", body) == (400, "missing-relation", f"$.{name}")
        body[name] = {"@iot.id": 2_000_000_000}
        assert await lab.refused("POST", "/Datastreams", body) == (400, "no-such-entity", f"$.{name}")


CASES: Final[list[tuple[str, dict[str, Any], str, str]]] = [
    ("Things", thing(colour="red"), "unknown-property", "$.colour"),
    ("Things", thing(**{"a b": 1}), "unknown-property", "$['a b']"),
    ("Things", thing(name=""), "invalid-value", "$.name"),
    ("Things", thing(name=None), "invalid-value", "$.name"),
    ("Things", thing(name=["x"]), "invalid-value", "$.name"),
    ("Things", thing(name="x" * 501), "invalid-value", "$.name"),
    ("Things", thing(properties=[1]), "invalid-value", "$.properties"),
    ("Things", thing(**{"@iot.id": 7}), "invalid-value", "$['@iot.id']"),
    ("Things", thing(**{"@fansipan.key": "a/b"}), "invalid-value", "$['@fansipan.key']"),
    ("Things", thing(Locations=location()), "invalid-value", "$.Locations"),
    ("Things", thing(Locations=[7]), "invalid-value", "$.Locations[0]"),
    ("Things", thing(Locations=[{"@iot.id": True}]), "invalid-value", "$.Locations[0]['@iot.id']"),
    ("Things", thing(Locations=[location(x=1)]), "unknown-property", "$.Locations[0].x"),
    ("Things", thing(Datastreams=[datastream(Thing=thing())]), "invalid-value", "$.Datastreams[0].Thing"),
    (
        "Things",
        thing(Datastreams=[datastream(), datastream(Sensor=sensor(metadata=5))]),
        "invalid-value",
        "$.Datastreams[1].Sensor.metadata",
    ),
    (
        "Things",
        thing(Datastreams=[datastream(Observations=[{"result": 1, "phenomenonTime": "gestern"}])]),
        "invalid-value",
        "$.Datastreams[0].Observations[0].phenomenonTime",
    ),
    (
        "Things",
        thing(Datastreams=[datastream(Observations=[{"phenomenonTime": "2026-01-01T00:00:00Z"}])]),
        "missing-property",
        "$.Datastreams[0].Observations[0].result",
    ),
    ("Locations", location(encodingType="text/plain"), "invalid-value", "$.encodingType"),
    ("Locations", location(location="here"), "invalid-value", "$.location"),
    ("Locations", location(location={"type": "Circle"}), "invalid-value", "$.location.type"),
    ("Locations", location(at=[22.3, 103.8]), "invalid-value", "$.location.coordinates"),
    ("Locations", location(at=["104", "22"]), "invalid-value", "$.location.coordinates"),
    ("Locations", location(at=[104.0]), "invalid-value", "$.location.coordinates"),
    (
        "Locations",
        location(location={"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}),
        "invalid-value",
        "$.location.coordinates[0]",
    ),
    (
        "Locations",
        location(location={"type": "Feature", "properties": {}, "geometry": None}),
        "invalid-value",
        "$.location.geometry",
    ),
    ("HistoricalLocations", {"time": "2020-01-01"}, "invalid-value", "$.time"),
    ("HistoricalLocations", {"time": "2020-01-01T00:00:00"}, "invalid-value", "$.time"),
    ("HistoricalLocations", {"time": "2020-01-01T00:00:00Z"}, "missing-relation", "$.Thing"),
    ("Sensors", sensor(Datastreams=[{}]), "missing-property", "$.Datastreams[0].name"),
    ("Sensors", sensor(**{"@fansipan.key": ""}), "invalid-value", "$['@fansipan.key']"),
]


@pytest.mark.parametrize(("entity_set", "body", "code", "path"), CASES, ids=lambda value: str(value)[:40])
async def test_a_wrong_body_is_400_and_says_where(
    lab: Provider, entity_set: str, body: dict[str, Any], code: str, path: str
):
    assert await lab.refused("POST", f"/{entity_set}", body) == (400, code, path)


async def test_a_failure_deep_inside_leaves_nothing_behind(lab: Provider, world: World):
    before = await world.counts()
    gone = {"@iot.id": 2_000_000_000}
    inside = datastream(Observations=[{"result": 1}], ObservedProperty=gone)
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("Things", thing(Locations=[location()], Datastreams=[datastream(), inside])),
        ("Things", thing(Locations=[location(), gone])),
        (
            "Sensors",
            sensor(
                Datastreams=[{**datastream(Thing=thing(Locations=[location()])), "ObservedProperty": gone}]
            ),
        ),
        ("Locations", location(Things=[thing(Datastreams=[datastream()]), gone])),
        (
            "Things",
            thing(
                Datastreams=[datastream(**{"@fansipan.key": "hai"}), datastream(**{"@fansipan.key": "hai"})]
            ),
        ),
    ]
    for entity_set, body in bodies:
        if entity_set == "Sensors":
            del body["Datastreams"][0]["Sensor"]
        status, code, path = await lab.refused("POST", f"/{entity_set}", body)
        assert (status, code) in ((400, "no-such-entity"), (409, "exists")), (code, path)
        assert path.startswith("$.")
        assert await world.counts() == before


async def test_a_body_that_is_no_json_or_another_type_is_refused(lab: Provider):
    async def send(content: bytes, media_type: str = "application/json") -> tuple[int, str]:
        answer = await lab.client.post(
            "/Things", content=content, auth=("any", lab.key), headers={"Content-Type": media_type}
        )
        assert answer.json()["message"]
        return answer.status_code, answer.json()["code"]

    for content in (
        b"",
        b"{",
        b"[]",
        b"7",
        b"\xff",
        b'{"name": NaN}',
        b'{"name": "\\ud800"}',
        b'{"a": "\\u0000"}',
    ):
        assert await send(content) == (400, "invalid-json"), content
    deep = b'{"properties": ' + b"[" * 100 + b"]" * 100 + b"}"
    assert await send(deep) == (400, "invalid-json")
    assert await send(b"{}", "text/xml") == (415, "unsupported-media-type")


async def test_a_body_over_a_mebibyte_and_too_many_entities_are_refused(lab: Provider):
    answer = await lab.client.post("/Things", content=b" " * (1 << 20) + b"{}", auth=("any", lab.key))
    assert answer.status_code == 413
    many = thing(Datastreams=[datastream() for _ in range(334)])
    assert (await lab.refused("POST", "/Things", many))[:2] == (400, "too-many-entities")
    nested: dict[str, Any] = location("đáy")
    for number in range(5):
        nested = location(f"tầng {number}", Things=[thing(Locations=[nested])])
    assert (await lab.refused("POST", "/Locations", nested))[:2] == (400, "too-many-entities")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "", "GET"),
        ("PUT", "/Things", "GET, POST"),
        ("DELETE", "/Things", "GET, POST"),
        ("PATCH", "/Things", "GET, POST"),
        ("POST", "/Things(1)", "GET, PUT, PATCH, DELETE"),
        ("PATCH", "/Things(1)/name", "GET"),
        ("DELETE", "/Things/$ref", "GET"),
    ],
)
async def test_a_method_that_an_address_has_not_is_405_with_those_it_has(
    lab: Provider, method: str, path: str, allowed: str
):
    answer = await lab.send(method, path, {})
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


async def test_what_is_not_there_is_404(lab: Provider):
    for method in ("PATCH", "PUT", "DELETE"):
        for path in (
            "/Things(999999)",
            "/Things('lab/nothing')",
            "/Things(9223372036854775807)",
            "/Trees(1)",
        ):
            assert (await lab.refused(method, path, {}))[0] == 404
    assert (await lab.refused("POST", "/Things(999999)/Datastreams", datastream()))[0] == 404
    assert (await lab.refused("POST", "/Trees", {}))[0] == 404


# ---------------------------------------------------------------- generated bodies
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(
        ["application/geo+json", "Point", "Feature", "2026-01-01T00:00:00Z", "lab/x", "\0", "$"]
    )
)
_KEYS = st.sampled_from(
    [
        *(
            "name",
            "description",
            "properties",
            "encodingType",
            "location",
            "feature",
            "metadata",
            "definition",
        ),
        *("observationType", "unitOfMeasurement", "time", "result", "phenomenonTime", "parameters", "type"),
        *(
            "Things",
            "Thing",
            "Locations",
            "Datastreams",
            "Sensor",
            "Sensors",
            "ObservedProperty",
            "Observations",
        ),
        *("HistoricalLocations", "FeatureOfInterest", "@iot.id", "@iot.selfLink", "@fansipan.key"),
        *("coordinates", "geometry", "geometries", "op", "path", "from", "value"),
    ]
) | st.text(max_size=5)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5),
    max_leaves=25,
)
_VALID = st.sampled_from(
    [
        ("Things", thing(Locations=[location()], Datastreams=[datastream(Observations=[])])),
        ("Locations", location(Things=[thing()])),
        ("Datastreams", datastream(Thing=thing())),
        ("Sensors", sensor()),
        ("ObservedProperties", observed_property()),
        ("FeaturesOfInterest", feature()),
        (
            "HistoricalLocations",
            {"time": "2020-01-01T00:00:00Z", "Thing": thing(), "Locations": [location()]},
        ),
    ]
)


@st.composite
def _damaged(draw: st.DrawFn) -> tuple[str, Any]:
    """A good body with something else at one place of it."""
    entity_set, good = draw(_VALID)
    body = orjson.loads(orjson.dumps(good))
    place: Any = body
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw(st.sampled_from(keys))
        inner = place[key]
        if isinstance(inner, dict | list) and inner and draw(st.booleans()):
            place = inner
            continue
        place[key] = draw(_JSON)
        return entity_set, body


def _sent(body: Any) -> bytes:
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError:  # an integer of more than 64 bits
        import json

        return json.dumps(body).encode()


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    request=_damaged() | st.tuples(st.sampled_from(SETS), _JSON),
    method=st.sampled_from(["POST", "POST", "PATCH", "PUT", "JSON-PATCH"]),
    operations=st.lists(
        st.fixed_dictionaries(
            {
                "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]),
                "path": st.sampled_from(["", "/", "/name", "/properties/a", "/properties/-", "/~2"])
                | st.text(max_size=6),
                "from": st.sampled_from(["", "/name", "/properties", "/properties/a"]),
                "value": _JSON,
            }
        ),
        max_size=4,
    ),
)
async def test_no_body_makes_an_error_of_ours(
    lab: Provider, request: tuple[str, Any], method: str, operations: list[Any]
):
    entity_set, body = request
    json_patch = method == "JSON-PATCH"
    path = f"/{entity_set}" if method == "POST" else f"/{entity_set}(1)"
    answer = await lab.client.request(
        "PATCH" if json_patch else method,
        path,
        content=_sent(operations if json_patch else body),
        auth=("any", lab.key),
        headers={"Content-Type": "application/json-patch+json" if json_patch else "application/json"},
    )
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.json()["message"]


async def test_a_location_deleted_while_it_is_linked_is_an_answer(lab: Provider):
    for _ in range(3):
        place = await lab.post("/Locations", location("Đua"))
        address = f"/Locations({place['@iot.id']})"
        answers = await asyncio.gather(
            lab.send("DELETE", address),
            *(lab.send("POST", "/Things", thing("Đua", Locations=[link(place)])) for _ in range(3)),
        )
        assert answers[0].status_code == 200
        assert {answer.status_code for answer in answers[1:]} <= {201, 400, 409}
        assert await lab.status(address) == 404
