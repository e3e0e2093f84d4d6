"""The notifications worker: claims what is due, delivers, tries again with back-off, and gives up visibly."""

import asyncio
import random
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

import structlog

from fansipan_analytics.alerts.delivery import Channel, Notification, Refused, Undelivered
from fansipan_analytics.delivering import Backoff
from fansipan_analytics.rounds import Rounds
from fansipan_common.contracts import AlertChanged
from fansipan_common.db import Database
from fansipan_common.telemetry import Metrics
from fansipan_common.telemetry.names import DELIVERY
from fansipan_indicators.alert_rules import Receiver

_log = structlog.get_logger(__name__)

_CLAIMED: Final = 10
# The claim is a lease: a worker that is killed leaves the notification to whoever comes after it.
_CLAIM: Final = """
UPDATE notification SET attempts = attempts + 1, next_attempt_at = clock_timestamp() + $1::interval
WHERE id IN (
    SELECT id FROM notification WHERE next_attempt_at <= clock_timestamp()
    ORDER BY next_attempt_at LIMIT $2 FOR UPDATE SKIP LOCKED
) RETURNING id, receiver, payload, attempts
"""
_DELIVERED: Final = """
UPDATE notification SET delivered_at = clock_timestamp(), next_attempt_at = NULL, failed_at = NULL, last_error = NULL
WHERE id = $1
"""
_AGAIN: Final = """
UPDATE notification SET next_attempt_at = clock_timestamp() + $3::interval, last_error = $4
WHERE id = $1 AND attempts = $2 AND delivered_at IS NULL
"""
_FAILED: Final = """
UPDATE notification SET next_attempt_at = NULL, failed_at = clock_timestamp(), last_error = $3
WHERE id = $1 AND attempts = $2 AND delivered_at IS NULL
"""


class Notifications(Rounds):
    """Delivers notifications at least once; any number of replicas share the work.

    A receiver that is away is no fault of ours.

    Args:
        database: where they are.
        receivers: by key, from the catalogue.
        channels: `webhook` and `email`.
        interval: seconds between rounds.
        attempts: after so many it is given up.
        first_delay, longest_delay, jitter: of the back-off of attempts.
        lease: seconds after which a claim that came to nothing is free again; longer than a delivery may take.
        metrics: counts faults of the loop.
    """

    def __init__(
        self,
        database: Database,
        *,
        receivers: Mapping[str, Receiver],
        channels: Mapping[str, Channel],
        metrics: Metrics,
        interval: float = 0.5,
        attempts: int = 10,
        first_delay: float = 5.0,
        longest_delay: float = 900.0,
        lease: float = 60.0,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        super().__init__("notifications", interval=interval, metrics=metrics)
        self._database = database
        self._receivers = receivers
        self._channels = channels
        for outcome in DELIVERY.values:
            metrics.notifications.add(0, {"fansipan.delivery": outcome})
        self._attempts = attempts
        self._backoff = Backoff(first_delay, longest_delay, jitter)
        self._lease = timedelta(seconds=lease)

    async def _round(self) -> None:
        while await self.work_off():
            self._works()

    async def work_off(self) -> int:
        """Try each of some due notifications once, side by side; returns how many were claimed."""
        rows = await self._database.fetch(_CLAIM, self._lease, _CLAIMED)
        async with asyncio.TaskGroup() as group:
            for row in rows:
                alert = AlertChanged.model_validate(row["payload"])
                notification = Notification(row["id"], alert)
                group.create_task(self._attempt(row["receiver"], notification, row["attempts"]))
        return len(rows)

    async def _attempt(self, key: str, notification: Notification, attempt: int) -> None:
        try:
            receiver = self._receivers.get(key)
            if receiver is None:
                raise Undelivered(f"there is no receiver {key!r} in the catalogue")
            async with asyncio.timeout(self._lease.total_seconds() / 2):
                await self._channels[receiver.channel].deliver(receiver, notification)
        except Refused as error:
            await self._give_up(key, notification, attempt, str(error))
        except (Undelivered, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            if attempt >= self._attempts:
                await self._give_up(key, notification, attempt, reason)
                return
            self._metrics.notifications.add(1, {"fansipan.delivery": "postponed"})
            await self._database.execute(
                _AGAIN, notification.id, attempt, self._backoff.after(attempt), reason
            )
        else:
            self._metrics.notifications.add(1, {"fansipan.delivery": "delivered"})
            await self._database.execute(_DELIVERED, notification.id)

    async def _give_up(self, key: str, notification: Notification, attempt: int, reason: str) -> None:
        self._metrics.notifications.add(1, {"fansipan.delivery": "given-up"})
        await self._database.execute(_FAILED, notification.id, attempt, reason)
        _log.error(
            "notification given up",
            receiver=key,
            alert=notification.alert.id,
            notification=notification.id,
            attempts=attempt,
            reason=reason,
        )
