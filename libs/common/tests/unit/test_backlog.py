"""How far a consumer is behind."""

from types import SimpleNamespace
from typing import Any

import pytest

from fansipan_common.kafka import Backlog, Partition
from fansipan_common.telemetry import metrics_of

pytestmark = pytest.mark.unit
HERE, THERE = Partition("observations.v1", 0), Partition("observations.v1", 1)


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def records(first: int, *times: float) -> list[Any]:
    return [SimpleNamespace(offset=first + place, timestamp=int(at * 1000)) for place, at in enumerate(times)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def backlog(clock: Clock) -> Backlog:
    backlog = Backlog(metrics_of("test"), "store", clock)
    backlog.assigned({HERE: 10, THERE: 0})
    return backlog


def test_nothing_waits_at_first(backlog: Backlog, clock: Clock):
    clock.now += 60
    assert (backlog.records(HERE), backlog.age(HERE)) == (0, 0.0)


def test_what_waits_is_counted_from_the_oldest_record(backlog: Backlog, clock: Clock):
    backlog.taken(HERE, records(10, 995.0, 999.0), end=15)
    assert (backlog.records(HERE), backlog.age(HERE)) == (5, 5.0)
    backlog.taken(HERE, records(12, 999.5), end=15)
    backlog.settled({HERE: 12})
    assert (backlog.records(HERE), backlog.age(HERE)) == (3, 0.5)
    backlog.settled({HERE: 15})
    clock.now += 100
    assert (backlog.records(HERE), backlog.age(HERE)) == (0, 0.0)
    assert (backlog.records(THERE), backlog.age(THERE)) == (0, 0.0)


def test_it_goes_on_ageing_while_the_consumer_begins_again_and_again(backlog: Backlog, clock: Clock):
    backlog.taken(HERE, records(10, 999.0), end=None)
    for _ in range(3):
        clock.now += 30
        backlog.assigned({HERE: 10})
        backlog.taken(HERE, records(10, 999.0), end=None)
    assert (backlog.records(HERE), backlog.age(HERE)) == (1, 91.0)
    backlog.settled({HERE: 11})
    assert backlog.age(HERE) == 0.0


def test_a_partition_that_another_member_has_moved_begins_anew(backlog: Backlog, clock: Clock):
    backlog.taken(HERE, records(10, 900.0), end=20)
    backlog.assigned({HERE: 20})
    assert (backlog.records(HERE), backlog.age(HERE)) == (0, 0.0)
    with pytest.raises(KeyError):
        backlog.records(THERE)
