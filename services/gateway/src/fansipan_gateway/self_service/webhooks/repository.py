"""Webhooks and their deliveries in the database; each change of a webhook with its audit event in one transaction."""

from typing import Any, Final

import asyncpg

from fansipan_common.db import Database
from fansipan_common.errors import Unprocessable
from fansipan_gateway.audit import AuditTrail
from fansipan_gateway.self_service.webhooks.domain import Owner, Wanted, WebhookUnknown

_WHOSE: Final = """
w.provider_id IS NOT DISTINCT FROM $1 AND ($2::text[] IS NULL OR (w.prefixes <> '{}'
    AND NOT EXISTS (SELECT FROM unnest(w.prefixes) own WHERE NOT own ^@ ANY($2))))
"""
_SELECT: Final = f"""
SELECT w.*, n.waiting, n.failed, n.last_delivered_at FROM webhook w CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE d.next_attempt_at IS NOT NULL) AS waiting,
           count(*) FILTER (WHERE d.failed_at IS NOT NULL AND d.next_attempt_at IS NULL) AS failed,
           max(d.delivered_at) AS last_delivered_at
      FROM webhook_delivery d WHERE d.webhook_id = w.id) n
 WHERE {_WHOSE}
"""
_LIST: Final = _SELECT + " ORDER BY w.created_at, w.id LIMIT $3"
_FIND: Final = _SELECT + " AND w.id = $3"
_LOCK: Final = f"SELECT w.* FROM webhook w WHERE {_WHOSE} AND w.id = $3 FOR UPDATE"
_COUNT: Final = "SELECT count(*) FROM webhook WHERE provider_id IS NOT DISTINCT FROM $1"
_INSERT: Final = """
INSERT INTO webhook (id, provider_id, name, url, events, indicators, subjects, areas, bands, severities, prefixes,
                     root_key, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""
_UPDATE: Final = """
UPDATE webhook SET name = $2, url = $3, events = $4, indicators = $5, subjects = $6, areas = $7, bands = $8,
                   severities = $9
 WHERE id = $1
"""
_ENABLE: Final = """
UPDATE webhook SET disabled_at = NULL, disabled_reason = NULL, failing_since = NULL WHERE id = $1
"""
_DISABLE: Final = "UPDATE webhook SET disabled_at = now(), disabled_reason = $2 WHERE id = $1"
_SET_ASIDE: Final = """
UPDATE webhook_delivery SET next_attempt_at = NULL, failed_at = now(),
       last_error = coalesce(last_error, 'the webhook was disabled')
 WHERE webhook_id = $1 AND next_attempt_at IS NOT NULL
"""
_COUNT_ON: Final = """
UPDATE webhook SET secret_version = secret_version + 1, root_key = $2 WHERE id = $1 RETURNING secret_version
"""
_DELIVERY: Final = """
SELECT d.id, d.event_id, d.type, d.subject, d.attempts, d.created_at, d.next_attempt_at, d.delivered_at, d.failed_at,
       d.last_status, d.last_error
"""
_DELIVERIES: Final = (
    _DELIVERY
    + """
  FROM webhook_delivery d WHERE d.webhook_id = $1 AND ($2::bigint IS NULL OR d.id < $2)
   AND ($3::text IS NULL
        OR $3 = CASE WHEN d.delivered_at IS NOT NULL THEN 'delivered'
                     WHEN d.next_attempt_at IS NULL THEN 'failed' ELSE 'waiting' END)
 ORDER BY d.id DESC LIMIT $4
"""
)
_ONE_DELIVERY: Final = _DELIVERY + ", d.event FROM webhook_delivery d WHERE d.webhook_id = $1 AND d.id = $2"
_TEST: Final = """
INSERT INTO webhook_delivery (webhook_id, event_id, type, subject, event) VALUES ($1, $2, $3, $4, $5) RETURNING id
"""
_RESEND: Final = """
UPDATE webhook_delivery SET next_attempt_at = clock_timestamp(), give_up_at = clock_timestamp() + interval '1 day',
       delivered_at = NULL, failed_at = NULL
 WHERE webhook_id = $1 AND id = $2 AND next_attempt_at IS NULL
