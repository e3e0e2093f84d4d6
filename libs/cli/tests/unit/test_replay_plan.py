"""From where each partition is taken again."""

from hypothesis import given
from hypothesis import strategies as st

from fansipan_cli.store_replay.plan import Place


def place(first: int, end: int, stored: int, wanted: int | None = None) -> Place:
    return Place("observations.v1", 0, first, end, stored, wanted)


def test_a_restored_store_goes_on_where_it_is() -> None:
    behind = place(0, 100, 60)
    assert (behind.start, behind.records, behind.lost) == (60, 40, 0)


def test_a_time_moves_it_back_and_never_forward() -> None:
    assert place(0, 100, 60, wanted=20).start == 20
    assert place(0, 100, 60, wanted=90).start == 60
    assert place(0, 100, 0, wanted=90).start == 0


def test_what_kafka_no_longer_has() -> None:
    gone = place(50, 100, 20)
    assert (gone.start, gone.lost, gone.records) == (50, 30, 50)
    everything_gone = place(100, 100, 20)
    assert (everything_gone.start, everything_gone.lost, everything_gone.records) == (100, 80, 0)
    assert place(50, 100, 50).lost == 0
    assert place(50, 100, 70, wanted=50).lost == 0


def test_a_topic_that_was_made_anew() -> None:
    younger = place(0, 10, 500)
    assert younger.is_younger
    assert (place(0, 10, 500, wanted=0).start, place(0, 10, 500, wanted=0).records) == (0, 10)


@given(
    first=st.integers(0, 50),
    length=st.integers(0, 50),
    stored=st.integers(0, 150),
    wanted=st.none() | st.integers(0, 100),
)
def test_nothing_that_kafka_has_is_passed_over(
    first: int, length: int, stored: int, wanted: int | None
) -> None:
    found = place(first, first + length, stored, wanted)
    assert found.start >= first
    assert found.start <= max(stored, first)
    not_stored = set(range(stored, first + length))
    taken = set(range(found.start, first + length))
    assert not_stored & set(range(first, first + length)) <= taken
    assert found.lost == len([n for n in range(stored, first + length) if n < first])
