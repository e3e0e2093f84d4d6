"""What one stack consists of, as the last `up` was asked: kept in its state for the other commands."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fansipan_local.errors import StackError
from fansipan_local.parts.service import SERVICES
from fansipan_local.ports import Ports

# Which environment variable gives the address of which part.
ADDRESS_VARIABLES = {
    "kafka": "KAFKA_BOOTSTRAP_SERVERS",
    "postgres": "DATABASE_URL",
    "redis": "REDIS_URL",
    "mosquitto": "MQTT_URL",
}


@dataclass(frozen=True)
class StackConfig:
    """Ports, the addresses given from outside by part name, and the services to run."""

    ports: Ports = dataclasses.field(default_factory=Ports)
    external: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    services: tuple[str, ...] = SERVICES

    @property
    def embedded(self) -> tuple[str, ...]:
        """Names of the infrastructure parts we run ourselves."""
        return tuple(name for name in ADDRESS_VARIABLES if name not in self.external)

    def save(self, path: Path) -> None:
        """Write it to `path`."""
        path.write_text(json.dumps(dataclasses.asdict(self), indent=1), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "StackConfig | None":
        """What was saved, or None. Raises StackError when the file is damaged."""
        if not path.is_file():
            return None
        try:
            values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return cls(Ports(**values["ports"]), dict(values["external"]), tuple(values["services"]))
        except (ValueError, KeyError, TypeError) as error:
            raise StackError(
                f"{path} is damaged: {error}.", "Delete that file and run `up` again."
            ) from error


def external_addresses(environ: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """Addresses given in the environment, by part.

    Those in `own`, by variable, are not external: people source the env file of the stack they start again.
    """
    found: dict[str, str] = {}
    for part, variable in ADDRESS_VARIABLES.items():
        address = environ.get(variable, "").strip()
        if address and own.get(variable) != address:
            found[part] = address
    return found


def chosen_services(services: bool | set[str]) -> tuple[str, ...]:
    """Services to run, in the order they are shown. Raises StackError for a name that is none."""
    if isinstance(services, bool):
        return SERVICES if services else ()
    unknown = services - set(SERVICES)
    if unknown:
        raise StackError(
            f"No such service: {', '.join(sorted(unknown))}.", f"There are {', '.join(SERVICES)}."
        )
    return tuple(name for name in SERVICES if name in services)
