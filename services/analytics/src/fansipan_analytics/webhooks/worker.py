"""The worker of webhooks: claims what is due, sends, tries again for a day, then sets aside where it can be seen."""

import asyncio
import random
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import asyncpg
import orjson
import structlog

from fansipan_analytics.delivering import Backoff, Outcome
from fansipan_analytics.rounds import Rounds
from fansipan_analytics.webhooks.sender import WebhookSender
from fansipan_common.db import Database
from fansipan_common.telemetry import Metrics
from fansipan_common.telemetry.names import DELIVERY
from fansipan_common.webhooks import TEST_EVENT, RootKeys

_log = structlog.get_logger(__name__)

_CLAIMED: Final = 50
_EACH: Final = 10
"""Of one webhook in one round; with a round a second that is the rate it is bounded to, for each replica."""
_GONE: Final = 410
# The claim is a lease: a worker that is killed leaves the delivery to whoever comes after it. What is about the same
# subject waits for what was before it. The last condition is looked at again once a row is locked.
_CLAIM: Final = """
UPDATE webhook_delivery c SET attempts = c.attempts + 1, next_attempt_at = clock_timestamp() + $1::interval
  FROM webhook w
 WHERE w.id = c.webhook_id AND c.id IN (
    SELECT id FROM (
        SELECT d.id, row_number() OVER (PARTITION BY d.webhook_id ORDER BY d.id) AS place
          FROM webhook_delivery d JOIN webhook o ON o.id = d.webhook_id
         WHERE d.next_attempt_at <= clock_timestamp() AND (o.disabled_at IS NULL OR d.type = $4)
           AND NOT EXISTS (SELECT FROM webhook_delivery e WHERE e.webhook_id = d.webhook_id AND e.subject = d.subject
                            AND e.id < d.id AND e.next_attempt_at IS NOT NULL)) due
     WHERE place <= $2 ORDER BY id LIMIT $3)
   AND c.next_attempt_at <= clock_timestamp()
RETURNING c.id, c.webhook_id, c.event, c.event_id, c.type, c.attempts, c.give_up_at - clock_timestamp() AS patience,
          w.url, w.root_key, w.secret_version
"""
_DELIVERED: Final = """
UPDATE webhook_delivery SET delivered_at = clock_timestamp(), next_attempt_at = NULL, failed_at = NULL,
       last_error = NULL, last_status = $2 WHERE id = $1
"""
_WELL: Final = "UPDATE webhook SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL"
_AGAIN: Final = """
UPDATE webhook_delivery SET next_attempt_at = clock_timestamp() + $3::interval, last_status = $4, last_error = $5
 WHERE id = $1 AND attempts = $2 AND delivered_at IS NULL
"""
_FAILED: Final = """
UPDATE webhook_delivery SET next_attempt_at = NULL, failed_at = clock_timestamp(), last_status = $3, last_error = $4
 WHERE id = $1 AND attempts = $2 AND delivered_at IS NULL
"""
_FAILING: Final = """
UPDATE webhook SET failing_since = clock_timestamp() WHERE id = $1 AND failing_since IS NULL
"""
_DISABLE: Final = """
UPDATE webhook SET disabled_at = clock_timestamp(), disabled_reason = $2
 WHERE id = $1 AND disabled_at IS NULL AND ($3::interval IS NULL OR failing_since < clock_timestamp() - $3::interval)
RETURNING id
"""
_SET_ASIDE: Final = """
UPDATE webhook_delivery SET next_attempt_at = NULL, failed_at = clock_timestamp(),
       last_error = coalesce(last_error, 'the webhook was disabled')
 WHERE webhook_id = $1 AND next_attempt_at IS NOT NULL
"""
_SWEEP: Final = """
DELETE FROM webhook_delivery WHERE id IN (
    SELECT id FROM webhook_delivery WHERE next_attempt_at IS NULL
       AND created_at < clock_timestamp() - CASE WHEN failed_at IS NULL THEN 7 ELSE 30 END * interval '1 day'
     LIMIT 1000 FOR UPDATE SKIP LOCKED)
"""
_SWEEP_SECONDS: Final = 600.0
_LONGEST_REST: Final = 10.0


