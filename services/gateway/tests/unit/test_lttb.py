"""Thinning keeps what a person would see."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_gateway.observations.domain.lttb import lttb_indices

_VALUES = st.lists(st.integers(-1000, 1000), min_size=1, max_size=120)
_GAPS = st.lists(st.integers(1, 50), min_size=120, max_size=120)


def _naive(times: list[float], values: list[float], points: int) -> list[int]:
    """The algorithm as the thesis words it, one point at a time."""
    size = len(times)
    if size <= points:
        return list(range(size))
    if points == 2:
        return [0, size - 1]
    edges = [1 + i * (size - 2) // (points - 2) for i in range(points - 1)]
    kept = [0]
    for bucket in range(points - 2):
        is_last = bucket == points - 3
        following = [size - 1] if is_last else list(range(edges[bucket + 1], edges[bucket + 2]))
        mean_time = sum(times[i] for i in following) / len(following)
        mean_value = sum(values[i] for i in following) / len(following)
        time, value = times[kept[-1]], values[kept[-1]]
        areas = [
            abs((time - mean_time) * (values[i] - value) - (time - times[i]) * (mean_value - value))
            for i in range(edges[bucket], edges[bucket + 1])
        ]
        kept.append(edges[bucket] + areas.index(max(areas)))
    return [*kept, size - 1]


@given(values=_VALUES, gaps=_GAPS, points=st.integers(2, 130))
def test_same_points_as_the_naive_algorithm(values: list[int], gaps: list[int], points: int) -> None:
    times = np.cumsum(np.array(gaps[: len(values)], dtype=np.float64))
    series = np.array(values, dtype=np.float64)
    assert lttb_indices(times, series, points).tolist() == _naive(times.tolist(), series.tolist(), points)


@given(values=_VALUES, points=st.integers(2, 130))
def test_keeps_both_ends_and_the_wanted_number_in_order(values: list[int], points: int) -> None:
    kept = lttb_indices(np.arange(len(values), dtype=np.float64), np.array(values, dtype=np.float64), points)
    assert len(kept) == min(points, len(values))
    assert kept[0] == 0
    assert kept[-1] == len(values) - 1
    assert (np.diff(kept) > 0).all()


def test_keeps_a_lone_peak() -> None:
    values = np.zeros(10_000)
    values[4321] = 100.0
    assert 4321 in lttb_indices(np.arange(10_000, dtype=np.float64), values, 50)


def test_fewer_than_two_points_are_refused() -> None:
    with pytest.raises(ValueError, match="at least two"):
        lttb_indices(np.zeros(3), np.zeros(3), 1)


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="3 times but 4 values"):
        lttb_indices(np.zeros(3), np.zeros(4), 2)
