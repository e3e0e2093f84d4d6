"""The catalogue in the database: written once from files, then the only truth for all services."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg
import structlog
from pydantic import ValidationError

from fansipan_analytics.indicators.active import Active, Definitions
from fansipan_indicators.catalogue import (
    CASES,
    HEALTH,
    VersionedDefinition,
    lanes_of,
    properties_of,
    versioned,
)
from fansipan_indicators.periods import ZONE

_log = structlog.get_logger(__name__)

_LOCK: Final = (
    4_241_768  # advisory lock: replicas that start together write the catalogue one after the other
)
_HEALTH_REFRESH: Final = 60.0
_AHEAD: Final = timedelta(days=1)

_UPSERT: Final = """
INSERT INTO indicator_definition (key, version, digest, lane, document, public, effective_from, effective_to)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (key, version) DO UPDATE SET
    digest = excluded.digest, lane = excluded.lane, document = excluded.document, public = excluded.public,
    effective_from = excluded.effective_from, effective_to = excluded.effective_to, synced_at = now(), retired_at = NULL
RETURNING id
"""


async def sync_catalogue(
    connection: "asyncpg.Connection[Any]", definitions: Sequence[VersionedDefinition], now: datetime
) -> list[str]:
    """Write the catalogue; returns the keys of what is new or changed, which is then evaluated over the past.

    What is no longer in the catalogue is retired: its values stay, but are not evaluated any more.
    """
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        known = {
            (row["key"], row["version"]): row
            for row in await connection.fetch(
                "SELECT id, key, version, digest, lane, document, retired_at FROM indicator_definition"
            )
        }
        changed: list[str] = []
        lanes = lanes_of(definitions)
        for pair in definitions:
            before = known.pop((pair.key, pair.version.version), None)
            if (
                before is not None
                and before["retired_at"] is None
                and before["document"] == pair.document()
                and (before["lane"] == lanes[pair.key])
            ):
                continue
            definition_id = await connection.fetchval(
                _UPSERT,
                pair.key,
                pair.version.version,
                pair.digest,
                lanes[pair.key],
                pair.document(),
                pair.definition.public,
                pair.version.effective_from,
                pair.version.effective_to,
            )
            if before is None or before["digest"] != pair.digest or before["retired_at"] is not None:
                changed.append(pair.key)
                await _evaluate_past(connection, definition_id, pair, now)
        gone = [row["id"] for row in known.values() if row["retired_at"] is None]
        if gone:
            await connection.execute(
                "UPDATE indicator_definition SET retired_at = now() WHERE id = ANY($1)", gone
            )
            await connection.execute("DELETE FROM stale_definition WHERE definition_id = ANY($1)", gone)
        await _sync_lanes(connection, definitions)
    return changed


async def _evaluate_past(
    connection: "asyncpg.Connection[Any]", definition_id: int, pair: VersionedDefinition, now: datetime
) -> None:
    first = datetime.combine(pair.version.effective_from, datetime.min.time(), ZONE).astimezone(UTC)
    await connection.execute(
        """
        INSERT INTO stale_definition (definition_id, next_from, until, reason)
        VALUES ($1, $2, $3, 'definition-changed')
        ON CONFLICT (definition_id) DO UPDATE SET next_from = excluded.next_from, until = excluded.until
        """,
        definition_id,
        first,
        now + _AHEAD,
    )


async def _sync_lanes(
    connection: "asyncpg.Connection[Any]", definitions: Sequence[VersionedDefinition]
) -> None:
    properties = {CASES: set[str](), **properties_of(definitions)}
    lanes = lanes_of(definitions)
    slowest = {
        lane: max((p.definition.refresh_seconds for p in definitions if lanes[p.key] == lane), default=0.0)
        for lane in properties
    }
    slowest[HEALTH] = max(slowest.get(HEALTH, 0.0), _HEALTH_REFRESH) if HEALTH in properties else 0.0
    for lane, wanted in sorted(properties.items()):
        await connection.execute(
            """
            INSERT INTO evaluation_lane (name, properties, refresh_ms) VALUES ($1, $2, $3)
            ON CONFLICT (name) DO UPDATE SET properties = excluded.properties, refresh_ms = excluded.refresh_ms
            WHERE (evaluation_lane.properties, evaluation_lane.refresh_ms)
                IS DISTINCT FROM (excluded.properties, excluded.refresh_ms)
            """,
            lane,
            sorted(wanted),
            round(slowest[lane] * 1000),
        )
    kept = [*properties, "alerts"]
    await connection.execute("DELETE FROM evaluation_lane WHERE name <> ALL($1)", kept)
    await connection.execute("DELETE FROM changed_series WHERE lane <> ALL($1)", kept)


async def load_definitions(connection: "asyncpg.Connection[Any]", watched: frozenset[str]) -> Definitions:
    """The definitions to evaluate. One that this release cannot read is left out and said so."""
    actives: list[Active] = []
    for row in await connection.fetch(
        "SELECT id, key, version, lane, document FROM indicator_definition WHERE retired_at IS NULL"
        " ORDER BY key, version"
    ):
        try:
            actives.append(Active(row["id"], versioned(row["document"]), row["lane"]))
        except ValidationError as error:
            _log.error(
                "a definition of another release cannot be evaluated here",
                indicator=row["key"],
                version=row["version"],
                reason=str(error.errors()[0]["msg"]),
            )
    return Definitions(actives, watched=watched)


async def watched_indicators(connection: "asyncpg.Connection[Any]") -> frozenset[str]:
    """Keys of the indicators that alert rules watch."""
    rows = await connection.fetch(
        "SELECT DISTINCT document -> 'condition' ->> 'indicator' FROM alert_rule WHERE retired_at IS NULL"
    )
    return frozenset(row[0] for row in rows if row[0] is not None)
