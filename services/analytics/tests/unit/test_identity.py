"""What repeated identities amount to, against an oracle that takes one item after the other."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fansipan_analytics.domain.batch import Extras, Rows
from fansipan_analytics.domain.identity import Key, Stored, correct, fold, results_of, rows_of, split_fresh

PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=30)


class Oracle:
    """A store that takes one item after the other."""

    def __init__(self, stored: dict[int, int]) -> None:
        self.stored = dict(stored)
        self.history: dict[int, list[int]] = {}
        self.inserted = self.repeats = 0

    def take(self, key: int, value: int) -> None:
        if key not in self.stored:
            self.inserted += 1
        elif self.stored[key] == value:
            self.repeats += 1
            return
        else:
            self.history.setdefault(key, []).append(self.stored[key])
        self.stored[key] = value


def batches(items: list[tuple[int, int]], cuts: list[int]) -> Iterator[list[tuple[int, int]]]:
    bounds = [0, *sorted(min(cut, len(items)) for cut in cuts), len(items)]
    for start, end in itertools.pairwise(bounds):
        yield items[start:end]


@given(PAIRS, st.dictionaries(st.integers(0, 3), st.integers(0, 2)), st.lists(st.integers(0, 30), max_size=5))
def test_batches_of_any_size_store_what_one_by_one_stores(
    items: list[tuple[int, int]], before: dict[int, int], cuts: list[int]
):
    oracle = Oracle(before)
    for key, value in items:
        oracle.take(key, value)

    stored, history = dict(before), dict[int, list[int]]()
    inserted = repeats = 0
    for batch in batches(items, cuts):
        folded = fold(batch)
        new = folded.current.keys() - stored.keys()
        corrections = correct(folded, {key: stored[key] for key in folded.current if key in stored})
        assert corrections.updates.keys().isdisjoint(new)
        inserted += len(new)
        repeats += corrections.repeats
        for key, value in corrections.history:
            history.setdefault(key, []).append(value)
        stored |= {key: folded.current[key] for key in new} | corrections.updates
    assert stored == oracle.stored
    assert history == oracle.history
    assert (inserted, repeats) == (oracle.inserted, oracle.repeats)


def rows(*items: tuple[int, int, float]) -> Rows:
    ids, ms, values = zip(*items, strict=True) if items else ((), (), ())
    return Rows(np.array(ids, np.int32), np.array(ms, np.int64), np.array(values, np.float64))


def as_items(some: Rows) -> list[tuple[int, int, float]]:
    return list(zip(some.ids.tolist(), some.ms.tolist(), some.values.tolist(), strict=True))


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6), st.floats(-9, 9)), max_size=30),
    st.lists(st.integers(-1, 6), min_size=4, max_size=4),
)
def test_fresh_rows_are_new_for_sure_and_nothing_gets_lost(
    items: list[tuple[int, int, float]], newest: list[int]
):
    def newest_ms(ids: NDArray[np.int32]) -> NDArray[np.int64]:
        return np.array(newest, np.int64)[ids]

    split = split_fresh(rows(*items), newest_ms)
    fresh, uncertain = as_items(split.fresh), as_items(split.uncertain)
    assert sorted(fresh + uncertain) == sorted(items)
    for datastream, ms, _ in fresh:
        assert ms > newest[datastream]
        assert sum(item[:2] == (datastream, ms) for item in items) == 1
    for datastream, ms, _ in uncertain:
        assert ms <= newest[datastream] or sum(item[:2] == (datastream, ms) for item in items) > 1
    for part in (fresh, uncertain):
        assert [item[:2] for item in part] == sorted(item[:2] for item in part)
    for key in {item[:2] for item in uncertain}:
        arrived = [item for item in items if item[:2] == key]
        assert [item for item in uncertain if item[:2] == key] == arrived


def test_extras_go_with_their_rows():
    some = rows((2, 5, 1.0), (1, 9, float("nan")), (1, 3, 2.0))
    some.extras[1] = Extras(result_json="wet")
    split = split_fresh(some, lambda ids: np.full(len(ids), 4, np.int64))
    assert dict(results_of(split.fresh)) == {
        (1, 9): Stored(None, Extras(result_json="wet")),
        (2, 5): Stored(1.0),
    }
    assert dict(results_of(split.uncertain)) == {(1, 3): Stored(2.0)}


@given(
    st.dictionaries(
        st.tuples(st.integers(1, 3), st.integers(0, 9)),
        st.builds(Stored, st.floats(-9, 9)) | st.builds(Stored, st.none(), st.builds(Extras, st.text())),
    )
)
def test_rows_and_results_are_two_forms_of_one_thing(results: dict[Key, Stored]):
    some = rows_of(results)
    assert dict(results_of(some)) == results
    assert list(zip(some.ids.tolist(), some.ms.tolist(), strict=True)) == sorted(results)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, 1.0, True),
        (True, 1, False),
        ({"a": True}, {"a": 1}, False),
        ({"a": [0]}, {"a": [False]}, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1.0}, True),
        ({"a": None}, {}, False),
        ([1, 2], [2, 1], False),
        ([1], [1, 1], False),
        ("1", 1, False),
    ],
)
def test_the_same_json_is_the_same_observation(one: Any, other: Any, same: bool):
    assert (Extras(result_json=one) == Extras(result_json=other)) is same
    assert (Extras(parameters=one) == Extras(parameters=other)) is same
    assert Extras(one, quality=1) != Extras(one, quality=2)
    assert Extras(one, result_ms=1) != Extras(one)
