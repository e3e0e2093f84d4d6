"""Notifications of NGSI-v2 and NGSI-LD: samples of Smart Data Models, QuantumLeap and Stellio, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from fansipan_ingest.domain.parsing import MalformedBody
from fansipan_ingest.doors.fiware.notifications import Dialect, readings_of
from fansipan_ingest.doors.readings import Readings

FIXTURES = Path(__file__).parent.parent / "fixtures"
ARRIVAL = 1_782_867_600_000


def read(notification: Any, dialect: Dialect = "ngsi-v2", scope: str = "", most: int = 1000) -> Readings:
    return readings_of(
        notification, dialect=dialect, provider="acme", scope=scope, arrival_ms=ARRIVAL, max_readings=most
    )


def sample(name: str) -> tuple[Any, Dialect]:
    folder, _, file = name.partition("/")
    found = json.loads((FIXTURES / folder / file).read_text())
    dialect: Dialect = "ngsi-ld" if folder == "ngsi_ld" else "ngsi-v2"
    return (found if "data" in found else {"data": [found]}), dialect


def entity(**attributes: Any) -> dict[str, Any]:
    return {"data": [{"id": "e", "type": "T"} | attributes]}


@pytest.mark.parametrize(
    ("name", "thing", "count", "ms"),
    [
        ("ngsi_v2/quantumleap_notification.json", "Room:Room1", 2, ARRIVAL),
        ("ngsi_v2/quantumleap_notification_min.json", "Room:Room:1", 2, ARRIVAL),
        (
            "ngsi_v2/AirQualityObserved.normalized.json",
            "AirQualityObserved:Madrid-AmbientObserved-28079004-2016-03-15T11:00:00",
            17,
            1_458_039_600_000,
        ),
        (
            "ngsi_v2/AirQualityObserved.keyvalues.json",
            "AirQualityObserved:Madrid-AmbientObserved-28079004-2016-03-15T11:00:00",
            17,
            1_458_039_600_000,
        ),
        (
            "ngsi_v2/FloodMonitoring.normalized.json",
            "FloodMonitoring:urn:ngsi-ld:FloodMonitoring:Pune-NoiseLevelObserved",
            5,
            1_600_243_200_000,
        ),
        (
            "ngsi_v2/TrafficFlowObserved.normalized.json",
            "TrafficFlowObserved:TrafficFlowObserved-Valladolid-osm-60821110",
            7,
            1_481_109_000_000,
        ),
        ("ngsi_ld/notification.jsonld", "urn:ngsi-ld:BeeHive:01", 1, 1_761_518_152_986),
        (
            "ngsi_ld/AirQualityObserved.normalized.jsonld",
            "urn:ngsi-ld:AirQualityObserved:Madrid-AmbientObserved-28079004-2016-03-15T11:00:00",
            17,
            1_458_039_600_000,
        ),
    ],
)
def test_samples(name: str, thing: str, count: int, ms: int):
    readings = read(*sample(name))
    assert readings.rejected == []
    assert {key.rpartition("/")[0] for key in readings.datastreams} == {f"acme/{thing}"}
    assert len(readings) == count
    assert set(readings.times_ms) == {ms}


def test_numbers_that_a_broker_keeps_as_text():
    assert read(*sample("ngsi_v2/quantumleap_notification.json")).results == [10.0, 12.0]


def test_units_are_those_of_unit_codes():
    for name in (
        "ngsi_v2/AirQualityObserved.normalized.json",
        "ngsi_ld/AirQualityObserved.normalized.jsonld",
    ):
        units = {key.rpartition("/")[2]: unit.ucum for key, unit in read(*sample(name)).units.items()}
        assert units == {"co": "mg/m3", "no": "ug/m3", "no2": "ug/m3", "nox": "ug/m3", "so2": "ug/m3"}
    [unit] = read(*sample("ngsi_ld/notification.jsonld")).units.values()
    assert unit.ucum == "Cel"


def test_what_describes_an_entity_is_no_reading():
    readings = read(
        entity(
            name={"type": "Text", "value": "12"},
            place={"type": "geo:json", "value": {"type": "Point", "coordinates": [1, 2]}},
            owner={"type": "Relationship", "object": "urn:x"},
            since={"type": "DateTime", "value": "2020-01-01T00:00:00Z"},
            list=[1, 2],
            none={"type": "Number", "value": None},
            wet={"type": "Boolean", "value": True},
        )
    )
    assert (readings.datastreams, readings.results, readings.rejected) == (["acme/T:e/wet"], [True], [])


@pytest.mark.parametrize(
    ("attributes", "ms"),
    [
        ({}, ARRIVAL),
        ({"dateObserved": "2026-07-01T08:00:00.1239+07:00"}, 1_782_867_600_123),
        ({"dateObserved": {"type": "DateTime", "value": "2026-07-01T01:00:00"}}, ARRIVAL),
        ({"dateObserved": "2026-07-01T01:00:00Z/2026-07-01T02:00:00Z"}, ARRIVAL),
        ({"dateObserved": {"type": "Property", "value": {"@value": "2026-07-01"}}}, 1_782_864_000_000),
        ({"TimeInstant": "2026-07-01T01:00:01Z", "dateObserved": "2026-07-01T01:00:02Z"}, ARRIVAL + 1000),
        ({"x": {"value": 1, "metadata": {"TimeInstant": {"value": "2026-07-01T01:00:03Z"}}}}, ARRIVAL + 3000),
        ({"x": {"value": 1, "observedAt": "2026-07-01T01:00:04Z"}, "dateObserved": "2020-01-01"}, ARRIVAL + 4000),
    ],
)  # fmt: skip
def test_the_nearest_time_counts(attributes: dict[str, Any], ms: int):
    assert read(entity(**({"x": {"type": "Number", "value": 1}} | attributes))).times_ms == [ms]


def test_without_a_time_of_its_own_the_notification_counts():
    notified = entity(x=1) | {"notifiedAt": "2026-07-01T01:00:09Z"}
    assert read(notified, "ngsi-ld").times_ms == [ARRIVAL + 9000]


def test_entities_that_look_alike_stay_apart():
    same = {"id": "a:b", "x": 1}
    things = {
        read({"data": [each]}, "ngsi-v2", scope).datastreams[0]
        for each in (same | {"type": "T"}, same | {"type": "U"}, same)
        for scope in ("", "lao", "lao/cai")
    }
    assert len(things) == 9


def test_values_of_one_attribute_by_their_dataset():
    speeds = [
        {"type": "Property", "value": 1},
        {"type": "Property", "value": 2, "datasetId": "urn:ngsi-ld:Dataset:gps"},
    ]
    readings = read(entity(speed=speeds), "ngsi-ld")
    assert readings.results == [1.0, 2.0]
    assert readings.datastreams[0] == "acme/e/speed"
    assert readings.datastreams[1].startswith("acme/e/speed:urn-ngsi-ld-Dataset-gps~")


@pytest.mark.parametrize(
    ("wrong", "detail"),
    [
        (5, "object"),
        ({"type": "T", "x": 1}, "id"),
        ({"id": 5, "x": 1}, "id"),
        ({"id": "a", "type": 5, "x": 1}, "type"),
        ({"id": "a", "x": 1, "dateObserved": "yesterday"}, "no time"),
        ({"id": "a", "x": 1, "dateObserved": "2026-13-01"}, "no time"),
    ],
)
def test_a_wrong_entity_has_its_reason_and_spoils_no_other(wrong: Any, detail: str):
    good = {"id": "g", "type": "T", "x": 1}
    readings = read({"data": [good, wrong, good]})
    assert readings.datastreams == ["acme/T:g/x"] * 2
    [refused] = readings.rejected
    assert (refused.index, refused.door, refused.payload) == (1, "ngsi-v2", {"data": [wrong]})
    assert detail in refused.detail


@pytest.mark.parametrize(
    ("wrong", "detail"),
    [
        ({"type": "Number", "value": "wet"}, "x: 'wet' is no number"),
        ({"type": "Number", "value": "nan"}, "x: 'nan' is no number"),
        ({"type": "Property", "value": 1, "observedAt": "now"}, "x: 'now' is no time"),
        (10**400, "x: a number beyond"),
    ],
)
def test_a_wrong_attribute_is_refused_alone(wrong: Any, detail: str):
    readings = read(entity(a=1, x=wrong, b=2))
    assert readings.datastreams == ["acme/T:e/a", "acme/T:e/b"]
    [refused] = readings.rejected
    assert (refused.index, refused.code[:6]) == (0, "invali" if wrong != 10**400 else "number")
    assert refused.detail.startswith(detail)
    assert refused.payload == {"data": [{"id": "e", "type": "T", "x": wrong}]}


@pytest.mark.parametrize("body", [5, [], {}, {"data": {}}, "data"])
def test_what_is_no_notification(body: Any):
    with pytest.raises(MalformedBody, match="data"):
        read(body)


def test_a_notification_is_bounded():
    with pytest.raises(MalformedBody, match="more than 2"):
        read(entity(a=1, b=2, c=3), most=2)
