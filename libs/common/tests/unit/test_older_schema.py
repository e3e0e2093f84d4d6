"""Statements that meet the schema of the last release."""

from typing import Any, cast

import asyncpg
import pytest

from fansipan_common.older_schema import Schema
from fansipan_common.schema_additions import Addition

ADDITIONS = (
    Addition("device", (), {"id": "NULL::bigint", "key": "NULL::text"}),
    Addition("provider", ("id", "key"), {"bytes_per_day": "NULL::bigint"}),
)
DEVICE = "(SELECT NULL::bigint AS id, NULL::text AS key WHERE false)"
PROVIDER = "(SELECT id, key, NULL::bigint AS bytes_per_day FROM provider)"


class FakeConnection:
    """Says what is missing."""

    def __init__(self, *missing: str) -> None:
        self._missing = missing

    async def fetch(self, _query: str, *_args: Any, timeout: float) -> list[dict[str, str]]:
        assert timeout > 0
        return [{"name": name} for name in self._missing]


async def schema_without(*missing: str) -> Schema:
    schema = Schema(ADDITIONS, monotonic=lambda: 0.0)
    await schema.look(cast(Any, FakeConnection(*missing)))
    return schema


@pytest.mark.parametrize(
    ("statement", "read"),
    [
        ("SELECT d.key FROM device d WHERE d.id = $1", f"SELECT d.key FROM {DEVICE} AS d WHERE d.id = $1"),
        ("SELECT key FROM device WHERE id = $1", f"SELECT key FROM {DEVICE} AS device WHERE id = $1"),
        ("SELECT 1 FROM device", f"SELECT 1 FROM {DEVICE} AS device"),
        (
            "SELECT FROM thing t LEFT JOIN device AS d ON true\n JOIN provider p ON p.id = t.p",
            f"SELECT FROM thing t LEFT JOIN {DEVICE} AS d ON true\n JOIN {PROVIDER} AS p ON p.id = t.p",
        ),
        (
            "UPDATE thing SET a = 1\n  FROM device\n WHERE true",
            f"UPDATE thing SET a = 1\n  FROM {DEVICE} AS device\n WHERE true",
        ),
        ("DELETE FROM device WHERE id = $1", None),
        ("INSERT INTO device (key) VALUES ($1)", None),
        ("SELECT FROM device_of_old JOIN provider_member ON true", None),
        ("SELECT device FROM thing", None),
    ],
)
async def test_what_is_missing_is_read_as_empty_and_written_as_it_stands(
    statement: str, read: str | None
) -> None:
    schema = await schema_without("device", "provider")
    assert schema.read_without(statement) == (read or statement)


async def test_nothing_is_changed_where_all_is_there() -> None:
    schema = await schema_without()
    assert schema.read_without("SELECT 1 FROM device") == "SELECT 1 FROM device"
    assert not schema.is_due


async def test_it_looks_again_while_something_is_missing() -> None:
    now = 0.0
    schema = Schema(ADDITIONS, monotonic=lambda: now)
    await schema.look(cast(Any, FakeConnection("device")))
    assert (schema.missing, schema.is_due) == ({"device"}, False)
    assert schema.read_without("SELECT 1 FROM provider") == "SELECT 1 FROM provider"
    now = 10.0
    assert schema.is_due
    await schema.look(cast(Any, FakeConnection()))
    assert (schema.missing, schema.is_due) == (frozenset(), False)
    assert schema.read_without("SELECT 1 FROM device") == "SELECT 1 FROM device"


async def test_which_errors_an_older_schema_explains() -> None:
    behind, whole = await schema_without("device"), await schema_without()
    for error in (
        asyncpg.UndefinedTableError(""),
        asyncpg.UndefinedColumnError(""),
        asyncpg.InsufficientPrivilegeError(""),
    ):
        assert behind.explains(error)
        assert not whole.explains(error), (
            "a fault of the code, or of whoever gave rights, is not to be hidden"
        )
    check = asyncpg.CheckViolationError("")
    check.constraint_name = "api_key_scopes_check"  # type: ignore[attr-defined]
    assert behind.explains(check)
    assert not whole.explains(check)
    check.constraint_name = "provider_key_check"  # type: ignore[attr-defined]
    assert not behind.explains(check)
