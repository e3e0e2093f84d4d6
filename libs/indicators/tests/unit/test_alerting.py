"""What rules make of readings: whatever the order of arrival, the end is that of the order of time."""

from bisect import bisect_left
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_indicators.alert_conditions import Severity
from fansipan_indicators.alerting import (
    Bounds,
    Checkpoint,
    Cleared,
    Course,
    Episode,
    Held,
    Level,
    Memory,
    Opened,
    Point,
    Raised,
    Standing,
    Withdrawn,
    decide,
    dump_memory,
    fold,
    hour_of,
    next_due,
    parse_memory,
    replay,
    rises,
)

START = datetime(2026, 7, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LEVELS = (Level(Severity.WARNING, 10, 8), Level(Severity.CRITICAL, 20, 18))
BOUNDS = Bounds(LEVELS, is_rising=True)
HELD = Bounds(LEVELS, is_rising=True, hold=3 * MINUTE)
LATER = START + timedelta(days=1)


def at(minute: float) -> datetime:
    return START + minute * MINUTE


def course(bounds: Bounds, *values: float, until: datetime | None = None) -> Course:
    """Of one value a minute."""
    points = [Point(at(minute), value) for minute, value in enumerate(values)]
    return fold(bounds, Standing(), points, until or at(len(values) - 1))[1]


def test_between_bound_and_clear_point_a_problem_neither_begins_nor_ends():
    assert course(BOUNDS, 1, 9.9, 8).current is None
    assert course(BOUNDS, 1, 10, 8, 9.9, 8, 10).current == Episode(
        at(1), None, Severity.WARNING, Point(at(1), 10), 10
    )
    assert course(BOUNDS, 1, 10, 7.9, 9).ended == (
        Episode(at(1), at(2), Severity.WARNING, Point(at(1), 10), 10),
    )


def test_low_values_may_be_the_problem():
    falling = Bounds((Level(Severity.INFO, 2, 3),), is_rising=False)
    assert course(falling, 5, 2, 3).current is not None
    assert course(falling, 5, 2, 3.1).current is None


def test_the_gravest_level_of_an_episode_stays_with_its_cause():
    current = course(BOUNDS, 12, 21, 12, 9).current
    assert current == Episode(at(0), None, Severity.CRITICAL, Point(at(1), 21), 20)


def test_a_level_counts_once_it_was_held_even_if_no_reading_comes():
    assert course(HELD, 12, 12, 12).current is None
    assert course(HELD, 12, until=at(2)).current is None
    assert course(HELD, 12, until=at(3)).current == Episode(
        at(0), None, Severity.WARNING, Point(at(0), 12), 10
    )
    standing, _ = fold(HELD, Standing(), [Point(at(0), 12)], at(0))
    assert next_due(HELD, standing) == at(3)
    assert course(HELD, 12, 12, 1, 12, 12, 12).current is None  # the clock began anew
    long = course(HELD, 12, 12, 12, 12, 25, 25, until=at(7))
    assert long.current is not None
    assert (long.current.severity, long.current.began) == (Severity.CRITICAL, at(0))


def test_what_was_held_between_two_readings_is_an_episode_that_ended():
    points = [Point(at(0), 12), Point(at(10), 1)]
    _, seen = fold(HELD, Standing(), points, at(10))
    assert [(episode.began, episode.ended) for episode in seen.ended] == [(at(0), at(10))]


HELD_ALERT = Held(7, at(5), Severity.WARNING)
OPEN = Episode(at(5), None, Severity.WARNING)


@pytest.mark.parametrize(
    ("held", "seen", "kinds"),
    [
        (None, Course(), []),
        (None, Course(OPEN), [Opened]),
        (None, Course(None, (Episode(at(0), at(1), Severity.INFO),)), []),
        (HELD_ALERT, Course(OPEN), []),
        (HELD_ALERT, Course(Episode(at(1), None, Severity.WARNING)), []),
        (HELD_ALERT, Course(Episode(at(5), None, Severity.CRITICAL)), [Raised]),
        (HELD_ALERT, Course(None, (Episode(at(5), at(9), Severity.WARNING),)), [Cleared]),
        (HELD_ALERT, Course(None, (Episode(at(0), at(4), Severity.WARNING),)), [Withdrawn]),
        (HELD_ALERT, Course(), [Withdrawn]),
        (HELD_ALERT, Course(OPEN, (Episode(at(0), at(1), Severity.INFO),)), []),
        (
            HELD_ALERT,
            Course(Episode(at(9), None, Severity.INFO), (Episode(at(5), at(8), Severity.INFO),)),
            [Cleared, Opened],
        ),
        (Held(7, at(5), Severity.WARNING, over=True), Course(), []),
        (Held(7, at(5), Severity.WARNING, over=True), Course(OPEN), []),
    ],
)
def test_an_alert_follows_its_episode(held: Held | None, seen: Course, kinds: list[type]):
    assert [type(transition) for transition in decide(held, seen)] == kinds


def test_a_rise_is_measured_against_the_oldest_reading_in_reach():
    readings = [
        Point(at(minute), value) for minute, value in ((0, 1.0), (10, 1.5), (30, 2.0), (60, 4.0), (200, 9.0))
    ]
    found = list(rises(readings, timedelta(hours=1)))
    assert [(point.at, round(point.value, 6)) for point in found] == [(at(30), 2.0), (at(60), 3.0)]


class Engine:
    """As analytics does: a memory, a store of readings, and a fold from the checkpoint or from a calm reading."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.store: dict[datetime, float] = {}
        self.memory = Memory()

    def arrive(self, when: datetime, value: float) -> None:
        corrected = self.store.get(when, value) != value
        self.store[when] = value
        points = [Point(moment, self.store[moment]) for moment in sorted(self.store)]
        checkpoint = self.memory.checkpoint
        changed = hour_of(when)
        count = 0 if checkpoint is None else self._between(points, checkpoint.hour, checkpoint.at)
        if checkpoint is not None and self.memory.resumes(changed, corrected=corrected, count=count):
            start, before = checkpoint.at, checkpoint.standing
            settled = max(hour_of(points[-1].at) + timedelta(minutes=points[-1].at.minute), checkpoint.at)
            since = max(checkpoint.at, hour_of(settled))
            count = self._between(points, since, settled)
            count += checkpoint.count if hour_of(settled) == checkpoint.hour else 0
        else:
            since = self.memory.replay_from(changed)
            calm = [point.at for point in points if point.at < since and point.value < self.bounds.calm]
            start = calm[-1] if calm else since - timedelta(days=30)
            before, settled, count = self.memory.assumed(self.bounds, start), hour_of(points[-1].at), 0
        read = points[bisect_left(points, start, key=lambda point: point.at) :]
        standing, checkpoint, seen = replay(
            self.bounds, before, read, points[-1].at, settled=settled, count=count
        )
        held = self.memory.held
        for transition in decide(held, seen):
            if isinstance(transition, Opened | Raised):
                held = Held(1, transition.episode.began, transition.episode.severity)
            else:
                held = None
        if held is not None and seen.current is not None:
            held = Held(1, seen.current.began, held.severity)
        # as the database keeps it between two evaluations
        self.memory = parse_memory(dump_memory(Memory(standing, checkpoint, held)))

    @staticmethod
    def _between(points: list[Point], start: datetime, end: datetime) -> int:
        return sum(start <= point.at < end for point in points)


arrivals = st.lists(
    st.tuples(st.integers(0, 300), st.sampled_from([1.0, 7.9, 9.0, 10.0, 19.0, 20.0, 25.0])),
    min_size=1,
    max_size=40,
)


@given(arrivals, st.sampled_from([BOUNDS, HELD]))
def test_any_interleaving_ends_as_the_batch_does(readings: list[tuple[int, float]], bounds: Bounds):
    engine = Engine(bounds)
    for minute, value in readings:  # out of order, again, and corrected
        engine.arrive(at(minute), value)
    final = sorted(dict(readings).items())
    points = [Point(at(minute), value) for minute, value in final]
    standing, batch = fold(bounds, Standing(), points, points[-1].at)
    current = batch.current
    assert engine.memory.standing is not None
    assert engine.memory.standing.episode(bounds) == current
    assert engine.memory.standing.reached == standing.reached
    held = engine.memory.held
    assert (held is not None) == (current is not None)
    if held is not None and current is not None:
        assert held.began == current.began
        assert held.severity.rank >= current.severity.rank  # an open alert is not made milder


def test_a_memory_survives_the_database():
    standing = Standing((Point(at(1), 12.0), None), at(1), 0, Point(at(1), 12.0), Point(at(2), 11.0))
    memory = Memory(standing, Checkpoint(at(0), Standing(), 3), HELD_ALERT)
    assert parse_memory(dump_memory(memory)) == memory
    assert parse_memory(dump_memory(Memory())) == Memory()


def test_an_episode_longer_than_the_horizon_goes_on_after_a_late_reading():
    memory = Memory(held=Held(1, at(0), Severity.CRITICAL))
    late = START + timedelta(days=60)
    start = memory.replay_from(late)
    assert start == late - timedelta(days=30)
    before = memory.assumed(BOUNDS, start)
    _, seen = fold(BOUNDS, before, [Point(late, 19.0)], late)
    assert seen.current is not None
    assert (seen.current.began, seen.current.severity) == (at(0), Severity.CRITICAL)
