"""From bytes to items: one wrong item among good ones, and nothing that a line or a body does not hold."""

from typing import Any

import orjson
import pydantic_core
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_common.contracts import OBSERVATION_LIST, ObservationItem
from fansipan_ingest.domain.parsing import (
    MalformedBody,
    ParsedItems,
    TooManyItems,
    parse_json_items,
    parse_ndjson_items,
)

GOOD = {"datastream": "p/t/x", "phenomenonTime": "2026-07-01T08:00:00.5Z", "result": 1}
WRONG = {"datastream": "p/t/x", "phenomenonTime": "yesterday", "result": 1}


def as_json(body: bytes, max_items: int = 10) -> ParsedItems[ObservationItem]:
    return parse_json_items(OBSERVATION_LIST, body, max_items=max_items)


def as_ndjson(body: bytes, max_items: int = 10) -> ParsedItems[ObservationItem]:
    return parse_ndjson_items(OBSERVATION_LIST, body, max_items=max_items)


def codes(parsed: ParsedItems[ObservationItem]) -> dict[int, str]:
    return {item.index: item.code for item in parsed.rejected}


def with_field(name: str, text: str) -> bytes:
    """A good item in which one field has this JSON text."""
    fields = {key: orjson.dumps(value).decode() for key, value in GOOD.items()} | {name: text}
    return ("{" + ", ".join(f'"{key}": {value}' for key, value in fields.items()) + "}").encode()


def test_good_items_keep_their_places_and_what_was_sent():
    parsed = as_json(orjson.dumps([GOOD, GOOD | {"result": "wet"}]))
    assert [item.result for item in parsed.items] == [1.0, "wet"]
    assert list(parsed.indexes) == [0, 1]
    assert parsed.rejected == []
    assert parsed.sent(1) == GOOD | {"result": "wet"}


@pytest.mark.parametrize("parse", [as_json, as_ndjson])
def test_one_wrong_item_does_not_touch_its_neighbours(parse: Any):
    items = [GOOD, WRONG, GOOD | {"result": 2}, GOOD | {"extra": 1}]
    body = orjson.dumps(items) if parse is as_json else b"\n".join(map(orjson.dumps, items))
    parsed = parse(body)
    assert list(parsed.indexes) == [0, 2]
    assert [parsed.sent(0), parsed.sent(1)] == [items[0], items[2]]
    assert codes(parsed) == {1: "invalid-item", 3: "invalid-item"}
    assert [item.payload for item in parsed.rejected] == [items[1], items[3]]
    assert "phenomenonTime" in parsed.rejected[0].detail
    assert "extra" in parsed.rejected[1].detail


def test_one_object_is_an_array_of_one():
    assert len(as_json(b"  " + orjson.dumps(GOOD)).items) == 1
    assert codes(as_json(orjson.dumps(WRONG))) == {0: "invalid-item"}


@pytest.mark.parametrize(
    "body",
    [b"", b"   ", b"nope", b"3", b'"text"', b"null", b"[", b"[1,]", b"{}{}", b"\xff\xfe", b"[" * 5000]
    + [orjson.dumps(GOOD) + b"," + orjson.dumps(item) for item in (GOOD, WRONG)]
    + [b"[" + orjson.dumps(GOOD) + b"] x", b'["\\ud800"]'],
)
def test_a_body_that_is_no_json_is_refused_whole(body: bytes):
    with pytest.raises(MalformedBody):
        as_json(body)


def test_an_empty_array_holds_nothing():
    parsed = as_json(b"[]")
    assert (parsed.items, parsed.rejected) == ([], [])


@pytest.mark.parametrize("item", [GOOD, WRONG])
def test_too_many_items(item: dict[str, Any]):
    with pytest.raises(TooManyItems, match="11 items"):
        as_json(orjson.dumps([item] * 11))
    with pytest.raises(TooManyItems, match="11 items"):
        as_ndjson(b"\n".join([orjson.dumps(item)] * 11))
    as_ndjson(b"\n\n \n".join([orjson.dumps(item)] * 10))


