"""Mappings of devices as admins see them."""

from dataclasses import dataclass
from datetime import UTC
from typing import Any

from fansipan_common.contracts.device_mapping import DeviceMapping, MappedDoor
from fansipan_common.errors import NotFound, Unprocessable
from fansipan_gateway.administration.versions import version_of
from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.time_range import format_instant


class DeviceUnknown(NotFound):
    """It has no mapping."""

    code, title = "device-unknown", "No such device"


class MappingInvalid(Unprocessable):
    """What is said of the device does not fit together."""

    code, title = "device-mapping", "The mapping does not fit together"


class TooManySources(Unprocessable):
    """The provider has as many mappings of this door as it may have."""

    code, title = "too-many-devices", "Too many mappings"


@dataclass(frozen=True, slots=True)
class DeviceFilter:
    """Which of them; None restricts nothing. `q` is text in key, application or thing."""

    provider: str | None = None
    door: MappedDoor | None = None
    q: str | None = None


def device_item(row: Row) -> dict[str, Any]:
    """A mapping as JSON, with all its members."""
    mapping = DeviceMapping(
        door=row["door"], application=row["application"], key=row["key"], **row["mapping"]
    )
    return {
        "provider": row["provider"],
        **mapping.model_dump(mode="json", by_alias=True),
        "updatedAt": format_instant(row["updated_at"].astimezone(UTC)),
        "version": version_of(mapping.said()),
    }
