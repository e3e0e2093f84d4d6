"""Whether API keys are still good."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fansipan_common.db import Database

_STATES: Final = """
SELECT k.id, k.revoked_at IS NOT NULL AS revoked, k.expires_at, p.disabled_at IS NOT NULL AS provider_disabled
  FROM api_key k JOIN provider p ON p.id = k.provider_id WHERE k.id = ANY($1::text[])
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