ITEM = orjson.dumps(GOOD)
CUT = ITEM.index(b',"result"')


@pytest.mark.parametrize(
    "lines",
    [
        [b"1},{", ITEM],
        [ITEM[:-1], b'"resultQuality": "good"}'],
        [ITEM + b"," + ITEM[:CUT], ITEM[CUT + 1 :]],
        [ITEM + b"," + ITEM[:-1] + b',"parameters":{"a":[{}', b"{}]}}"],
        [ITEM + b"," + ITEM],
        [ITEM + b",", ITEM],
        [b"[" + ITEM, ITEM + b"]"],
        [ITEM + b"]", b"[" + ITEM],
    ],
)
def test_lines_do_not_make_up_items_together(lines: list[bytes]):
    parsed = as_ndjson(b"\n".join(lines))
    alone = [line for line in lines if line == ITEM]
    assert len(parsed.items) == len(alone)
    assert set(codes(parsed).values()) == {"invalid-json"}
    assert [item.payload for item in parsed.rejected] == [line.decode() for line in lines if line != ITEM]


@given(
    st.lists(
        st.sampled_from([ITEM, orjson.dumps(WRONG), b"{", b"1},{", b"", b"null", b'"a\\nb"']), max_size=8
    )
)
def test_ndjson_is_each_line_on_its_own(lines: list[bytes]):
    parsed = as_ndjson(b"\r\n".join(lines))
    lines = [line for line in lines if line]
    good = [place for place, line in enumerate(lines) if line == ITEM]
    assert list(parsed.indexes) == good
    assert sorted(codes(parsed)) == [place for place in range(len(lines)) if place not in good]
    assert [parsed.sent(place) for place in range(len(good))] == [GOOD] * len(good)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("result", "1e999"),
        ("result", "1" + "0" * 400),
        ("result", "1e300"),
        ("result", "-1e300"),
        ("result", "null"),
        ("result", "[1]"),
        ("result", '"' + "x" * 8193 + '"'),
        ("datastream", "true"),
        ("datastream", "0"),
        ("datastream", "1.5"),
        ("phenomenonTime", '"2026-07-01T08:00:00"'),
        ("phenomenonTime", '"2026-07-01"'),
        ("phenomenonTime", '"2026-02-30T08:00:00Z"'),
        ("phenomenonTime", "1782867600"),
        ("resultQuality", '"fine"'),
        ("resultTime", '"now"'),
        ("parameters", "[]"),
    ],
)
def test_values_outside_the_contract_are_refused_alone(name: str, text: str):
    parsed = as_json(b"[" + with_field(name, text) + b"," + ITEM + b"]")
    assert list(parsed.indexes) == [1]
    assert codes(parsed) == {0: "invalid-item"}
    assert name in parsed.rejected[0].detail


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_nan_and_infinity_are_no_json(text: str):
    with pytest.raises(MalformedBody):
        as_json(b"[" + with_field("result", text) + b"]")
    assert codes(as_ndjson(with_field("result", text) + b"\n" + ITEM)) == {0: "invalid-json"}


def test_of_a_key_given_twice_the_last_counts():
    assert as_json(with_field("result", '1, "result": 2')).items[0].result == 2.0


def test_results_keep_their_type():
    texts = ["1", "1.0", "true", '"1"', '{"a": 1}', "1" + "0" * 30]
    parsed = as_json(b"[" + b",".join(with_field("result", text) for text in texts) + b"]")
    assert [item.result for item in parsed.items] == [1.0, 1.0, True, "1", {"a": 1}, 1e30]
    assert [type(item.result) for item in parsed.items] == [float, float, bool, str, dict, float]


@given(st.binary(max_size=300))
def test_whatever_comes_is_items_or_a_reason(body: bytes):
    try:
        pydantic_core.from_json(body)
    except ValueError:
        with pytest.raises(MalformedBody):
            as_json(body)
    parsed = as_ndjson(body, max_items=300)
    assert len(parsed.items) + len(parsed.rejected) == len([x for x in body.splitlines() if x.strip()])
