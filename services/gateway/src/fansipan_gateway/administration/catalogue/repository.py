"""The catalogue as analytics evaluates it, and what waits in its queues."""

from dataclasses import dataclass
from typing import Final

import asyncpg

from fansipan_common.db import Database

MOST_COUNTED: Final = 10_000
"""Rows of a queue that are counted at most: a queue that grows must not make its figure slow."""

_DEFINITIONS: Final = """
SELECT d.key, d.version, d.digest, d.lane, d.public, d.document #> '{names}' AS names, d.effective_from, d.effective_to,
       d.synced_at, d.retired_at, s.next_from, s.until, s.reason
  FROM indicator_definition d LEFT JOIN stale_definition s ON s.definition_id = d.id
 ORDER BY d.key, d.version
"""
_RULES: Final = """
SELECT r.key, r.digest, r.document #> '{names}' AS names, r.document ->> 'severity' AS severity, r.synced_at,
       r.retired_at,
       (SELECT count(*) FROM alert a WHERE a.rule = r.key AND a.state IN ('open', 'acknowledged')) AS open_alerts
  FROM alert_rule r ORDER BY r.key
"""
_LANES: Final = """
SELECT l.name, l.properties, l.refresh_ms, nullif(l.evaluated_at, '-infinity') AS evaluated_at,
       nullif(l.ticked_at, '-infinity') AS ticked_at, l.owner,
       (SELECT count(*) FROM indicator_definition d WHERE d.lane = l.name AND d.retired_at IS NULL) AS definitions,
       (SELECT min(w.enqueued_at) FROM
           (SELECT c.enqueued_at FROM changed_series c WHERE c.lane = l.name ORDER BY c.id LIMIT 1) w) AS series_oldest,
       (SELECT min(w.enqueued_at) FROM
           (SELECT v.enqueued_at FROM stale_value v WHERE v.lane = l.name ORDER BY v.id LIMIT 1) w) AS values_oldest
  FROM evaluation_lane l ORDER BY l.name
"""
_QUEUES: Final = " UNION ALL ".join(
    f"SELECT '{table}' AS name, count(*) AS waiting, min({moment}) AS oldest"
    f" FROM (SELECT {moment} FROM {table} ORDER BY {order} LIMIT $1 + 1) w"
    for table, moment, order in (
        ("changed_series", "enqueued_at", "id"),
        ("changed_case", "enqueued_at", "id"),
        ("stale_value", "enqueued_at", "id"),
        ("dirty_bucket", "enqueued_at", "id"),
    )
)
_STALE_DEFINITIONS: Final = "SELECT count(*) FROM stale_definition"
_STATE: Final = "SELECT name, digest, changed_at FROM catalogue_state ORDER BY name"


@dataclass(frozen=True, slots=True)
class CatalogueRows:
    """Rows of one moment."""

    definitions: "list[asyncpg.Record]"
    rules: "list[asyncpg.Record]"
    lanes: "list[asyncpg.Record]"
    queues: "list[asyncpg.Record]"
    stale_definitions: int
    state: "list[asyncpg.Record]"


class CatalogueRepository:
    """Reads what analytics evaluates."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self) -> CatalogueRows:
        """All of it."""
        async with (
            self._database.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            return CatalogueRows(
                definitions=await connection.fetch(_DEFINITIONS),
                rules=await connection.fetch(_RULES),
                lanes=await connection.fetch(_LANES),
                queues=await connection.fetch(_QUEUES, MOST_COUNTED),
                stale_definitions=await connection.fetchval(_STALE_DEFINITIONS),
                state=await connection.fetch(_STATE),
            )
