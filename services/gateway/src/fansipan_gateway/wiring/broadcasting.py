"""Data out by MQTT, where there is a broker."""

from datetime import UTC, datetime
from typing import Final

import structlog

from fansipan_common.connections import MQTT_POOL
from fansipan_common.db import Database
from fansipan_common.mqtt.broker import Broker
from fansipan_common.mqtt.turn import SoleTurn
from fansipan_common.schema import require_schema
from fansipan_common.settings import SettingsError
from fansipan_gateway.broadcast.changes import EntityChanges
from fansipan_gateway.broadcast.domain import EVERYTHING, Asked
from fansipan_gateway.broadcast.metrics import broadcast_metrics
from fansipan_gateway.broadcast.repository import Observations, StoredFeed
from fansipan_gateway.broadcast.service import Broadcast
from fansipan_gateway.broadcast.sources import ChangedEntities, PublicEvents, StoredObservations
from fansipan_gateway.live.public import PublicKnowledge
from fansipan_gateway.live.repository import RingRepository
from fansipan_gateway.sensor_things.repository import SensorThingsRepository
from fansipan_gateway.sensor_things.routing import ROOT
from fansipan_gateway.sensor_things.service import SensorThings
from fansipan_gateway.settings import GatewaySettings

_log = structlog.get_logger(__name__)

_STATEMENT_SECONDS: Final = 10.0


class Broadcasting:
    """The bridge, with connections of its own: it takes none from who reads."""

    def __init__(
        self, settings: GatewaySettings, broker: Broker, redis_url: str, public: PublicKnowledge
    ) -> None:
        url = settings.database_url.get_secret_value()
        if settings.public_url is None:
            _log.warning("FANSIPAN_PUBLIC_URL is not set: addresses in MQTT messages name this host only")
        root = (settings.public_url or f"http://localhost:{settings.port}").rstrip("/") + ROOT
        self._database = Database(
            url,
            application="fansipan-gateway-mqtt",
            max_size=MQTT_POOL,
            command_timeout=_STATEMENT_SECONDS,
            stateless=True,
            first=require_schema,
        )
        self._feed = StoredFeed(redis_url, settings.redis_prefix)
        self._ring = RingRepository(redis_url, settings.redis_prefix)
        repository = SensorThingsRepository(self._database, _STATEMENT_SECONDS)
        observations = Observations(repository, self._database, root)
        metrics = broadcast_metrics()
        self.bridge = Broadcast(
            broker,
            SoleTurn(url, broker.client_id("publisher"), application="fansipan-gateway-mqtt"),
            [
                StoredObservations(self._feed, observations, settings.mqtt_messages_per_second, metrics),
                ChangedEntities(
                    EntityChanges(url),
                    SensorThings(repository, lambda: datetime.now(UTC)),
                    observations,
                    root,
                    metrics,
                ),
                PublicEvents(self._ring, public),
            ],
            Asked(EVERYTHING) if settings.mqtt_topics == "all" else None,
            settings.mqtt_messages_per_second,
            metrics,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._feed.close()
        await self._ring.close()
        await self._database.close()


def broadcasting(settings: GatewaySettings, public: PublicKnowledge) -> Broadcasting | None:
    """The bridge, when `MQTT_URL` is set.

    Raises:
        SettingsError: the address cannot be used, or there is no Redis.
    """
    if settings.mqtt_url is None:
        return None
    if settings.redis_url is None:
        raise SettingsError("MQTT_URL needs REDIS_URL: what is to be published comes from there")
    broker = Broker.of(settings.mqtt_url.get_secret_value(), settings.mqtt_ca_file)
    return Broadcasting(settings, broker, settings.redis_url.get_secret_value(), public)
