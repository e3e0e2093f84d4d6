"""Figures of things, to combine those of areas from."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

import asyncpg

from fansipan_analytics.indicators.active import Active
from fansipan_indicators.figure import Figure
from fansipan_indicators.periods import Period
from fansipan_indicators.series import Part

_BATCH: Final = 200
_QUERY: Final = """
SELECT v.definition_id, v.period_start, v.period, v.subject_id, s.key, v.value, v.numerator, v.denominator,
       v.sample_count, v.completeness
FROM unnest($1::integer[], $2::text[], $3::timestamptz[]) AS k (definition_id, period, period_start)
JOIN indicator_value v ON v.definition_id = k.definition_id AND v.period = k.period AND v.period_start = k.period_start
JOIN indicator_subject s ON s.id = v.subject_id AND s.kind = 'thing'
WHERE v.period_start BETWEEN $4 AND $5
"""


async def figures_of_things(
    connection: "asyncpg.Connection[Any]", wanted: Collection[tuple[Active, Period]]
) -> dict[tuple[int, Period], list[tuple[int, Part]]]:
    """The present figures of all things, (subject id, part), by definition id and period."""
    ordered = sorted(wanted, key=lambda one: one[1].start)
    found: dict[tuple[int, Period], list[tuple[int, Part]]] = {}
    for first in range(0, len(ordered), _BATCH):
        batch = ordered[first : first + _BATCH]
        periods: dict[tuple[str, datetime], Period] = {
            (period.kind.value, period.start): period for _, period in batch
        }
        rows = await connection.fetch(
            _QUERY,
            [active.id for active, _ in batch],
            [period.kind.value for _, period in batch],
            [period.start for _, period in batch],
            batch[0][1].start,
            batch[-1][1].start,
        )
        for row in rows:
            part = Part(row[4], Figure(row[5], row[6], row[7], row[8], row[9]))
            found.setdefault((row[0], periods[row[2], row[1]]), []).append((row[3], part))
    return found
