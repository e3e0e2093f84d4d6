"""Observations are written through SensorThings: on the real stack, from a POST to what a GET shows."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import Addresses
from tests.support.rollups import assert_rollups_equal_raw
from tests.support.sensor_things_writer import StaWriter, sta_writer

from fansipan_common.security import Scope

AT = "2026-07-01T08:00:00+07:00"
SHOWN_AT = "2026-07-01T01:00:00.000Z"
POINT = {"type": "Point", "coordinates": [104.5, 22.5]}
FEATURE = {"name": "Pool", "description": "d", "encodingType": "application/geo+json", "feature": POINT}


async def test_a_post_is_readable_when_it_is_answered(writer: StaWriter):
    sent = {
        "phenomenonTime": AT,
        "result": 5,
        "resultTime": AT,
        "resultQuality": "suspect",
        "parameters": {"depth": 2},
        **writer.link(),
    }
    answer = await writer.post("Observations", sent)
    assert answer.status_code == 201, answer.text
    shown = await writer.get(answer.headers["location"])
    assert answer.json() == shown
    assert shown["@iot.selfLink"] == answer.headers["location"]
    assert {name: shown[name] for name in sent if name != "Datastream"} == {
        "phenomenonTime": SHOWN_AT,
        "result": 5,
        "resultTime": SHOWN_AT,
        "resultQuality": "suspect",
        "parameters": {"depth": 2},
    }
    feature = await writer.get(f"Observations({shown['@iot.id']})/FeatureOfInterest")
    assert feature["@iot.id"] == writer.feature


async def test_a_link_may_be_a_whole_entity_and_the_address_may_name_the_datastream(writer: StaWriter):
    whole = await writer.get(f"Datastreams({writer.numbers})")
    answer = await writer.post("Observations", {"phenomenonTime": AT, "result": 1, "Datastream": whole})
    assert answer.status_code == 201, answer.text
    nested = await writer.post(f"Datastreams({writer.anything})/Observations", {"result": {"open": True}})
    assert nested.status_code == 201, nested.text
    assert nested.json()["result"] == {"open": True}
    moment = datetime.fromisoformat(nested.json()["phenomenonTime"])
    assert abs(moment - datetime.now(UTC)) < timedelta(minutes=1)
    by_key = {"Datastream": {"@iot.id": f"{writer.provider}/station/level"}, "result": 2}
    assert (await writer.post("Observations", by_key)).status_code == 201


async def test_features_are_linked_made_once_or_that_of_the_place(
    writer: StaWriter, base: "asyncpg.Connection[Any]"
):
    described = await writer.post(
        "Observations", {"result": 1, "FeatureOfInterest": FEATURE, **writer.link()}
    )
    assert described.status_code == 201, described.text
    feature = (await writer.get(described.headers["location"] + "/FeatureOfInterest"))["@iot.id"]
    assert feature != writer.feature
    again = await writer.post("Observations", {"result": 2, "FeatureOfInterest": FEATURE, **writer.link()})
    assert (await writer.get(again.headers["location"] + "/FeatureOfInterest"))["@iot.id"] == feature
    linked = {"result": 3, "FeatureOfInterest": {"@iot.id": feature, "name": "ignored"}, **writer.link()}
    assert (await writer.post("Observations", linked)).status_code == 201
    there = await writer.post(f"FeaturesOfInterest({feature})/Observations", {"result": 4, **writer.link()})
    assert there.status_code == 201, there.text
    found = await writer.get(f"FeaturesOfInterest({feature})/Observations?$orderby=phenomenonTime")
    assert [one["result"] for one in found["value"]] == [1, 2, 3, 4]
    at_home = await writer.post("Observations", {"result": 5, **writer.link()})
    assert (await writer.get(at_home.headers["location"] + "/FeatureOfInterest"))["@iot.id"] == writer.feature


async def test_what_is_refused_leaves_nothing_behind(writer: StaWriter, base: "asyncpg.Connection[Any]"):
    before = await base.fetchval("SELECT count(*) FROM feature_of_interest")
    named = {**FEATURE, "name": "never"}
    body = {"result": "a text", "FeatureOfInterest": named, **writer.link()}
    answer = await writer.post("Observations", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "result-type"), answer.text
    assert answer.json()["message"] == answer.json()["detail"]
    assert await base.fetchval("SELECT count(*) FROM feature_of_interest") == before


async def test_observations_come_with_the_entities_that_are_made(
    writer: StaWriter, base: "asyncpg.Connection[Any]"
):
    sensor = {"name": "S", "description": "", "encodingType": "text/plain", "metadata": ""}
    datastream: dict[str, Any] = {
        "name": "deep",
        "description": "",
        "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
        "unitOfMeasurement": {"name": "metre", "symbol": "m", "definition": "m"},
        "Sensor": {**sensor, "name": f"S {writer.provider}"},
        "ObservedProperty": {"name": f"P {writer.provider}", "definition": "", "description": ""},
        "Observations": [{"phenomenonTime": AT, "result": 1, "FeatureOfInterest": FEATURE}],
    }
    thing = {"name": "Deep", "description": "", "Datastreams": [datastream]}
    answer = await writer.post("Things", thing)
    assert answer.status_code == 201, answer.text
    found = await writer.get(answer.headers["location"] + "/Datastreams?$expand=Observations")
    assert [one["result"] for one in found["value"][0]["Observations"]] == [1]
    described: dict[str, Any] = {
        **datastream,
        "name": "beside",
        "Thing": {"@iot.id": answer.json()["@iot.id"]},
    }
    around = await writer.post("Observations", {"phenomenonTime": AT, "result": 2, "Datastream": described})
    assert around.status_code == 409  # of the same time as the one that is inside of the datastream
    described["Observations"][0]["phenomenonTime"] = "2026-07-01T09:00:00+07:00"
    around = await writer.post("Observations", {"phenomenonTime": AT, "result": 2, "Datastream": described})
    assert around.status_code == 201, around.text
    beside = await writer.get(around.headers["location"] + "/Datastream?$expand=Observations")
    assert sorted(one["result"] for one in beside["Observations"]) == [1, 2]
    tables = ("thing", "datastream", "sensor", "observed_property", "feature_of_interest")
    before = [await base.fetchval(f"SELECT count(*) FROM {table}") for table in tables]
    datastream["Observations"][0]["result"] = "a text"
    refused = await writer.post("Things", thing)
    assert (refused.status_code, refused.json()["code"]) == (400, "observation-refused"), refused.text
    around = await writer.post("Observations", {"result": "a text", "Datastream": described})
    assert (around.status_code, around.json()["code"]) == (400, "result-type"), around.text
    assert [await base.fetchval(f"SELECT count(*) FROM {table}") for table in tables] == before


async def test_the_same_again_and_another_result(writer: StaWriter, base: "asyncpg.Connection[Any]"):
    body = {"phenomenonTime": AT, "result": 5, **writer.link()}
    first = await writer.post("Observations", body)
    again = await writer.post("Observations", {**body, "result": 5.0})
    assert (again.status_code, again.headers["location"]) == (200, first.headers["location"])
    assert again.json() == first.json()
    different = await writer.post("Observations", {**body, "result": 6, "parameters": {"a": 1}})
    assert (different.status_code, different.json()["code"]) == (409, "different-result")
    assert different.json()["existing"] == first.headers["location"]
    assert different.json()["difference"] == {
        "result": {"stored": 5, "sent": 6},
        "parameters": {"stored": None, "sent": {"a": 1}},
    }
    await base.execute("UPDATE provider SET corrections_by_post = true WHERE key = $1", writer.provider)
    corrected = await writer.post("Observations", {**body, "result": 6})
    assert (corrected.status_code, corrected.json()["result"]) == (200, 6)
    history = await base.fetch(
        "SELECT result FROM observation_history WHERE datastream_id = $1", writer.numbers
    )
    assert [row["result"] for row in history] == [5]


async def test_changes_are_corrections(writer: StaWriter, base: "asyncpg.Connection[Any]"):
    body = {"phenomenonTime": AT, "result": 5, "parameters": {"a": 1}, **writer.link()}
    address = (await writer.post("Observations", body)).headers["location"]
    merged = await writer.send("PATCH", address, {"result": 6})
    assert merged.status_code == 200, merged.text
    assert (merged.json()["result"], merged.json()["parameters"]) == (6, {"a": 1})
    whole = await writer.send("PUT", address, {"@iot.id": merged.json()["@iot.id"], "result": 7})
    assert whole.status_code == 200, whole.text
    assert (whole.json()["result"], "parameters" in whole.json()) == (7, False)
    operations = [
        {"op": "test", "path": "/result", "value": 7},
        {"op": "replace", "path": "/result", "value": 8},
        {"op": "add", "path": "/parameters", "value": {"b": 2}},
    ]
    json_patch = {"content-type": "application/json-patch+json"}
    patched = await writer.send("PATCH", address, operations, headers=json_patch)
    assert patched.status_code == 200, patched.text
    assert patched.json() == await writer.get(address)
    assert (patched.json()["result"], patched.json()["parameters"]) == (8, {"b": 2})
    unmet = await writer.send("PATCH", address, operations, headers=json_patch)
    assert (unmet.status_code, unmet.json()["code"]) == (409, "patch-test-failed")
    linked = await writer.send("PATCH", address, {"FeatureOfInterest": {"@iot.id": writer.feature}})
    assert linked.status_code == 200, linked.text
    moved = await writer.send("PATCH", address, {"phenomenonTime": "2026-07-02T08:00:00+07:00"})
    assert (moved.status_code, moved.json()["code"]) == (400, "invalid-value")
    inline = await writer.send("PATCH", address, {"FeatureOfInterest": FEATURE})
    assert (inline.status_code, inline.json()["code"]) == (400, "inline-entity")
    stale = await writer.send("PATCH", address, {"result": 9}, headers={"If-Match": merged.headers["etag"]})
    assert stale.status_code == 412
    rows = await base.fetch(
        "SELECT result, deleted FROM observation_history WHERE datastream_id = $1 ORDER BY id", writer.numbers
    )
    assert [tuple(row) for row in rows] == [(5, False), (6, False), (7, False), (8, False)]


async def test_a_deleted_observation_is_gone_when_that_is_answered(
    writer: StaWriter, base: "asyncpg.Connection[Any]"
):
    older = {"phenomenonTime": "2026-07-01T07:00:00+07:00", "result": 1, **writer.link()}
    await writer.post("Observations", older)
    body = {"phenomenonTime": AT, "result": 5, **writer.link()}
    address = (await writer.post("Observations", body)).headers["location"]
    assert (await writer.send("DELETE", address)).status_code == 200
    assert (await writer.send("GET", address)).status_code == 404
    assert (await writer.send("DELETE", address)).status_code == 404
    newest = await base.fetchval(
        "SELECT result FROM latest_observation WHERE datastream_id = $1", writer.numbers
    )
    assert newest == 1
    row = await base.fetchrow(
        "SELECT result, deleted FROM observation_history WHERE datastream_id = $1", writer.numbers
    )
    assert tuple(row or ()) == (5, True)
    again = await writer.post("Observations", {**body, "result": 6})
    assert (again.status_code, again.headers["location"]) == (201, address)
    await assert_rollups_equal_raw(base)


async def test_others_and_keys_without_the_right_write_nothing(
    writer: StaWriter, other: StaWriter, http: httpx.AsyncClient, addresses: Addresses, base: Any
):
    theirs = {"phenomenonTime": AT, "result": 5, **writer.link(other.numbers)}
    answer = await writer.post("Observations", theirs)
    assert answer.json()["code"] in ("not-yours", "no-such-entity"), answer.text
    address = (await other.post("Observations", theirs)).headers["location"]
    for method, body in (("PATCH", {"result": 1}), ("PUT", {"result": 1}), ("DELETE", None)):
        assert (await writer.send(method, address, body)).status_code in (403, 404)
    assert (await other.get(address))["result"] == 5
    reader = await sta_writer(http, addresses.gateway, addresses.database, base, scopes=(Scope.READ,))
    assert (await reader.post("Observations", {"result": 1, **reader.link()})).status_code == 403
    nobody = await http.post(f"{writer.root}/Observations", json={"result": 1, **writer.link()})
    assert nobody.status_code == 401
    blind = await sta_writer(http, addresses.gateway, addresses.database, base, scopes=(Scope.WRITE,))
    made = await blind.post("Observations", {"result": 1, **blind.link()})
    assert (made.status_code, "location" in made.headers) == (201, True)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "missing-property"),
        ({"result": None}, 400, "invalid-value"),
        ({"result": [1]}, 400, "invalid-value"),
        ({"result": 1e300}, 400, "invalid-value"),
        ({"result": 1, "colour": "red"}, 400, "unknown-property"),
        ({"result": 1, "phenomenonTime": "2026-07-01T08:00:00"}, 400, "invalid-value"),
        ({"result": 1, "phenomenonTime": "2026-07-01T08:00:00Z/2026-07-01T09:00:00Z"}, 400, "invalid-value"),
        ({"result": 1, "phenomenonTime": "2126-07-01T08:00:00Z"}, 400, "time-too-early"),
        ({"result": 1, "phenomenonTime": "2066-07-01T08:00:00Z"}, 400, "time-in-future"),
        ({"result": 1, "phenomenonTime": "1990-07-01T08:00:00Z"}, 400, "time-too-early"),
        ({"result": 1, "resultQuality": "great"}, 400, "invalid-value"),
        ({"result": 1, "validTime": "2026-07-01T08:00:00Z/2026-07-01T09:00:00Z"}, 400, "invalid-value"),
        ({"result": True}, 400, "result-type"),
        ({"result": 1, "FeatureOfInterest": {"@iot.id": 2147483646}}, 400, "no-such-entity"),
        ({"result": 1, "FeatureOfInterest": {"name": "half"}}, 400, "missing-property"),
        ({"result": 1, "Datastream": {"@iot.id": 2147483646}}, 400, "no-such-entity"),
        ({"result": 1, "Datastream": None}, 400, "missing-relation"),
        ({"result": 1, "@iot.id": 5}, 400, "unknown-property"),
    ],
)
async def test_what_is_wrong_is_said(writer: StaWriter, body: dict[str, Any], status: int, code: str):
    answer = await writer.post("Observations", {**writer.link(), **body})
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.json()["message"]


async def test_methods_that_make_no_sense(writer: StaWriter):
    for method, path in (
        ("GET", "CreateObservations"),
        ("PUT", "CreateObservations"),
        ("DELETE", "Observations"),
        ("PATCH", f"Datastreams({writer.numbers})/Observations"),
        ("POST", "Observations(5)"),
    ):
        answer = await writer.send(method, path, {})
        assert answer.status_code in (404, 405), (method, path, answer.text)
    answer = await writer.send(
        "POST", "Observations", content=b"result=1", headers={"content-type": "text/plain"}
    )
    assert answer.status_code == 415


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
    | st.sampled_from([AT, "2026-07-01T08:00:00Z/2026-07-01T08:00:00Z", "good", "@iot.id"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    [
        "phenomenonTime",
        "result",
        "resultTime",
        "resultQuality",
        "parameters",
        "validTime",
        "@iot.id",
        "FeatureOfInterest",
    ]
)
BODIES = st.dictionaries(NAMES, JSON, max_size=4) | JSON


async def test_whatever_comes_it_is_no_fault_of_ours(writer: StaWriter):
    first = await writer.post(
        "Observations", {"phenomenonTime": AT, "result": 5, **writer.link(writer.anything)}
    )
    observation = first.headers["location"]
    loop = asyncio.get_running_loop()
    requests = st.sampled_from(
        [
            ("POST", f"Datastreams({writer.anything})/Observations"),
            ("POST", "CreateObservations"),
            ("PATCH", observation),
            ("PUT", observation),
        ]
    )

    @settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(requests, BODIES, st.booleans())
    def check(request: tuple[str, str], body: Any, arrays: bool):
        method, path = request
        if path == "CreateObservations" and arrays:
            components = ["phenomenonTime", "result", "parameters"]
            body = [
                {**writer.link(writer.anything), "components": components, "dataArray": [[AT, body, body]]}
            ]
        kind = "application/json-patch+json" if method == "PATCH" and arrays else "application/json"
        sending = writer.send(method, path, body if body is not None else {}, headers={"content-type": kind})
        answer = asyncio.run_coroutine_threadsafe(sending, loop).result(30)
        assert answer.status_code < 500, (request, body, answer.text)
        if answer.status_code >= 400:
            assert answer.json()["message"]

    await asyncio.to_thread(check)
