"""How a figure came to be what it is: its revisions, and what happened to it after its period was closed."""

from datetime import datetime
from typing import Final

import asyncpg

from fansipan_common.db import Database
from fansipan_gateway.access.seen import figure_seen, subject_arguments
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.indicators.domain.figures import FigureRow

_WHERE: Final = "WHERE definition_id = $1 AND subject_id = $2 AND period = $3 AND period_start = $4"
_COLUMNS: Final = (
    "revision, value, band, numerator, denominator, sample_count, completeness, reason, known_from"
)
_REVISIONS: Final = f"""
SELECT * FROM (
    SELECT {_COLUMNS}, NULL::timestamptz AS superseded_at FROM indicator_value {_WHERE}
    UNION ALL
    SELECT {_COLUMNS}, superseded_at FROM indicator_revision {_WHERE}
) known WHERE $5::timestamptz IS NULL OR known_from <= $5
 ORDER BY revision DESC, known_from DESC LIMIT $6
"""
_CLOSE: Final = """
SELECT c.label, c.closed_at, c.closed_by, c.note, c.digest AS close_digest, v.ordinal, v.digest
  FROM period_close c
  LEFT JOIN closed_value v ON v.close_id = c.id AND v.definition_id = $3 AND v.subject_id = $4
 WHERE c.period = $1 AND c.period_start = $2
"""
_RESTATEMENTS: Final = """
SELECT r.revision, r.closed_value, r.value, r.reason, r.restated_at
  FROM restatement r JOIN period_close c ON c.id = r.close_id
 WHERE c.period = $1 AND c.period_start = $2 AND r.definition_id = $3 AND r.subject_id = $4
 ORDER BY r.id DESC LIMIT $5
"""
_THINGS: Final = """
SELECT s.key
  FROM thing t
  JOIN provider p ON p.id = t.provider_id
  JOIN indicator_subject s ON s.kind = 'thing' AND s.key = p.key || '/' || t.key
 WHERE (t.area_code = $1 OR t.area_code IN (SELECT code FROM area WHERE parent_code = $1))
   AND {seen} AND s.key COLLATE "C" > $2
   AND EXISTS (SELECT FROM indicator_value v WHERE v.definition_id = $3 AND v.subject_id = s.id
                  AND v.period = $4 AND v.period_start = $5)
 ORDER BY s.key COLLATE "C" LIMIT $6
""".format(seen=figure_seen("$3", "s.id", 7))


class HistoryRepository:
    """Reads the past of single figures, and whose figures an area's was combined from.

    Who has a figure in hand sees it: only then may its past be asked for.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def revisions(
        self, figure: FigureRow, *, as_of: datetime | None, limit: int
    ) -> "list[asyncpg.Record]":
        """The revisions of a figure known at `as_of` (None: all), newest first."""
        return await self._database.fetch(
            _REVISIONS,
            figure.definition_id,
            figure.subject_id,
            figure.kind.value,
            figure.start,
            as_of,
            limit,
        )

    async def close(self, figure: FigureRow) -> "asyncpg.Record | None":
        """The close of a figure's period, with its row in it; None while the period is open."""
        return await self._database.fetchrow(
            _CLOSE, figure.kind.value, figure.start, figure.definition_id, figure.subject_id
        )

    async def restatements(self, figure: FigureRow, *, limit: int) -> "list[asyncpg.Record]":
        """What was found out of a figure after its period was closed, newest first."""
        return await self._database.fetch(
            _RESTATEMENTS, figure.kind.value, figure.start, figure.definition_id, figure.subject_id, limit
        )

    async def things_with_figure(
        self, area: str, figure: FigureRow, visibility: Visibility, *, after: str, limit: int
    ) -> list[str]:
        """Keys behind `after` of the things in an area that have a figure of the same definition and period."""
        rows = await self._database.fetch(
            _THINGS,
            area,
            after,
            figure.definition_id,
            figure.kind.value,
            figure.start,
            limit,
            *subject_arguments(visibility),
        )
        return [row["key"] for row in rows]
