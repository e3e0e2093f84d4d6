"""Figures in the database: present revisions, replaced ones, and what was closed.

Every statement is bounded in time, so that chunks outside the range are not touched.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from fansipan_common.db import Database
from fansipan_gateway.access.seen import figure_seen, subject_arguments
from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.time_range import TimeRange
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.indicators.domain.figures import Closed, FigureRow, ShownFigure
from fansipan_gateway.indicators.domain.versions import Segment
from fansipan_indicators.periods import PeriodKind

_COLUMNS: Final = """f.definition_id, f.subject_id, f.period, f.period_start, f.revision, f.value, f.band, f.numerator,
       f.denominator, f.sample_count, f.completeness, f.reason, f.known_from, f.details"""
_SERIES_WHERE: Final = """
 WHERE f.definition_id = $1 AND f.subject_id = $2 AND f.period = $3 AND f.period_start >= $4 AND f.period_start < $5
"""


def _seen(first: int) -> str:
    return f"AND {figure_seen('f.definition_id', 'f.subject_id', first)}"


def _series(seen: str) -> str:
    return f"SELECT {_COLUMNS} FROM indicator_value f {_SERIES_WHERE} {seen} ORDER BY f.period_start LIMIT $6"


def _series_as_of(seen: str) -> str:
    return f"""
SELECT * FROM (
    SELECT {_COLUMNS} FROM indicator_value f {_SERIES_WHERE} {seen} AND f.known_from <= $7
    UNION ALL
    SELECT {_COLUMNS} FROM indicator_revision f {_SERIES_WHERE} {seen} AND f.known_from <= $7 AND f.superseded_at > $7
) known ORDER BY period_start LIMIT $6
"""


_WANTED: Final = """
  FROM unnest($1::int[], $2::int[], $3::text[], $4::timestamptz[], $5::timestamptz[])
       AS w (slot, definition_id, period, since, until)
"""
_OF_WANTED: Final = """f
    ON f.definition_id = w.definition_id AND f.period = w.period AND f.subject_id = ANY($6::int[])
   AND f.period_start >= w.since AND f.period_start < w.until AND f.period_start >= $7 AND f.period_start < $8
"""


def _newest(known: str) -> str:
    """The two newest figures of each slot and subject."""
    return f"""
SELECT * FROM (
    SELECT known.*, row_number() OVER (PARTITION BY slot, subject_id ORDER BY period_start DESC) AS place
      FROM ({known}) known
) placed WHERE place <= 2"""


def _newest_now(seen: str) -> str:
    return _newest(f"SELECT {_COLUMNS}, w.slot {_WANTED} JOIN indicator_value {_OF_WANTED} {seen}")


def _newest_as_of(seen: str) -> str:
    return _newest(f"""
    SELECT {_COLUMNS}, w.slot {_WANTED} JOIN indicator_value {_OF_WANTED} {seen} WHERE f.known_from <= $9
    UNION ALL
    SELECT {_COLUMNS}, w.slot {_WANTED} JOIN indicator_revision {_OF_WANTED} {seen}
     WHERE f.known_from <= $9 AND f.superseded_at > $9""")


_AT: Final = """
 WHERE f.definition_id = ANY($1::int[]) AND f.subject_id = ANY($2::int[]) AND f.period = $3 AND f.period_start = $4
"""


def _together(seen: str) -> str:
    return f"SELECT {_COLUMNS} FROM indicator_value f {_AT} {seen}"


def _together_as_of(seen: str) -> str:
    return f"""
