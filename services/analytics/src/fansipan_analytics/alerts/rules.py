"""Alert rules in the database: written from the catalogue at start, read back by whoever steps them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import asyncpg
import orjson

from fansipan_analytics.alerts.ledger import Ledger
from fansipan_indicators.alert_catalogue import AlertCatalogue
from fansipan_indicators.alert_conditions import Composite, Silence, Threshold
from fansipan_indicators.alert_rules import AlertRule, document_of, rule_of

LANE: Final = "alerts"
_RULES_LOCK: Final = 4_241_767  # advisory: shared while rules are stepped, exclusive while they change

_UPSERT: Final = """
INSERT INTO alert_rule (key, digest, document) VALUES ($1, $2, $3)
ON CONFLICT (key) DO UPDATE SET digest = excluded.digest, document = excluded.document, synced_at = now(),
    retired_at = NULL
"""
_CURRENT: Final = "SELECT key, digest FROM alert_rule WHERE retired_at IS NULL"
_RETIRE: Final = "UPDATE alert_rule SET retired_at = now() WHERE key = ANY($1::text[])"
_FORGET: Final = "DELETE FROM alert_watch WHERE rule = ANY($1::text[])"
# What was folded by other bounds is worth nothing; which alert is open still is.
_REFRESH: Final = """
UPDATE alert_watch SET due_at = clock_timestamp(),
    state = jsonb_set(jsonb_set(state, '{memory,standing}', 'null'), '{memory,checkpoint}', 'null')
WHERE rule = $1 AND state ? 'memory'
"""
_SEED_DATASTREAMS: Final = """
INSERT INTO alert_watch (rule, subject, state, due_at)
SELECT $1, d.key, '{}', clock_timestamp()
FROM datastream d JOIN observed_property p ON p.id = d.observed_property_id
JOIN latest_observation l ON l.datastream_id = d.id
WHERE p.key = $2 ORDER BY d.key ON CONFLICT DO NOTHING
"""
_SEED_INDICATOR: Final = """
INSERT INTO alert_watch (rule, subject, state, due_at)
SELECT $1, s.key, '{}', clock_timestamp() FROM indicator_subject s
WHERE s.kind = $2 AND EXISTS (
    SELECT FROM indicator_definition d JOIN indicator_value v ON v.definition_id = d.id
    WHERE d.key = $3 AND d.retired_at IS NULL AND v.subject_id = s.id AND v.period = $4)
ORDER BY s.key ON CONFLICT DO NOTHING
"""
_SEED_COMPOSITE: Final = """
INSERT INTO alert_watch (rule, subject, state, due_at)
SELECT DISTINCT $1, x.subject, '{}'::jsonb, clock_timestamp()
FROM (SELECT CASE WHEN $3 THEN state ->> 'area' ELSE subject END AS subject FROM alert_watch
      WHERE rule = ANY($2::text[]) AND (state -> 'active')::boolean) AS x
WHERE x.subject IS NOT NULL ON CONFLICT DO NOTHING
"""
_UPSERT_LANE: Final = """
INSERT INTO evaluation_lane (name, properties) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET properties = excluded.properties
WHERE evaluation_lane.properties IS DISTINCT FROM excluded.properties
"""
_DOCUMENTS: Final = "SELECT document FROM alert_rule WHERE retired_at IS NULL ORDER BY key"


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The rules in force, ready to be looked up. `digests` tells whether the database has others by now."""

    rules: Mapping[str, AlertRule] = field(default_factory=dict[str, AlertRule])
    digests: Mapping[str, str] = field(default_factory=dict[str, str])

    def by_property(self) -> dict[str, list[AlertRule]]:
        """Rules on values of datastreams, by the observed property."""
        found: dict[str, list[AlertRule]] = {}
        for rule in self.rules.values():
            if rule.observed_property is not None and not isinstance(rule.condition, Silence):
                found.setdefault(rule.observed_property, []).append(rule)
        return found

    def silences(self) -> dict[str, list[AlertRule]]:
        """Rules on silence, by the observed property."""
        found: dict[str, list[AlertRule]] = {}
        for rule in self.rules.values():
            if isinstance(rule.condition, Silence):
                found.setdefault(rule.condition.property, []).append(rule)
        return found

    def by_indicator(self) -> dict[tuple[str, str], list[AlertRule]]:
        """Rules on figures, by indicator and period."""
        found: dict[tuple[str, str], list[AlertRule]] = {}
        for rule in self.rules.values():
            condition = rule.condition
            if isinstance(condition, Threshold) and condition.indicator and condition.period:
                found.setdefault((condition.indicator, condition.period), []).append(rule)
        return found

    def composites_of(self, key: str) -> list[tuple[AlertRule, Composite]]:
        """Composites that look at a rule."""
        return [
            (rule, rule.condition)
            for rule in self.rules.values()
            if isinstance(rule.condition, Composite) and key in rule.condition.members
        ]


