"""SenML: the examples of RFC 8428 resolve as the RFC says, in JSON and in CBOR; what is malformed has its reason."""

import base64
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_common.contracts import parse_datastream_key
from fansipan_ingest.domain.parsing import MalformedBody
from fansipan_ingest.doors.readings import Readings
from fansipan_ingest.doors.senml.mapping import readings_of, split_name
from fansipan_ingest.doors.senml.packs import Record, decode_cbor, decode_json, resolve
from fansipan_ingest.doors.senml.units import SENML_UNITS

FIXTURES = Path(__file__).parent.parent / "fixtures" / "senml"
RESOLVED = sorted(FIXTURES.glob("*.resolved.json"))
LABELS: Final = {
    "bver": -1,
    "bn": -2,
    "bt": -3,
    "bu": -4,
    "bv": -5,
    "bs": -6,
    "n": 0,
    "u": 1,
    "v": 2,
    "vs": 3,
} | {
    "vb": 4,
    "s": 5,
    "t": 6,
    "ut": 7,
    "vd": 8,
}
NOW = 1_782_867_600.25
DEVICE = "urn:dev:ow:10e2073a01080063"


def as_cbor(pack: list[dict[str, Any]]) -> bytes:
    return cbor2.dumps(
        [
            {LABELS.get(key, key): bytes_of(of) if key == "vd" else of for key, of in record.items()}
            for record in pack
        ]
    )


def bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def shown(record: Record) -> dict[str, Any]:
    """A resolved record as the RFC's own tool shows it."""
    form: dict[str, Any] = {"n": record.name, "t": record.time}
    if record.unit is not None:
        form["u"] = record.unit
    if record.kind is not None:
        form[record.kind] = record.value
    if record.sum is not None:
        form["s"] = record.sum
    return form


@pytest.mark.parametrize("form", ["json", "cbor"])
@pytest.mark.parametrize("path", RESOLVED, ids=lambda path: path.name.partition(".")[0])
def test_the_examples_of_the_rfc_resolve_as_it_says(path: Path, form: str):
    pack = (FIXTURES / path.name.replace(".resolved", "")).read_bytes()
    expected = json.loads(path.read_bytes())
    for record in expected:
        record.pop("l", None)  # a link is no value
    now = max(record["t"] for record in expected)  # what "now" was when the RFC's tool ran
    sent = decode_json(pack) if form == "json" else decode_cbor(as_cbor(json.loads(pack)))
    found, wrong = resolve(sent, now)
    assert wrong == []
    data = [record for record in found if record.kind == "vd"]  # the RFC's tool leaves data out
    assert [record.value for record in data] == (["aGkgCg"] if path.name.startswith("ex7") else [])
    kept = [shown(record) for record in found if record.kind != "vd"]
    assert [record["t"] for record in kept] == pytest.approx([record["t"] for record in expected], abs=1e-6)
    assert [record | {"t": 0} for record in kept] == [record | {"t": 0} for record in expected]


def test_there_are_twelve_resolved_examples():
    assert len(RESOLVED) == 12


def test_the_example_without_a_resolved_form():
    found, wrong = resolve(decode_json((FIXTURES / "ex13.json").read_bytes()), NOW)
    assert wrong == []
    assert [(record.name, record.value, round(record.time, 6)) for record in found] == [
        ("2001:db8::3", 0.5, 1_320_078_429),
        ("2001:db8::4", 0.5, 1_320_078_429),
        ("2001:db8::3", 0, 1_320_078_429.1),
        ("2001:db8::4", 0, 1_320_078_429.1),
    ]


def read(pack: list[Any], now: float = NOW) -> Readings:
    found, wrong = resolve(pack, now)
    return readings_of("acme", pack, found, wrong)


def rows(pack: list[Any]) -> list[tuple[str, int, Any]]:
    readings = read(pack)
    assert readings.rejected == []
    return list(zip(readings.datastreams, readings.times_ms, readings.results, strict=True))


