"""Whether API keys are still good, and which datastreams they may be about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fansipan_common.db import Database

_STATES: Final = """
SELECT k.id, k.revoked_at IS NOT NULL AS revoked, k.expires_at, p.disabled_at IS NOT NULL AS provider_disabled
  FROM api_key k JOIN provider p ON p.id = k.provider_id WHERE k.id = ANY($1::text[])
"""
_DATASTREAMS: Final = """
SELECT d.id, d.key, d.thing_id FROM datastream d JOIN thing t ON t.id = d.thing_id
 WHERE t.provider_id = $1 ORDER BY d.id LIMIT $2
"""


_FEATURES: Final = "SELECT id FROM feature_of_interest ORDER BY id LIMIT $1"


@dataclass(frozen=True, slots=True)
class KeyState:
    """What decides whether a key may be used."""

    revoked: bool
    expires_at: datetime | None
    provider_disabled: bool


@dataclass(frozen=True, slots=True)
class KnownDatastream:
    """A datastream by its id and key, and the thing it is of."""

    id: int
    key: str
    thing_id: int


class KeyRepository:
    """Reads `api_key`, never its secrets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def states(self, key_ids: Sequence[str]) -> dict[str, KeyState]:
        """The state of each key that there is.

        Raises:
            DatabaseAway.
        """
        if not key_ids:
            return {}
        rows = await self._database.fetch(_STATES, list(key_ids))
        return {
            row["id"]: KeyState(row["revoked"], row["expires_at"], row["provider_disabled"]) for row in rows
        }

    async def features(self, limit: int) -> list[int]:
        """Ids of features of interest, `limit` at most.

        Raises:
            DatabaseAway.
        """
        rows = await self._database.fetch(_FEATURES, limit)
        return [row["id"] for row in rows]

    async def tell_of_change(self) -> None:
        """Let every replica look at what it has remembered.

        Raises:
            DatabaseAway.
        """
        await self._database.execute("SELECT pg_notify('registry_changed', '')")

    async def datastreams(self, provider_id: int, limit: int) -> list[KnownDatastream]:
        """A provider's datastreams, `limit` at most.

        Raises:
            DatabaseAway.
        """
        rows = await self._database.fetch(_DATASTREAMS, provider_id, limit)
        return [KnownDatastream(row["id"], row["key"], row["thing_id"]) for row in rows]
