"""What the commands need to know; each command asks only for what it uses."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from fansipan_cli.errors import UsageError
from fansipan_common.kafka import KafkaConnection
from fansipan_common.settings import CommonSettings, KafkaSecuritySettings, load_settings


class CliSettings(KafkaSecuritySettings):
    """The environment of `fansipan`; every name is also accepted with `_FILE` behind it."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    database_url: Annotated[SecretStr | None, Field(validation_alias="DATABASE_URL")] = None
    kafka_bootstrap_servers: Annotated[str | None, Field(validation_alias="KAFKA_BOOTSTRAP_SERVERS")] = None
    kafka_topic_prefix: Annotated[str, Field(validation_alias="KAFKA_TOPIC_PREFIX")] = ""
    redis_url: Annotated[SecretStr | None, Field(validation_alias="REDIS_URL")] = None
    mqtt_url: Annotated[SecretStr | None, Field(validation_alias="MQTT_URL")] = None
    mqtt_ca_file: Annotated[str | None, Field(validation_alias="FANSIPAN_MQTT_CA_FILE")] = None
    backups: Annotated[Path | None, Field(validation_alias="FANSIPAN_BACKUPS")] = None
    ingest_url: Annotated[str | None, Field(validation_alias="FANSIPAN_INGEST_URL")] = None
    ingest_key: Annotated[SecretStr | None, Field(validation_alias="FANSIPAN_INGEST_KEY")] = None
    gateway_url: Annotated[str | None, Field(validation_alias="FANSIPAN_GATEWAY_URL")] = None
    analytics_url: Annotated[str | None, Field(validation_alias="FANSIPAN_ANALYTICS_URL")] = None
    catalogue: Annotated[Path | None, Field(validation_alias="FANSIPAN_CATALOGUE")] = None
    demo_folder: Annotated[Path | None, Field(validation_alias="FANSIPAN_DEMO")] = None
    demo_live: Annotated[bool, Field(validation_alias="DEMO_LIVE")] = True

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment and `_FILE` names, as the services read them."""
        return CommonSettings.settings_customise_sources(
            settings_cls, init_settings, env_settings, dotenv_settings, file_secret_settings
        )

    @property
    def database(self) -> str:
        """Address of the database. Raises `UsageError` when it is not given."""
        if self.database_url is None:
            raise _missing("DATABASE_URL", "postgresql://user:password@host:5432/fansipan")
        return self.database_url.get_secret_value()

    @property
    def kafka(self) -> KafkaConnection:
        """Where Kafka is. Raises `UsageError` when that is not given, `SettingsError` when it cannot be used."""
        if self.kafka_bootstrap_servers is None:
            raise _missing("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092")
        return KafkaConnection.of(self.kafka_bootstrap_servers, self)

    @property
    def ingest(self) -> tuple[str, str]:
        """Address of ingest and the API key to use. Raises `UsageError` when one is not given."""
        if self.ingest_url is None:
            raise _missing("FANSIPAN_INGEST_URL", "http://127.0.0.1:8001")
        if self.ingest_key is None:
            raise _missing("FANSIPAN_INGEST_KEY", "fsp_…, made by `fansipan keys create`")
        return self.ingest_url.rstrip("/"), self.ingest_key.get_secret_value()


def read_settings() -> CliSettings:
    """Resolve the settings of this process. Raises `SettingsError` when one is unusable."""
    return load_settings(CliSettings)


def _missing(name: str, example: str) -> UsageError:
    return UsageError(
        f"{name} is not set",
        f"set it (for example {example}), or load the local stack's values: set -a; . .local/env; set +a",
    )
