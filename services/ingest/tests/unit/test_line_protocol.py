"""Influx line protocol: what Telegraf writes, its parser's own cases, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_common.contracts.naming import datastream_key
from fansipan_ingest.doors.influx.line_protocol import TooManyPoints, parse_lines
from fansipan_ingest.doors.readings import Readings

FIXTURES = Path(__file__).parent.parent / "fixtures" / "line_protocol"
CASES: list[dict[str, Any]] = json.loads((FIXTURES / "parser_cases.json").read_text())
ARRIVAL = 1_782_867_600_000


def parse(body: str | bytes, precision: str = "ns", **limits: Any) -> Readings:
    bounds: dict[str, Any] = {"max_points": 1000, "max_readings": 10_000} | limits
    return parse_lines(
        body.encode() if isinstance(body, str) else body,
        provider="acme",
        precision=precision,
        arrival_ms=ARRIVAL,
        **bounds,
    )


def found(readings: Readings) -> list[tuple[str, Any]]:
    assert readings.rejected == []
    return list(zip(readings.datastreams, readings.results, strict=True))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_telegrafs_own_cases(case: dict[str, Any]):
    readings = parse(case["input"])
    assert (not readings.rejected) is case["valid"]
    assert len(set(readings.indexes)) == case["metrics"]


def test_samples_of_telegraf_are_read_whole():
    counts = {path.name: len(found(parse(path.read_bytes()))) for path in sorted(FIXTURES.glob("*.lp"))}
    assert counts == {
        "cpu_utf8.lp": 5,
        "host_cpu.lp": 17 * 10,
        "modbus_power_meter.lp": 108,
        "weather.lp": 3 * 14,
        "weather_rain.lp": 4 * 14,
    }
    weather = parse((FIXTURES / "weather.lp").read_bytes())
    moscow = "city:Moscow:city_id:524901:condition_id:802:condition_main:Clouds:country:RU:forecast:x~"
    values = {
        key.rpartition("/")[2]: value
        for key, value in found(weather)
        if key.startswith(f"acme/weather:{moscow}")
    }
    assert values["temperature"] == 9.57
    assert values["humidity"] == 46.0
    assert values["condition_description"] == "scattered clouds"
    assert set(weather.times_ms) == {1_556_444_155_000}


def test_the_order_of_tags_and_fields_makes_no_difference():
    lines = "a,x=1,y=2 f=1,g=2 0\na,y=2,x=1 g=2,f=1 0"
    assert found(parse(lines)) == [
        ("acme/a:x:1:y:2/f", 1.0),
        ("acme/a:x:1:y:2/g", 2.0),
        ("acme/a:x:1:y:2/g", 2.0),
        ("acme/a:x:1:y:2/f", 1.0),
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1.0),
        ("-1.5", -1.5),
        ("+2.", 2.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1.5E-3", 0.0015),
        ("42i", 42.0),
        ("-42i", -42.0),
        ("42u", 42.0),
        ("t", True),
        ("TRUE", True),
        ("False", False),
        ('""', ""),
        ('"a, b=c"', "a, b=c"),
        (r'"say \"hi\" \\ \n"', r'say "hi" \ \n'),
        ('"hai\ndòng"', "hai\ndòng"),
    ],
)
def test_types_of_values(text: str, value: Any):
    readings = parse(f"m f={text},g=1 5\nn h=2")
    assert found(readings) == [("acme/m/f", value), ("acme/m/g", 1.0), ("acme/n/h", 2.0)]
    assert type(readings.results[0]) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nan",
        "inf",
        "-Infinity",
        "1_000",
        "１",
        "1.5i",
        "-1u",
        "i",
        "0x10",
        "tRUE",
        "1,",
        '"a',
        '"a"b',
        "1e",
        "--1",
        "9" * 5000 + "i",
        " ",
        "\t1",
    ],
)
def test_what_is_no_value_is_refused_and_its_neighbours_are_not(text: str):
    readings = parse(f"a f=1 0\nm f={text} 0\nb f=2 0")
    assert readings.datastreams == ["acme/a/f", "acme/b/f"]
    [refused] = readings.rejected
    assert (refused.index, refused.code) == (1, "invalid-line")
    assert refused.payload == f"m f={text} 0".strip(" ")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("cpu", "at least one field"),
        ("cpu,host=a", "at least one field"),
        (r"c\ pu", "at least one field"),
        (",host=a f=1", "measurement is missing"),
        (r",ho\ st=a f=1", "measurement is missing"),
        ("cpu,host f=1", "'host' has no value"),
        ("cpu,host= f=1", "'host' has no value"),
        ("cpu,=a f=1", "key of a tag"),
        ("cpu,a=b=c f=1", "'a' has no value, or an '='"),
        (r"cpu,a=b=c f=\ 1", "at least one field"),
        ("cpu,a=1,a=2 f=1", "'a' comes twice"),
        ('cpu,a=1,a=2 f="x"', "'a' comes twice"),
        ("cpu f=1,f=2", "'f' comes twice"),
        ('cpu f=1,f="2"', "'f' comes twice"),
        ("cpu f=1 12:00", "timestamp"),
        ('cpu f="1" 12:00', "timestamp"),
        ("cpu f=1 9223372036854775808", "timestamp"),
        ("cpu f=1 1.5", "timestamp"),
        ("cpu f=1 0 0", "too many spaces"),
        ('cpu f="x" 0 0', "timestamp"),
        ("cpu =1", "key=value"),
        ("cpu f", "key=value"),
        ("cpu f=1,,g=2", "key=value"),
        ('cpu f="1",', "key of a field is missing"),
        ('cpu f="1"x', "something follows"),
    ],
)
def test_every_wrong_line_has_its_reason(line: str, reason: str):
    readings = parse(f"good f=1\n{line}\nalso f=2")
    assert readings.datastreams == ["acme/good/f", "acme/also/f"]
    assert [(item.index, reason in item.detail) for item in readings.rejected] == [(1, True)], (
        readings.rejected
    )


def test_escapes():
    line = r"m\,\ a,t\=\,\ =v\,\=\ w,c:\\win=d\e f\=\,\ =1 0"
    [(key, value)] = found(parse(line))
    thing = ["m, a", "c:\\\\win", "d\\e", "t=, ", "v,= w"]
    assert (key, value) == (datastream_key("acme", thing, ["f=, "]), 1.0)


def test_times_by_precision():
    text = "1782867600123456789"
    cut = {"ns": 0, "us": 3, "ms": 6, "s": 9}
    for precision, digits in cut.items():
        time = text[: len(text) - digits]
        ms = 1_782_867_600_123 if precision != "s" else 1_782_867_600_000
        assert parse(f"m f=1 {time}", precision).times_ms == [ms]
        assert parse(f'm f="x" {time} \r\n', precision).times_ms == [ms]
    assert parse("m f=1 -1", "ns").times_ms == [-1]  # cut downwards, like every time
    assert parse("m f=1 495241", "h").times_ms == [495_241 * 3_600_000]


def test_without_a_time_it_is_the_time_of_arrival():
    assert parse('m f=1\nm f="x"').times_ms == [ARRIVAL, ARRIVAL]


def test_comments_blank_lines_and_line_ends():
    readings = parse('# note\r\n\r\n  a f=1  0 \r\n#"\nb f="x"\r\nc f=\n')
    assert list(zip(readings.datastreams, readings.indexes, strict=True)) == [
        ("acme/a/f", 2),
        ("acme/b/f", 4),
    ]
    assert [item.index for item in readings.rejected] == [5]


def test_lines_inside_a_text_are_counted():
    readings = parse('a f="1\n2\n3" 0\nwrong\nb f=1')
    assert readings.indexes == [0, 4]
    assert [item.index for item in readings.rejected] == [3]


def test_a_text_that_is_not_closed_spoils_only_its_line():
    readings = parse('a f="1 0\nb f=1 0')
    assert readings.datastreams == ["acme/b/f"]
    assert [item.index for item in readings.rejected] == [0]


def test_what_is_no_utf8_is_kept_as_bytes():
    readings = parse(b"a,x=\xff f=1\nb,x=\xc4\x91 f=2")
    assert [item.payload_base64 for item in readings.rejected] == ["YSx4Pf8gZj0x"]
    assert readings.results == [2.0]


def test_numbers_beyond_what_is_stored_go_through_the_full_model():
    readings = parse("a f=1e300,g=1e999,h=1")
    assert readings.plain() is None
    items = readings.items()
    assert [item.datastream for item in items.items] == ["acme/a/h"]
    assert [(item.code, item.payload["result"]) for item in items.rejected] == [
        ("invalid-item", 1e300),
        ("invalid-item", "inf"),
    ]


def test_a_time_beyond_the_calendar_is_refused_alone():
    readings = parse("a f=1 9223372036854775807\na f=2 1782867600", "s")
    assert readings.plain() is None or len(readings) == 2
    items = readings.items()
    assert [item.result for item in items.items] == [2.0]
    assert [item.code for item in items.rejected] == ["time-in-future"]


def test_points_and_fields_are_bounded():
    parse("a f=1\n" * 1000)
    with pytest.raises(TooManyPoints, match="1000 points"):
        parse("a f=1\n" * 1001)
    with pytest.raises(TooManyPoints, match="3 fields"):
        parse("a f=1,g=2,h=3,i=4", max_readings=3)


NAMES = st.text('ab=, \\"#đ', min_size=1, max_size=6).filter(
    lambda name: not name.endswith("\\") and "\\\\" not in name and not name.startswith("#")
)


def escaped(name: str, special: str) -> str:
    return "".join("\\" + letter if letter in special else letter for letter in name)


@given(
    NAMES,
    st.dictionaries(NAMES, NAMES, max_size=3),
    st.dictionaries(
        NAMES,
        st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.text('ab"\\ \n,=', max_size=6),
        min_size=1,
        max_size=3,
    ),
)
def test_what_is_written_by_the_rules_is_read_back(
    measurement: str, tags: dict[str, str], fields: dict[str, Any]
):
    def value(of: Any) -> str:
        if isinstance(of, str):
            return '"' + of.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return repr(of)

    series = "".join(f",{escaped(key, ',= ')}={escaped(tag, ',= ')}" for key, tag in tags.items())
    section = ",".join(f"{escaped(key, ',= ')}={value(of)}" for key, of in fields.items())
    line = f"{escaped(measurement, ', ')}{series} {section} 7000000"
    thing = [measurement, *(name for pair in sorted(tags.items()) for name in pair)]
    assert found(parse(line)) == [(datastream_key("acme", thing, [key]), of) for key, of in fields.items()]


@given(st.text('ab=, \\"#\n1t', max_size=60) | st.binary(max_size=30))
def test_nothing_breaks_it_and_nothing_is_lost_in_silence(body: str | bytes):
    readings = parse(body)
    raw = body.encode() if isinstance(body, str) else body
    lines = [line for line in raw.split(b"\n") if line.strip(b" \r") and line.strip(b" \r")[:1] != b"#"]
    assert bool(readings.results or readings.rejected) is bool(lines)
    readings.items()
