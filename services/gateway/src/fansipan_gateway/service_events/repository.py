"""Service events and dossiers in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import asyncpg

from fansipan_common.db import Database
from fansipan_gateway.domain.time_range import TimeRange
from fansipan_gateway.domain.visibility import Visibility


class GroupBy(StrEnum):
    """What the figures are grouped by."""

    AGENCY = "agency"
    AREA = "area"
    PROCEDURE = "procedure"
    CHANNEL = "channel"


_COLUMN: Final = {
    GroupBy.AGENCY: "agency",
    GroupBy.AREA: "area_code",
    GroupBy.PROCEDURE: "procedure",
    GroupBy.CHANNEL: "channel",
}


# An event that does not say its procedure, area or channel (only a "received" must) takes that of its dossier.
def _events(column: str) -> str:
    return f"""
SELECT coalesce(e.{column}, d.{column}) AS key, e.type, count(*) AS count,
       sum((e.data ->> 'score')::int) FILTER (WHERE e.type = 'vn.fansipan.rating.submitted.v1') AS score_sum,
       sum((e.data ->> 'count')::bigint) FILTER (WHERE e.type = 'vn.fansipan.usage.counted.v1') AS uses
  FROM service_event e
  LEFT JOIN dossier d ON d.provider_id = e.provider_id
        AND d.dossier_id = coalesce(e.data ->> 'dossierId', '')
 WHERE e.time >= $1 AND e.time < $2 AND ($3::int IS NULL OR e.provider_id = $3)
   AND ($4::text[] IS NULL OR coalesce(e.area_code, d.area_code) = ANY($4))
   AND ($5::text[] IS NULL OR e.agency = ANY($5))
 GROUP BY 1, 2"""


# Decision 766/QĐ-TTg, 2.1: the time in which the citizen owed a supplement is not counted against the agency.
def _dossiers(column: str) -> str:
    pause = "make_interval(secs => paused_seconds)"
    finished = "finished_at >= $1 AND finished_at < $2"
    is_open = "received_at < $6 AND (finished_at IS NULL OR finished_at >= $6)"
    return f"""
SELECT {column} AS key,
       count(*) FILTER (WHERE received_at >= $1 AND received_at < $2) AS received,
       count(*) FILTER (WHERE {finished}) AS finished,
       count(*) FILTER (WHERE {finished} AND finished_at - {pause} <= due_at) AS on_time,
       count(*) FILTER (WHERE {finished} AND finished_at - {pause} > due_at) AS late,
       count(*) FILTER (WHERE {is_open}) AS open,
       count(*) FILTER (WHERE {is_open} AND due_at < least($6, awaiting_since) - {pause}) AS overdue
  FROM dossier
 WHERE ($3::int IS NULL OR provider_id = $3)
   AND (finished_at IS NULL OR finished_at >= least($1::timestamptz, $6::timestamptz) OR received_at >= $1)
   AND ($4::text[] IS NULL OR area_code = ANY($4)) AND ($5::text[] IS NULL OR agency = ANY($5))
 GROUP BY 1"""


_EVENTS: Final = {group: _events(column) for group, column in _COLUMN.items()}
_DOSSIERS: Final = {group: _dossiers(column) for group, column in _COLUMN.items()}
_NAMES: Final = {
    GroupBy.AGENCY: "SELECT key, name, name_en FROM agency WHERE key = ANY($1::text[])",
    GroupBy.AREA: "SELECT code AS key, full_name AS name, full_name_en AS name_en FROM area"
    " WHERE code = ANY($1::text[])",
    GroupBy.PROCEDURE: "SELECT key, name, name_en FROM administrative_procedure WHERE key = ANY($1::text[])",
}


@dataclass(frozen=True, slots=True)
class SummaryRows:
    """What the database says of one range.

    Attributes:
        events: rows `key, type, count, score_sum, uses`.
        dossiers: rows `key, received, finished, on_time, late, open, overdue`.
        names: by key, its name and its English one (None: it has none); of what has a name.
    """

    events: "Sequence[asyncpg.Record]"
    dossiers: "Sequence[asyncpg.Record]"
    names: dict[str, tuple[str, str | None]]


class ServiceEventRepository:
    """Reads `service_event` and `dossier`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def summarise(
        self,
        group_by: GroupBy,
        time_range: TimeRange,
        *,
        as_of: datetime,
        visibility: Visibility,
    ) -> SummaryRows:
        """Counts of one range, all from the same snapshot.

        Args:
            group_by: what `key` is.
            time_range: when events happened, and when dossiers were received or finished.
            as_of: when dossiers are open or overdue.
            visibility: whose cases count.
        """
        seen = (time_range.start, time_range.end, visibility.own_provider_id)
        seen += (visibility.case_areas, visibility.case_agencies)
        async with (
            self._database.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            events = await connection.fetch(_EVENTS[group_by], *seen)
            dossiers = await connection.fetch(_DOSSIERS[group_by], *seen, as_of)
            keys = {row["key"] for row in (*events, *dossiers)} - {None}
            named = await connection.fetch(_NAMES[group_by], list(keys)) if group_by in _NAMES else []
        return SummaryRows(events, dossiers, {row["key"]: (row["name"], row["name_en"]) for row in named})
