"""Agencies and procedures as admins see them: also those that events name and nobody has given a name."""

from dataclasses import dataclass
from datetime import UTC
from typing import Any

from fansipan_common.errors import NotFound, Unprocessable
from fansipan_gateway.administration.versions import version_of
from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.time_range import format_instant
from fansipan_gateway.names.domain import Register, said_of


class NameUnknown(NotFound):
    """The key has no name."""

    code, title = "name-unknown", "No such name"

    def __init__(self, register: Register, key: str) -> None:
        super().__init__(f"the {register.noun} {key} has no name")


class AreaUnknown(Unprocessable):
    """There is no such area."""

    code, title = "area-unknown", "No such area"

    def __init__(self, code: str) -> None:
        super().__init__(f"there is no area {code}; GET /v1/areas lists the communes")


@dataclass(frozen=True, slots=True)
class NameFilter:
    """Which of them. `unnamed`: only those without (True) or with a name (False). `narrowed` as the public list is."""

    narrowed: dict[str, str | None]
    q: str | None = None
    unnamed: bool | None = None


def administered_item(register: Register, row: Row) -> dict[str, Any]:
    """One as JSON; without a name all that would be said is null."""
    said = said_of(register, row)
    updated = row["updated_at"]
    return {
        "key": row["key"],
        **said,
        "inEvents": row["in_events"],
        "updatedAt": None if updated is None else format_instant(updated.astimezone(UTC)),
        "version": version_of(said),
    }
