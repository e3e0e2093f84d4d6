"""Which datastreams report, from their latest values: no chunk of the time series is touched."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from fansipan_common.db import Database
from fansipan_gateway.domain.visibility import Visibility

LONGEST: Final = 50
"""How many silent datastreams are named."""

# What "silent" means is said by the indicator of freshness: its limit, and the properties that people enter by hand.
_STREAMS: Final = """
WITH rule AS (
    SELECT coalesce((document #>> '{formula,staleAfterSeconds}')::float8, 7200) AS stale_after,
           coalesce(document #> '{formula,ignore}', '[]') AS ignored
      FROM (VALUES (1)) one
      LEFT JOIN LATERAL (
           SELECT document FROM indicator_definition
            WHERE key = 'sensor-freshness' AND retired_at IS NULL ORDER BY version DESC LIMIT 1) newest ON true
), stream AS (
    SELECT d.id, d.key, d.name, t.id AS thing_id, t.name AS thing_name, t.area_code, p.key AS provider,
           p.name AS provider_name, latest.phenomenon_time,
           coalesce(3 * CASE WHEN jsonb_typeof(d.properties -> 'expectedIntervalSeconds') = 'number'
                             THEN nullif(greatest((d.properties ->> 'expectedIntervalSeconds')::float8, 0), 0) END,
                    rule.stale_after) AS stale_after
      FROM rule
     CROSS JOIN datastream d
      JOIN thing t ON t.id = d.thing_id
      JOIN provider p ON p.id = t.provider_id
      JOIN observed_property op ON op.id = d.observed_property_id
      LEFT JOIN latest_observation latest ON latest.datastream_id = d.id
     WHERE ($1::int IS NULL OR p.id = $1) AND ($2::text[] IS NULL OR d.key ^@ ANY($2))
       AND ($3::text[] IS NULL OR t.area_code = ANY($3))
       AND ($4::text IS NULL OR t.area_code = $4 OR t.area_code IN (SELECT code FROM area WHERE parent_code = $4))
       AND ($5::text IS NULL OR p.key = $5)
       AND NOT rule.ignored ? op.key
), judged AS (
    SELECT stream.*, CASE WHEN phenomenon_time IS NULL THEN 'never'
                          WHEN phenomenon_time < $6::timestamptz - make_interval(secs => stale_after) THEN 'silent'
                          ELSE 'reporting' END AS state
      FROM stream
)
"""
_PROVIDERS: Final = (
    _STREAMS
    + """
SELECT provider, provider_name, count(*) AS datastreams, count(DISTINCT thing_id) AS things,
       count(*) FILTER (WHERE state = 'reporting') AS reporting,
       count(*) FILTER (WHERE state = 'silent') AS silent,
       count(*) FILTER (WHERE state = 'never') AS never,
       max(phenomenon_time) AS last_observed_at,
       min(phenomenon_time) FILTER (WHERE state = 'silent') AS silent_since
  FROM judged GROUP BY provider, provider_name ORDER BY provider
"""
)
_SILENT: Final = (
    _STREAMS
    + """
SELECT id, key, name, thing_id, thing_name, area_code, provider, phenomenon_time, stale_after
  FROM judged WHERE state = 'silent' ORDER BY phenomenon_time, id LIMIT $7
"""
)
_FIGURES: Final = """
SELECT d.key, d.version, d.document #> '{names}' AS names, newest.period, newest.period_start, newest.value,
       newest.band, s.key AS subject
  FROM indicator_definition d
 CROSS JOIN indicator_subject s
 CROSS JOIN LATERAL jsonb_array_elements_text(d.document #> '{periods}') AS wanted (period)
 CROSS JOIN LATERAL (
       SELECT v.period, v.period_start, v.value, v.band
         FROM indicator_value v
        WHERE v.definition_id = d.id AND v.subject_id = s.id AND v.period = wanted.period
        ORDER BY v.period_start DESC LIMIT 1) newest
 WHERE d.document ->> 'group' = 'data-health' AND d.retired_at IS NULL AND s.kind = 'area'
   AND s.key = coalesce($1::text, (SELECT code FROM area WHERE parent_code IS NULL ORDER BY code LIMIT 1))
 ORDER BY d.key, d.version, newest.period
"""


@dataclass(frozen=True, slots=True)
class HealthFilter:
    """Which datastreams; None restricts nothing. `area` is a commune or a province, `provider` a key."""

    area: str | None = None
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class HealthRows:
    """Counts by provider, the datastreams that have been silent for longest, and figures of data health."""

    providers: "list[asyncpg.Record]"
    silent: "list[asyncpg.Record]"
    figures: "list[asyncpg.Record]"


class HealthRepository:
    """Reads `latest_observation` with what is expected of each datastream."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, wanted: HealthFilter, visibility: Visibility, *, now: datetime) -> HealthRows:
        """The health at a moment. Figures of data health are not public: of an area that is seen only."""
        arguments = (
            *(visibility.provider_id, visibility.prefix_list, visibility.area_list),
            *(wanted.area, wanted.provider, now),
        )
        figures = visibility.sees_all_figures or (visibility.internal and wanted.area in visibility.areas)
        async with (
            self._database.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            return HealthRows(
                providers=await connection.fetch(_PROVIDERS, *arguments),
                silent=await connection.fetch(_SILENT, *arguments, LONGEST),
                figures=await connection.fetch(_FIGURES, wanted.area) if figures else [],
            )
