"""Where to look first for observations by time: their only index is (datastream, time).

Without help the newest observations of all datastreams are found by sorting all there are. The newest of each
datastream is known, though: the newest `n` are among those of the `n` datastreams that reported last. Where a filter
may leave some of them out, or a page begins in the middle, a window of time at the end that is wanted is read first,
datastream by datastream; where it holds too few, a longer one. What lies inside of a window comes before all that lies
outside, so a page that it fills is the right one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fansipan_gateway.sensor_things.grammar.syntax import Options, Path
from fansipan_gateway.sensor_things.model.sets import NOT_DELETED, OBSERVATIONS
from fansipan_gateway.sensor_things.planner.binding import Binding
from fansipan_gateway.sensor_things.planner.seen import Seen

_TIME: Final = Path(("phenomenonTime",))
_SPANS: Final = (timedelta(minutes=1), timedelta(minutes=30), timedelta(hours=15), timedelta(days=20))
_MANY: Final = 200
_NARROW: Final = timedelta(days=1)
_NEWEST: Final = """({alias}.datastream_id, {alias}.phenomenon_time) IN (
    SELECT newest.datastream_id, newest.phenomenon_time
      FROM latest_observation reported CROSS JOIN LATERAL (
        SELECT recent.datastream_id, recent.phenomenon_time FROM observation recent
         WHERE recent.datastream_id = reported.datastream_id AND recent.phenomenon_time >= {since}
         ORDER BY recent.phenomenon_time DESC LIMIT {rows}) newest
     WHERE reported.phenomenon_time >= {since}{seen})"""
_ENDS: Final = """
SELECT (SELECT max(last.phenomenon_time) FROM latest_observation last WHERE true{seen}) AS newest,
       (SELECT last.phenomenon_time FROM latest_observation last WHERE true{seen}
         ORDER BY last.phenomenon_time DESC OFFSET {rows} - 1 LIMIT 1) AS dense,
       (SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY last.phenomenon_time) FROM latest_observation last
         WHERE true{seen}) AS usual,
       (SELECT min(range_start) FROM timescaledb_information.chunks WHERE hypertable_name = 'observation') AS oldest"""


def by_time(options: Options) -> bool | None:
    """Whether observations are wanted from the newest on (True) or the oldest (False); None: in another order."""
    if not options.orderby or options.orderby[0].expression != _TIME:
        return None
    return options.orderby[0].descending


def ends(rows: int, binding: Binding, seen: Seen) -> str:
    """A statement for `newest`, the newest time of what is seen; `dense` and `usual`, the times from which on so many
    datastreams, and half of them, had their last observation; `oldest`, a time before which there is none. Each is null
    when there is no such time."""
    return _ENDS.format(rows=binding.add(rows, "bigint"), seen=_seen(seen, "last"))


def _seen(seen: Seen, alias: str) -> str:
    condition = seen.condition(OBSERVATIONS, alias)
    there = f" AND {NOT_DELETED.format(a=alias)}"
    return there if condition is None else f"{there} AND {condition}"


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest so many of each datastream that reported since a time; where as many did, all newest are there."""

    rows: int
    since: datetime

    @staticmethod
    def suits(rows: int) -> bool:
        """Whether so many are few enough: of each datastream as many may be read."""
        return rows <= _MANY

    def conditions(self, alias: str, binding: Binding, seen: Seen) -> list[str]:
        """That an observation is one of them."""
        since = binding.add(self.since, "timestamptz")
        found = _NEWEST.format(
            alias=alias,
            rows=binding.add(self.rows, "bigint"),
            since=since,
            seen=_seen(seen, "reported"),
        )
        return [f"{alias}.phenomenon_time >= {since}", found]


@dataclass(frozen=True, slots=True)
class Window:
    """Times from `since` (inside) or until `until` (inside); both None: all."""

    since: datetime | None = None
    until: datetime | None = None
    narrow: bool = False

    def conditions(self, alias: str, binding: Binding, _seen: Seen) -> list[str]:
        """That an observation lies in it.

        A narrow one is found datastream by datastream in the index, where few of a chunk's rows are in it.
        """
        found: list[str] = []
        if self.since is not None:
            found.append(f"{alias}.phenomenon_time >= {binding.add(self.since, 'timestamptz')}")
        if self.until is not None:
            found.append(f"{alias}.phenomenon_time <= {binding.add(self.until, 'timestamptz')}")
        if self.narrow:
            found.append(f"{alias}.datastream_id = ANY(ARRAY(SELECT every.id FROM datastream every))")
        return found


Place = Newest | Window


def newest_first(anchors: list[datetime], floor: datetime | None) -> Iterator[Window]:
    """Windows back from each anchor, ever longer; the last is all time.

    Args:
        anchors: times from which on there may be many, the newest first.
        floor: there is nothing wanted before; None: there may be.
    """
    for edge, span in sorted(_edges(anchors, -1), reverse=True):
        if floor is not None and edge <= floor:
            break
        yield Window(since=edge, narrow=span < _NARROW)
    yield Window()


def oldest_first(anchors: list[datetime], ceiling: datetime | None) -> Iterator[Window]:
    """The same from the oldest on."""
    for edge, span in sorted(_edges(anchors, 1)):
        if ceiling is not None and edge >= ceiling:
            break
        yield Window(until=edge, narrow=span < _NARROW)
    yield Window()


def _edges(anchors: list[datetime], sign: int) -> Iterator[tuple[datetime, timedelta]]:
    for anchor in dict.fromkeys(anchors):
        for span in _SPANS:
            try:
                yield anchor + sign * span, span
            except OverflowError:
                return
