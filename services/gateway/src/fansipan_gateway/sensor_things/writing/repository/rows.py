"""Rows of the registry. Names of tables and columns are constants of the forms; values are bound."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import asyncpg

from fansipan_gateway.sensor_things.model.entity import EntitySet

_KEYS_OF_LINKED: Final = """
SELECT provider.key || '/' || thing.key AS thing, property.key AS property
  FROM thing JOIN provider ON provider.id = thing.provider_id, observed_property property
 WHERE thing.id = $1 AND property.id = $2
"""


class Rows:
    """Reads and writes single rows.

    Args:
        connection: inside a transaction.
    """

    def __init__(self, connection: "asyncpg.Connection[Any]") -> None:
        self._connection = connection

    async def insert(self, table: str, columns: Mapping[str, Any]) -> int | None:
        """The id of a new row; None: its key is taken."""
        names = ", ".join(columns)
        marks = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
        return await self._connection.fetchval(
            f"INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING RETURNING id",
            *columns.values(),
        )

    async def highest_number(self, table: str, key: str, provider_id: int | None) -> int:
        """The highest number behind a key (`pump-7`: 7); 1 when there is none. Keys of things are of a provider."""
        return await self._connection.fetchval(
            f"SELECT coalesce(max(substr(key, length($1) + 2)::integer), 1) FROM {table}"
            " WHERE key ^@ ($1 || '-') AND substr(key, length($1) + 2) ~ '^[1-9][0-9]{0,7}$'"
            + (" AND provider_id = $2" if provider_id is not None else " AND $2::integer IS NULL"),
            key,
            provider_id,
        )

    async def find_key(self, table: str, key: str, provider_id: int | None) -> int | None:
        """The id of the row with a key."""
        return await self._connection.fetchval(
            f"SELECT id FROM {table} WHERE key = $1"
            + (" AND provider_id = $2" if provider_id is not None else " AND $2::integer IS NULL"),
            key,
            provider_id,
        )

    async def keys_of(self, thing_id: int, property_id: int) -> "asyncpg.Record | None":
        """The keys of a thing (`lab/one`) and of an observed property; None: one is gone."""
        return await self._connection.fetchrow(_KEYS_OF_LINKED, thing_id, property_id)

    async def current(
        self, entities: EntitySet, columns: Sequence[str], entity_id: int
    ) -> "asyncpg.Record | None":
        """Columns of an entity as clients see it."""
        names = ", ".join(f"e.{column}" for column in columns)
        return await self._connection.fetchrow(
            f"SELECT {names} FROM {entities.table} e WHERE e.id = $1", entity_id
        )

    async def update(self, table: str, row_id: int, columns: Mapping[str, Any]) -> None:
        """Write columns of a row."""
        assignments = ", ".join(f"{name} = ${number}" for number, name in enumerate(columns, 2))
        await self._connection.execute(
            f"UPDATE {table} SET {assignments} WHERE id = $1", row_id, *columns.values()
        )
