"""What has changed since rules looked last. Taking is part of the transaction that steps them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from fansipan_analytics.alerts.rules import LANE

_TAKE_SERIES: Final = """
WITH taken AS (
    DELETE FROM changed_series WHERE id IN (
        SELECT id FROM changed_series WHERE lane = $1 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
    ) RETURNING level, datastream_ids, buckets, corrected
), days AS (
    SELECT count(*) AS taken FROM taken
)
SELECT x.datastream_id, min(x.bucket) AS changed_from, bool_or(taken.corrected) AS corrected
FROM taken CROSS JOIN unnest(taken.datastream_ids, taken.buckets) AS x (datastream_id, bucket)
WHERE taken.level = '1h' GROUP BY 1
UNION ALL SELECT NULL, NULL, NULL FROM days WHERE days.taken > 0
"""
_TAKE_FIGURES: Final = """
WITH taken AS (
    DELETE FROM changed_value WHERE id IN (
        SELECT id FROM changed_value ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED
    ) RETURNING definition_id, subject_ids, periods, starts
)
SELECT d.key AS indicator, x.period, s.kind, s.key AS subject, min(x.start) AS changed_from
FROM taken CROSS JOIN unnest(taken.subject_ids, taken.periods, taken.starts) AS x (subject_id, period, start)
JOIN indicator_definition d ON d.id = taken.definition_id
JOIN indicator_subject s ON s.id = x.subject_id
GROUP BY 1, 2, 3, 4
"""


@dataclass(frozen=True, slots=True)
class ChangedSeries:
    """Readings of a datastream came or changed, the earliest in the hour `changed_from`."""

    datastream_id: int
    changed_from: datetime
    corrected: bool


@dataclass(frozen=True, slots=True)
class ChangedFigure:
    """Figures of an indicator changed for a subject, the earliest that of the period `changed_from`."""

    indicator: str
    period: str
    kind: str
    subject: str
    changed_from: datetime


async def take_series(connection: "asyncpg.Connection[Any]", rows: int) -> list[ChangedSeries] | None:
    """Take queued changes of readings that nobody else has taken; None when there is nothing in the queue."""
    taken = await connection.fetch(_TAKE_SERIES, LANE, rows)
    if not taken:
        return None
    return [
        ChangedSeries(row["datastream_id"], row["changed_from"], row["corrected"])
        for row in taken
        if row["datastream_id"] is not None
    ]


async def take_figures(connection: "asyncpg.Connection[Any]", rows: int) -> list[ChangedFigure]:
    """Take queued changes of figures that nobody else has taken."""
    return [ChangedFigure(**row) for row in await connection.fetch(_TAKE_FIGURES, rows)]
