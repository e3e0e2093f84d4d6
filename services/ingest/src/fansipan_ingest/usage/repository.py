"""Sums of usage in the database: each replica adds what it counted, and reads what all have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from fansipan_common.db import Database
from fansipan_ingest.usage.domain import Count, Limits, Place

_ADD: Final = """
INSERT INTO provider_usage AS u (provider_id, day, key_id, requests, accepted, bytes, last_used_at)
SELECT * FROM unnest($1::int[], $2::date[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::timestamptz[])
    AS n (provider_id, day, key_id, requests, accepted, bytes, last_used_at) ORDER BY 1, 2, 3
ON CONFLICT (provider_id, day, key_id) DO UPDATE SET requests = u.requests + EXCLUDED.requests,
    accepted = u.accepted + EXCLUDED.accepted, bytes = u.bytes + EXCLUDED.bytes,
    last_used_at = greatest(u.last_used_at, EXCLUDED.last_used_at)
"""
_REFUSE: Final = """
INSERT INTO provider_refusal AS r (provider_id, day, key_id, code, count)
SELECT * FROM unnest($1::int[], $2::date[], $3::text[], $4::text[], $5::bigint[])
    AS n (provider_id, day, key_id, code, count) ORDER BY 1, 2, 3, 4
ON CONFLICT (provider_id, day, key_id, code) DO UPDATE SET count = r.count + EXCLUDED.count
"""
_MINUTES: Final = """
INSERT INTO provider_minute AS m (provider_id, minute, requests)
SELECT provider_id, $3, requests FROM unnest($1::int[], $2::bigint[]) AS n (provider_id, requests) ORDER BY 1
ON CONFLICT (provider_id) DO UPDATE SET
    requests = CASE WHEN m.minute = EXCLUDED.minute THEN m.requests + EXCLUDED.requests
                    WHEN m.minute < EXCLUDED.minute THEN EXCLUDED.requests ELSE m.requests END,
    minute = greatest(m.minute, EXCLUDED.minute)
"""
_STANDINGS: Final = """
SELECT p.id, p.observations_per_day, p.bytes_per_day, p.requests_per_minute,
       coalesce(u.accepted, 0)::bigint AS accepted, coalesce(u.bytes, 0)::bigint AS bytes,
       coalesce(m.requests, 0) AS requests
  FROM provider p
  LEFT JOIN LATERAL (SELECT sum(accepted) AS accepted, sum(bytes) AS bytes FROM provider_usage
                      WHERE provider_id = p.id AND day = $2) u ON true
  LEFT JOIN provider_minute m ON m.provider_id = p.id AND m.minute = $3
 WHERE p.id = ANY($1::int[])
"""
_SWEEP: Final = """
WITH old AS (DELETE FROM provider_refusal WHERE day < $1::date) DELETE FROM provider_usage WHERE day < $1::date
"""


@dataclass(frozen=True, slots=True)
class Known:
    """What the database says of a provider: its limits, and the sums over all replicas."""

    limits: Limits
    accepted: int
    bytes: int
    requests: int


class UsageRepository:
    """Writes `provider_usage`, `provider_refusal` and `provider_minute`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        counts: Mapping[Place, Count],
        minute: datetime,
        requests: Mapping[int, int],
        providers: Sequence[int],
        day: date,
    ) -> dict[int, Known]:
        """Add what was counted, in one transaction, and read how some providers stand after it.

        Args:
            counts: since the last time.
            minute: the present one.
            requests: of it, by provider; only of those that have a limit.
            providers: whose standing is wanted.
            day: the present one.

        Raises:
            DatabaseAway: nothing was added.
        """
        places = list(counts.items())
        refusals = [
            (place, code, count) for place, counted in places for code, count in counted.refused.items()
        ]
        async with self._database.connection() as connection, connection.transaction():
            if places:
                await connection.execute(
                    _ADD,
                    [place.provider_id for place, _ in places],
                    [place.day for place, _ in places],
                    [place.key_id for place, _ in places],
                    [count.requests for _, count in places],
                    [count.accepted for _, count in places],
                    [count.bytes for _, count in places],
                    [count.last_used_at for _, count in places],
                )
            if refusals:
                await connection.execute(
                    _REFUSE,
                    [place.provider_id for place, _, _ in refusals],
                    [place.day for place, _, _ in refusals],
                    [place.key_id for place, _, _ in refusals],
                    [code for _, code, _ in refusals],
                    [count for _, _, count in refusals],
                )
            if requests:
                await connection.execute(_MINUTES, list(requests), list(requests.values()), minute)
            rows = await connection.fetch(_STANDINGS, list(providers), day, minute)
        return {
            row["id"]: Known(
                Limits(row["observations_per_day"], row["bytes_per_day"], row["requests_per_minute"]),
                row["accepted"],
                row["bytes"],
                row["requests"],
            )
            for row in rows
        }

    async def sweep(self, before: date) -> None:
        """Forget days before one."""
        await self._database.execute(_SWEEP, before)
