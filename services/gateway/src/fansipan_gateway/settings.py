"""Settings of the gateway."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from fansipan_common.internal_calls import SHORTEST_SECRET
from fansipan_common.settings import CommonSettings

_SOURCE_TREE: Final = Path(__file__).resolve().parents[2]


class GatewaySettings(CommonSettings):
    """Where the gateway listens, whom it trusts and what it serves."""

    port: Annotated[int, Field(validation_alias="FANSIPAN_PORT", ge=0, le=65535)] = 8000
    anonymous_read: Annotated[bool, Field(validation_alias="FANSIPAN_ANONYMOUS_READ")] = False
    web_dist: Annotated[Path, Field(validation_alias="FANSIPAN_WEB_DIST")] = _SOURCE_TREE / "web" / "dist"
    trusted_proxies: Annotated[
        tuple[IPv4Network | IPv6Network, ...], NoDecode, Field(validation_alias="FANSIPAN_TRUSTED_PROXIES")
    ] = ()
    database_connections: Annotated[
        int, Field(validation_alias="FANSIPAN_DATABASE_CONNECTIONS", ge=1, le=200)
    ] = 10
    statement_timeout_seconds: Annotated[
        float, Field(validation_alias="FANSIPAN_STATEMENT_TIMEOUT_SECONDS", gt=0, le=300)
    ] = 10.0

    ingest_url: Annotated[
        str | None, Field(validation_alias="FANSIPAN_INGEST_URL", pattern=r"^https?://[^\s?#]+$")
    ] = None
    internal_secret: Annotated[
        SecretStr | None,
        Field(
            validation_alias="FANSIPAN_INTERNAL_SECRET",
            min_length=SHORTEST_SECRET,
            description="Shared with ingest, to replay dead letters in the name of their providers.",
        ),
    ] = None

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split_networks(cls, value: object) -> object:
        """`10.0.0.0/8, 127.0.0.1` → networks."""
        if isinstance(value, str):
            return tuple(ip_network(part.strip(), strict=False) for part in value.split(",") if part.strip())
        return value
