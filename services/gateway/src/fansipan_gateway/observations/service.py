"""Reading time series: resolve the datastreams, choose a granularity, fetch a page, thin it when that was asked for."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

import numpy as np

from fansipan_common.errors import ClientFault
from fansipan_gateway.datastreams.directory import DatastreamDirectory
from fansipan_gateway.domain.cursor import BadCursor, decode_cursor, encode_cursor
from fansipan_gateway.domain.results import Row, moment_of
from fansipan_gateway.domain.time_range import TimeRange, refuse_long, resolve_range
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.observations.domain.granularity import (
    DEFAULT_MAX_POINTS,
    MAX_TOTAL_POINTS,
    Granularity,
    Reading,
    choose_from_raw,
    choose_rollup,
    thinning_limit,
)
from fansipan_gateway.observations.domain.lttb import lttb_indices
from fansipan_gateway.observations.rendering import raw_items, rollup_items
from fansipan_gateway.observations.repository import ObservationRepository, Position

DEFAULT_SPAN: Final = timedelta(hours=24)
DEFAULT_LIMIT: Final = 1_000
MAX_SERIES_SPAN: Final = timedelta(days=100 * 366)
"""Range × datastreams of one request: a hundred years of one, two of fifty."""

_KIND: Final = "observations"
_MAX_THINNED_ROWS: Final = 250_000


class TooDense(ClientFault):
    """More rows or points than one answer can hold."""

    code, title = "too-dense", "Too many points"


@dataclass(frozen=True, slots=True)
class ObservationQuery:
    """What is asked for; None takes the default."""

    datastreams: Sequence[str]
    start: datetime | None = None
    end: datetime | None = None
    granularity: Granularity = Granularity.AUTO
    max_points: int | None = None
    limit: int | None = None
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class ObservationAnswer:
    """One page.

    Attributes:
        items: JSON objects, joined by commas.
        granularity: what an item stands for.
        cursor: where the page ends; None when nothing follows.
        pinned: parameters that the next page must fix to be of the same whole; None: leave out.
    """

    items: str
    granularity: Granularity
    cursor: str | None
    pinned: dict[str, str | None]


class Observations:
    """Reads time series.

    Args:
        repository: where they are.
        directory: names and ids of datastreams.
        now: the clock.
    """

    def __init__(
        self, repository: ObservationRepository, directory: DatastreamDirectory, now: Callable[[], datetime]
    ) -> None:
        self._repository = repository
        self._directory = directory
        self._now = now

    async def read(self, query: ObservationQuery, visibility: Visibility) -> ObservationAnswer:
        """One page of what `query` asks for.

        Raises:
            NotFound: a datastream is not known, or not seen by this reader.
            BadRange, TooLongRange, BadCursor, TooDense: what the caller must change.
            DatabaseAway: try again.
        """
        time_range = resolve_range(query.start, query.end, now=self._now(), default_span=DEFAULT_SPAN)
        refuse_long(time_range, MAX_SERIES_SPAN, series=len(set(query.datastreams)))
        after = _position_of(query.cursor)
        keys = {d.id: d.key for d in await self._directory.resolve(query.datastreams, visibility)}
        reading = await self._choose(query, list(keys), time_range)
        whole = query.granularity is Granularity.AUTO or reading.thin_to is not None
        limit = query.limit or (MAX_TOTAL_POINTS if whole else DEFAULT_LIMIT)
        if reading.thin_to is None:
            rows: Sequence[Row] = await self._repository.fetch(
                reading.granularity, list(keys), time_range, limit=limit, after=after
            )
        else:
            rows = await self._thinned(list(keys), time_range, reading.thin_to, after)
        render = raw_items if reading.granularity is Granularity.RAW else rollup_items
        items = render(rows[:limit], keys)
        end = Position(rows[limit - 1][0], rows[limit - 1][1]) if len(rows) > limit else None
        return ObservationAnswer(
            items=items,
            granularity=reading.granularity,
            cursor=None if end is None else _cursor_behind(end),
            pinned=_pinned(time_range, reading),
        )

    async def _choose(self, query: ObservationQuery, ids: list[int], time_range: TimeRange) -> Reading:
        if query.granularity not in (Granularity.AUTO, Granularity.RAW):
            return Reading(query.granularity)
        if query.granularity is Granularity.RAW and query.max_points is None:
            return Reading(Granularity.RAW)
        max_points = query.max_points or DEFAULT_MAX_POINTS
        if max_points * len(ids) > MAX_TOTAL_POINTS:
            raise TooDense(
                f"maxPoints × datastreams is {max_points * len(ids)}, over {MAX_TOTAL_POINTS}: ask for fewer points "
                "or fewer datastreams"
            )
        if query.granularity is Granularity.RAW:
            return Reading(Granularity.RAW, thin_to=max_points)
        at_most = thinning_limit(max_points, len(ids)) + 1
        raw_rows = await self._repository.count_raw(ids, time_range, at_most=at_most)
        reading = choose_from_raw(raw_rows, max_points, len(ids))
        if reading is not None:
            return reading
        minutes, hours = await self._repository.count_rollups(ids, time_range, at_most=max_points + 1)
        return choose_rollup(minutes, hours, max_points)

    async def _thinned(
        self, ids: list[int], time_range: TimeRange, thin_to: int, after: Position | None
    ) -> list[Row]:
        """The whole range thinned, then what lies behind `after`: every page is cut from the same points."""
        rows: Sequence[Row] = await self._repository.fetch(
            Granularity.RAW, ids, time_range, limit=_MAX_THINNED_ROWS
        )
        if len(rows) > _MAX_THINNED_ROWS:
            raise TooDense(
                f"over {_MAX_THINNED_ROWS} raw rows lie in this range, too many to thin: take a rollup "
                "(granularity=auto, 1m, 1h or 1d), a shorter range or fewer datastreams"
            )
        if len(rows) > thin_to:
            rows = await asyncio.to_thread(_thin, rows, thin_to)
        if after is None:
            return list(rows)
        behind = (after.datastream_id, after.ms)
        return [row for row in rows if (row[0], row[1]) > behind]


def _thin(rows: Sequence[Row], points: int) -> list[Row]:
    """Thin each datastream to `points`; one with a result that is not a number is left whole."""
    kept: list[Row] = []
    for _, group in groupby(rows, key=itemgetter(0)):
        series = list(group)
        values: list[Any] = [row[2] for row in series]
        if len(series) <= points or None in values:
            kept += series
            continue
        first = series[0][1]
        times = np.array([row[1] - first for row in series], dtype=np.float64)
        kept += [series[i] for i in lttb_indices(times, np.array(values, dtype=np.float64), points)]
    return kept


def _pinned(time_range: TimeRange, reading: Reading) -> dict[str, str | None]:
    return {
        "from": time_range.start.isoformat().replace("+00:00", "Z"),
        "to": time_range.end.isoformat().replace("+00:00", "Z"),
        "granularity": reading.granularity.value,
        "maxPoints": None if reading.thin_to is None else str(reading.thin_to),
    }


def _cursor_behind(end: Position) -> str:
    return encode_cursor(_KIND, end.datastream_id, end.ms)


def _position_of(cursor: str | None) -> Position | None:
    if cursor is None:
        return None
    datastream_id, ms = decode_cursor(_KIND, cursor, int, int)
    try:
        moment_of(int(ms))
    except OverflowError as error:
        raise BadCursor from error
    if not 0 <= int(datastream_id) < 1 << 31:
        raise BadCursor
    return Position(int(datastream_id), int(ms))
