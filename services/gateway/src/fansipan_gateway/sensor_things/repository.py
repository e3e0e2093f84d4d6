"""Runs the statements that the planner wrote. All are bounded in rows and in time."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Protocol

import asyncpg

from fansipan_common.db import Database
from fansipan_gateway.sensor_things.faults import BadQuery, TooExpensive
from fansipan_gateway.sensor_things.model.entity import EntitySet, Kind
from fansipan_gateway.sensor_things.planner.binding import Binding
from fansipan_gateway.sensor_things.planner.seen import Seen

MAX_GEOMETRIES: Final = 200_000
_MAX_TEXT: Final = 32 << 20  # characters of what is expanded; as Python objects it is some times that


class Connections(Protocol):
    """Lends connections: the database, or one transaction for who reads what it has written."""

    def connection(self) -> "AbstractAsyncContextManager[asyncpg.Connection[Any]]":
        """Lend one."""
        ...


class Joining:
    """Lends connections of a database: that of its transaction to who has begun one, as a batch does for a group."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def connection(self) -> "AbstractAsyncContextManager[asyncpg.Connection[Any]]":
        """Lend one."""
        return self._database.connection(joining=True)


class SensorThingsRepository:
    """Reads entities.

    Args:
        database: where they are.
        seconds: how long one statement may take.
    """

    def __init__(self, database: Connections, seconds: float) -> None:
        self._database = database
        self._seconds = seconds

    async def fetch(self, statement: str, binding: Binding) -> "list[asyncpg.Record]":
        """The rows of a statement.

        Raises:
            TooExpensive: it takes too long.
            BadQuery: something cannot be computed, as a number that grows too large; or too much would be shown.
            DatabaseAway.
        """
        async with self._database.connection() as connection:
            try:
                rows = await connection.fetch(statement, *binding.values, timeout=self._seconds)
            except (TimeoutError, asyncpg.QueryCanceledError) as error:
                raise TooExpensive(self._seconds) from error
            except (asyncpg.DataError, asyncpg.StatementTooComplexError) as error:
                raise BadQuery("$filter", f"this cannot be computed: {str(error)[:200]}") from error
        if sum(len(value) for row in rows for value in row if isinstance(value, str)) > _MAX_TEXT:
            raise BadQuery(
                "$expand", "this is more than one answer holds: lower $top, also of what is expanded"
            )
        return rows

    async def fetch_value(self, statement: str, binding: Binding) -> Any:
        """The first column of the first row, or None; raises as `fetch`."""
        rows = await self.fetch(statement, binding)
        return rows[0][0] if rows else None

    async def fetch_geometries(
        self, entities: EntitySet, bounds: Sequence[float] | None, binding: Binding, seen: Seen
    ) -> list[tuple[int, str]]:
        """Id and GeoJSON of all entities that are seen and have one; of points only those in `bounds` (west, south,
        east, north), when given.

        Raises:
            BadQuery: there are too many.
        """
        (found,) = (p for p in entities.properties if p.kind is Kind.GEOMETRY)
        alias = binding.alias()
        conditions = [found.sql.format(a=alias) + " IS NOT NULL"]
        if (hidden := seen.condition(entities, alias)) is not None:
            conditions.append(hidden)
        if bounds is not None and entities.table == "location":
            west, south, east, north = (binding.add(bound, "float8") for bound in bounds)
            conditions.append(
                f"({alias}.longitude IS NULL OR ({alias}.longitude BETWEEN {west} AND {east}"
                f" AND {alias}.latitude BETWEEN {south} AND {north}))"
            )
        statement = (
            f"SELECT {alias}.id, ({found.sql.format(a=alias)})::text FROM {entities.table} {alias}"
            f" WHERE {' AND '.join(conditions)} LIMIT {MAX_GEOMETRIES + 1}"
        )
        rows = await self.fetch(statement, binding)
        if len(rows) > MAX_GEOMETRIES:
            raise BadQuery("$filter", f"more than {MAX_GEOMETRIES:,} geometries would have to be compared")
        return [(row[0], row[1]) for row in rows]