def test_base_fields_hold_until_they_are_set_anew():
    pack = [
        {"bn": f"{DEVICE}:", "bt": 1_700_000_000, "bu": "V", "bv": 100, "bs": 5},
        {"n": "a", "v": 1, "t": 1},
        {"n": "b", "v": 2, "u": "A", "bv": 200},
        {"n": "c", "v": 3, "s": 1},
        {"n": "d", "vs": "text"},
        {"n": "e"},
    ]
    ms = 1_700_000_000_000
    assert rows(pack) == [
        (f"acme/{DEVICE}/a", ms + 1000, 101.0),
        (f"acme/{DEVICE}/b", ms, 202.0),
        (f"acme/{DEVICE}/c", ms, 203.0),
        (f"acme/{DEVICE}/c:sum", ms, 6.0),
        (f"acme/{DEVICE}/d", ms, "text"),
        (f"acme/{DEVICE}/e", ms, 200.0),
        (f"acme/{DEVICE}/e:sum", ms, 5.0),
    ]
    units = {key.rpartition("/")[2]: unit.ucum for key, unit in read(pack).units.items()}
    assert units == {"a": "V", "b": "A", "c": "V", "c:sum": "V.s", "e": "V", "e:sum": "V.s"}


@pytest.mark.parametrize(
    ("record", "ms"),
    [
        ({}, 1_782_867_600_250),
        ({"t": 0}, 1_782_867_600_250),
        ({"t": -5}, 1_782_867_595_250),
        ({"t": 268_435_455}, 1_782_867_600_250 + 268_435_455_000),
        ({"t": 268_435_456}, 268_435_456_000),
        ({"bt": 1_276_020_076.001, "t": -5}, 1_276_020_071_001),
        ({"bt": 1_276_020_076.001, "t": 0.0019}, 1_276_020_076_002),
        ({"bt": -10, "t": 3}, 1_782_867_593_250),
    ],
)
def test_times_are_absolute_or_count_from_now(record: dict[str, Any], ms: int):
    assert read([{"n": "a/b", "v": 1} | record]).times_ms == [ms]


@pytest.mark.parametrize(
    ("record", "code", "detail"),
    [
        (5, "invalid-item", "object"),
        ({"n": "a"}, "invalid-item", "needs a value"),
        ({"n": "a", "u": "V"}, "invalid-item", "needs a value"),
        ({"n": "a", "v": "1"}, "invalid-item", "v: a number"),
        ({"n": "a", "v": True}, "invalid-item", "v: a number"),
        ({"n": "a", "v": None}, "invalid-item", "v: a number"),
        ({"n": "a", "v": 10**400}, "invalid-item", "v: a number"),
        ({"n": "a", "v": float("nan")}, "invalid-item", "v: a number"),
        ({"n": "a", "vs": 1}, "invalid-item", "vs: text"),
        ({"n": "a", "vb": 1}, "invalid-item", "vb: true or false"),
        ({"n": "a", "vd": "a+b="}, "invalid-item", "vd: base64url"),
        ({"n": "a", "vd": "a"}, "invalid-item", "vd: base64url"),
        ({"n": "a", "v": 1, "vs": "x"}, "invalid-item", "one of v, vs, vb, vd"),
        ({"n": "a", "v": 1, "t": "now"}, "invalid-item", "t: a number"),
        ({"n": 1, "v": 1}, "invalid-item", "n: text"),
        ({"n": "", "v": 1}, "senml-name", "not made of"),
        ({"v": 1}, "senml-name", "not made of"),
        ({"n": "_a", "v": 1}, "senml-name", "not made of"),
        ({"n": "nhiệt-độ", "v": 1}, "senml-name", "not made of"),
        ({"n": "a", "v": 1, "u": "C°"}, "unit-unknown", "no unit of SenML"),
        ({"n": "a", "v": 1, "bt": [1]}, "invalid-item", "bt: a number"),
    ],
)
def test_a_malformed_record_has_its_reason_and_spoils_no_other(record: Any, code: str, detail: str):
    readings = read([{"n": "a/x", "v": 1}, record, {"n": "a/y", "v": 2}])
    assert readings.datastreams == ["acme/a/x", "acme/a/y"]
    [refused] = readings.rejected
    assert (refused.index, refused.code) == (1, code)
    assert detail in refused.detail