def digest_of(rule: AlertRule) -> str:
    """What changes when the rule changes."""
    return sha256(orjson.dumps(document_of(rule), option=orjson.OPT_SORT_KEYS)).hexdigest()


async def sync_rules(connection: "asyncpg.Connection[Any]", catalogue: AlertCatalogue) -> list[str]:
    """Make the database's rules those of the catalogue; returns the keys of those that changed.

    New and changed rules are stepped for everything that is known already. Open alerts of a rule that is gone are
    withdrawn. Replicas may do this at once: the second waits, and changes nothing.
    """
    wanted = catalogue.rules
    ledger = Ledger(catalogue.receivers)
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _RULES_LOCK)
        known = await current_rules(connection, RuleBook())
        gone = sorted(known.rules.keys() - wanted.keys())
        changed = sorted(key for key, rule in wanted.items() if known.digests.get(key) != digest_of(rule))
        turned = [
            key for key in changed if key in known.rules and _source(known.rules[key]) != _source(wanted[key])
        ]
        if gone:
            await ledger.withdraw_all(connection, gone, "the rule was taken out of the catalogue")
            await connection.execute(_RETIRE, gone)
        if turned:
            await ledger.withdraw_all(connection, turned, "the rule watches something else now")
        if gone or turned:
            await connection.execute(_FORGET, [*gone, *turned])
        # composites last: they look at what the others remember
        for key in sorted(changed, key=lambda key: (isinstance(wanted[key].condition, Composite), key)):
            rule = wanted[key]
            await connection.execute(_UPSERT, key, digest_of(rule), document_of(rule))
            await connection.execute(_REFRESH, key)
            await _seed(connection, rule)
        properties = {
            rule.observed_property for rule in wanted.values() if rule.observed_property is not None
        }
        await connection.execute(_UPSERT_LANE, LANE, sorted(properties))
    return [*changed, *gone]


def _source(rule: AlertRule) -> tuple[object, ...]:
    """What a rule reads: when this changes, nothing remembered of its subjects means anything any more."""
    condition = rule.condition
    figures = (condition.indicator, condition.period) if isinstance(condition, Threshold) else ()
    members = (condition.members, condition.match) if isinstance(condition, Composite) else ()
    return (condition.kind, rule.subjects, rule.observed_property, figures, members)


async def _seed(connection: "asyncpg.Connection[Any]", rule: AlertRule) -> None:
    """Watch every subject that has data already, and look at it at once."""
    condition = rule.condition
    if rule.observed_property is not None:
        await connection.execute(_SEED_DATASTREAMS, rule.key, rule.observed_property)
    elif isinstance(condition, Composite):
        by_area = condition.match == "area"
        await connection.execute(_SEED_COMPOSITE, rule.key, list(condition.members), by_area)
    elif isinstance(condition, Threshold):
        await connection.execute(
            _SEED_INDICATOR, rule.key, rule.subjects.value, condition.indicator, condition.period
        )


async def current_rules(connection: "asyncpg.Connection[Any]", known: RuleBook) -> RuleBook:
    """The rules in force, `known` when it still is; keeps them from changing until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock_shared($1)", _RULES_LOCK)
    digests = {row["key"]: row["digest"] for row in await connection.fetch(_CURRENT)}
    if digests == known.digests:
        return known
    documents = [row["document"] for row in await connection.fetch(_DOCUMENTS)]
    rules = [rule_of(document) for document in documents]
    return RuleBook({rule.key: rule for rule in rules}, digests)