"""
MOST: Final = 20
"""Webhooks of one owner."""


class WebhookRepository:
    """Reads and writes `webhook` and `webhook_delivery`."""

    def __init__(self, database: Database, audit: AuditTrail) -> None:
        self._database = database
        self._audit = audit

    async def fetch(self, owner: Owner) -> "list[asyncpg.Record]":
        """All webhooks of an owner."""
        return await self._database.fetch(_LIST, *_whose(owner), MOST)

    async def find(self, owner: Owner, webhook: str) -> "asyncpg.Record":
        """One webhook.

        Raises:
            WebhookUnknown, DatabaseAway.
        """
        row = await self._database.fetchrow(_FIND, *_whose(owner), webhook)
        if row is None:
            raise WebhookUnknown(f"there is no webhook {webhook} here")
        return row

    async def create(self, owner: Owner, webhook: str, wanted: Wanted, root_key: str) -> None:
        """Store a webhook.

        Raises:
            Unprocessable: the owner has as many as one may have.
            DatabaseAway.
        """
        async with self._database.connection() as connection, connection.transaction():
            await connection.execute(
                "SELECT pg_advisory_xact_lock(hashtext('webhook'), $1)", owner.provider_id or 0
            )
            if await connection.fetchval(_COUNT, owner.provider_id) >= MOST:
                raise Unprocessable(f"there are {MOST} webhooks already: delete one that is not used")
            await connection.execute(
                _INSERT,
                *(webhook, owner.provider_id, *_columns(wanted), list(owner.prefixes), root_key),
                owner.actor.name,
            )
            await self._record(connection, owner, "webhook.created", webhook, {"url": wanted.url})

    async def change(self, owner: Owner, webhook: str, wanted: Wanted, enabled: bool | None) -> None:
        """Change a webhook, enable or disable it.

        Raises:
            WebhookUnknown, DatabaseAway.
        """
        async with self._database.connection() as connection, connection.transaction():
            row = await self._locked(connection, owner, webhook)
            await connection.execute(_UPDATE, webhook, *_columns(wanted))
            await self._record(connection, owner, "webhook.changed", webhook, {"url": wanted.url})
            was_enabled = row["disabled_at"] is None
            if enabled is True and not was_enabled:
                await connection.execute(_ENABLE, webhook)
                await self._record(connection, owner, "webhook.enabled", webhook, {})
            if enabled is False and was_enabled:
                await connection.execute(_DISABLE, webhook, f"by {owner.actor.name}")
                await connection.execute(_SET_ASIDE, webhook)
                await self._record(connection, owner, "webhook.disabled", webhook, {})

    async def new_secret(self, owner: Owner, webhook: str, root_key: str) -> int:
        """Count a webhook's secret on; returns the number of the new one.

        Raises:
            WebhookUnknown, DatabaseAway.
        """
        async with self._database.connection() as connection, connection.transaction():
            await self._locked(connection, owner, webhook)
            version: int = await connection.fetchval(_COUNT_ON, webhook, root_key)
            await self._record(connection, owner, "webhook.secret-changed", webhook, {})
            return version

    async def delete(self, owner: Owner, webhook: str) -> None:
        """Forget a webhook with its deliveries.

        Raises:
            WebhookUnknown, DatabaseAway.
        """
        async with self._database.connection() as connection, connection.transaction():
            row = await self._locked(connection, owner, webhook)
            await connection.execute("DELETE FROM webhook WHERE id = $1", webhook)
            await self._record(connection, owner, "webhook.deleted", webhook, {"url": row["url"]})

    async def deliveries(
        self, webhook: str, *, state: str | None, before: int | None, limit: int
    ) -> "list[asyncpg.Record]":
        """Deliveries, newest first, before one."""
        return await self._database.fetch(_DELIVERIES, webhook, before, state, limit)

    async def delivery(self, webhook: str, number: int) -> "asyncpg.Record | None":
        """One delivery with what is delivered."""
        return await self._database.fetchrow(_ONE_DELIVERY, webhook, number)

    async def add_test(self, webhook: str, event: dict[str, Any]) -> int:
        """Queue a test; returns its number."""
        row = await self._database.fetchrow(
            _TEST, webhook, event["id"], event["type"], f"test/{event['id']}", event
        )
        if row is None:
            raise RuntimeError("a row that was inserted is not there")
        return row["id"]

    async def resend(self, webhook: str, number: int) -> bool:
        """Queue a delivery again for a day; False: it waits already, or there is none."""
        return await self._database.execute(_RESEND, webhook, number) != "UPDATE 0"

    async def _locked(
        self, connection: "asyncpg.Connection[Any]", owner: Owner, webhook: str
    ) -> "asyncpg.Record":
        row = await connection.fetchrow(_LOCK, *_whose(owner), webhook)
        if row is None:
            raise WebhookUnknown(f"there is no webhook {webhook} here")
        return row

    async def _record(
        self,
        connection: "asyncpg.Connection[Any]",
        owner: Owner,
        action: str,
        webhook: str,
        details: dict[str, Any],
    ) -> None:
        await self._audit.record(
            connection,
            actor=owner.actor.name,
            action=action,
            object=f"webhook/{webhook}",
            details=details,
            client=owner.actor.client,
        )


def _whose(owner: Owner) -> tuple[int | None, list[str] | None]:
    return owner.provider_id, list(owner.prefixes) or None


def _columns(wanted: Wanted) -> tuple[Any, ...]:
    return (
        wanted.name,
        wanted.url,
        *map(
            list,
            (
                wanted.events,
                wanted.indicators,
                wanted.subjects,
                wanted.areas,
                wanted.bands,
                wanted.severities,
            ),
        ),
    )
