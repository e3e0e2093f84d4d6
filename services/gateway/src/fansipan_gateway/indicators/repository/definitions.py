"""Definitions in the database."""

from typing import Final

import asyncpg

from fansipan_common.db import Database

_ALL: Final = """
SELECT id, key, version, digest, document, public, retired_at
  FROM indicator_definition ORDER BY key, version
"""


class DefinitionRepository:
    """Reads `indicator_definition`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fetch_all(self) -> "list[asyncpg.Record]":
        """All versions of all indicators, by key and number."""
        return await self._database.fetch(_ALL)
