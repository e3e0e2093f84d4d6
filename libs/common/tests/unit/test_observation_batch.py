"""The columns of a Kafka record: what goes in comes out, and what is no batch is refused."""

import math
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_common.contracts import MAX_DATASTREAM_ID, MAX_MILLISECOND
from fansipan_common.contracts.observation import MAX_FEATURE_ID, MAX_RESULT
from fansipan_common.contracts.observation_batch import MalformedBatch, decode_columns, encode_columns

NUMBERS = st.floats(-MAX_RESULT, MAX_RESULT)
OBJECTS = st.dictionaries(
    st.text(max_size=5), st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5)
)
ROWS = st.lists(
    st.tuples(
        st.integers(1, MAX_DATASTREAM_ID),
        st.integers(0, MAX_MILLISECOND),
        NUMBERS | st.booleans() | st.text(max_size=5) | OBJECTS,
        st.none() | st.integers(0, 2),
        st.none() | st.integers(0, MAX_MILLISECOND),
        st.none() | OBJECTS,
        st.none() | st.integers(1, MAX_FEATURE_ID),
        st.none() | st.booleans(),
    ),
    max_size=20,
)


@given(ROWS)
def test_a_batch_comes_out_as_it_went_in(rows: list[tuple[Any, ...]]):
    ids, times, results, quality, result_ms, parameters, features, deleted = (
        ([row[column] for row in rows] for column in range(8)) if rows else ([] for _ in range(8))
    )
    results = [None if gone else result for result, gone in zip(results, deleted, strict=True)]
    data = encode_columns(
        datastream_keys={each: f"p/t/{each}" for each in ids},
        datastream_ids=ids,
        phenomenon_ms=times,
        result=results,
        result_quality=quality,
        result_ms=result_ms,
        parameters=parameters,
        feature_ids=features,
        deleted=deleted,
    )
    batch = decode_columns(data)
    assert len(batch) == len(rows)
    assert batch.datastream_ids.tolist() == ids
    assert batch.phenomenon_ms.tolist() == times
    assert batch.result_quality == quality
    assert batch.result_ms == result_ms
    assert batch.parameters == parameters
    assert batch.feature_ids == features
    assert batch.deleted == deleted
    others = batch.result_json or [None] * len(rows)
    for sent, number, other in zip(results, batch.result.tolist(), others, strict=True):
        if isinstance(sent, float):
            assert number == sent
            assert other is None
        else:
            assert math.isnan(number)
            assert other == sent
            assert type(other) is type(sent)


def test_plain_numbers_need_no_further_columns():
    data = encode_columns(
        datastream_keys={7: "p/t/x"}, datastream_ids=[7, 7], phenomenon_ms=[1, 2], result=[1, 2.5]
    )
    assert orjson.loads(data)["datastreams"] == {"7": "p/t/x"}
    batch = decode_columns(data)
    assert batch.is_plain
    assert batch.result.tolist() == [1.0, 2.5]


GOOD: dict[str, Any] = {"datastreamId": [1, 2], "phenomenonTime": [1, 2], "result": [1.5, 2]}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (None, "not JSON"),
        (b"", "not JSON"),
        (b"\x00garbage", "not JSON"),
        (b'{"datastreamId": [1], "phenomenonTime": [1], "result": [NaN]}', "not JSON"),
        (b'{"datastreamId": [1], "phenomenonTime": [1], "result": [1e999]}', "not JSON"),
        (b"[]", "not a JSON object"),
        (b"3", "not a JSON object"),
        (b"{}", "datastreamId is missing"),
        ({"datastreamId": None}, "datastreamId is missing"),
        ({"datastreamId": [0, 1]}, "datastreamId holds"),
        ({"datastreamId": [1, MAX_DATASTREAM_ID + 1]}, "datastreamId holds"),
        ({"datastreamId": [1, 2.0]}, "datastreamId holds"),
        ({"datastreamId": [1, True]}, "datastreamId holds"),
        ({"datastreamId": [[1], [2]]}, "datastreamId holds"),
        ({"phenomenonTime": [-1, 2]}, "phenomenonTime holds"),
        ({"phenomenonTime": [1, MAX_MILLISECOND + 1]}, "phenomenonTime holds"),
        ({"phenomenonTime": [1, 2**63]}, "phenomenonTime holds"),
        ({"phenomenonTime": [1]}, "one length"),
        ({"result": [1]}, "one length"),
        ({"result": 1}, "one length"),
        ({"result": [1, None]}, "result holds something"),
        ({"result": [1, [2]]}, "result holds something"),
        ({"result": [1, 1e300]}, "result holds a number beyond"),
        ({"result": ["text", -1e300]}, "result holds a number beyond"),
        ({"resultQuality": [3, None]}, "resultQuality holds"),
        ({"resultQuality": [True, None]}, "resultQuality holds"),
        ({"resultQuality": [1]}, "resultQuality is no array"),
        ({"resultTime": [-1, None]}, "resultTime holds"),
        ({"resultTime": [MAX_MILLISECOND + 1, None]}, "resultTime holds"),
        ({"parameters": [[], None]}, "parameters holds"),
        ({"parameters": {}}, "parameters is no array"),
        ({"featureId": [0, None]}, "featureId holds"),
        ({"featureId": [MAX_FEATURE_ID + 1, None]}, "featureId holds"),
        ({"deleted": [1, None]}, "deleted holds"),
        ({"deleted": [True, None]}, "something for a deleted row"),
        ({"result": [None, 1], "deleted": [False, True]}, "something for a deleted row"),
        ({"result": [None, None], "deleted": [None, True]}, "result holds something"),
    ],
)
def test_what_is_no_batch_is_refused_with_the_reason(data: bytes | dict[str, Any] | None, reason: str):
    with pytest.raises(MalformedBatch, match=reason):
        decode_columns(orjson.dumps(GOOD | data) if isinstance(data, dict) else data)


@given(st.binary(max_size=200) | st.recursive(st.none() | st.integers(-9, 9), st.lists).map(orjson.dumps))
def test_whatever_comes_it_is_a_batch_or_malformed(data: bytes):
    with pytest.raises(MalformedBatch):
        decode_columns(data)
