"""Settings of ingest."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, SecretStr

from fansipan_common.contracts.keys import PROVIDER_KEY
from fansipan_common.internal_calls import SHORTEST_SECRET
from fansipan_common.settings import CommonSettings


class IngestSettings(CommonSettings):
    """Where ingest listens and what it accepts."""

    port: Annotated[int, Field(validation_alias="FANSIPAN_PORT", ge=0, le=65535)] = 8001
    max_body_bytes: Annotated[int, Field(validation_alias="FANSIPAN_MAX_BODY_BYTES", ge=1024)] = (
        10 * 1024 * 1024
    )
    max_items: Annotated[int, Field(validation_alias="FANSIPAN_MAX_ITEMS", ge=1)] = 10_000
    max_depth: Annotated[int, Field(validation_alias="FANSIPAN_MAX_DEPTH", ge=1, le=64)] = 8
    earliest_time: Annotated[AwareDatetime, Field(validation_alias="FANSIPAN_EARLIEST_TIME")] = datetime(
        2000, 1, 1, tzinfo=UTC
    )
    max_age_days: Annotated[
        int | None,
        Field(
            validation_alias="FANSIPAN_MAX_AGE_DAYS",
            ge=1,
            description="Older readings are refused; shorter than `fansipan retention` keeps them. None: none are.",
        ),
    ] = None
    max_clock_ahead_seconds: Annotated[
        int, Field(validation_alias="FANSIPAN_MAX_CLOCK_AHEAD_SECONDS", ge=0)
    ] = 600
    max_in_flight: Annotated[
        int,
        Field(
            validation_alias="FANSIPAN_MAX_IN_FLIGHT",
            ge=4,
            le=100_000,
            description="Requests answered at once; past that 503 `overloaded`.",
        ),
    ] = 256
    ack_timeout_seconds: Annotated[float, Field(validation_alias="FANSIPAN_ACK_TIMEOUT_SECONDS", gt=0)] = 10.0
    stored_timeout_seconds: Annotated[
        float, Field(validation_alias="FANSIPAN_STORED_TIMEOUT_SECONDS", gt=0)
    ] = 10.0
    internal_secret: Annotated[
        SecretStr | None,
        Field(
            validation_alias="FANSIPAN_INTERNAL_SECRET",
            min_length=SHORTEST_SECRET,
            description="Shared with the gateway, which sends dead letters and SensorThings in the name of providers.",
        ),
    ] = None
    mqtt_url: Annotated[
        SecretStr | None,
        Field(
            validation_alias="MQTT_URL",
            description="mqtt://user:password@host:port or mqtts://…; without it there is no MQTT door.",
        ),
    ] = None
    mqtt_ca_file: Annotated[
        str | None,
        Field(
            validation_alias="FANSIPAN_MQTT_CA_FILE",
            description="Certificates to trust at the broker instead of the system's.",
        ),
    ] = None
    mqtt_session: Annotated[
        str,
        Field(
            validation_alias="FANSIPAN_MQTT_SESSION",
            pattern=r"^[A-Za-z0-9._-]{1,64}$",
            description="Name of the session at the broker; with a shared group each replica needs its own.",
        ),
    ] = "ingest"
    mqtt_shared_group: Annotated[
        str | None,
        Field(
            validation_alias="FANSIPAN_MQTT_SHARED_GROUP",
            pattern=r"^[A-Za-z0-9._-]{1,64}$",
            description="Divide the messages among all replicas with this group; without it one replica takes all.",
        ),
    ] = None
    mqtt_session_seconds: Annotated[
        int, Field(validation_alias="FANSIPAN_MQTT_SESSION_SECONDS", ge=60, le=4_294_967_294)
    ] = 7 * 24 * 3600
    mqtt_receive_maximum: Annotated[
        int, Field(validation_alias="FANSIPAN_MQTT_RECEIVE_MAXIMUM", ge=1, le=65_535)
    ] = 2_000
    mqtt_batch_messages: Annotated[int, Field(validation_alias="FANSIPAN_MQTT_BATCH_MESSAGES", ge=1)] = 1_000
    mqtt_batch_seconds: Annotated[
        float, Field(validation_alias="FANSIPAN_MQTT_BATCH_SECONDS", ge=0, le=5)
    ] = 0.02
    mqtt_max_payload_bytes: Annotated[
        int, Field(validation_alias="FANSIPAN_MQTT_MAX_PAYLOAD_BYTES", ge=64, le=4 * 1024 * 1024)
    ] = 1024 * 1024
    mqtt_sensor_things_provider: Annotated[
        str | None,
        Field(
            validation_alias="FANSIPAN_MQTT_SENSOR_THINGS_PROVIDER",
            pattern=f"^{PROVIDER_KEY.pattern}$",
            description="The one provider whose keys may publish to `v1.1/Observations`, which names no provider.",
        ),
    ] = None
    anonymous_read: Annotated[
        bool,
        Field(
            validation_alias="FANSIPAN_ANONYMOUS_READ",
            description="As the gateway's: whether everybody may read, so that each key may subscribe to everything.",
        ),
    ] = False
    mqtt_rights: Annotated[
        Literal["dynamic-security", "none"],
        Field(
            validation_alias="FANSIPAN_MQTT_RIGHTS",
            description="Who keeps users and rights at the broker: ingest, by Mosquitto's plugin, or nobody here.",
        ),
    ] = "dynamic-security"

    @property
    def max_age_ms(self) -> int | None:
        """How old readings may be; None: however old."""
        return None if self.max_age_days is None else self.max_age_days * 86_400_000
