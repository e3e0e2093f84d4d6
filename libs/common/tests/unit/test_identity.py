"""The public id of an observation packs its identity and gives it back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_common.contracts import (
    MAX_DATASTREAM_ID,
    MAX_MILLISECOND,
    observation_id,
    split_observation_id,
)

IDS = st.integers(1, MAX_DATASTREAM_ID)
TIMES = st.integers(0, MAX_MILLISECOND)


@given(IDS, TIMES)
def test_an_id_gives_back_what_it_was_made_of(datastream: int, millisecond: int):
    packed = observation_id(datastream, millisecond)
    assert 0 < packed < 1 << 63
    assert split_observation_id(packed) == (datastream, millisecond)


@given(st.tuples(IDS, TIMES), st.tuples(IDS, TIMES))
def test_ids_sort_as_their_identities(one: tuple[int, int], other: tuple[int, int]):
    assert (observation_id(*one) < observation_id(*other)) == (one < other)


@pytest.mark.parametrize(
    ("datastream", "millisecond"),
    [(0, 0), (-1, 0), (MAX_DATASTREAM_ID + 1, 0), (1, -1), (1, MAX_MILLISECOND + 1)],
)
def test_what_does_not_fit_is_refused(datastream: int, millisecond: int):
    with pytest.raises(ValueError, match="is not in"):
        observation_id(datastream, millisecond)


@pytest.mark.parametrize("value", [0, 5, -1, 1 << 63, -(1 << 45)])
def test_a_number_that_is_no_id_is_refused(value: int):
    with pytest.raises(ValueError, match="no observation id"):
        split_observation_id(value)
