"""Mappings of devices: which thing a message is about, and what its values become."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_common.contracts.device_mapping import DeviceMapping
from fansipan_ingest.doors.devices import Device, NameMissing, Sources, scaled
from fansipan_ingest.doors.influx.line_protocol import parse_lines
from fansipan_ingest.doors.known_devices import KnownDevices
from fansipan_ingest.doors.lorawan.uplinks import Uplink, readings_of
from fansipan_ingest.doors.readings import Readings
from fansipan_ingest.doors.units import unit_of_ucum

DECODED: dict[str, Any] = {
    "temperature": 215,
    "water": {"level_mm": 1240, "alarm": False},
    "gps": {"lat": 22.4, "lon": 103.9},
    "battery": {"value": 3.1, "unit": "V"},
}


def mapping(door: str = "lorawan", key: str = "0101010101010101", **said: Any) -> DeviceMapping:
    return DeviceMapping.model_validate({"door": door, "key": key, **said})


def rows(readings: Readings) -> dict[str, tuple[Any, str | None]]:
    assert readings.rejected == []
    return {
        key.removeprefix("acme/"): (value, readings.units[key].ucum if key in readings.units else None)
        for key, value in zip(readings.datastreams, readings.results, strict=True)
    }


def uplink(decoded: Any, device: DeviceMapping) -> dict[str, tuple[Any, str | None]]:
    return rows(readings_of("acme", Uplink("u", ("0101010101010101",), 0, decoded), {}, Device(device)))


def lines(text: str, *sources: DeviceMapping) -> Readings:
    return parse_lines(
        text.encode(),
        provider="acme",
        precision="s",
        arrival_ms=0,
        max_points=100,
        max_readings=100,
        sources=Sources(sources),
    )


def test_a_device_is_a_thing_and_its_values_have_names_units_and_scales():
    readings = {
        "temperature": {"property": "air_temperature", "unit": "Cel", "scale": 0.1},
        "water:level_mm": {"property": "water_level", "unit": "m", "scale": 0.001, "offset": 82.5},
        "gps": {"ignore": True},
        "battery": {"scale": 1000},
    }
    assert uplink(DECODED, mapping(thing="tram-1", readings=readings)) == {
        "tram-1/air_temperature": (21.5, "Cel"),
        "tram-1/water_level": (83.74, "m"),
        "tram-1/water:alarm": (False, None),
        "tram-1/battery": (3100.0, None),  # no longer volts
    }


def test_values_without_a_rule_are_kept_or_not_as_the_device_says():
    kept = uplink(DECODED, mapping(readings={"temperature": {"property": "t"}}))
    assert set(kept) == {
        f"0101010101010101/{name}"
        for name in ("t", "water:level_mm", "water:alarm", "gps:lat", "gps:lon", "battery")
    }
    assert kept["0101010101010101/battery"] == (3.1, "V")
    only = uplink(DECODED, mapping(readings={"temperature": {}}, others="ignore"))
    assert set(only) == {"0101010101010101/temperature"}


def test_a_device_of_which_all_is_ignored_is_understood():
    assert uplink(DECODED, mapping(others="ignore")) == {}


@pytest.mark.parametrize(
    ("value", "scale", "offset", "result"),
    [
        (234, 0.1, 0, 23.4),
        (1240, 0.001, 0, 1.24),
        (3, 0.1, 0.2, 0.5),
        (-40, 1.8, 32, -40.0),
        (1e300, 1e10, 0, None),
    ],
)
def test_numbers_are_scaled_as_one_would_write_them(
    value: float, scale: float, offset: float, result: float | None
):
    found = scaled(value, scale, offset)
    assert found == (float("inf") if result is None else result)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(0.001, 1000), st.floats(-1e6, 1e6))
def test_scaling_is_near_what_floating_point_gives(value: float, scale: float, offset: float):
    assert scaled(value, scale, offset) == pytest.approx(value * scale + offset, rel=1e-9, abs=1e-6)


def test_tags_name_the_thing_and_the_property():
    weather = mapping(
        "influx", "weather", thingBy=["station"], readings={"temp": {"property": "temperature"}}
    )
    sensor = mapping(
        "influx", "sensor*", thingBy=["site", "_measurement"], propertyBy=["parameter", "_field"]
    )
    rest = mapping("influx", "*", others="ignore")
    readings = lines(
        "weather,station=tram-1,host=a temp=21,rain=3 5\n"
        "sensor_b,site=S\\ 1,parameter=pm2_5,host=b value=7 5\n"
        "cpu,host=a load=1 5\n",
        weather,
        sensor,
        rest,
    )
    assert {key: value for key, (value, _) in rows(readings).items()} == {
        "tram-1/temperature": 21.0,
        "tram-1/rain": 3.0,
        "S-1~" + fingerprint(readings) + ":sensor_b/pm2_5:value": 7.0,
    }


def fingerprint(readings: Readings) -> str:
    [key] = [key for key in readings.datastreams if "~" in key]
    return key.split("~")[1].split(":")[0]


def test_a_line_without_the_tag_that_names_its_thing_is_refused_alone():
    weather = mapping("influx", "weather", thingBy=["station"])
    readings = lines("weather,host=a temp=21 5\nweather,station=x temp=22 5", weather)
    assert [(item.index, item.code, item.payload) for item in readings.rejected] == [
        (0, "name-missing", "weather,host=a temp=21 5")
    ]
    assert readings.datastreams == ["acme/x/temp"]


def test_without_a_mapping_all_is_as_before():
    text = 'weather,station=x temp=22,ok=t,note="a b" 5\n'
    other = mapping("influx", "cpu", thing="server")
    assert lines(text, other) == lines(text)


def test_text_and_booleans_are_named_and_not_scaled():
    door = mapping("influx", "d", thing="door", readings={"n": {"scale": 10, "unit": "m"}})
    assert rows(lines("d,a=b n=2 1", door)) == {"door/n": (20.0, "m")}
    assert rows(lines('d n="two" 1', door)) == {"door/n": ("two", None)}
    assert rows(lines("d n=true 1", door)) == {"door/n": (True, None)}


def test_the_longest_beginning_holds():
    sources = Sources([mapping("prometheus", key) for key in ("*", "node_*", "node_cpu*", "node_cpu_hz")])
    found = {key: sources.find(key) for key in ("up", "node_load1", "node_cpu_seconds", "node_cpu_hz")}
    assert len({id(device) for device in found.values()}) == 4
    assert Sources([mapping("influx", "a")]).find("b") is None


def test_names_that_are_missing():
    with pytest.raises(NameMissing, match="site"):
        Device(mapping("influx", "a", thingBy=["site"])).thing_of({"host": "x", "site": ""})


def test_units_have_the_names_that_the_doors_use():
    assert unit_of_ucum("Cel").symbol == "°C"
    assert unit_of_ucum("m3/h").name == "cubic metre per hour"
    assert unit_of_ucum("1").name == "one"
    assert unit_of_ucum("[knot_i]").symbol == "[knot_i]"


class Kept:
    """Mappings that are changed by hand."""

    def __init__(self) -> None:
        self.mappings: tuple[DeviceMapping, ...] = ()

    async def sources(self, provider_id: int, door: str) -> tuple[DeviceMapping, ...]:
        return self.mappings

    async def device(
        self, provider_id: int, keys: Sequence[str], applications: Sequence[str]
    ) -> DeviceMapping | None:
        return next((each for each in self.mappings if each.key in keys), None)


async def test_what_is_known_is_prepared_once_until_it_changes():
    kept = Kept()
    known = KnownDevices(kept)
    assert not await known.sources(1, "influx")
    kept.mappings = (mapping("influx", "a", thing="x"),)
    first = await known.sources(1, "influx")
    assert await known.sources(1, "influx") is first
    kept.mappings = (mapping("influx", "a", thing="y"),)
    changed = (await known.sources(1, "influx")).find("a")
    assert changed is not None
    assert changed.thing == "y"
    kept.mappings = ()
    assert not await known.sources(1, "influx")
    assert await known.device(1, ("a",), ("",)) is None
