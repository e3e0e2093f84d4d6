"""Names in the database."""

from collections.abc import Mapping
from typing import Final

import asyncpg

from fansipan_common.db import Database
from fansipan_gateway.names.domain import AGENCIES, PROCEDURES, Register

CONDITIONS: Final[dict[str, dict[str, str]]] = {
    AGENCIES.noun: {
        "level": "({0}::text IS NULL OR g.level = {0})",
        "area": "({0}::text IS NULL OR g.area_code = {0}"
        " OR g.area_code IN (SELECT code FROM area WHERE parent_code = {0}))",
    },
    PROCEDURES.noun: {"field": "({0}::text IS NULL OR g.field = {0})"},
}
"""By register, what its list may be narrowed by: a condition of the row `g` with the place of its parameter."""


def narrowed(register: Register, first: int) -> str:
    """The conditions of a register; `first` is the number of the first of their parameters."""
    conditions = CONDITIONS[register.noun].values()
    return " AND ".join(condition.format(f"${first + i}") for i, condition in enumerate(conditions))


def narrowing(register: Register, wanted: Mapping[str, str | None]) -> list[str | None]:
    """The parameters of `narrowed`."""
    return [wanted.get(name) for name in CONDITIONS[register.noun]]


def columns(register: Register) -> str:
    """What is said of the row `g`, for SELECT."""
    return ", ".join(f"g.{column}" for column in register.members)


class NameRepository:
    """Reads a register."""

    def __init__(self, database: Database, register: Register) -> None:
        self._database = database
        self._register = register
        self._list: Final = f"""
SELECT g.key, {columns(register)} FROM {register.table} g
 WHERE g.key > $1 AND ($2::text IS NULL OR g.folded LIKE $2 OR g.key ILIKE $2) AND {narrowed(register, 4)}
 ORDER BY g.key LIMIT $3
"""

    async def fetch(
        self, wanted: Mapping[str, str | None], *, like: str | None, after: str, limit: int
    ) -> "list[asyncpg.Record]":
        """Those behind the key `after`, in the order of keys; `like` is a pattern for folded texts."""
        return await self._database.fetch(self._list, after, like, limit, *narrowing(self._register, wanted))
