"""Speed, and what stands in front of the doors."""

from datetime import UTC, datetime
from typing import Final

from fastapi import FastAPI
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware

from fansipan_common.admission import Admission
from fansipan_common.contracts.live import LiveTopic
from fansipan_common.redis import Speedup
from fansipan_common.telemetry import Metrics
from fansipan_gateway.access.service import Access
from fansipan_gateway.api.bodies import BoundedBodies
from fansipan_gateway.api.hosts import KnownHosts
from fansipan_gateway.api.priorities import priority_of
from fansipan_gateway.api.proxies import TrustedProxies
from fansipan_gateway.api.security_headers import SecurityHeaders
from fansipan_gateway.api.sharing import PublicReads
from fansipan_gateway.caching.domain import Noun
from fansipan_gateway.caching.middleware import CachedReads, CachePolicy
from fansipan_gateway.caching.store import OwnAnswers, SharedAnswers
from fansipan_gateway.caching.versions import DataVersions
from fansipan_gateway.exports.domain.formats import PACKED
from fansipan_gateway.limits.domain import Rates
from fansipan_gateway.limits.middleware import RateLimits
from fansipan_gateway.limits.service import Limiter
from fansipan_gateway.live.public import PublicKnowledge
from fansipan_gateway.live.repository import RingRepository
from fansipan_gateway.live.service import LiveHub
from fansipan_gateway.read_only.middleware import RefuseChanges
from fansipan_gateway.read_only.service import ReadOnlyMode
from fansipan_gateway.sessions.cookies import SessionCookies
from fansipan_gateway.settings import GatewaySettings

_LARGEST_SHARED: Final = 256 << 10
_COMPRESSION: Final = 1  # most of the saving at a third of the time


class Speed:
    """What rests on Redis: live events, shared answers, counts of requests. All go on, or say so, without it."""

    def __init__(self, settings: GatewaySettings, public: PublicKnowledge, versions: DataVersions) -> None:
        url = None if settings.redis_url is None else settings.redis_url.get_secret_value()
        prefix = settings.redis_prefix
        changes = {
            LiveTopic.VALUES: (Noun.VALUES,),
            LiveTopic.OBSERVATIONS: (Noun.OBSERVATIONS,),
            LiveTopic.RESET: tuple(Noun),
        }

        def changed(topic: LiveTopic) -> None:
            if topic in changes:
                versions.advance(*changes[topic])

        self.versions = versions
        self._redis = Speedup(url)
        self._ring = None if url is None else RingRepository(url, prefix)
        self.hub = LiveHub(self._ring, public, changed)
        self.limiter = Limiter(url, prefix)
        self.answers = (
            None
            if url is None
            else SharedAnswers(
                self._redis, f"{prefix}answer:", max_age=settings.cache_seconds, largest=_LARGEST_SHARED
            )
        )

    async def close(self) -> None:
        """Close the connections."""
        if self._ring is not None:
            await self._ring.close()
        await self.limiter.close()
        await self._redis.close()


def add_middleware(
    app: FastAPI,
    settings: GatewaySettings,
    authentication: Access,
    speed: Speed,
    mode: ReadOnlyMode,
    metrics: Metrics,
) -> None:
    """What stands in front of the doors; a request passes the last one first."""
    app.add_middleware(
        GZipMiddleware,
        minimum_size=1024,
        compresslevel=_COMPRESSION,
        exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, *PACKED),
    )
    # Inside of what is remembered: an answer from memory costs next to nothing.
    app.add_middleware(
        Admission, most=settings.max_in_flight, priority_of=priority_of, scope_name="fansipan_gateway"
    )
    app.add_middleware(
        CachedReads,
        access=authentication,
        versions=speed.versions,
        own=OwnAnswers(settings.cache_mebibytes << 20),
        shared=speed.answers,
        policy=CachePolicy(0.0 if speed.answers is None else settings.cache_seconds, settings.stale_seconds),
        metrics=metrics,
    )
    app.add_middleware(RefuseChanges, mode=mode, now=lambda: datetime.now(UTC))
    app.add_middleware(
        RateLimits,
        access=authentication,
        limiter=speed.limiter,
        rates=Rates(
            settings.anonymous_requests_per_minute,
            settings.key_requests_per_minute,
            settings.operator_requests_per_minute,
        ),
    )
    app.add_middleware(BoundedBodies)
    app.add_middleware(SessionCookies)
    app.add_middleware(KnownHosts, hosts=settings.known_hosts)
    app.add_middleware(PublicReads)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(TrustedProxies, networks=settings.trusted_proxies)
