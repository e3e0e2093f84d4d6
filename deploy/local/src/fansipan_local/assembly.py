"""Makes the parts of a stack from its configuration and tells each where the others are."""

import os
from collections.abc import Mapping
from pathlib import Path

from fansipan_local.cache import Cache
from fansipan_local.config import ADDRESS_VARIABLES, StackConfig
from fansipan_local.parts.image import container_name, image_pattern
from fansipan_local.parts.kafka import Kafka
from fansipan_local.parts.mosquitto import Mosquitto
from fansipan_local.parts.page import Page
from fansipan_local.parts.part import Part
from fansipan_local.parts.postgres import Postgres
from fansipan_local.parts.redis import Redis
from fansipan_local.parts.service import SERVICES, Service
from fansipan_local.paths import StatePaths
from fansipan_local.ports import LOOPBACK
from fansipan_local.secrets_file import SecretsFile

# Settings of the person who runs `up` that the services see, too.
_PASSED_ON = ("OTEL_", "FANSIPAN_LOG_", "FANSIPAN_OIDC_", "FANSIPAN_PUBLIC_URL")


class Assembly:
    """The parts of one stack.

    Args:
        paths: where they keep their files.
        config: which parts run, and where.
        cache: downloads.
        checkout: the repository.
        secrets: passwords; the database owner's must be there before parts are started.
        extra_env: settings added to every service.
    """

    def __init__(
        self,
        paths: StatePaths,
        config: StackConfig,
        *,
        cache: Cache,
        checkout: Path,
        secrets: SecretsFile,
        extra_env: Mapping[str, str],
    ) -> None:
        self._paths = paths
        self._config = config
        self._cache = cache
        self._checkout = checkout
        self._secrets = secrets
        self._extra_env = dict(extra_env)

    def infrastructure(self) -> list[Part]:
        """The infrastructure that we run ourselves."""
        ports, log = self._config.ports, self._paths.log("prepare")
        parts: list[Part] = []
        if "kafka" in self._config.embedded:
            data = self._paths.data("kafka")
            parts.append(Kafka(data, self._cache, ports.kafka, ports.kafka_controller, log))
        if "postgres" in self._config.embedded:
            password = self._secrets.get("database_owner") or ""
            parts.append(Postgres(self._paths.data("postgres"), self._cache, ports.postgres, password, log))
        if "redis" in self._config.embedded:
            parts.append(Redis(self._paths.data("redis"), ports.redis))
        if "mosquitto" in self._config.embedded:
            parts.append(self._mosquitto())
        return parts

    def _mosquitto(self) -> Mosquitto:
        return Mosquitto(
            self._paths.data("mosquitto"),
            self._config.ports.mosquitto,
            self._secrets.get("mqtt") or "",
            self._secrets.get("mqtt_gateway") or "",
        )

    def page(self) -> Page | None:
        """The operators' page, when the gateway that serves it is wanted (its image has the page in it)."""
        if "gateway" not in self._config.services or image_pattern() is not None:
            return None
        web = self._checkout / "services" / "gateway" / "web"
        return Page(web, self._cache.root / "page.lock", self._paths.log("page"))

    def services(self, database_urls: Mapping[str, str], page: Page | None) -> list[Part]:
        """Our wanted services, each with its database address (none is needed to ask for their state)."""
        ports = {name: int(getattr(self._config.ports, name)) for name in SERVICES}
        addresses = self.addresses()
        common = {
            **{name: value for name, value in os.environ.items() if name.startswith(_PASSED_ON)},
            **{variable: addresses[variable] for variable in ADDRESS_VARIABLES.values()},
        }
        internal = {"FANSIPAN_INTERNAL_SECRET": self._secrets.get("internal") or ""}
        webhooks = {
            "FANSIPAN_WEBHOOK_ROOT_KEY": self._secrets.random("webhooks"),
            "FANSIPAN_ANONYMOUS_READ": "true",
            # receivers on this machine, for trying
            "FANSIPAN_WEBHOOK_ALLOW_HTTP": "true",
            "FANSIPAN_WEBHOOK_PRIVATE_NETWORKS": "127.0.0.0/8",
        }
        special = {
            "analytics": webhooks,
            "ingest": {
                **internal,
                "MQTT_URL": self._config.external.get("mosquitto") or self._mosquitto().address_for_ingest,
                "FANSIPAN_ANONYMOUS_READ": "true",
            },
            "gateway": {
                **internal,
                "FANSIPAN_INGEST_URL": f"http://{LOOPBACK}:{ports['ingest']}",
                "FANSIPAN_ANALYTICS_URL": f"http://{LOOPBACK}:{ports['analytics']}",
                **webhooks,
                "FANSIPAN_SESSION_SECRET": self._secrets.random("session"),
                # (an address that was given is ingest's: its user may not do what the gateway does)
                "MQTT_URL": ""
                if self._config.external.get("mosquitto")
                else self._mosquitto().address_for_gateway,
            },
        }
        return [
            Service(
                name,
                self._checkout,
                ports[name],
                {
                    **common,
                    "DATABASE_URL": database_urls.get(name, ""),
                    **special.get(name, {}),
                    **self._extra_env,
                },
                page if name == "gateway" else None,
                self._container(name),
            )
            for name in self._config.services
        ]

    def _container(self, service: str) -> tuple[str, str] | None:
        pattern = image_pattern()
        if pattern is None:
            return None
        return pattern.replace("{name}", service), container_name(self._paths.root, service)

    def addresses(self) -> dict[str, str]:
        """The four addresses of the infrastructure, ours or given."""
        ours = {part.name: part.address for part in self.infrastructure()}
        return {
            variable: self._config.external.get(part) or ours[part]
            for part, variable in ADDRESS_VARIABLES.items()
        }
