"""A small city whose readings and figures a test writes as the store and the evaluation would, and rules over them."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from fansipan_analytics.alerts.rules import sync_rules
from fansipan_analytics.alerts.service import Alerts
from fansipan_common.db import Database
from fansipan_common.telemetry import metrics_of
from fansipan_indicators.alert_catalogue import AlertCatalogue
from fansipan_indicators.alert_rules import AlertRule, Receiver
from fansipan_indicators.documents import Document

HOUR = timedelta(hours=1)
NOW = datetime.now(UTC).replace(microsecond=0)
AREA = "02671"

_CLEAN = """
TRUNCATE alert, alert_event, alert_rule, alert_watch, notification, outbox, maintenance_window, changed_value,
    changed_series, indicator_value, indicator_definition, indicator_subject, evaluation_lane, stale_definition,
    observation, latest_observation, rollup_1m, datastream, thing, sensor, observed_property, provider,
    agency, administrative_procedure
    RESTART IDENTITY CASCADE
"""
_ENTITIES = """
INSERT INTO provider (key, name) VALUES ('demo', 'Demo');
INSERT INTO sensor (key, name) VALUES ('s', 'Sensor');
INSERT INTO observed_property (key, name) VALUES ('level', 'Level'), ('rain', 'Rain');
"""
_DATASTREAM = """
WITH t AS (
    INSERT INTO thing (provider_id, key, name, area_code, properties) VALUES (1, $1, $1, $3, $4) RETURNING id
)
INSERT INTO datastream (key, thing_id, sensor_id, observed_property_id, name, observation_type)
SELECT 'demo/' || $1 || '/' || $2, t.id, 1, p.id, $2 || ' at ' || $1, 'measurement'
FROM t, observed_property p WHERE p.key = $2 RETURNING id
"""
_OBSERVE = """
INSERT INTO observation (datastream_id, phenomenon_time, result, result_quality)
SELECT * FROM unnest($1::int[], $2::timestamptz[], $3::float8[], $4::smallint[])
ON CONFLICT (datastream_id, phenomenon_time)
DO UPDATE SET result = excluded.result, result_quality = excluded.result_quality
"""
_FORGET_MINUTES = """
DELETE FROM rollup_1m WHERE (datastream_id, bucket) IN
    (SELECT x.id, date_trunc('minute', x.at) FROM unnest($1::int[], $2::timestamptz[]) AS x (id, at))
"""
_MINUTES = """
INSERT INTO rollup_1m
SELECT o.datastream_id, x.bucket, count(*), sum(result), min(result), max(result), min(result), min(result),
    min(phenomenon_time), max(phenomenon_time)
FROM (SELECT DISTINCT id, date_trunc('minute', at) AS bucket FROM unnest($1::int[], $2::timestamptz[]) AS y (id, at)) x
JOIN observation o ON o.datastream_id = x.id AND o.phenomenon_time >= x.bucket
    AND o.phenomenon_time < x.bucket + interval '1 minute'
WHERE o.result_quality IS DISTINCT FROM 2
GROUP BY 1, 2
"""
_LATEST = """
INSERT INTO latest_observation AS l (datastream_id, phenomenon_time)
SELECT x.id, max(x.at) FROM unnest($1::int[], $2::timestamptz[]) AS x (id, at) GROUP BY 1
ON CONFLICT (datastream_id) DO UPDATE SET
    phenomenon_time = greatest(l.phenomenon_time, excluded.phenomenon_time)
"""
_CHANGED = """
INSERT INTO changed_series (lane, level, datastream_ids, buckets, corrected)
SELECT 'alerts', '1h', array_agg(id), array_agg(local_hour(at)), $3
FROM unnest($1::int[], $2::timestamptz[]) AS x (id, at)
"""
_DEFINITION = """
INSERT INTO indicator_definition (key, version, digest, lane, document, public, effective_from)
VALUES ($1, $2, '', 'x', '{}', true, '2020-01-01')
ON CONFLICT (key, version) DO UPDATE SET digest = '' RETURNING id
"""
_SUBJECT = """
INSERT INTO indicator_subject (kind, key) VALUES ($1, $2)
ON CONFLICT (kind, key) DO UPDATE SET key = excluded.key RETURNING id
"""
_FIGURE = """
INSERT INTO indicator_value AS v (definition_id, subject_id, period, period_start, revision, value, sample_count,
    details, reason, known_from)
VALUES ($1, $2, $3, $4, 1, $5, 1, '{}', $6, clock_timestamp())
ON CONFLICT (definition_id, subject_id, period, period_start) DO UPDATE SET revision = v.revision + 1,
    value = excluded.value, reason = excluded.reason, known_from = excluded.known_from
