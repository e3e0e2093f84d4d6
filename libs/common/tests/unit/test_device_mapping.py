"""What a mapping of a device may say."""

from typing import Any

import pytest
from pydantic import ValidationError

from fansipan_common.contracts.device_mapping import DeviceMapping, faults_of, lower_eui


def mapping(**said: Any) -> DeviceMapping:
    return DeviceMapping.model_validate(said)


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"door": "lorawan", "key": "dev-1"}, "a device id needs its application"),
        ({"door": "lorawan", "key": "0101010101010101", "thingBy": ["a"]}, "a LoRaWAN device is one thing"),
        ({"door": "influx", "key": "a", "application": "b"}, "influx has none"),
        ({"door": "influx", "key": "a", "thing": "t", "thingBy": ["b"]}, "one of them"),
        ({"door": "influx", "key": "a*b"}, "at the end only"),
        ({"door": "opc-ua", "key": "a"}, "door: "),
        ({"door": "influx", "key": ""}, "key: "),
        ({"door": "influx", "key": "a", "thing": "Trạm 1"}, "thing: "),
        ({"door": "influx", "key": "a", "colour": "red"}, "colour: no such member"),
        ({"door": "influx", "key": "a", "readings": {"x": {"scale": 0}}}, "readings.x: scale: zero"),
        ({"door": "influx", "key": "a", "readings": {"x": {"scale": float("nan")}}}, "finite"),
        ({"door": "influx", "key": "a", "readings": {"x": {"ignore": True, "unit": "m"}}}, "is not stored"),
        ({"door": "influx", "key": "a", "readings": {"x": {"unit": "µg/m³"}}}, "readings.x.unit: "),
        ({"door": "influx", "key": "a", "readings": {str(n): {} for n in range(301)}}, "readings: "),
    ],
)
def test_what_does_not_fit_has_its_reason(said: dict[str, Any], fault: str):
    with pytest.raises(ValidationError) as error:
        mapping(**said)
    assert any(fault in each for each in faults_of(error.value)), faults_of(error.value)


def test_a_dev_eui_is_one_however_it_is_written():
    for written in ("0004A30B001C0530", "00-04-A3-0B-00-1C-05-30", "00:04:a3:0b:00:1c:05:30"):
        assert mapping(door="lorawan", key=written).key == "0004a30b001c0530"
    assert lower_eui("Dev-1") == "Dev-1"


def test_what_is_kept_says_only_what_is_not_as_always():
    said = {"thing": "tram-1", "readings": {"t": {"unit": "Cel", "scale": 0.1}}}
    one = mapping(door="lorawan", key="0004A30B001C0530", application="", others="keep", **said)
    assert one.said() == said
    assert one.name == "lorawan/0004a30b001c0530"
    assert mapping(door="lorawan", key="d", application="a").name == "lorawan/a/d"
