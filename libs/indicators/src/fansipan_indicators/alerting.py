"""What an alert rule makes of readings over time: pure, so that it can be tested without a database.

The outcome is a function of the readings in the order of *their* time, whatever the order in which they came. Late and
corrected readings are handled by folding the stored readings again from before the change (`Memory.resumes`).

- A level is reached at its bound and left at its clear point, so a value that trembles between them is one problem.
- A level that must be held for a while counts once it was; between two readings the earlier one holds.
- An episode lasts from the reading that reached a level that counted until no level is reached any more.
- An alert belongs to one episode. When a correction leaves nothing of the episode, the alert is withdrawn.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import TypeAdapter

from fansipan_indicators.alert_conditions import Severity

HORIZON: Final = timedelta(days=30)
"""How far before a change readings are looked at, at most."""


@dataclass(frozen=True, slots=True)
class Point:
    """A reading or a figure, at its own time."""

    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Level:
    """Where a problem of some severity begins, and where it is over."""

    severity: Severity
    bound: float
    clear: float


@dataclass(frozen=True, slots=True)
class Bounds:
    """The levels of a rule for one subject, from mild to grave.

    Attributes:
        is_rising: whether high values are the problem.
        hold: how long a level must be held before it counts.
    """

    levels: tuple[Level, ...]
    is_rising: bool
    hold: timedelta = timedelta(0)

    @property
    def calm(self) -> float:
        """A value beyond this, away from the problem, leaves every level: nothing before it matters any more."""
        clears = [level.clear for level in self.levels]
        return min(clears) if self.is_rising else max(clears)

    @property
    def lowest(self) -> float:
        """The bound that is reached first."""
        found = [level.bound for level in self.levels]
        return min(found) if self.is_rising else max(found)

    def reached(self, level: Level, value: float, was_reached: bool) -> bool:
        """Whether a value reaches a level, or stays on it."""
        bound = level.clear if was_reached else level.bound
        return value >= bound if self.is_rising else value <= bound


@dataclass(frozen=True, slots=True)
class Episode:
    """A time during which a problem lasted; `ended` is None while it lasts.

    Attributes:
        cause: the reading that reached the gravest level that counted.
        bound: the bound of that level.
    """

    began: datetime
    ended: datetime | None
    severity: Severity
    cause: Point | None = None
    bound: float | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a subject stands after some readings.

    Attributes:
        reached: of each level, the reading that reached it, None while it is not reached; empty when none is.
        began: when the present episode began; None without one.
        gravest: place of the gravest level that counted in the present episode.
        cause: the reading that reached it.
        last: the newest reading.
    """

    reached: tuple[Point | None, ...] = ()
    began: datetime | None = None
    gravest: int = -1
    cause: Point | None = None
    last: Point | None = None

    def episode(self, bounds: Bounds, ended: datetime | None = None) -> Episode | None:
        """The present episode, if there is one."""
        if self.began is None:
            return None
        level = bounds.levels[self.gravest]
        return Episode(self.began, ended, level.severity, self.cause, level.bound)


@dataclass(frozen=True, slots=True)
class Course:
    """What readings showed: the episode that lasts, and those that ended, oldest first."""

    current: Episode | None = None
    ended: tuple[Episode, ...] = ()


def wait(bounds: Bounds, standing: Standing, until: datetime) -> Standing:
    """Time passes and no reading comes: levels that were held long enough begin to count."""
    counting = [
        place
        for place, point in enumerate(standing.reached)
        if point is not None and point.at + bounds.hold <= until
    ]
    if not counting or counting[-1] <= standing.gravest:
        return standing
    began = standing.began
    if began is None:
        began = min(point.at for place in counting if (point := standing.reached[place]) is not None)
    return replace(standing, began=began, gravest=counting[-1], cause=standing.reached[counting[-1]])


def observe(bounds: Bounds, standing: Standing, point: Point) -> tuple[Standing, Episode | None]:
    """Take in the next reading in the order of time; returns the episode that it ends, too."""
    before = wait(bounds, standing, point.at)
    known = before.reached or (None,) * len(bounds.levels)
    reached = tuple(
        (earlier or point) if bounds.reached(level, point.value, earlier is not None) else None
        for level, earlier in zip(bounds.levels, known, strict=True)
    )
    if not any(reached):
        return Standing(last=point), before.episode(bounds, point.at)
    return wait(bounds, replace(before, reached=reached, last=point), point.at), None


def fold(bounds: Bounds, start: Standing, points: Iterable[Point], now: datetime) -> tuple[Standing, Course]:
    """Take in readings that are in the order of time, then wait until now."""
    standing, ended = start, list[Episode]()
    quiet: Point | None = None
    lowest = bounds.lowest
    for point in points:
        # most readings of most subjects: nothing is reached, and nothing becomes reached
        if (point.value < lowest if bounds.is_rising else point.value > lowest) and not any(standing.reached):
            quiet = point
            continue
        standing, episode = observe(bounds, standing, point)
        quiet = None
        if episode is not None:
            ended.append(episode)
    if quiet is not None:
        standing = replace(standing, last=quiet)
    standing = wait(bounds, standing, now)
    return standing, Course(standing.episode(bounds), tuple(ended))


def next_due(bounds: Bounds, standing: Standing) -> datetime | None:
    """When a level that is reached will begin to count if no reading comes; None when none waits for that."""
    waiting = standing.reached[standing.gravest + 1 :]
    return min((point.at + bounds.hold for point in waiting if point is not None), default=None)