"""
_CHANGED_FIGURE = """
INSERT INTO changed_value (definition_id, subject_ids, periods, starts)
VALUES ($1, ARRAY[$2::int], ARRAY[$3::text], ARRAY[$4::timestamptz])
"""


def rule(key: str, condition: dict[str, Any], **more: Any) -> AlertRule:
    """A rule with names and a summary."""
    text = {"vi": "{subject} từ {since}", "en": "{subject} since {since}"}
    levels = condition.get("levels")
    document = {
        "id": key,
        "names": {"vi": key, "en": key},
        "subjects": "datastream",
        "condition": condition,
        "summary": text,
    } | ({} if levels else {"severity": "warning"})
    return AlertRule.model_validate(document | more)


@dataclass
class City:
    """What the tests do to a database, and what they see there."""

    url: str
    connection: "asyncpg.Connection[Any]"
    databases: list[Database] = field(default_factory=list)
    receivers: dict[str, Receiver] = field(default_factory=dict)

    def url_as(self, role: str) -> str:
        """The address of the database, with the rights of a service."""
        return f"{self.url}?role={role}"

    async def rules(self, *rules: AlertRule) -> list[str]:
        """Sync the database's rules to these."""
        documents: dict[str, Document] = {}
        catalogue = AlertCatalogue({one.key: one for one in rules}, self.receivers, documents)
        async with self.database().connection() as connection:
            return await sync_rules(connection, catalogue)

    def database(self) -> Database:
        """A pool of its own, as another replica has, with the rights of analytics."""
        url = self.url_as("fansipan_analytics")
        self.databases.append(Database(url, application="test-alerts", max_size=4, command_timeout=30.0))
        return self.databases[-1]

    def alerts(self, interval: float = 0.1) -> Alerts:
        """One replica of the evaluation."""
        return Alerts(
            self.database(), receivers=self.receivers, interval=interval, metrics=metrics_of("test")
        )

    async def datastream(
        self, thing: str, prop: str = "level", area: str | None = AREA, **properties: Any
    ) -> int:
        """A datastream `demo/<thing>/<prop>`."""
        return await self.connection.fetchval(_DATASTREAM, thing, prop, area, properties)

    async def observe(
        self, *readings: tuple[int, datetime, float], corrected: bool = False, bad: bool = False
    ) -> None:
        """Store readings (datastream, time, value) and queue them, as the store and the cascade do."""
        ids, times = [reading[0] for reading in readings], [reading[1] for reading in readings]
        values = [reading[2] for reading in readings]
        async with self.connection.transaction():
            await self.connection.execute(_OBSERVE, ids, times, values, [2 if bad else None] * len(ids))
            await self.connection.execute(_FORGET_MINUTES, ids, times)
            await self.connection.execute(_MINUTES, ids, times)
            await self.connection.execute(_LATEST, ids, times)
            await self.connection.execute(_CHANGED, ids, times, corrected)

    async def indicator(self, key: str, kind: str, subject: str, version: int = 1) -> tuple[int, int]:
        """An indicator and one of its subjects; returns their ids."""
        definition = await self.connection.fetchval(_DEFINITION, key, version)
        return definition, await self.connection.fetchval(_SUBJECT, kind, subject)

    async def figure(
        self,
        ids: tuple[int, int],
        period: str,
        start: datetime,
        value: float | None,
        reason: str = "new-data",
    ) -> None:
        """Write the present revision of a figure and queue it, as the evaluation does."""
        async with self.connection.transaction():
            await self.connection.execute(_FIGURE, *ids, period, start, value, reason)
            await self.connection.execute(_CHANGED_FIGURE, *ids, period, start)

    async def all(self, query: str, *arguments: Any) -> list[dict[str, Any]]:
        """Rows as dictionaries."""
        return [dict(row) for row in await self.connection.fetch(query, *arguments)]

    async def alerts_of(self, rule_key: str) -> list[dict[str, Any]]:
        """The alerts of a rule, oldest first."""
        return await self.all("SELECT * FROM alert WHERE rule = $1 ORDER BY id", rule_key)

    async def history(self, rule_key: str) -> list[str]:
        """The kinds of events of a rule's alerts, in order."""
        rows = await self.all(
            "SELECT e.kind FROM alert_event e JOIN alert a ON a.id = e.alert_id WHERE a.rule = $1 ORDER BY e.id",
            rule_key,
        )
        return [row["kind"] for row in rows]


@pytest.fixture
async def city(database_url: str, own: "asyncpg.Connection[Any]") -> AsyncGenerator[City]:
    """An empty city."""
    await own.execute(_CLEAN)
    await own.execute(_ENTITIES)
    made = City(database_url, own)
    yield made
    for database in made.databases:
        await database.close()
