"""From payloads to items, and what is kept of those that are none."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_common.contracts import OBSERVATION_LIST
from fansipan_ingest.domain.rules import Rejection
from fansipan_ingest.mqtt.payloads import Limits, dead_letter_of, items_of
from fansipan_ingest.mqtt.topics import Address

VALUE = Address("demo", "value", "demo/box/pm2_5")
BATCH = Address("demo", "batch")
ENTITY = Address("demo", "sensorthings", 12)
INLINE = Address("demo", "sensorthings")
THERE = Address("demo", "sensorthings", feature=7)
LIMITS = Limits(payload_bytes=1000, items=3)
ARRIVED_MS = 1_782_867_600_250
ARRIVED = "2026-07-01T01:00:00.250+00:00"


def of(address: Address, payload: Any) -> list[Any] | Rejection:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return items_of(address, data, ARRIVED_MS, LIMITS)


@pytest.mark.parametrize("value", [23.4, 0, -1e3, True, False, "ON"])
def test_a_bare_value_is_a_reading_of_the_moment_it_came(value: Any) -> None:
    assert of(VALUE, value) == [{"datastream": "demo/box/pm2_5", "phenomenonTime": ARRIVED, "result": value}]


def test_a_reading_keeps_its_own_time_quality_and_parameters() -> None:
    reading = {
        "result": 1,
        "phenomenonTime": "2026-07-01T08:00:00+07:00",
        "resultQuality": "bad",
        "parameters": {"n": 1},
    }
    assert of(VALUE, reading) == [{"datastream": "demo/box/pm2_5", **reading}]


def test_an_object_can_be_a_result() -> None:
    assert of(VALUE, {"result": {"a": 1}}) == [
        {"datastream": "demo/box/pm2_5", "phenomenonTime": ARRIVED, "result": {"a": 1}}
    ]


def test_an_array_is_taken_as_it_is() -> None:
    items = [{"datastream": "demo/a/b"}, 7]
    assert of(BATCH, items) == items
    assert of(BATCH, items[0]) == items[:1]
    assert of(BATCH, []) == []


def test_a_sensor_things_entity() -> None:
    entity = {"result": 2, "resultTime": None, "Datastream": {"@iot.id": 12}, "FeatureOfInterest": None}
    assert of(ENTITY, entity) == [{"datastream": 12, "phenomenonTime": ARRIVED, "result": 2}]


def test_a_sensor_things_entity_that_names_its_datastream_and_feature() -> None:
    named = {"result": 2, "Datastream": {"@iot.id": 3}}
    item = {"datastream": 3, "phenomenonTime": ARRIVED, "result": 2}
    assert of(INLINE, named) == [item]
    assert of(INLINE, {**named, "FeatureOfInterest": {"@iot.id": 7}}) == [{**item, "featureId": 7}]
    assert of(THERE, named) == of(THERE, {**named, "FeatureOfInterest": {"@iot.id": 7}})
    assert of(THERE, named) == [{**item, "featureId": 7}]


@pytest.mark.parametrize(
    ("address", "payload", "code", "says"),
    [
        (VALUE, b"", "invalid-json", "not JSON"),
        (VALUE, b"23,4", "invalid-json", "not JSON"),
        (VALUE, b"NaN", "invalid-json", "not JSON"),
        (VALUE, b"\xff\xfe", "invalid-json", "not JSON"),
        (VALUE, b"[" * 900, "invalid-json", "not JSON"),
        (VALUE, None, "invalid-item", "a number"),
        (VALUE, [1, 2], "invalid-item", "a number"),
        (VALUE, {"value": 1}, "invalid-item", "result"),
        (VALUE, {"result": 1, "datastream": "other/box/pm2_5"}, "invalid-item", "the topic says it"),
        (VALUE, b"1" + b" " * 1000, "payload-too-large", "1000 bytes"),
        (BATCH, "text", "invalid-item", "array"),
        (BATCH, [1, 2, 3, 4], "too-many-items", "4 items"),
        (ENTITY, 5, "invalid-item", "Observation"),
        (ENTITY, {"phenomenonTime": "x"}, "invalid-item", "result"),
        (ENTITY, {"result": 1, "Datastream": {"@iot.id": 13}}, "invalid-item", "Datastream"),
        (ENTITY, {"result": 1, "FeatureOfInterest": {"name": "new"}}, "invalid-item", "FeatureOfInterest"),
        (ENTITY, {"result": 1, "featureId": 1}, "invalid-item", "featureId"),
        (ENTITY, {"result": 1, "validTime": "x/y"}, "invalid-item", "validTime"),
        (INLINE, {"result": 1}, "invalid-item", "Datastream"),
        (INLINE, {"result": 1, "Datastream": {"@iot.id": True}}, "invalid-item", "Datastream"),
        (INLINE, {"result": 1, "Datastream": {"name": "new"}}, "invalid-item", "Datastream"),
        (
            THERE,
            {"result": 1, "Datastream": {"@iot.id": 3}, "FeatureOfInterest": {"@iot.id": 8}},
            "invalid-item",
            "FeatureOfInterest",
        ),
        (ENTITY, {"result": 1, "datastream": "other/box/pm2_5"}, "invalid-item", "the topic says it"),
    ],
)
def test_what_is_no_reading_has_a_reason(address: Address, payload: Any, code: str, says: str) -> None:
    refused = of(address, payload)
    assert isinstance(refused, Rejection)
    assert refused.code == code
    assert says in refused.detail


@given(st.binary(max_size=200), st.sampled_from([VALUE, BATCH, ENTITY]))
def test_whatever_is_published_becomes_items_or_a_dead_letter(payload: bytes, address: Address) -> None:
    found = items_of(address, payload, ARRIVED_MS, LIMITS)
    if isinstance(found, Rejection):
        letter = dead_letter_of("fansipan/demo/x", payload, found)
        json.loads(letter.model_dump_json(by_alias=True))


@given(
    st.one_of(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e9, max_value=1e9), st.booleans())
)
def test_a_bare_value_is_an_observation(value: float) -> None:
    items = of(VALUE, value)
    (item,) = OBSERVATION_LIST.validate_json(json.dumps(items))
    assert item.result == value
    assert int(item.phenomenon_time.timestamp() * 1000) == ARRIVED_MS


def test_a_dead_letter_names_the_topic_and_holds_what_was_sent() -> None:
    reason = Rejection("invalid-item", "why")
    letter = dead_letter_of("fansipan/demo/x", b'{"a": 1}', reason)
    assert (letter.code, letter.detail) == ("invalid-item", "topic fansipan/demo/x: why")
    assert (letter.payload, letter.payload_base64) == ({"a": 1}, None)
    letter = dead_letter_of("fansipan/demo/x", b"\xff", reason)
    assert letter.payload_base64 == base64.b64encode(b"\xff").decode()
    letter = dead_letter_of("fansipan/demo/x", b"x" * 5000, Rejection("payload-too-large", "why"))
    assert letter.payload_base64 is not None
    assert len(base64.b64decode(letter.payload_base64)) == 1024