class WebhookDeliveries(Rounds):
    """Delivers at least once, and in order for each subject; any number of replicas share the work.

    A receiver that is away is no fault of ours.

    Args:
        database: where deliveries are.
        sender: sends one.
        roots: keys that secrets are derived from.
        metrics: counts faults of the loop.
        interval: seconds between rounds.
        first_delay, longest_delay, jitter: of the back-off of attempts. How long it is tried at all, the delivery says.
        patience: a webhook that has done nothing but fail for so long is disabled.
        lease: seconds after which a claim that came to nothing is free again; longer than an attempt may take.
    """

    def __init__(
        self,
        database: Database,
        sender: WebhookSender,
        roots: RootKeys,
        *,
        metrics: Metrics,
        interval: float = 1.0,
        first_delay: float = 5.0,
        longest_delay: float = 3600.0,
        patience: timedelta = timedelta(days=3),
        lease: float = 60.0,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        super().__init__("webhooks", interval=interval, metrics=metrics, longest_rest=_LONGEST_REST)
        self._database = database
        self._sender = sender
        self._roots = roots
        for outcome in DELIVERY.values:
            metrics.webhook_deliveries.add(0, {"fansipan.delivery": outcome})
        self._backoff = Backoff(first_delay, longest_delay, jitter)
        self._patience = patience
        self._lease = timedelta(seconds=lease)
        self._swept = float("-inf")

    async def _round(self) -> None:
        await self.work_off()
        if time.monotonic() - self._swept >= _SWEEP_SECONDS:
            await self._database.execute(_SWEEP)
            self._swept = time.monotonic()

    async def work_off(self) -> int:
        """Try each of some due deliveries once, side by side; returns how many were claimed."""
        rows = await self._database.fetch(_CLAIM, self._lease, _EACH, _CLAIMED, TEST_EVENT)
        async with asyncio.TaskGroup() as group:
            for row in rows:
                group.create_task(self._attempt(row))
        return len(rows)

    async def _attempt(self, row: "asyncpg.Record") -> None:
        secret = self._roots.secret(row["root_key"], row["webhook_id"], row["secret_version"])
        if secret is None:
            outcome = Outcome(
                None, "analytics lacks the root key of this webhook: set FANSIPAN_WEBHOOK_ROOT_KEY"
            )
        else:
            body = orjson.dumps(row["event"])
            outcome = await self._sender.send(row["url"], secret, f"msg_{row['id']}", body)
        if outcome.error is None:
            await self._database.execute(_DELIVERED, row["id"], outcome.status)
            await self._database.execute(_WELL, row["webhook_id"])
            self._metrics.webhook_deliveries.add(1, {"fansipan.delivery": "delivered"})
            return
        delay = self._backoff.after(row["attempts"])
        given_up = row["type"] == TEST_EVENT or delay > row["patience"] or outcome.status == _GONE
        self._metrics.webhook_deliveries.add(
            1, {"fansipan.delivery": "given-up" if given_up else "postponed"}
        )
        if given_up:
            await self._database.execute(_FAILED, row["id"], row["attempts"], outcome.status, outcome.error)
        else:
            await self._database.execute(
                _AGAIN, row["id"], row["attempts"], delay, outcome.status, outcome.error
            )
        if row["type"] != TEST_EVENT:
            await self._failing(row["webhook_id"], outcome)

    async def _failing(self, webhook: str, outcome: Outcome) -> None:
        await self._database.execute(_FAILING, webhook)
        gone = outcome.status == _GONE
        reason: str = (
            "the receiver answered 410: it is gone for good"
            if gone
            else f"nothing was delivered for {self._patience.days} days: {outcome.error}"
        )
        async with self._database.connection() as connection, connection.transaction():
            disabled: Any = await connection.fetchval(
                _DISABLE, webhook, reason[:500], None if gone else self._patience
            )
            if disabled is not None:
                await connection.execute(_SET_ASIDE, webhook)
                _log.error("webhook disabled", webhook=webhook, reason=reason)
