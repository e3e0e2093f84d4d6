"""`auto` takes the finest granularity that is not too many points."""

import pytest

from fansipan_gateway.observations.domain.granularity import (
    Granularity,
    Reading,
    choose_from_raw,
    choose_rollup,
    thinning_limit,
)


@pytest.mark.parametrize(
    ("raw_rows", "expected"),
    [
        (0, Reading(Granularity.RAW)),
        (1000, Reading(Granularity.RAW)),
        (1001, Reading(Granularity.RAW, thin_to=1000)),
        (4000, Reading(Granularity.RAW, thin_to=1000)),
        (4001, None),
    ],
)
def test_raw_rows_are_taken_thinned_or_left(raw_rows: int, expected: Reading | None) -> None:
    assert choose_from_raw(raw_rows, 1000, datastreams=1) == expected


@pytest.mark.parametrize(
    ("minutes", "hours", "expected"),
    [
        (1000, 17, Granularity.MINUTE),
        (1001, 1000, Granularity.HOUR),
        (1001, 1001, Granularity.DAY),
        (0, 0, Granularity.RAW),
    ],
)
def test_the_finest_rollup_that_fits(minutes: int, hours: int, expected: Granularity) -> None:
    assert choose_rollup(minutes, hours, 1000) == Reading(expected)


def test_many_datastreams_are_thinned_from_fewer_rows_but_never_below_the_points_wanted() -> None:
    assert thinning_limit(1000, 1) == 4000
    assert thinning_limit(2000, 50) == 4000
    assert thinning_limit(10_000, 50) == 10_000
