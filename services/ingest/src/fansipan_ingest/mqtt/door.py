"""The door as a whole: composed from the settings, started and stopped together."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fansipan_common.mqtt.broker import Broker
from fansipan_common.mqtt.turn import SoleTurn
from fansipan_common.tasks import BackgroundTasks
from fansipan_common.telemetry import Metrics
from fansipan_ingest.domain.rules import unix_ms
from fansipan_ingest.mqtt.access import AccessKeeper
from fansipan_ingest.mqtt.arrivals import Arrivals
from fansipan_ingest.mqtt.bridge import MqttBridge, Subscription
from fansipan_ingest.mqtt.dynamic_security import DynamicSecurity
from fansipan_ingest.mqtt.intake import MqttIntake
from fansipan_ingest.mqtt.metrics import mqtt_metrics
from fansipan_ingest.mqtt.payloads import Limits
from fansipan_ingest.mqtt.providers import KnownProviders
from fansipan_ingest.publisher import IngestPublisher
from fansipan_ingest.repository.datastreams import DatastreamRepository
from fansipan_ingest.repository.keys import KeyRepository
from fansipan_ingest.repository.providers import ProviderRepository
from fansipan_ingest.service.observations import ObservationService
from fansipan_ingest.settings import IngestSettings
from fansipan_ingest.usage.meter import UsageMeter

_STOP_SECONDS: Final = 5.0
_BATCH_BYTES: Final = 2 * 1024 * 1024
"""With one message of the largest size on top it still becomes a record that Kafka takes."""


@dataclass(frozen=True, slots=True)
class MqttDoor:
    """Bridge, rights, and whose turn it is.

    Attributes:
        turn: None with a shared subscription: then every replica has a session of its own.
        keeper: None when the rights at the broker are not ours to keep.
    """

    bridge: MqttBridge
    providers: KnownProviders
    turn: SoleTurn | None
    keeper: AccessKeeper | None

    def start(self, tasks: BackgroundTasks) -> None:
        """Start the background tasks."""
        tasks.start("mqtt-bridge", self.bridge.run() if self.turn is None else self.turn.run(self.bridge.run))
        if self.keeper is not None:
            tasks.start("mqtt-access", self.keeper.run())

    def registry_changed(self) -> None:
        """Forget what was remembered of providers and keys."""
        self.providers.invalidate()
        if self.keeper is not None:
            self.keeper.registry_changed()

    async def check(self) -> None:
        """Raise the reason when this replica takes no messages though it is its turn."""
        if self.turn is None or self.turn.is_ours:
            await self.bridge.check()

    async def stop(self) -> None:
        """Finish what is being taken."""
        if self.turn is None or self.turn.is_ours:
            await self.bridge.stop(_STOP_SECONDS)


def mqtt_door(
    settings: IngestSettings,
    observations: ObservationService,
    publisher: IngestPublisher,
    providers: ProviderRepository,
    datastreams: DatastreamRepository,
    keys: KeyRepository,
    metrics: Metrics,
    clock: Callable[[], datetime],
    meter: UsageMeter,
) -> MqttDoor | None:
    """The door, when `MQTT_URL` is set.

    Raises:
        SettingsError: the address cannot be used.
    """
    if settings.mqtt_url is None:
        return None
    broker = Broker.of(settings.mqtt_url.get_secret_value(), settings.mqtt_ca_file)
    instruments = mqtt_metrics()
    known = KnownProviders(providers)
    intake = MqttIntake(
        observations,
        publisher,
        known,
        datastreams,
        limits=Limits(settings.mqtt_max_payload_bytes, settings.max_items),
        clock=clock,
        meter=meter,
        metrics=metrics,
        mqtt_metrics=instruments,
        sensor_things_provider=settings.mqtt_sensor_things_provider,
    )
    subscription = Subscription(
        session=settings.mqtt_session,
        group=settings.mqtt_shared_group,
        session_seconds=settings.mqtt_session_seconds,
        receive_maximum=settings.mqtt_receive_maximum,
        batch_messages=settings.mqtt_batch_messages,
        batch_bytes=_BATCH_BYTES,
        batch_seconds=settings.mqtt_batch_seconds,
        without_datastream=settings.mqtt_sensor_things_provider is not None,
    )
    bridge = MqttBridge(broker, subscription, intake, Arrivals(lambda: unix_ms(clock())), instruments)
    turn = None
    if settings.mqtt_shared_group is None:
        turn = SoleTurn(
            settings.database_url.get_secret_value(),
            broker.client_id(settings.mqtt_session),
            application="fansipan-ingest-mqtt",
        )
    keeper = None
    if settings.mqtt_rights == "dynamic-security":
        keeper = AccessKeeper(
            DynamicSecurity(broker),
            keys,
            clock,
            bridge.sensor_things,
            reading_is_open=settings.anonymous_read,
            sensor_things_provider=settings.mqtt_sensor_things_provider,
        )
    return MqttDoor(bridge, known, turn, keeper)
