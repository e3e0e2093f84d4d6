"""The schema that our code needs of the database. To it, a database that has less is as good as away."""

from typing import Any, Final

import asyncpg

from fansipan_common.db import DatabaseAway
from fansipan_common.schema_additions import LAST_RELEASE

NEEDED_REVISION: Final = LAST_RELEASE
"""The oldest revision of the schema that this code works with; newer ones only add to it (docs/adr/0027, 0031)."""

# The last release let its services read its tables, but not which revision they are of.
_RELEASED: Final = """
SELECT to_regclass('historical_location') IS NOT NULL AND has_table_privilege(to_regclass('provider'), 'SELECT')
"""

_ANSWER_SECONDS: Final = 2.0
_REMEDY: Final = "waiting for `fansipan migrate`"


class SchemaBehind(DatabaseAway):
    """The database answers, but lacks our schema, or has an older one."""

    code, title = "schema-behind", "Database schema behind"


async def require_schema(connection: "asyncpg.Connection[Any]") -> None:
    """Return when the database has what this code needs: the revision, or a newer one, and our role's rights.

    Raises:
        SchemaBehind: it has not, or not yet.
    """
    try:
        found = await connection.fetchval("SELECT version_num FROM alembic_version", timeout=_ANSWER_SECONDS)
    except asyncpg.UndefinedTableError:
        found = None
    except asyncpg.InsufficientPrivilegeError as error:  # rights are granted at the end of a migration
        if await connection.fetchval(_RELEASED, timeout=_ANSWER_SECONDS):
            return
        raise SchemaBehind(f"this role may not use the schema yet; {_REMEDY}") from error
    if found is None:
        raise SchemaBehind(f"the database has no schema yet, revision {NEEDED_REVISION} is needed; {_REMEDY}")
    if not is_enough(found):
        raise SchemaBehind(
            f"the schema is at revision {found}, {NEEDED_REVISION} or newer is needed; {_REMEDY}"
        )


def is_enough(found: str, needed: str = NEEDED_REVISION) -> bool:
    """Whether a revision is `needed` or a newer one; revisions are numbers, in the order they were made."""
    return found.isdecimal() and int(found) >= int(needed)
