"""What the catalogue needs to know of the data: the province, and from when until when indicators have figures."""

from collections.abc import Sequence
from typing import Final

from fansipan_common.db import Database
from fansipan_gateway.open_data.domain.catalogue import Extent, Province
from fansipan_indicators.periods import Period, PeriodKind

_PROVINCE: Final = "SELECT code, full_name, full_name_en, bbox FROM area WHERE code = $1"
# The first and the last row of an index, not all between them.
_EXTENTS: Final = """
SELECT w.definition_id, w.period, first.period_start AS first_start, last.period_start AS last_start, last.known_from
  FROM unnest($1::int[], $2::text[]) AS w (definition_id, period)
 CROSS JOIN LATERAL (
       SELECT v.period_start FROM indicator_value v
        WHERE v.definition_id = w.definition_id AND v.period = w.period ORDER BY v.period_start LIMIT 1) first
 CROSS JOIN LATERAL (
       SELECT v.period_start, v.known_from FROM indicator_value v
        WHERE v.definition_id = w.definition_id AND v.period = w.period ORDER BY v.period_start DESC LIMIT 1) last
"""


class OpenDataRepository:
    """Reads `area` and `indicator_value` for the catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def province(self, code: str) -> Province | None:
        """The province with a code, or None."""
        row = await self._database.fetchrow(_PROVINCE, code)
        return None if row is None else Province(*row)

    async def extents(self, definition_ids: Sequence[int], kinds: Sequence[PeriodKind]) -> dict[int, Extent]:
        """By id of a definition, the extent of its figures by periods of a kind; those without figures are left out."""
        rows = await self._database.fetch(_EXTENTS, list(definition_ids), [kind.value for kind in kinds])
        return {
            row["definition_id"]: Extent(
                row["first_start"],
                Period(PeriodKind(row["period"]), row["last_start"]).end,
                row["known_from"],
            )
            for row in rows
        }