def rises(points: Iterable[Point], over: timedelta) -> Iterator[Point]:
    """Change an hour at each reading, against the oldest one that is at most `over` older.

    A reading without one that is at least half of `over` older has no rise: noise between neighbours is no trend.
    """
    recent = deque[Point]()
    for point in points:
        while recent and point.at - recent[0].at > over:
            recent.popleft()
        if recent and (span := point.at - recent[0].at) >= over / 2:
            yield Point(point.at, (point.value - recent[0].value) / (span / timedelta(hours=1)))
        recent.append(point)


def hour_of(at: datetime) -> datetime:
    """The hour a moment lies in; those of Việt Nam begin when those of UTC do."""
    return at.replace(minute=0, second=0, microsecond=0)


# ---------------------------------------------------------------- what is remembered between evaluations
@dataclass(frozen=True, slots=True)
class Held:
    """The alert of an episode. It stays held when an operator ends it while the episode lasts: it is not opened again.

    Attributes:
        began: when the episode began.
        over: the episode is over, but only an operator ends alerts of this rule.
    """

    alert: int
    began: datetime
    severity: Severity
    over: bool = False


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where the subject stood after all readings before a moment.

    Attributes:
        count: how many readings there were in the hour of `at` before it: another number means that some came late.
    """

    at: datetime
    standing: Standing
    count: int = 0

    @property
    def hour(self) -> datetime:
        """The hour that `at` lies in."""
        return hour_of(self.at)


@dataclass(frozen=True, slots=True)
class Memory:
    """What a rule remembers of a subject."""

    standing: Standing | None = None
    checkpoint: Checkpoint | None = None
    held: Held | None = None

    def resumes(self, changed_from: datetime, *, corrected: bool, count: int) -> bool:
        """Whether it is enough to fold from the checkpoint on.

        Args:
            changed_from: the first hour (or period) in which readings came or changed.
            corrected: whether a stored reading changed, rather than new ones coming.
            count: readings before the checkpoint in its hour, now.
        """
        if self.checkpoint is None or changed_from < self.checkpoint.hour:
            return False
        if changed_from > self.checkpoint.hour or self.checkpoint.at == self.checkpoint.hour:
            return True
        return not corrected and count == self.checkpoint.count

    def replay_from(self, changed_from: datetime, horizon: timedelta = HORIZON) -> datetime:
        """From which moment on readings are folded again when it is not enough to resume: the remembered episode too.

        The fold itself starts before it, at a calm reading.
        """
        began = changed_from if self.held is None else self.held.began
        return max(min(changed_from, began), changed_from - horizon)

    def assumed(self, bounds: Bounds, at: datetime) -> Standing:
        """Where to start when no calm reading was found back to `at`: amid the remembered episode, if it is older."""
        if self.held is None or self.held.over or self.held.began >= at:
            return Standing()
        ranks = [level.severity.rank <= self.held.severity.rank for level in bounds.levels]
        gravest = sum(ranks) - 1
        if gravest < 0:
            return Standing()
        reached = tuple(
            Point(self.held.began, level.bound) if place <= gravest else None
            for place, level in enumerate(bounds.levels)
        )
        return Standing(reached, self.held.began, gravest, reached[gravest])


def replay(
    bounds: Bounds,
    start: Standing,
    points: Sequence[Point],
    now: datetime,
    *,
    settled: datetime,
    count: int = 0,
) -> tuple[Standing, Checkpoint, Course]:
    """Fold readings in the order of time and note where the subject stood before `settled`.

    Args:
        bounds: of the subject.
        start: where the subject stood before the first of the points.
        points: in the order of time, complete from the first one on.
        now: until when the newest one is held.
        settled: where the checkpoint is to be.
        count: what it is to carry.
    """
    split = bisect_left(points, settled, key=lambda point: point.at)
    early = points[:split]
    before, first = fold(bounds, start, early, early[-1].at) if early else (start, Course())
    standing, course = fold(bounds, before, points[split:], now)
    return standing, Checkpoint(settled, before, count), Course(course.current, first.ended + course.ended)


_MEMORY: Final = TypeAdapter(Memory)


def dump_memory(memory: Memory) -> dict[str, Any]:
    """As JSON."""
    return _MEMORY.dump_python(memory, mode="json")


def parse_memory(state: dict[str, Any]) -> Memory:
    """From what `dump_memory` made."""
    return _MEMORY.validate_python(state)


# ---------------------------------------------------------------- what follows for the alert
@dataclass(frozen=True, slots=True)
class Opened:
    """A new alert is to be opened."""

    episode: Episode


@dataclass(frozen=True, slots=True)
class Raised:
    """The alert has become graver; one that an operator has ended is opened anew."""

    episode: Episode


@dataclass(frozen=True, slots=True)
class Cleared:
    """The cause is over: the alert is resolved, unless only operators resolve those of the rule."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """By what is known now, the cause never was."""


Transition = Opened | Raised | Cleared | Withdrawn


def decide(held: Held | None, course: Course) -> list[Transition]:
    """What a course means for the alert of the subject: at most an end and a new beginning.

    An episode that is over when it first becomes known opens nothing: there is nobody to act any more.
    """
    current = course.current
    if held is None or held.over:
        if current is None:
            return []
        if held is None:
            return [Opened(current)]
        return [Raised(current)] if current.severity.rank > held.severity.rank else []
    ends = [
        episode.ended for episode in course.ended if episode.ended is not None and episode.ended >= held.began
    ]
    if ends:
        return [Cleared(max(ends)), *([] if current is None else [Opened(current)])]
    if current is None:
        return [Withdrawn()]
    if current.severity.rank <= held.severity.rank:
        return []
    return [Raised(current)]
