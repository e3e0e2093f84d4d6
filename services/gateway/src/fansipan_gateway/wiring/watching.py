"""What the gateway watches, to tell people what they see is old."""

from datetime import UTC, datetime

import httpx

from fansipan_common.db import Database
from fansipan_common.redis import Speedup
from fansipan_gateway.settings import GatewaySettings
from fansipan_gateway.status.probes import Probe, database_probe, redis_probe, service_probe
from fansipan_gateway.status.repository import ArrivalRepository
from fansipan_gateway.status.service import PlatformWatch


def platform_watch(
    settings: GatewaySettings, database: Database, redis: Speedup, http: httpx.AsyncClient
) -> PlatformWatch:
    """The database, and those other parts whose address is known."""
    probes: dict[str, Probe] = {"database": database_probe(database)}
    if settings.redis_url is not None:
        probes["redis"] = redis_probe(redis)
    if settings.ingest_url is not None:
        probes["ingest"] = service_probe(http, settings.ingest_url)
    if settings.analytics_url is not None:
        probes["analytics"] = service_probe(http, settings.analytics_url)
    return PlatformWatch(probes, ArrivalRepository(database), lambda: datetime.now(UTC))
