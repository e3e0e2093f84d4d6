"""Settings of the gateway."""

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from fansipan_common.internal_calls import SHORTEST_SECRET
from fansipan_common.webhooks import WebhookSettings
from fansipan_gateway.sessions.domain import Lifetimes
from fansipan_gateway.sign_in.open_id_connect.domain import Grant

_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_SOURCE_TREE: Final = Path(__file__).resolve().parents[2]


class GatewaySettings(WebhookSettings):
    """Where the gateway listens, whom it trusts and what it serves."""

    port: Annotated[int, Field(validation_alias="FANSIPAN_PORT", ge=0, le=65535)] = 8000
    anonymous_read: Annotated[bool, Field(validation_alias="FANSIPAN_ANONYMOUS_READ")] = False
    web_dist: Annotated[Path, Field(validation_alias="FANSIPAN_WEB_DIST")] = _SOURCE_TREE / "web" / "dist"
    trusted_proxies: Annotated[
        tuple[IPv4Network | IPv6Network, ...], NoDecode, Field(validation_alias="FANSIPAN_TRUSTED_PROXIES")
    ] = ()
    allowed_hosts: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(
            validation_alias="FANSIPAN_ALLOWED_HOSTS",
            description="Names that requests may be for, beside that of FANSIPAN_PUBLIC_URL; none: any.",
        ),
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
    analytics_url: Annotated[
        str | None,
        Field(
            validation_alias="FANSIPAN_ANALYTICS_URL",
            pattern=r"^https?://[^\s?#]+$",
            description="Where its readiness is asked, for /v1/status.",
        ),
    ] = None
    internal_secret: Annotated[
        SecretStr | None,
        Field(
            validation_alias="FANSIPAN_INTERNAL_SECRET",
            min_length=SHORTEST_SECRET,
            description="Shared with ingest: dead letters and SensorThings are sent in the name of providers.",
        ),
    ] = None
    cache_seconds: Annotated[
        float,
        Field(
            validation_alias="FANSIPAN_CACHE_SECONDS",
            ge=0,
            le=10,
            description="How old a remembered answer may be; 0: none is remembered. Without REDIS_URL none is either.",
        ),
    ] = 1.0
    cache_mebibytes: Annotated[
        int,
        Field(validation_alias="FANSIPAN_CACHE_MEBIBYTES", ge=1, le=4096, description="In this process."),
    ] = 64
    stale_seconds: Annotated[
        float,
        Field(
            validation_alias="FANSIPAN_STALE_SECONDS",
            ge=0,
            le=86_400,
            description="How long a remembered answer is given, marked, while the database is away.",
        ),
    ] = 600.0
    anonymous_requests_per_minute: Annotated[
        int,
        Field(
            validation_alias="FANSIPAN_ANONYMOUS_REQUESTS_PER_MINUTE",
            ge=1,
            description="Of an address (IPv6: a /64) without a good credential.",
        ),
    ] = 3_000
    key_requests_per_minute: Annotated[
        int, Field(validation_alias="FANSIPAN_KEY_REQUESTS_PER_MINUTE", ge=1, description="Of an API key.")
    ] = 6_000
    operator_requests_per_minute: Annotated[
        int,
        Field(validation_alias="FANSIPAN_OPERATOR_REQUESTS_PER_MINUTE", ge=1, description="Of an operator."),
    ] = 12_000
    live_clients: Annotated[
        int,
        Field(
            validation_alias="FANSIPAN_LIVE_CLIENTS",
            ge=0,
            le=50_000,
            description="Streams of /v1/live at once on this replica.",
        ),
    ] = 4_000
    live_clients_each: Annotated[
        int,
        Field(
            validation_alias="FANSIPAN_LIVE_CLIENTS_EACH",
            ge=1,
            description="Streams at once on this replica, of one operator, API key, or anonymous address.",
        ),
    ] = 100
    mqtt_url: Annotated[
        SecretStr | None,
        Field(
            validation_alias="MQTT_URL",
            description="mqtt://user:password@host:port or mqtts://…: data goes out there. It needs REDIS_URL.",
        ),
    ] = None
    mqtt_ca_file: Annotated[
        str | None,
        Field(
            validation_alias="FANSIPAN_MQTT_CA_FILE",
            description="Certificates to trust at the broker instead of the system's.",
        ),
    ] = None
    mqtt_public_url: Annotated[
        str | None,
        Field(
            validation_alias="FANSIPAN_MQTT_PUBLIC_URL",
            pattern=r"^(mqtts?|wss?)://[^\s?#@]+$",
            description="Where clients find the broker; SensorThings says it at its root.",
        ),
    ] = None
    mqtt_topics: Annotated[
        Literal["asked", "all"],
        Field(
            validation_alias="FANSIPAN_MQTT_TOPICS",
            description="Publish what an API key may subscribe to, as ingest tells it, or everything.",
        ),
    ] = "asked"
    mqtt_messages_per_second: Annotated[
        int,
        Field(
            validation_alias="FANSIPAN_MQTT_MESSAGES_PER_SECOND",
            ge=1,
            le=50_000,
            description="Published at most; of what comes faster each datastream's newest.",
        ),
    ] = 5_000
    max_in_flight: Annotated[
        int,
        Field(
            validation_alias="FANSIPAN_MAX_IN_FLIGHT",
            ge=4,
            le=100_000,
            description="Requests computed at once; a quarter of them files and SensorThings queries. Past that: 503.",
        ),
    ] = 200
    export_max_rows: Annotated[
        int, Field(validation_alias="FANSIPAN_EXPORT_MAX_ROWS", ge=1, le=100_000_000)
    ] = 2_000_000
    export_concurrency: Annotated[
        int, Field(validation_alias="FANSIPAN_EXPORT_CONCURRENCY", ge=1, le=100)
    ] = 4
    export_seconds: Annotated[float, Field(validation_alias="FANSIPAN_EXPORT_SECONDS", gt=0, le=86_400)] = (
        900.0
    )
    import_mebibytes: Annotated[
        int,
        Field(
            validation_alias="FANSIPAN_IMPORT_MEBIBYTES",
            ge=1,
            le=65_536,
            description="Largest file that is uploaded; the folder holds two of them with their errors (64 MiB each).",
        ),
    ] = 256
    imports_unfinished: Annotated[
        int,
        Field(
            validation_alias="FANSIPAN_IMPORTS_UNFINISHED",
            ge=1,
            le=1_000,
            description="Uploads of a provider that have begun and not ended.",
        ),
    ] = 5
    import_expiry_hours: Annotated[
        float,
        Field(
            validation_alias="FANSIPAN_IMPORT_EXPIRY_HOURS",
            gt=0,
            le=24 * 90,
            description="An upload that nothing happens to for so long is given up.",
        ),
    ] = 48.0
    import_lease_seconds: Annotated[
        float,
        Field(
            validation_alias="FANSIPAN_IMPORT_LEASE_SECONDS",
            ge=3,
            le=600,
            description="After so long without a word another gateway goes on with an import.",
        ),
    ] = 15.0
    import_folder: Annotated[
        Path | None,
        Field(
            validation_alias="FANSIPAN_IMPORT_FOLDER",
            description="Where files are put while they are read; none: that for temporary files.",
        ),
    ] = None
    public_url: Annotated[
        str | None, Field(validation_alias="FANSIPAN_PUBLIC_URL", pattern=r"^https?://[^\s?#]+$")
    ] = None
    """Address under which the world knows this gateway; None: each request's own."""
    province: Annotated[str, Field(validation_alias="FANSIPAN_PROVINCE", pattern=r"^[0-9]{2}$")] = "15"
    open_data_licence: Annotated[
        str, Field(validation_alias="FANSIPAN_OPEN_DATA_LICENCE", pattern=r"^https?://\S+$")
    ] = "https://creativecommons.org/licenses/by/4.0/"
    open_data_publisher: Annotated[
        str, Field(validation_alias="FANSIPAN_OPEN_DATA_PUBLISHER", min_length=1, max_length=200)
    ] = "Ủy ban nhân dân tỉnh Lào Cai"
    open_data_publisher_url: Annotated[
        str, Field(validation_alias="FANSIPAN_OPEN_DATA_PUBLISHER_URL", pattern=r"^https?://\S+$")
    ] = "https://laocai.gov.vn/"
    open_data_contact: Annotated[
        str | None, Field(validation_alias="FANSIPAN_OPEN_DATA_CONTACT", pattern=r"^[^\s@]+@[^\s@]+$")
    ] = None
    session_secret: Annotated[
        SecretStr | None,
        Field(
            validation_alias="FANSIPAN_SESSION_SECRET",
            description="Or several with white space between them: the first makes, all are good.",
        ),
    ] = None
    session_hours: Annotated[float, Field(validation_alias="FANSIPAN_SESSION_HOURS", gt=0, le=24 * 90)] = 12.0
    session_idle_minutes: Annotated[
        float, Field(validation_alias="FANSIPAN_SESSION_IDLE_MINUTES", ge=1, le=60 * 24 * 90)
    ] = 120.0
    oidc_issuer: Annotated[str | None, Field(validation_alias="FANSIPAN_OIDC_ISSUER")] = None
    oidc_client_id: Annotated[str | None, Field(validation_alias="FANSIPAN_OIDC_CLIENT_ID")] = None
    oidc_client_secret: Annotated[SecretStr | None, Field(validation_alias="FANSIPAN_OIDC_CLIENT_SECRET")] = (
        None
    )
    oidc_name: Annotated[str, Field(validation_alias="FANSIPAN_OIDC_NAME", min_length=1, max_length=80)] = (
        "SSO"
    )
    oidc_scopes: Annotated[str, Field(validation_alias="FANSIPAN_OIDC_SCOPES")] = "openid profile email"
    oidc_claim: Annotated[str, Field(validation_alias="FANSIPAN_OIDC_CLAIM", min_length=1)] = "groups"
    oidc_grants: Annotated[tuple[Grant, ...], Field(validation_alias="FANSIPAN_OIDC_GRANTS")] = ()
    oidc_creates_accounts: Annotated[bool, Field(validation_alias="FANSIPAN_OIDC_CREATES_ACCOUNTS")] = False

    @property
    def known_hosts(self) -> tuple[str, ...]:
        """Names that requests may be for, without ports; none: any."""
        public = None if self.public_url is None else urlsplit(self.public_url).hostname
        return (*self.allowed_hosts, public) if self.allowed_hosts and public else self.allowed_hosts

    @property
    def session_lifetimes(self) -> Lifetimes:
        """How long sessions last."""
        return Lifetimes(timedelta(hours=self.session_hours), timedelta(minutes=self.session_idle_minutes))

    @model_validator(mode="after")
    def _open_id_connect_is_whole(self) -> Self:
        if self.oidc_issuer is None:
            return self
        if not (self.oidc_client_id and self.oidc_client_secret and self.public_url):
            raise ValueError(
                "FANSIPAN_OIDC_ISSUER needs FANSIPAN_OIDC_CLIENT_ID, FANSIPAN_OIDC_CLIENT_SECRET, FANSIPAN_PUBLIC_URL"
            )
        for name, address in (
            ("FANSIPAN_OIDC_ISSUER", self.oidc_issuer),
            ("FANSIPAN_PUBLIC_URL", self.public_url),
        ):
            parts = urlsplit(address)
            if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
                raise ValueError(f"{name} must be an https address")
        if "openid" not in self.oidc_scopes.split():
            raise ValueError("FANSIPAN_OIDC_SCOPES must hold openid")
        return self

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        """`city.example, 10.0.0.7` → names."""
        if isinstance(value, str):
            return tuple(part.strip().lower() for part in value.split(",") if part.strip())
        return value

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split_networks(cls, value: object) -> object:
        """`10.0.0.0/8, 127.0.0.1` → networks."""
        if isinstance(value, str):
            return tuple(ip_network(part.strip(), strict=False) for part in value.split(",") if part.strip())
        return value
