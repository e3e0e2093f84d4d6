"""How the code of now gets along with the schema of the last release (docs/adr/0031).

A service that finds the older schema does what it did before: reads of what is not there yet find nothing, and what
would be written there is refused (`NewerSchemaNeeded`).
"""

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import asyncpg

from fansipan_common.errors import ServerFault
from fansipan_common.schema_additions import ADDITIONS, WIDENED, Addition

if TYPE_CHECKING:
    _Connection = asyncpg.Connection[Any]
else:  # it is generic in its stubs only
    _Connection = asyncpg.Connection

_LOOK_SECONDS: Final = 5.0
_TIMEOUT: Final = 5.0
_MOST_STATEMENTS: Final = 2_000


class NewerSchemaNeeded(ServerFault):
    """What is asked for needs a newer schema than the database has."""

    code, title = "schema-behind", "The database is being upgraded"

    def __init__(self) -> None:
        super().__init__(
            "this needs a newer schema than the database has; it works once `fansipan migrate` has run",
            retry_after=30,
        )


_UNKNOWN: Final = (
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.UndefinedFunctionError,
)
REFUSALS: Final = (*_UNKNOWN, asyncpg.InsufficientPrivilegeError, asyncpg.CheckViolationError)
"""Errors that an older schema may be the reason of; `Schema.explains` says whether it is."""

# Rights are given at the end of a migration, all in one transaction: until then a new table is only its owner's.
_MISSING: Final = """
SELECT DISTINCT wanted.name FROM unnest($1::text[], $2::text[], $3::boolean[]) AS wanted (name, part, is_new)
  LEFT JOIN pg_class c ON c.oid = to_regclass(wanted.name)
 WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = wanted.part
                      AND a.attnum > 0 AND NOT a.attisdropped)
    OR (wanted.is_new AND c.relacl IS NULL AND NOT has_table_privilege(c.oid, 'SELECT'))
"""


class Schema:
    """What the database lacks of the schema that this code is written for.

    Args:
        additions: what it may lack.
        monotonic: a clock in seconds.
    """

    def __init__(
        self,
        additions: tuple[Addition, ...] = ADDITIONS,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._additions = {addition.table: addition for addition in additions}
        self._monotonic = monotonic
        self._missing: frozenset[str] = frozenset()
        self._look_at = float("-inf")
        self._read: dict[str, str] = {}

    @property
    def missing(self) -> frozenset[str]:
        """Tables that are not there, or not with all their columns, or new and without rights for anybody."""
        return self._missing

    @property
    def is_due(self) -> bool:
        """Whether it is time to look again. What is there stays, so it is only while something is missing."""
        return bool(self._missing) and self._monotonic() >= self._look_at

    async def look(self, connection: "asyncpg.Connection[Any]") -> None:
        """Find out what is missing."""
        wanted = [
            (addition.table, column, not addition.before)
            for addition in self._additions.values()
            for column in addition.columns
        ]
        columns = [[each[place] for each in wanted] for place in range(3)]
        rows = await connection.fetch(_MISSING, *columns, timeout=_TIMEOUT)
        self._missing, self._read = frozenset(row["name"] for row in rows), {}
        self._look_at = self._monotonic() + _LOOK_SECONDS

    def read_without(self, statement: str) -> str:
        """The statement with a stand-in for each missing table that it reads."""
        if not self._missing:
            return statement
        if statement not in self._read:
            if len(self._read) > _MOST_STATEMENTS:
                self._read.clear()
            self._read[statement] = self._with_stand_ins(statement)
        return self._read[statement]

    def _with_stand_ins(self, statement: str) -> str:
        # Keywords are written in capitals here and aliases are not; what is written to has no stand-in.
        names = "|".join(sorted(self._missing))
        pattern = rf"(?<!DELETE )\b(FROM|JOIN)\s+({names})\b(?:\s+(?:AS\s+)?([a-z]\w*))?"
        return re.sub(
            pattern,
            lambda found: f"{found[1]} {self._additions[found[2]].stand_in()} AS {found[3] or found[2]}",
            statement,
        )

    def explains(self, error: asyncpg.PostgresError) -> bool:
        """Whether an error that is one of `REFUSALS` comes of an older schema.

        Where nothing is missing, rights have been given, too: one that is refused then is refused for good.
        """
        if isinstance(error, asyncpg.CheckViolationError) and error.constraint_name not in WIDENED:
            return False
        return bool(self._missing)


def reading_without(schema: Schema) -> type["asyncpg.Connection[Any]"]:
    """A kind of connection whose statements read stand-ins for what the schema lacks."""

    class OlderSchemaConnection(_Connection):
        async def execute(self, query: str, *args: Any, **options: Any) -> str:
            return await super().execute(schema.read_without(query), *args, **options)

        async def executemany(self, command: str, args: Any, **options: Any) -> None:
            await super().executemany(schema.read_without(command), args, **options)

        async def fetch(self, query: str, *args: Any, **options: Any) -> Any:
            return await super().fetch(schema.read_without(query), *args, **options)

        async def fetchval(self, query: str, *args: Any, **options: Any) -> Any:
            return await super().fetchval(schema.read_without(query), *args, **options)

        async def fetchrow(self, query: str, *args: Any, **options: Any) -> Any:
            return await super().fetchrow(schema.read_without(query), *args, **options)

        def cursor(self, query: str, *args: Any, **options: Any) -> Any:
            return super().cursor(schema.read_without(query), *args, **options)

    return OlderSchemaConnection
