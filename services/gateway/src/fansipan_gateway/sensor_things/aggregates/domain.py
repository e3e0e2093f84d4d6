"""What is asked of observations, and from which tables it is computed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from fansipan_gateway.sensor_things.aggregates.intervals import Interval
from fansipan_gateway.sensor_things.grammar.syntax import Expression
from fansipan_indicators.periods import ZONE

MAX_INTERVALS: Final = 10_000
MAX_FIGURES: Final = 100_000
"""Intervals times datastreams."""
MAX_DATASTREAMS: Final = 100


class Function(StrEnum):
    """What is computed of the numbers in an interval."""

    AVG = "avg"
    MIN = "min"
    MAX = "max"
    SUM = "sum"
    COUNT = "count"
    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for.

    Attributes:
        interval, zone: how time is cut.
        functions: at least one, in the order of the answer.
        start, end: of the range of time; None: `filter` says so, or it goes up to now.
        filter: of observations of one datastream, or of datastreams where there may be several.
        top: intervals at most; None: all.
        csv: whether a table is wanted.
    """

    interval: Interval
    zone: tzinfo
    functions: tuple[Function, ...]
    start: datetime | None
    end: datetime | None
    filter: Expression | None
    top: int | None
    csv: bool


class Level(StrEnum):
    """Where figures are computed from."""

    DAY = "rollup_1d"
    HOUR = "rollup_1h"
    MINUTE = "rollup_1m"
    RAW = "observation"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of time that is read from one table."""

    level: Level
    start: datetime
    end: datetime


_SPANS: Final = {
    Level.DAY: timedelta(days=1),
    Level.HOUR: timedelta(hours=1),
    Level.MINUTE: timedelta(minutes=1),
}


def pieces_of(edges: Sequence[datetime], levels: Sequence[Level]) -> list[Piece]:
    """What to read so that all intervals are exact: the coarsest rollups that no edge cuts, and what is left at both
    ends of the range from finer ones.

    Args:
        edges: of the intervals, with the ends of the range.
        levels: rollups that may be read, the coarsest first.
    """
    fitting = [level for level in levels if all(_floor(level, edge) == edge for edge in edges[1:-1])]
    return _pieces(edges[0], edges[-1], fitting)


def _pieces(start: datetime, end: datetime, levels: Sequence[Level]) -> list[Piece]:
    if start >= end:
        return []
    if not levels:
        return [Piece(Level.RAW, start, end)]
    level, finer = levels[0], levels[1:]
    last, first = _floor(level, end), _floor(level, start)
    if first < start:
        first = _floor(level, first + _SPANS[level])
    if first >= last:
        return _pieces(start, end, finer)
    return [*_pieces(start, first, finer), Piece(level, first, last), *_pieces(last, end, finer)]


def _floor(level: Level, moment: datetime) -> datetime:
    """The begin of the bucket of a rollup that a time lies in. Buckets are those of the province's clock."""
    local = moment.astimezone(ZONE)
    begin = local.replace(second=0, microsecond=0)
    if level is not Level.MINUTE:
        begin = begin.replace(minute=0)
    if level is Level.DAY:
        begin = begin.replace(hour=0)
    return begin.astimezone(moment.tzinfo)
