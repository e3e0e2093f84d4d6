"""Providers as admins see them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from fansipan_common.errors import ClientFault, NotFound
from fansipan_gateway.administration.versions import version_of
from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.time_range import format_instant


class ProviderExists(ClientFault):
    """The key is taken."""

    status, code, title = 409, "provider-exists", "There is such a provider already"


class ProviderUnknown(NotFound):
    """No provider has that key."""

    code, title = "provider-unknown", "No such provider"

    def __init__(self, key: str) -> None:
        super().__init__(f"there is no provider {key}; GET /v1/admin/providers lists them")


@dataclass(frozen=True, slots=True)
class NewProvider:
    """What an admin says of a new provider."""

    key: str
    name: str
    contact: str
    auto_register: bool


@dataclass(frozen=True, slots=True)
class ProviderChange:
    """What to change; None leaves it as it is. Of the limits those that are named change, None takes one away."""

    name: str | None = None
    contact: str | None = None
    auto_register: bool | None = None
    corrections_by_post: bool | None = None
    disabled: bool | None = None
    limits: Mapping[str, int | None] = field(default_factory=dict[str, int | None])


def limits_of(row: Row) -> dict[str, int | None]:
    """How much ingest takes; None: any amount."""
    return {
        "observationsPerDay": row["observations_per_day"],
        "bytesPerDay": row["bytes_per_day"],
        "requestsPerMinute": row["requests_per_minute"],
    }


def administered(row: Row) -> dict[str, Any]:
    """The fields that an admin changes."""
    return {
        "name": row["name"],
        "contact": row["contact"],
        "autoRegister": row["auto_register"],
        "correctionsByPost": row["corrections_by_post"],
        "limits": limits_of(row),
        "disabled": row["disabled_at"] is not None,
    }


def provider_item(row: Row) -> dict[str, Any]:
    """A provider as JSON."""
    fields = administered(row)
    return {
        "key": row["key"],
        **fields,
        "disabledAt": None
        if row["disabled_at"] is None
        else format_instant(row["disabled_at"].astimezone(UTC)),
        "createdAt": format_instant(row["created_at"].astimezone(UTC)),
        "activeKeys": row["active_keys"],
        "things": row["things"],
        "version": version_of(fields),
    }