SELECT {_COLUMNS} FROM indicator_value f {_AT} {seen} AND f.known_from <= $5
UNION ALL
SELECT {_COLUMNS} FROM indicator_revision f {_AT} {seen} AND f.known_from <= $5 AND f.superseded_at > $5
"""


@dataclass(frozen=True, slots=True)
class _Statement:
    """One question as now and as of a time, to be asked by who sees all and by others."""

    now: str
    now_seen: str
    then: str
    then_seen: str

    @classmethod
    def of(cls, now: Callable[[str], str], then: Callable[[str], str], parameters: int) -> "_Statement":
        """`parameters`: how many both have; the time of `then` is the next one."""
        return cls(now(""), now(_seen(parameters + 1)), then(""), then(_seen(parameters + 2)))

    def asked(self, visibility: Visibility, as_of: datetime | None) -> tuple[str, tuple[Any, ...]]:
        """The text, and the further parameters."""
        everything = visibility.sees_all_figures
        seen = () if everything else subject_arguments(visibility)
        if as_of is None:
            return self.now if everything else self.now_seen, seen
        return self.then if everything else self.then_seen, (as_of, *seen)


_SERIES: Final = _Statement.of(_series, _series_as_of, 6)
_NEWEST: Final = _Statement.of(_newest_now, _newest_as_of, 8)
_TOGETHER: Final = _Statement.of(_together, _together_as_of, 4)
# A figure that was replaced since has its reason in the revisions, else in the present figure itself.
_CLOSED: Final = """
SELECT w.definition_id, w.subject_id, w.period, w.start AS period_start, cv.revision, cv.value, cv.band, cv.numerator,
       cv.denominator, cv.sample_count, cv.completeness, r.reason, r.known_from, r.details, pc.label, pc.closed_at
  FROM unnest($1::int[], $2::int[], $3::text[], $4::timestamptz[]) AS w (definition_id, subject_id, period, start)
  JOIN period_close pc ON pc.period = w.period AND pc.period_start = w.start
       AND ($5::timestamptz IS NULL OR pc.closed_at <= $5)
  LEFT JOIN closed_value cv ON cv.close_id = pc.id AND cv.definition_id = w.definition_id
       AND cv.subject_id = w.subject_id
  LEFT JOIN LATERAL (
       SELECT v.reason, v.known_from, v.details FROM indicator_value v
        WHERE v.definition_id = w.definition_id AND v.subject_id = w.subject_id AND v.period = w.period
          AND v.period_start = w.start AND v.revision = cv.revision
       UNION ALL
       SELECT v.reason, v.known_from, v.details FROM indicator_revision v
        WHERE v.definition_id = w.definition_id AND v.subject_id = w.subject_id AND v.period = w.period
          AND v.period_start = w.start AND v.revision = cv.revision
       LIMIT 1) r ON true
"""


# A file of many figures: by time, so that a range can be cut where it becomes too much.
_ALL_WHERE: Final = """
 WHERE f.definition_id = $1 AND f.subject_id = ANY($2::int[]) AND f.period = $3 AND f.period_start >= $4
   AND f.period_start < $5
"""
_ALL: Final = f"SELECT {_COLUMNS} FROM indicator_value f {_ALL_WHERE}"
_ALL_AS_OF: Final = f"""
SELECT {_COLUMNS} FROM indicator_value f {_ALL_WHERE} AND f.known_from <= $6
UNION ALL
SELECT {_COLUMNS} FROM indicator_revision f {_ALL_WHERE} AND f.known_from <= $6 AND f.superseded_at > $6
"""
_IN_ORDER: Final = """
SELECT known.* FROM ({}) known JOIN indicator_subject s ON s.id = known.subject_id
 ORDER BY known.period_start, s.key COLLATE "C"
