"""Files of devices: our own forms, lists of network servers, and what is wrong with its line."""

import json
from pathlib import Path
from typing import Any

import pytest

from fansipan_cli.devices import as_csv, as_yaml, read_entries
from fansipan_cli.devices.entries import Entry
from fansipan_cli.errors import CommandError, UsageError

CSV = """\
key,thing,path,property,unit,scale,offset,ignore,others
0004A30B001C0530,tram-1,t,temperature,Cel,0.1,,,ignore
0004A30B001C0530,,water:level,water_level,m,0.001,82.5,,
0004A30B001C0530,,gps,,,,,true,
0004A30B001C0531,tram-2,,,,,,,
"""
YAML = """\
profiles:
  water:
    others: ignore
    readings:
      t: {property: temperature, unit: Cel, scale: 0.1}
      water:level: {property: water_level, unit: m, scale: 0.001, offset: 82.5}
devices:
  - key: 0004a30b001c0530
    thing: tram-1
    profile: water
    readings:
      gps: {ignore: true}
  - {key: 0004a30b001c0531, thing: tram-2}
"""


def read(folder: Path, name: str, text: str, application: str = "") -> list[Entry]:
    path = folder / name
    path.write_text(text)
    return read_entries(path, application)


def said(entries: list[Entry]) -> dict[str, Any]:
    return {entry.mapping.name: entry.mapping.said() for entry in entries}


def test_both_forms_say_the_same_and_what_is_exported_is_read_back(tmp_path: Path):
    from_yaml = read(tmp_path, "a.yaml", YAML)
    from_csv = read(tmp_path, "a.csv", CSV)
    assert said(from_yaml) == said(from_csv)
    assert said(from_csv)["lorawan/0004a30b001c0530"]["readings"]["water:level"] == {
        "property": "water_level",
        "unit": "m",
        "scale": 0.001,
        "offset": 82.5,
    }
    mappings = [entry.mapping for entry in from_yaml]
    assert said(read(tmp_path, "b.yaml", as_yaml(mappings))) == said(from_yaml)
    assert said(read(tmp_path, "b.csv", as_csv(mappings))) == said(from_yaml)
    assert said(read(tmp_path, "c.csv", CSV.replace(",", ";"))) == said(from_csv)


def test_measurements_and_metrics(tmp_path: Path):
    text = "door,key,thingBy,propertyBy\ninflux,weather,station,\nprometheus,sensor_*,site|room,quantity\n"
    entries = read(tmp_path, "a.csv", text)
    assert said(entries) == {
        "influx/weather": {"thingBy": ["station"]},
        "prometheus/sensor_*": {"thingBy": ["site", "room"], "propertyBy": ["quantity"]},
    }
    mappings = [entry.mapping for entry in entries]
    assert said(read(tmp_path, "b.csv", as_csv(mappings))) == said(entries)


@pytest.mark.parametrize(
    ("name", "text", "faults"),
    [
        ("a.csv", CSV.replace("0.1,", "0;1,"), ["line 2: scale '0;1' is no number"]),
        ("a.csv", CSV.replace("true", "perhaps"), ["line 4: ignore 'perhaps'"]),
        (
            "a.csv",
            CSV.replace("531,tram-2", "530,tram-2"),
            ["line 5: thing is 'tram-2', and on line 2 it is 'tram-1'"],
        ),
        ("a.csv", CSV.replace("gps", "t"), ["line 4: the path t of 0004A30B001C0530 has a rule already"]),
        (
            "a.csv",
            CSV.replace("tram-2", "trạm 2").replace("Cel", "°C"),
            ["line 2: readings.t.unit", "line 5: thing"],
        ),
        ("a.csv", "key,colour\na,b\n", ["line 1: it has a column 'colour'"]),
        ("a.csv", "thing\na\n", ["line 1: it lacks the column key"]),
        ("a.csv", "key,thing\n", ["has no device"]),
        (
            "a.csv",
            "key,path,unit\ndev-1,,m\n",
            ["line 2: path is missing", "a device id needs its application"],
        ),
        ("a.yaml", "- key: 0101010101010101\n", ["line 1: key is a number"]),
        (
            "a.yaml",
            "devices:\n  - {key: 0004a30b001c0530, profile: x}\n",
            ["line 2: there is no profile 'x'"],
        ),
        ("a.yaml", "device: []\n", ["a member 'device'"]),
        (
            "a.yaml",
            "- {key: 0004a30b001c0530, ting: a}\n- 5\n",
            ["line 1: ting: no such", "line 2: a device is"],
        ),
        (
            "a.yaml",
            "- {key: 0004a30b001c0530}\n- {key: 00-04-A3-0B-00-1C-05-30}\n",
            ["line 2: ", "line 1 already"],
        ),
        ("a.yaml", "a: [\n", ["is no YAML"]),
        ("a.json", '{"a": 1}', ["device 1: it has neither `ids`"]),
        ("a.json", "[1]", ["a device is an object"]),
        ("a.json", "{", ["is no JSON"]),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, name: str, text: str, faults: list[str]):
    with pytest.raises(CommandError) as error:
        read(tmp_path, name, text)
    assert all(fault in str(error.value) for fault in faults), str(error.value)


def test_what_is_no_such_file(tmp_path: Path):
    with pytest.raises(UsageError, match="neither CSV"):
        read(tmp_path, "a.txt", "")
    with pytest.raises(UsageError, match="cannot be read"):
        read_entries(tmp_path / "none.csv", "")


def test_lists_of_the_things_stack(tmp_path: Path):
    text = (
        "id;dev_eui;join_eui;name;app_key\n"
        "tram-1;0004A30B001C0530;70B3D57ED0000000;Trạm 1;00112233445566778899AABBCCDDEEFF\n"
        "den-7;;;;\n"
    )
    expected = {
        "lorawan/0004a30b001c0530": {"thing": "tram-1"},
        "lorawan/nuoc/den-7": {"thing": "den-7"},
    }
    entries = read(tmp_path, "tts.csv", text, "nuoc")
    assert said(entries) == expected
    assert all(entry.names_only for entry in entries)
    devices = [
        {
            "ids": {
                "device_id": "tram-1",
                "dev_eui": "0004A30B001C0530",
                "application_ids": {"application_id": "nuoc"},
            }
        },
        {"ids": {"device_id": "den-7", "application_ids": {"application_id": "nuoc"}}},
    ]
    assert said(read(tmp_path, "tts.json", json.dumps(devices))) == expected
    assert said(read(tmp_path, "tts.json", "\n".join(map(json.dumps, devices)))) == expected


def test_a_list_of_chirpstack(tmp_path: Path):
    answer = {
        "totalCount": 2,
        "result": [
            {"devEui": "0101010101010101", "name": "tram-1", "deviceProfileName": "x"},
            {"devEui": "0101010101010102", "name": "Trạm 2"},
        ],
    }
    assert said(read(tmp_path, "cs.json", json.dumps(answer))) == {
        "lorawan/0101010101010101": {"thing": "tram-1"},
        "lorawan/0101010101010102": {},
    }
