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
SELECT d.id, d.key FROM datastream d JOIN thing t ON t.id = d.thing_id WHERE t.provider_id = $1 ORDER BY d.id LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class KeyState:
    """What decides whether a key may be used."""

    revoked: bool
    expires_at: datetime | None
    provider_disabled: bool


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

    async def datastreams(self, provider_id: int, limit: int) -> list[tuple[int, str]]:
        """Id and key of a provider's datastreams, `limit` at most.

        Raises:
            DatabaseAway.
        """
        rows = await self._database.fetch(_DATASTREAMS, provider_id, limit)
        return [(row["id"], row["key"]) for row in rows]
