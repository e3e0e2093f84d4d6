"""Settings of ingest."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, Field, SecretStr

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
    max_clock_ahead_seconds: Annotated[
        int, Field(validation_alias="FANSIPAN_MAX_CLOCK_AHEAD_SECONDS", ge=0)
    ] = 600
    ack_timeout_seconds: Annotated[float, Field(validation_alias="FANSIPAN_ACK_TIMEOUT_SECONDS", gt=0)] = 10.0
    stored_timeout_seconds: Annotated[
        float, Field(validation_alias="FANSIPAN_STORED_TIMEOUT_SECONDS", gt=0)
    ] = 10.0
    internal_secret: Annotated[
        SecretStr | None,
        Field(
            validation_alias="FANSIPAN_INTERNAL_SECRET",
            min_length=SHORTEST_SECRET,
            description="Shared with the gateway, which replays dead letters in the name of their providers.",
        ),
    ] = None
