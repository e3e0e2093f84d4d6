"""Operators in the database."""

from dataclasses import dataclass
from typing import Final

from fansipan_common.db import Database

_QUERY: Final = "SELECT password_hash, role FROM operator WHERE username = $1 AND disabled_at IS NULL"


@dataclass(frozen=True, slots=True)
class OperatorRow:
    """An operator who is not disabled."""

    password_hash: str
    role: str


class OperatorRepository:
    """Reads `operator`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, username: str) -> OperatorRow | None:
        """The operator of that name, or None when there is none or they are disabled."""
        row = await self._database.fetchrow(_QUERY, username)
        return None if row is None else OperatorRow(row["password_hash"], row["role"])