def test_a_name_in_another_unit_than_before_is_refused():
    readings = read([{"n": "a/t", "v": 20, "u": "Cel"}, {"n": "a/t", "v": 293, "u": "K", "t": 1}])
    assert readings.results == [20.0]
    assert [(item.index, item.code) for item in readings.rejected] == [(1, "unit-mismatch")]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"{}", "array of records"),
        (b"[{]", "not JSON"),
        (b'[{"bver": 11, "n": "a", "v": 1}]', "version 11"),
        (b'[{"n": "a", "v": 1, "secret_": 1}]', "must be understood"),
    ],
)
def test_a_pack_that_cannot_be_understood_is_refused_whole(body: bytes, reason: str):
    with pytest.raises(MalformedBody, match=reason):
        resolve(decode_json(body), NOW)


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"\x82\x01", b"\xa0", b"\x80\x00", b"\x9f" * 2000, b"\xbb" + b"\xff" * 8]
)
def test_what_is_no_cbor_is_refused_whole(body: bytes):
    with pytest.raises(MalformedBody):
        decode_cbor(body)


def test_what_nests_deeply_is_refused_and_shown_in_short():
    deep: Any = 1
    for _ in range(150):
        deep = [deep]
    [refused] = read(decode_json(json.dumps([{"n": "a", "v": deep}]).encode())).rejected
    assert "…" in str(refused.payload)
    refused.model_dump_json()
    with pytest.raises(MalformedBody):
        decode_json(b"[" * 100_000)
    with pytest.raises(MalformedBody):
        decode_cbor(b"\x81" * 100_000)


def test_numbers_of_cbor():
    pack = [
        {0: "a/x", 2: Decimal("23.125"), 6: Decimal("1276020076.001")},
        {0: "a/y", 2: cbor2.CBORTag(5, [-1, 3])},
        {"n": "a/z", "v": 1},
        {0: "a/w", 2: 2**70},
        {99: "ignored?", 0: "a/v", 2: 1},
    ]
    readings = read(decode_cbor(cbor2.dumps(pack)))
    assert readings.results == [23.125, 1.5, 1.0, float(2**70)]
    assert readings.times_ms[0] == 1_276_020_076_001
    assert [item.index for item in readings.rejected] == [4]


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.binary(max_size=4)
)
PACKS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.integers(-7, 9) | st.text(max_size=2), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.binary(max_size=60) | PACKS.map(cbor2.dumps))
def test_nothing_breaks_the_reader_of_cbor(body: bytes):
    try:
        readings = read(decode_cbor(body))
    except MalformedBody:
        return
    readings.items()


@pytest.mark.parametrize(
    ("name", "unit", "split"),
    [
        (f"{DEVICE}:voltage", "V", (DEVICE, "voltage")),
        (DEVICE, "Cel", (DEVICE, "unit:Cel")),
        (DEVICE, None, (DEVICE, "unit:none")),
        ("urn:dev:mac:0024befffe804ff1:door.1", None, ("urn:dev:mac:0024befffe804ff1", "door.1")),
        ("2001:db8::2/temperature", "Cel", ("2001:db8::2", "temperature")),
        ("2001:db8::3", "Cel", ("2001:db8::3", "unit:Cel")),
        ("tram-1/pm2_5", "ug/m3", ("tram-1", "pm2_5")),
        ("tram-1:pm2_5", "ug/m3", ("tram-1:", "pm2_5")),
        ("tram-1", "ug/m3", ("tram-1", r"unit:ug-m3~\w{12}")),
        (f"{DEVICE}_temp", "Cel", (DEVICE, r"temp~\w{12}")),
        (f"{DEVICE}/3303/0/5700", "Cel", (DEVICE, r"3303-0-5700~\w{12}")),
    ],
)
def test_names_become_things_and_properties(name: str, unit: str | None, split: tuple[str, str]):
    thing, prop = split_name(name, unit)
    assert thing == split[0]
    assert re.fullmatch(split[1], prop)


