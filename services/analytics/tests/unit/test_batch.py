"""Joining the records of a transaction keeps every row with what belongs to it."""

import math

import numpy as np
import orjson
import pytest

from fansipan_analytics.domain.batch import Extras, join_batches
from fansipan_common.contracts.observation_batch import decode_columns


def batch(**columns: object):
    return decode_columns(orjson.dumps(columns))


def test_rows_keep_their_order_and_their_extras():
    joined = join_batches(
        [
            batch(datastreamId=[1, 2], phenomenonTime=[10, 20], result=[1.5, 2]),
            batch(datastreamId=[], phenomenonTime=[], result=[]),
            batch(
                datastreamId=[3, 4, 5],
                phenomenonTime=[30, 40, 50],
                result=["wet", 4, 5],
                resultQuality=[None, 2, None],
                resultTime=[31, None, None],
                parameters=[None, {"a": 1}, None],
            ),
        ]
    )
    assert joined.ids.tolist() == [1, 2, 3, 4, 5]
    assert joined.ms.tolist() == [10, 20, 30, 40, 50]
    assert math.isnan(joined.values[2])
    assert joined.extras == {
        2: Extras(result_json="wet", result_ms=31),
        3: Extras(quality=2, parameters={"a": 1}),
    }
    assert joined.countable().tolist() == [True, True, False, False, True]


def test_false_is_a_result():
    joined = join_batches([batch(datastreamId=[1], phenomenonTime=[1], result=[False])])
    assert joined.extras == {0: Extras(result_json=False)}
    assert not joined.countable()[0]


@pytest.mark.parametrize("batches", [[], [batch(datastreamId=[], phenomenonTime=[], result=[])]])
def test_nothing(batches: list[object]):
    joined = join_batches(batches)  # pyright: ignore[reportArgumentType]
    assert len(joined) == 0
    assert joined.take(np.empty(0, np.int64)).extras == {}
