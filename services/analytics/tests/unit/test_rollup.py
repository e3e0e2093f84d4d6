"""Partial aggregates of a micro-batch, against an oracle that looks at one row after the other."""

import math
from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fansipan_analytics.domain.batch import BAD, Extras, Rows
from fansipan_analytics.domain.rollup import SHARDS, dirty_hours, minute_deltas
from fansipan_analytics.repository.latest import newest_rows

MINUTE = 60_000
ITEMS = st.dictionaries(
    st.tuples(st.integers(1, 3), st.integers(0, 4 * MINUTE)),
    st.tuples(st.floats(-1e6, 1e6) | st.just(math.nan), st.sampled_from([None, 0, 1, BAD])),
    max_size=40,
)


def rows_of(items: dict[tuple[int, int], tuple[float, int | None]]) -> Rows:
    ordered = sorted(items.items())
    return Rows(
        np.array([key[0] for key, _ in ordered], np.int32),
        np.array([key[1] for key, _ in ordered], np.int64),
        np.array([value for _, (value, _) in ordered], np.float64),
        {row: Extras(quality=q) for row, (_, (_, q)) in enumerate(ordered) if q is not None},
    )


@given(ITEMS)
def test_minutes_are_what_one_by_one_gives(items: dict[tuple[int, int], tuple[float, int | None]]):
    expected: dict[tuple[int, int], list[tuple[int, float]]] = defaultdict(list)
    for (datastream, ms), (value, quality) in sorted(items.items()):
        if not math.isnan(value) and quality != BAD:
            expected[datastream, ms // MINUTE * MINUTE].append((ms, value))
    deltas = minute_deltas(rows_of(items))
    assert list(zip(deltas.ids.tolist(), deltas.bucket_ms.tolist(), strict=True)) == sorted(expected)
    for place, key in enumerate(sorted(expected)):
        values = [value for _, value in expected[key]]
        assert deltas.count[place] == len(values)
        assert math.isclose(deltas.sum[place], math.fsum(values), rel_tol=1e-9, abs_tol=1e-6)
        assert (deltas.min[place], deltas.max[place]) == (min(values), max(values))
        assert (deltas.first[place], deltas.last[place]) == (values[0], values[-1])
        assert (deltas.first_ms[place], deltas.last_ms[place]) == (expected[key][0][0], expected[key][-1][0])


def test_parts_of_the_aggregates():
    deltas = minute_deltas(rows_of({(1, 0): (1.0, None), (2, 0): (2.0, None), (2, MINUTE): (3.0, None)}))
    taken = deltas.take(np.array([False, True, True]))
    assert (taken.ids.tolist(), taken.sum.tolist()) == ([2, 2], [2.0, 3.0])
    assert len(deltas.take(np.zeros(3, bool))) == 0


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 5 * 3_600_000))))
def test_dirty_hours_are_distinct_and_in_the_shard_of_their_datastream(pairs: list[tuple[int, int]]):
    shards = dirty_hours(
        np.array([pair[0] for pair in pairs], np.int32), np.array([pair[1] for pair in pairs], np.int64)
    )
    found = [
        (datastream, hour)
        for shard, ids, hours in shards
        for datastream, hour in zip(ids, hours, strict=True)
        if datastream % SHARDS == shard
    ]
    assert sorted(found) == sorted({(datastream, ms // 3_600_000 * 3_600_000) for datastream, ms in pairs})
    assert len({shard for shard, _, _ in shards}) == len(shards)


@given(ITEMS)
def test_the_newest_row_of_each_datastream(items: dict[tuple[int, int], tuple[float, int | None]]):
    newest = newest_rows(rows_of(items))
    expected: dict[int, int] = {}
    for datastream, ms in items:
        expected[datastream] = max(ms, expected.get(datastream, ms))
    assert dict(zip(newest.ids.tolist(), newest.ms.tolist(), strict=True)) == expected
