"""Settings come from the environment, resolved once in a service's `__main__` into one frozen object.

Each name is also accepted with `_FILE` behind it: the path of a file that holds the value (Kubernetes secrets).
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

SettingsT = TypeVar("SettingsT", bound=BaseSettings)


class SettingsError(Exception):
    """A setting is missing or unusable; the text says which and how to give it."""


class _FileSource(PydanticBaseSettingsSource):
    """Reads NAME_FILE for every setting NAME."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        for name in _environment_names(field, field_name):
            path = os.environ.get(f"{name}_FILE")
            if path:
                try:
                    return Path(path).read_text(encoding="utf-8").strip(), name, False
                except OSError as error:
                    raise SettingsError(f"{name}_FILE names {path}, which cannot be read: {error}") from error
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        values = {}
        for field_name, field in self.settings_cls.model_fields.items():
            value, key, _ = self.get_field_value(field, field_name)
            if value is not None:
                values[key] = value
        return values


def _environment_names(field: FieldInfo, field_name: str) -> list[str]:
    alias = field.validation_alias
    if isinstance(alias, str):
        return [alias]
    if isinstance(alias, AliasChoices):
        return [choice for choice in alias.choices if isinstance(choice, str)]
    return [field_name.upper()]


class KafkaSecuritySettings(BaseSettings):
    """How Kafka is talked to, beside where it is. Read by `fansipan_common.kafka.KafkaConnection`."""

    kafka_security_protocol: Annotated[
        Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"],
        Field(validation_alias="KAFKA_SECURITY_PROTOCOL"),
    ] = "PLAINTEXT"
    kafka_ca_file: Annotated[
        Path | None,
        Field(
            validation_alias="KAFKA_CA_FILE",
            description="Certificates to trust at Kafka instead of the system's.",
        ),
    ] = None
    kafka_certificate_file: Annotated[
        Path | None,
        Field(
            validation_alias="KAFKA_CERTIFICATE_FILE",
            description="Our certificate and those above it, where Kafka asks for one (PEM).",
        ),
    ] = None
    kafka_key_file: Annotated[
        Path | None,
        Field(validation_alias="KAFKA_KEY_FILE", description="Its key (PEM, not encrypted)."),
    ] = None
    kafka_sasl_mechanism: Annotated[
        Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"], Field(validation_alias="KAFKA_SASL_MECHANISM")
    ] = "SCRAM-SHA-512"
    kafka_sasl_username: Annotated[str | None, Field(validation_alias="KAFKA_SASL_USERNAME")] = None
    kafka_sasl_password: Annotated[SecretStr | None, Field(validation_alias="KAFKA_SASL_PASSWORD")] = None


class CommonSettings(KafkaSecuritySettings):
    """What every process needs to know."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    kafka_bootstrap_servers: Annotated[str, Field(validation_alias="KAFKA_BOOTSTRAP_SERVERS")] = (
        "127.0.0.1:9092"
    )
    kafka_topic_prefix: Annotated[str, Field(validation_alias="KAFKA_TOPIC_PREFIX")] = ""
    database_url: Annotated[SecretStr, Field(validation_alias="DATABASE_URL")]
    redis_url: Annotated[SecretStr | None, Field(validation_alias="REDIS_URL")] = None
    redis_prefix: Annotated[
        str,
        Field(
            validation_alias="FANSIPAN_REDIS_PREFIX",
            pattern=r"^[A-Za-z0-9:._-]{0,64}$",
            description="Before each of our keys, where several installations share a Redis.",
        ),
    ] = "fansipan:"
    host: Annotated[str, Field(validation_alias="FANSIPAN_HOST")] = "127.0.0.1"
    port: Annotated[int, Field(validation_alias="FANSIPAN_PORT", ge=0, le=65535)] = 8000
    parting_seconds: Annotated[
        float,
        Field(
            validation_alias="FANSIPAN_PARTING_SECONDS",
            ge=0,
            le=60,
            description="How long requests are still answered once the service is told to stop.",
        ),
    ] = 0.5
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Field(validation_alias="FANSIPAN_LOG_LEVEL")
    ] = "info"
    log_format: Annotated[Literal["json", "console"], Field(validation_alias="FANSIPAN_LOG_FORMAT")] = "json"
    otlp_endpoint: Annotated[str | None, Field(validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")] = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, _FileSource(settings_cls), env_settings


def load_settings(settings: type[SettingsT], overrides: Mapping[str, Any] | None = None) -> SettingsT:
    """Resolve the settings of a process.

    Raises:
        SettingsError: one is missing or unusable; the text names each.
    """
    try:
        return settings(**(overrides or {}))
    except ValidationError as error:
        lines = [
            f"{'.'.join(map(str, e['loc']))}: {e['msg']} (set it in the environment, or give "
            f"{e['loc'][0] if e['loc'] else ''}_FILE)"
            for e in error.errors()
        ]
        raise SettingsError("settings are not usable:\n  " + "\n  ".join(lines)) from None
