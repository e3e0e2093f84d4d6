"""Remote write 1.0: what series become, what holds no reading, and what is answered to what is wrong."""

import contextlib
import struct
from typing import Any

import cramjam
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.remote_write import STALE, snappy, write_request

from fansipan_common.contracts.device_mapping import DeviceMapping
from fansipan_ingest.domain.parsing import MalformedBody
from fansipan_ingest.doors.devices import NO_SOURCES, Sources
from fansipan_ingest.doors.prometheus.mapping import TooManySamples, readings_of
from fansipan_ingest.doors.prometheus.messages import TooLarge, series_of

LABELS = {"__name__": "room_temperature", "job": "esp", "room": "Phòng 1"}
AT = 1_782_867_600_250


def read(body: bytes, *mappings: dict[str, Any], most: int = 100) -> tuple[Any, dict[str, int]]:
    sources = Sources(DeviceMapping.model_validate({"door": "prometheus", **each}) for each in mappings)
    readings, ignored = readings_of("acme", series_of(body, 10_000), sources or NO_SOURCES, most)
    return readings, dict(ignored)


def test_labels_name_the_thing_and_the_metric_is_the_property():
    readings, ignored = read(write_request((LABELS, [(21.5, AT), (-0.0, AT + 1)])))
    [key] = set(readings.datastreams)
    assert key.startswith("acme/job:esp:room:Phong-1~")
    assert key.endswith("/room_temperature")
    assert (readings.times_ms, readings.results, ignored) == ([AT, AT + 1], [21.5, -0.0], {})
    readings, _ = read(write_request(({"__name__": "up"}, [(1, AT)])))
    assert readings.datastreams == ["acme/prometheus/up"]


def test_a_mapping_names_things_properties_and_units():
    body = write_request((LABELS, [(295, AT)]), ({"__name__": "scrape_samples", "job": "esp"}, [(3, AT)]))
    room = {
        "key": "room_*",
        "thingBy": ["job"],
        "readings": {"room_temperature": {"property": "temperature", "unit": "Cel", "offset": -273.15}},
    }
    readings, _ = read(body, room, {"key": "scrape_*", "others": "ignore"})
    assert (readings.datastreams, readings.results) == (["acme/esp/temperature"], [21.85])
    assert readings.units["acme/esp/temperature"].ucum == "Cel"


def test_the_property_may_be_a_label():
    body = write_request(({"__name__": "sensor", "site": "a", "quantity": "pm10"}, [(41, AT)]))
    readings, _ = read(body, {"key": "sensor", "thingBy": ["site"], "propertyBy": ["quantity"]})
    assert readings.datastreams == ["acme/a/pm10"]


def test_stale_markers_and_other_numbers_that_are_none_are_counted():
    samples = [(STALE, AT), (float("nan"), AT), (1.0, AT)]
    readings, ignored = read(write_request((LABELS, samples), histograms=2))
    assert readings.results == [1.0]
    assert ignored == {"stale-marker": 1, "not-a-number": 1, "histogram": 2}


def test_a_series_without_its_name_is_refused_alone():
    readings, _ = read(write_request(({"job": "x"}, [(1, AT)]), (LABELS, [(2, AT)])))
    assert [(item.index, item.code) for item in readings.rejected] == [(0, "name-missing")]
    assert readings.rejected[0].payload == {
        "labels": {"job": "x"},
        "samples": [{"value": "1.0", "timestamp": AT}],
    }
    readings, _ = read(write_request((LABELS, [(2, AT)])), {"key": "*", "thingBy": ["station"]})
    assert [item.code for item in readings.rejected] == ["name-missing"]


def test_requests_are_bounded():
    with pytest.raises(TooManySamples):
        read(write_request((LABELS, [(1, AT)] * 101)))
    with pytest.raises(TooLarge):
        series_of(snappy(b"\0" * 10_001), 10_000)
    bomb = b"\xff\xff\xff\xff\x0f" + b"\xfe" * 100  # says 4 GiB
    with pytest.raises(TooLarge):
        series_of(bomb, 10_000)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff" * 10,
        b"not packed",
        snappy(b"\x0a\xff"),
        snappy(b"\x0a\x05\x0a\x03\x0a\x01\xff"),
        snappy(b"a" * 300)[:-1],
        struct.pack("<Q", 5),
    ],
)
def test_what_is_no_message(body: bytes):
    with pytest.raises(MalformedBody):
        series_of(body, 10_000)


@given(st.binary(max_size=200))
def test_nothing_else_happens_to_any_body(body: bytes):
    for packed in (body, snappy(body), bytes(cramjam.snappy.compress_raw(body))):
        with contextlib.suppress(MalformedBody, TooLarge, TooManySamples):
            readings_of("acme", series_of(packed, 10_000), NO_SOURCES, 1000)
