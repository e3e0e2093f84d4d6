"""From the outbox to deliveries: in the transaction that takes an event: none is lost, none is made twice."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
import orjson

from fansipan_analytics.webhooks.matching import Public, Subscription, part_for
from fansipan_common.contracts import TopicName
from fansipan_common.webhooks import FIGURES_CHANGED

_SOURCE: Final = "/services/analytics"
_TTL_SECONDS: Final = 30.0
_MOST_WAITING: Final = 10_000
_SUBSCRIPTIONS: Final = """
SELECT w.id, p.key AS provider, w.events, w.indicators, w.subjects, w.areas, w.bands, w.severities, w.prefixes
  FROM webhook w LEFT JOIN provider p ON p.id = w.provider_id
 WHERE w.disabled_at IS NULL AND p.disabled_at IS NULL ORDER BY w.id
"""
_PUBLIC_INDICATORS: Final = "SELECT key FROM public_indicators() AS key"
_PUBLIC_RULES: Final = "SELECT key FROM public_alert_rules() AS key"
_WAITING: Final = """
SELECT webhook_id, count(*) AS n FROM webhook_delivery
 WHERE webhook_id = ANY($1::text[]) AND next_attempt_at IS NOT NULL GROUP BY 1
"""
_INSERT: Final = """
INSERT INTO webhook_delivery (webhook_id, event_id, type, subject, event, next_attempt_at, failed_at, last_error)
VALUES ($1, $2, $3, $4, $5, CASE WHEN $6 THEN NULL ELSE clock_timestamp() END,
        CASE WHEN $6 THEN clock_timestamp() END, CASE WHEN $6 THEN 'too many deliveries are waiting' END)
ON CONFLICT (webhook_id, event_id) DO NOTHING
"""


class WebhookQueue:
    """Makes deliveries of what the outbox holds.

    Which webhooks there are is remembered for half a minute, or until `invalidate`.

    Args:
        open_reading: whether everybody may read what is public.
        monotonic: a clock in seconds.
    """

    def __init__(self, *, open_reading: bool, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._open_reading = open_reading
        self._monotonic = monotonic
        self._subscriptions: list[Subscription] = []
        self._public = Public()
        self._until = float("-inf")

    async def invalidate(self) -> None:
        """Ask again which webhooks there are: some, or the catalogue, changed."""
        self._until = float("-inf")

    async def enqueue(self, connection: "asyncpg.Connection[Any]", rows: Sequence["asyncpg.Record"]) -> int:
        """Make deliveries of rows of the outbox, inside the caller's transaction; returns how many."""
        await self._refresh(connection)
        if not self._subscriptions:
            return 0
        wanted: list[tuple[str, str, str, str, dict[str, Any]]] = []
        for row in rows:
            document = orjson.loads(row["data"])
            for subscription in self._subscriptions:
                data = part_for(subscription, row["topic"], document, self._public)
                if data is not None:
                    event = cloud_event(row, data)
                    wanted.append((subscription.id, event["id"], event["type"], event["subject"], event))
        if wanted:
            waiting = Counter(
                {
                    row["webhook_id"]: row["n"]
                    for row in await connection.fetch(_WAITING, [entry[0] for entry in wanted])
                }
            )
            entries: list[tuple[str, str, str, str, dict[str, Any], bool]] = []
            for entry in wanted:
                waiting[entry[0]] += 1
                entries.append((*entry, waiting[entry[0]] > _MOST_WAITING))
            await connection.executemany(_INSERT, entries)
        return len(wanted)

    async def _refresh(self, connection: "asyncpg.Connection[Any]") -> None:
        now = self._monotonic()
        if now < self._until:
            return
        self._until = now + _TTL_SECONDS  # before asking: a change meanwhile makes us ask again
        self._subscriptions = [
            Subscription(
                id=row["id"],
                provider=row["provider"],
                events=frozenset(row["events"]),
                indicators=frozenset(row["indicators"]),
                subjects=frozenset(row["subjects"]),
                areas=frozenset(row["areas"]),
                bands=frozenset(row["bands"]),
                severities=frozenset(row["severities"]),
                prefixes=tuple(row["prefixes"]),
            )
            for row in await connection.fetch(_SUBSCRIPTIONS)
        ]
        if self._subscriptions:
            indicators = await connection.fetch(_PUBLIC_INDICATORS)
            rules = await connection.fetch(_PUBLIC_RULES)
            self._public = Public(
                frozenset(row["key"] for row in indicators),
                frozenset(row["key"] for row in rules),
                self._open_reading,
            )


def cloud_event(row: "asyncpg.Record", data: dict[str, Any]) -> dict[str, Any]:
    """The CloudEvent that is delivered. Its id is that of the event in Kafka; its data is the receiver's part."""
    moment: datetime = row["created_at"]
    return {
        "specversion": "1.0",
        "id": f"outbox-{row['id']}",
        "source": _SOURCE,
        "type": FIGURES_CHANGED if row["topic"] == TopicName.INDICATOR_VALUES else row["type"],
        "subject": row["key"],
        "time": moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": data,
    }