SENML_NAMES = st.from_regex(
    r"[a1](:|/|_|-|\.|a|1|sum|unit:V|urn:dev:ow:1){0,6}", fullmatch=True
) | st.from_regex(r"urn:dev:ow:1(:|/|_|a|unit:V|:sum|:){0,5}", fullmatch=True)
UNITS = st.sampled_from([None, "V", "A", "Cel", "%"])


@given(SENML_NAMES, UNITS, SENML_NAMES, UNITS)
def test_two_names_never_become_one_datastream(one: str, u: str | None, other: str, w: str | None):
    first, second = split_name(one, u), split_name(other, w)
    for thing, prop in (first, second):
        parse_datastream_key(f"p/{thing}/{prop}")
    if one != other:
        assert first != second


def test_units_have_codes_of_ucum():
    assert {
        "Cel": "Cel",
        "%RH": "%",
        "/": "1",
        "%": "1",
        "lat": "deg",
        "l": "L",
        "B": "By",
        "pH": "[pH]",
    }.items() <= {symbol: unit.ucum for symbol, unit in SENML_UNITS.items()}.items()
    for unit in SENML_UNITS.values():
        assert re.fullmatch(r"[!-~]+", unit.ucum)


@pytest.mark.parametrize("version", [0, -1, 9.5, 11, 1e300])
def test_a_version_is_a_positive_integer_that_is_known(version: float):
    with pytest.raises(MalformedBody, match=r"version|bver"):
        resolve([{"bver": version, "n": "a", "v": 1}], NOW)


@pytest.mark.parametrize("version", [10, 10.0, 5])
def test_earlier_versions_are_read(version: float):
    records, wrong = resolve(
        [{"bver": version, "bn": "a", "bv": 20, "bs": 1}, {"v": 1.5}, {"s": 2}, {"n": "b"}], NOW
    )
    assert wrong == []
    assert [(each.name, each.value, each.sum) for each in records] == [
        ("a", 21.5, None),
        ("a", None, 3),
        ("ab", 20, 1),
    ]


SECONDARY = {
    "ms": "ms",
    "min": "min",
    "h": "h",
    "MHz": "MHz",
    "kW": "kW",
    "kVA": "kV.A",
    "kvar": "kV.A{r}",
    "Ah": "A.h",
    "Wh": "W.h",
    "kWh": "kW.h",
    "varh": "V.A{r}.h",
    "kvarh": "kV.A{r}.h",
    "kVAh": "kV.A.h",
    "Wh/km": "W.h/km",
    "KiB": "KiBy",
    "GB": "GBy",
    "Mbit/s": "Mbit/s",
    "B/s": "By/s",
    "MB/s": "MBy/s",
    "mV": "mV",
    "mA": "mA",
    "dBm": "dB{mW}",
    "ug/m3": "ug/m3",
    "mm/h": "mm/h",
    "m/h": "m/h",
    "ppm": "[ppm]",
    "/100": "%",
    "/1000": "[ppth]",
    "hPa": "hPa",
    "mm": "mm",
    "cm": "cm",
    "km": "km",
    "km/h": "km/h",
}
"""All of RFC 8798, section 3."""


def test_every_secondary_unit_of_rfc_8798_is_known_and_nothing_is_converted():
    assert len(SECONDARY) == 33
    for symbol, ucum in SECONDARY.items():
        records, wrong = resolve([{"n": f"{DEVICE}:x", "u": symbol, "v": 1.5}], NOW)
        readings = readings_of("acme", [{}], records, wrong)
        assert readings.results == [1.5]
        assert readings.units[readings.datastreams[0]].ucum == ucum, symbol
