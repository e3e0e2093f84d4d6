"""Settings of analytics."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr

from fansipan_common.webhooks import WebhookSettings


class AnalyticsSettings(WebhookSettings):
    """How analytics consumes and stores."""

    port: Annotated[int, Field(validation_alias="FANSIPAN_PORT", ge=0, le=65535)] = 8002
    kafka_group: Annotated[str, Field(validation_alias="FANSIPAN_KAFKA_GROUP", min_length=1)] = (
        "fansipan-store"
    )
    batch_rows: Annotated[int, Field(validation_alias="FANSIPAN_BATCH_ROWS", ge=1, le=1_000_000)] = 50_000
    max_poison_per_minute: Annotated[int, Field(validation_alias="FANSIPAN_MAX_POISON_PER_MINUTE", ge=1)] = (
        100
    )
    release_timeout_seconds: Annotated[
        float, Field(validation_alias="FANSIPAN_RELEASE_TIMEOUT_SECONDS", gt=0)
    ] = 10.0
    cascade_interval_seconds: Annotated[
        float, Field(validation_alias="FANSIPAN_CASCADE_INTERVAL_SECONDS", gt=0, le=60)
    ] = 0.5
    dead_letters_kept_days: Annotated[
        int, Field(validation_alias="FANSIPAN_DEAD_LETTERS_KEPT_DAYS", ge=1, le=3650)
    ] = 90
    dead_letters_kept: Annotated[
        int, Field(validation_alias="FANSIPAN_DEAD_LETTERS_KEPT", ge=1, description="The newest so many.")
    ] = 200_000
    smtp_url: Annotated[
        SecretStr | None,
        Field(
            validation_alias="SMTP_URL",
            description="smtp://[user:password@]host[:port] or smtps://…, for alerts by e-mail.",
        ),
    ] = None
    mail_from: Annotated[
        str, Field(validation_alias="FANSIPAN_MAIL_FROM", pattern=r"^[^@\s<>,]+@[^@\s<>,]+$")
    ] = "fansipan@localhost"
    anonymous_read: Annotated[
        bool,
        Field(
            validation_alias="FANSIPAN_ANONYMOUS_READ",
            description="As at the gateway: whether webhooks of providers get alerts that everybody may see.",
        ),
    ] = False
    catalogue: Annotated[
        Path | None,
        Field(validation_alias="FANSIPAN_CATALOGUE", description="Its folder; in a source tree it is found."),
    ] = None
    calendar: Annotated[
        str,
        Field(
            validation_alias="FANSIPAN_CALENDAR",
            pattern=r"^[a-z0-9][a-z0-9-]{0,62}$",
            description="Working days that deadlines rest on: a file in the catalogue's folder calendars/.",
        ),
    ] = "lao-cai"