"""
_CUT: Final = "SELECT period_start FROM ({}) known ORDER BY period_start OFFSET {} LIMIT 1"


@dataclass(frozen=True, slots=True)
class Slot:
    """The figures of an indicator whose newest is wanted: of a kind of period, judged by these versions."""

    kind: PeriodKind
    segments: Sequence[Segment]


class FigureRepository:
    """Reads `indicator_value`, `indicator_revision` and `closed_value`; of them what a reader sees."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fetch_series(
        self,
        definition_id: int,
        subject_id: int,
        kind: PeriodKind,
        time_range: TimeRange,
        visibility: Visibility,
        *,
        as_of: datetime | None,
        limit: int,
    ) -> list[ShownFigure]:
        """Figures whose periods begin in a range, in the order of time, as known at `as_of` (None: now)."""
        query, more = _SERIES.asked(visibility, as_of)
        rows = await self._database.fetch(
            query,
            definition_id,
            subject_id,
            kind.value,
            time_range.start,
            time_range.end,
            limit,
            *more,
        )
        return await self._shown([_figure(row) for row in rows], as_of)

    async def count_all(
        self,
        segment: Segment,
        subject_ids: Sequence[int],
        kind: PeriodKind,
        *,
        as_of: datetime | None,
        at_most: int,
    ) -> tuple[int, datetime | None]:
        """How many figures `stream_all` would give; when more than `at_most`, where the first beyond begins."""
        query, more = (_ALL, []) if as_of is None else (_ALL_AS_OF, [as_of])
        place = 6 + len(more)
        args = (segment.version.id, list(subject_ids), kind.value, segment.since, segment.until, *more)
        cut = await self._database.fetchrow(_CUT.format(query, f"${place}"), *args, at_most)
        if cut is not None:
            return at_most + 1, cut["period_start"]
        row = await self._database.fetchrow(f"SELECT count(*) AS rows FROM ({query}) known", *args)
        return (0 if row is None else row["rows"]), None

    async def stream_all(
        self,
        connection: "asyncpg.Connection[Any]",
        segment: Segment,
        subject_ids: Sequence[int],
        kind: PeriodKind,
        *,
        as_of: datetime | None,
        batch: int,
    ) -> AsyncGenerator[list[ShownFigure]]:
        """The figures of subjects that one version judges, by time and key of the subject, in batches.

        Args:
            connection: in a transaction, which holds the cursor.
            segment: the version, and the range in which periods begin.
            subject_ids: whose.
            kind: of the periods.
            as_of: as known then; None: now.
            batch: figures held at once.
        """
        query, more = (_ALL, []) if as_of is None else (_ALL_AS_OF, [as_of])
        cursor = await connection.cursor(
            _IN_ORDER.format(query),
            segment.version.id,
            list(subject_ids),
            kind.value,
            segment.since,
            segment.until,
            *more,
        )
        while rows := await cursor.fetch(batch):
            yield await self._shown([_figure(row) for row in rows], as_of, connection)

    async def fetch_newest(
        self,
        slots: Sequence[Slot],
        subject_ids: Sequence[int],
        visibility: Visibility,
        *,
        as_of: datetime | None,
    ) -> dict[tuple[int, int], list[ShownFigure]]:
        """The two newest figures, newest first, by (place of the slot, subject id)."""
        segments = [(place, slot.kind, s) for place, slot in enumerate(slots) for s in slot.segments]
        if not segments or not subject_ids:
            return {}
        query, more = _NEWEST.asked(visibility, as_of)
        rows = await self._database.fetch(
            query,
            [place for place, _, _ in segments],
            [s.version.id for _, _, s in segments],
            [kind.value for _, kind, _ in segments],
            [s.since for _, _, s in segments],
            [s.until for _, _, s in segments],
            list(subject_ids),
            min(s.since for _, _, s in segments),
            max(s.until for _, _, s in segments),
            *more,
        )
        found: dict[tuple[int, int], list[ShownFigure]] = {}
        ordered = sorted(rows, key=lambda row: row["place"])
        shown = await self._shown([_figure(row) for row in ordered], as_of)
        for row, figure in zip(ordered, shown, strict=True):
            found.setdefault((row["slot"], row["subject_id"]), []).append(figure)
        return found

    async def fetch_together(
        self,
        definition_ids: Sequence[int],
        subject_ids: Sequence[int],
        kind: PeriodKind,
        start: datetime,
        visibility: Visibility,
        *,
        as_of: datetime | None,
    ) -> list[ShownFigure]:
        """The figures of several indicators and subjects for one period, in no order."""
        query, more = _TOGETHER.asked(visibility, as_of)
        rows = await self._database.fetch(
            query,
            list(definition_ids),
            list(subject_ids),
            kind.value,
            start,
            *more,
        )
        return await self._shown([_figure(row) for row in rows], as_of)

    async def _shown(
        self,
        figures: Sequence[FigureRow],
        as_of: datetime | None,
        connection: "asyncpg.Connection[Any] | None" = None,
    ) -> list[ShownFigure]:
        """Figures, each with what was closed of it by `as_of`; read over `connection` when one is given."""
        fetch = self._database.fetch if connection is None else connection.fetch
        closable = [figure for figure in figures if figure.kind is not PeriodKind.HOUR]
        if not closable:
            return [ShownFigure(figure) for figure in figures]
        rows = await fetch(
            _CLOSED,
            [figure.definition_id for figure in closable],
            [figure.subject_id for figure in closable],
            [figure.kind.value for figure in closable],
            [figure.start for figure in closable],
            as_of,
        )
        closed = {
            (row["definition_id"], row["subject_id"], row["period"], row["period_start"]): _closed(row)
            for row in rows
        }
        return [ShownFigure(figure, closed.get(figure.identity)) for figure in figures]


def _figure(row: Row) -> FigureRow:
    return FigureRow(
        definition_id=row["definition_id"],
        subject_id=row["subject_id"],
        kind=PeriodKind(row["period"]),
        start=row["period_start"],
        revision=row["revision"],
        value=row["value"],
        band=row["band"],
        numerator=row["numerator"],
        denominator=row["denominator"],
        sample_count=row["sample_count"],
        completeness=row["completeness"],
        reason=row["reason"],
        known_from=row["known_from"],
        details=row["details"] or {},
    )


def _closed(row: Row) -> Closed:
    return Closed(row["label"], row["closed_at"], None if row["revision"] is None else _figure(row))
