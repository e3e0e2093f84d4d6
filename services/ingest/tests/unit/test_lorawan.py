"""Uplinks of ChirpStack and The Things Stack: whose they are, when they came, and which readings are in them."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from fansipan_ingest.domain.parsing import MalformedBody
from fansipan_ingest.doors.lorawan.uplinks import (
    CHIRPSTACK_EVENTS,
    Uplink,
    chirpstack_uplink,
    readings_of,
    things_stack_message,
    things_stack_uplink,
)

FIXTURES = Path(__file__).parent.parent / "fixtures"
CODECS: list[dict[str, Any]] = json.loads(
    (FIXTURES / "lorawan_codecs" / "device_payload_examples.json").read_text()
)
SIMULATED = {"end_device_ids": {}, "uplink_message": {}, "simulated": True}


def sample(folder: str, name: str) -> Any:
    return json.loads((FIXTURES / folder / f"{name}.json").read_text())


def uplink_of(decoded: Any) -> Uplink:
    return Uplink("id-1", ("0101010101010101",), 1000, decoded)


def rows(decoded: Any) -> dict[str, Any]:
    readings = readings_of("acme", uplink_of(decoded), {"sent": 1})
    assert readings.rejected == []
    assert set(readings.times_ms) == {1000}
    assert all(each == {"uplinkId": "id-1"} for each in readings.parameters.values())
    prefix = "acme/0101010101010101/"
    return {
        key.removeprefix(prefix): value
        for key, value in zip(readings.datastreams, readings.results, strict=True)
    }


def test_an_uplink_of_chirpstack():
    found = chirpstack_uplink(sample("chirpstack_v4", "up") | {"object": {"temperature": 21.5}})
    assert found == Uplink(
        "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
        ("0101010101010101",),
        1_658_136_855_775,
        {"temperature": 21.5},
        ("0101010101010101",),
        ("17c82e96-be03-4f38-aef3-f83d48582d97", "Test application", ""),
    )


def test_an_uplink_without_a_decoder_says_what_to_do_and_is_kept():
    message = sample("chirpstack_v4", "up")
    [refused] = readings_of("acme", chirpstack_uplink(message), message).rejected
    assert (refused.code, refused.payload) == ("not-decoded", message)
    assert "decoder" in refused.detail


def test_every_event_of_chirpstack_has_a_sample():
    assert {path.stem for path in (FIXTURES / "chirpstack_v4").glob("*.json")} == CHIRPSTACK_EVENTS


def test_uplinks_of_the_things_stack():
    message = sample("things_stack_v3", "uplink_message")
    assert things_stack_uplink(message) == Uplink(
        "as:up:01E0WZGT6Y7657CPFPE5WEYDSQ",
        ("0004a30b001c0530",),
        1_581_520_545_789,
        {"temperature": 1.0, "luminosity": 0.64},
        ("0004a30b001c0530", "dev1"),
        ("app1", ""),
    )
    bytes_only = things_stack_uplink(sample("things_stack_v3", "uplink_message_console_2"))
    assert readings_of("acme", bytes_only, {}).datastreams == ["acme/0004a30b001c1452/bytes:0"]
    bare = things_stack_uplink(sample("things_stack_v3", "uplink_message_console_1"))
    assert bare.decoded is None


def test_a_device_without_an_eui_is_named_by_its_ids():
    message = sample("things_stack_v3", "uplink_message")
    del message["end_device_ids"]["dev_eui"]
    assert things_stack_uplink(message).device == ("app1", "dev1")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("uplink_message", "uplink_message"),
        ("uplink_message_console_1", "uplink_message"),
        ("join_accept", "join_accept"),
        ("downlink_ack", "downlink_ack"),
        ("downlink_failed", "downlink_failed"),
        ("downlinks", "downlinks"),
    ],
)
def test_messages_of_the_things_stack(name: str, kind: str):
    assert things_stack_message(sample("things_stack_v3", name)) == kind


def test_a_simulated_uplink_is_no_reading():
    assert things_stack_message(SIMULATED) == "simulated"


@pytest.mark.parametrize("case", CODECS, ids=lambda case: f"{case['model']} {case['description']}")
def test_what_decoders_of_real_devices_make_is_read_whole(case: dict[str, Any]):
    expected = {
        name: value["value"] if isinstance(value, dict) else value for name, value in case["expected"].items()
    }
    assert rows(case["expected"]) == {
        name: value for name, value in expected.items() if not isinstance(value, str)
    }
    readings = readings_of("acme", uplink_of(case["expected"]), {})
    stated = {
        name for name, value in case["expected"].items() if isinstance(value, dict) and value.get("unit")
    }
    assert {key.rpartition("/")[2] for key in readings.units} == stated


def test_units_beside_values_are_ucum_here():
    readings = readings_of("acme", uplink_of(CODECS[0]["expected"]), {})
    units = {key.rpartition("/")[2]: unit.ucum for key, unit in readings.units.items()}
    assert units["air_temperature"] == "Cel"
    assert units["pm2_5_mass_concentration"] == "ug/m3"
    assert units["barometric_pressure"] == "Pa"


def test_paths_numbers_booleans_and_what_is_left_out():
    decoded = {
        "a": 1,
        "b": {"c": 2.5, "d.e": 3, "f": [4, {"g": 5}]},
        "b.c": 6,
        "Độ ẩm": 7,
        "open": False,
        "text": "x",
        "none": None,
        "q": {"value": 8, "unit": "furlong"},
        "r": {"value": "x", "unit": "V"},
        "s": {"value": 9},
    }
    found = rows(decoded)
    [humid] = [key for key in found if key.startswith("Do-am~")]
    assert found == {
        "a": 1.0,
        "b:c": 2.5,
        "b:d.e": 3.0,
        "b:f:0": 4.0,
        "b:f:1:g": 5.0,
        "b.c": 6.0,
        humid: 7.0,
        "open": False,
        "q": 8.0,
        "s": 9.0,
    }


@pytest.mark.parametrize(
    ("decoded", "code"),
    [
        ({}, "not-decoded"),
        ({"a": "text"}, "not-decoded"),
        ({"a": [{"b": [[[[[[[1]]]]]]]}]}, "too-deep"),
        ({"a": list(range(501))}, "invalid-item"),
        ({"a": 10**400}, "number-range"),
    ],
)
def test_uplinks_that_hold_no_readings_are_refused_whole(decoded: Any, code: str):
    readings = readings_of(
        "acme", uplink_of(decoded | {"ok": 1} if code != "not-decoded" else decoded), {"x": 1}
    )
    assert readings.results == []
    assert [(item.code, item.payload) for item in readings.rejected] == [(code, {"x": 1})]


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("deviceInfo",), None, "deviceInfo"),
        (("deviceInfo", "devEui"), "01", "devEui"),
        (("deviceInfo", "devEui"), None, "devEui"),
        (("time",), None, "time"),
        (("time",), "2022-07-18", "time"),
        (("time",), "2022-13-18T09:34:15Z", "time"),
        (("time",), "0001-01-01T00:00:00+14:00", "time"),
        (("deduplicationId",), "", "deduplicationId"),
    ],
)
def test_what_is_no_uplink_of_chirpstack(path: tuple[str, ...], value: Any, reason: str):
    message = copy.deepcopy(sample("chirpstack_v4", "up"))
    inner = message
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    with pytest.raises(MalformedBody, match=reason):
        chirpstack_uplink(message)


@pytest.mark.parametrize(
    "message",
    [
        5,
        [],
        {},
        {"uplink_message": 5},
        {"uplink_message": {}},
        {"uplink_message": {}, "end_device_ids": {}},
        {"uplink_message": {}, "end_device_ids": {"device_id": "a"}},
        {"uplink_message": {}, "end_device_ids": {"dev_eui": "0004A30B001C0530"}},
        {"uplink_message": {"received_at": "now"}, "end_device_ids": {"dev_eui": "0004A30B001C0530"}},
    ],
)
def test_what_is_no_message_of_the_things_stack(message: Any):
    def read() -> Uplink:
        things_stack_message(message)
        return things_stack_uplink(message)

    with pytest.raises(MalformedBody):
        read()


@pytest.mark.parametrize("message", [5, [], {}, "up"])
def test_what_is_no_object_at_all(message: Any):
    with pytest.raises(MalformedBody):
        chirpstack_uplink(message)
