"""The meter: counts in memory, adds to the database every few seconds, and says when a provider has sent enough.

No request waits for the database. So a limit is passed by what arrives between two rounds, on each replica, and by the
rest of the request that reaches it. While the database is away each replica goes on with what it knows.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

import structlog

from fansipan_common.api_keys import Principal
from fansipan_common.errors import ServerFault
from fansipan_common.telemetry import Metrics
from fansipan_ingest.usage.domain import CODE, Count, Limits, Place, Standing, day_of, minute_of
from fansipan_ingest.usage.repository import UsageRepository

_log = structlog.get_logger(__name__)

INTERVAL_SECONDS: Final = 2.0
KEPT_DAYS: Final = 90
_MOST_PLACES: Final = 20_000
_MOST_CODES: Final = 50
_OTHER: Final = "other"
_FORGOTTEN_AFTER: Final = timedelta(hours=1)
_SWEEP_AFTER: Final = timedelta(hours=6)


class UsageMeter:
    """Counts what providers send. Run `run()` as a background task.

    Args:
        repository: where sums are.
        clock: the time.
        metrics: counts faults of the loop.
        interval: seconds between two rounds.
    """

    def __init__(
        self,
        repository: UsageRepository,
        *,
        clock: Callable[[], datetime],
        metrics: Metrics,
        interval: float = INTERVAL_SECONDS,
    ) -> None:
        self._repository = repository
        self._clock = clock
        self._metrics = metrics
        self._interval = interval
        self._counts: dict[Place, Count] = {}
        self._minute_requests: dict[int, int] = {}
        self._minute: datetime | None = None
        self._standings: dict[int, Standing] = {}
        self._seen: dict[int, datetime] = {}
        self._swept_at: datetime | None = None
        self._adding = asyncio.Lock()

    def admit(self, principal: Principal, requests: int = 1) -> None:
        """Count requests of a provider.

        Raises:
            QuotaExhausted: it has sent as much as it may; it is counted as refused.
        """
        now = self._clock()
        standing = self._standing(principal.provider_id, now)
        count = self._count(principal, now)
        refusal = standing.refusal(now)
        if refusal is not None:
            count.refused[CODE] += requests
            raise refusal
        count.requests += requests
        standing.requests += requests
        if standing.limits.requests_per_minute is not None:
            self._count_minute(principal.provider_id, requests, now)

    def add(
        self,
        principal: Principal,
        *,
        accepted: int = 0,
        refused: Mapping[str, int] | None = None,
        received: int = 0,
    ) -> None:
        """Count what became of a request.

        Args:
            principal: who sent it.
            accepted: items that were taken.
            refused: code → items that were not, or the request as a whole.
            received: bytes of its body, as they were sent.
        """
        now = self._clock()
        count, standing = self._count(principal, now), self._standing(principal.provider_id, now)
        count.accepted += accepted
        count.bytes += received
        standing.accepted += accepted
        standing.bytes += received
        for code, number in (refused or {}).items():
            known = code in count.refused or len(count.refused) < _MOST_CODES
            count.refused[code if known else _OTHER] += number

    async def run(self) -> None:
        """Add to the database round after round until cancelled, then once more."""
        try:
            while True:
                await asyncio.sleep(self._interval)
                try:
                    await self.flush()
                    await self._sweep()
                except ServerFault as fault:
                    _log.warning("usage is written down later", reason=fault.detail)
                except Exception as error:  # noqa: BLE001 - the outermost loop: logged, counted, gone on
                    self._metrics.loop_errors.add(
                        1, {"fansipan.task": "usage", "error.type": type(error).__name__}
                    )
                    _log.exception("usage could not be written down")
        finally:
            await self._last_flush()

    async def flush(self) -> None:
        """Add what was counted to the database, and learn what all replicas have.

        Raises:
            DatabaseAway: it is kept for the next time.
        """
        async with self._adding:
            now = self._clock()
            counts, self._counts = self._counts, {}
            minute = minute_of(now)
            requests = self._minute_requests if self._minute == minute else {}
            self._minute_requests = {}
            if not counts and not self._seen:
                return
            before = {
                provider: (standing.accepted, standing.bytes, standing.requests)
                for provider, standing in self._standings.items()
            }
            try:
                known = await self._repository.add(
                    counts, minute, requests, list(self._standings), day_of(now)
                )
            except ServerFault:
                self._put_back(counts)
                raise
            for provider, told in known.items():
                standing, (accepted, received, asked) = self._standings[provider], before[provider]
                standing.turn(now)
                # what came in while we wrote is not in the sums yet
                standing.limits = told.limits
                standing.accepted = told.accepted + max(0, standing.accepted - accepted)
                standing.bytes = told.bytes + max(0, standing.bytes - received)
                standing.requests = told.requests + max(0, standing.requests - asked)
            self._forget(now)

    def _put_back(self, counts: dict[Place, Count]) -> None:
        for place, count in counts.items():
            since = self._counts.get(place)
            if since is None:
                if len(self._counts) < _MOST_PLACES:
                    self._counts[place] = count
                continue
            since.requests += count.requests
            since.accepted += count.accepted
            since.bytes += count.bytes
            since.refused.update(count.refused)

    def _count(self, principal: Principal, now: datetime) -> Count:
        place = Place(principal.provider_id, day_of(now), principal.key_id)
        count = self._counts.get(place)
        if count is None:
            count = self._counts[place] = Count(now)
        count.last_used_at = now
        return count

    def _standing(self, provider: int, now: datetime) -> Standing:
        self._seen[provider] = now
        standing = self._standings.get(provider)
        if standing is None:
            standing = self._standings[provider] = Standing(Limits(), day_of(now), minute_of(now))
        standing.turn(now)
        return standing

    def _count_minute(self, provider: int, requests: int, now: datetime) -> None:
        minute = minute_of(now)
        if minute != self._minute:
            self._minute, self._minute_requests = minute, {}
        self._minute_requests[provider] = self._minute_requests.get(provider, 0) + requests

    def _forget(self, now: datetime) -> None:
        for provider, seen in list(self._seen.items()):
            if now - seen > _FORGOTTEN_AFTER:
                del self._seen[provider]
                self._standings.pop(provider, None)

    async def _sweep(self) -> None:
        now = self._clock()
        if self._swept_at is None or now - self._swept_at > _SWEEP_AFTER:
            await self._repository.sweep(day_of(now) - timedelta(days=KEPT_DAYS - 1))
            self._swept_at = now

    async def _last_flush(self) -> None:
        try:
            async with asyncio.timeout(self._interval):
                await self.flush()
        except (ServerFault, TimeoutError) as error:
            _log.warning("the last usage was not written down", reason=str(error) or type(error).__name__)
