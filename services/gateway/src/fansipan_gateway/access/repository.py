"""Operators in the database."""

from dataclasses import dataclass
from typing import Final

from fansipan_common.db import Database
from fansipan_gateway.domain.visibility import Visibility

_QUERY: Final = """
SELECT password_hash, role, agencies,
       CASE WHEN area_codes = '{}' THEN '{}' ELSE seen_areas(area_codes) END AS seen_areas
  FROM operator WHERE username = $1 AND disabled_at IS NULL AND password_hash IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class OperatorRow:
    """An operator who is not disabled, and what they see."""

    password_hash: str
    role: str
    visibility: Visibility


class OperatorRepository:
    """Reads `operator`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, username: str) -> OperatorRow | None:
        """The operator of that name, or None when there is none or they are disabled."""
        row = await self._database.fetchrow(_QUERY, username)
        if row is None:
            return None
        limits = Visibility(areas=tuple(row["seen_areas"]), agencies=tuple(row["agencies"]))
        return OperatorRow(row["password_hash"], row["role"], limits)
