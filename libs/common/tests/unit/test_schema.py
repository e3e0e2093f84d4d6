"""What a database must have before a service uses it: the revision that the code needs, or a newer one."""

from typing import Any, cast

import asyncpg
import pytest

from fansipan_common.db import DatabaseAway
from fansipan_common.schema import NEEDED_REVISION, SchemaBehind, is_enough, require_schema


class _Connection:
    """Answers the one question with a revision, or fails with an error; then whether the last release is there."""

    def __init__(self, answer: str | Exception | None, *, released: bool = False) -> None:
        self._answer = answer
        self._released = released

    async def fetchval(self, query: str, **_options: object) -> str | bool | None:
        if "alembic_version" not in query:
            return self._released
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def connection(answer: str | Exception | None, *, released: bool = False) -> "asyncpg.Connection[Any]":
    return cast("asyncpg.Connection[Any]", _Connection(answer, released=released))


@pytest.mark.parametrize(
    ("found", "needed", "enough"),
    [
        ("0009", "0009", True),
        ("0010", "0009", True),
        ("10000", "0999", True),
        ("0008", "0009", False),
        ("0999", "10000", False),
        ("", "0001", False),
        ("3f2a91c", "0001", False),
    ],
)
def test_the_same_or_a_newer_revision_is_enough(found: str, needed: str, enough: bool):
    assert is_enough(found, needed) is enough


@pytest.mark.parametrize("found", [NEEDED_REVISION, "9999"])
async def test_a_schema_that_has_what_is_needed_is_used(found: str):
    await require_schema(connection(found))


async def test_the_schema_of_the_last_release_is_used_though_its_roles_do_not_see_the_revision():
    await require_schema(connection(asyncpg.InsufficientPrivilegeError(""), released=True))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (asyncpg.UndefinedTableError("relation does not exist"), "no schema yet, revision"),
        (None, "no schema yet, revision"),
        ("0001", "at revision 0001"),
        (asyncpg.InsufficientPrivilegeError("permission denied"), "may not use the schema yet"),
    ],
)
async def test_what_is_missing_is_said_and_the_database_counts_as_away(
    answer: str | Exception | None, said: str
):
    with pytest.raises(SchemaBehind, match=said) as raised:
        await require_schema(connection(answer))
    assert isinstance(raised.value, DatabaseAway)
    assert "fansipan migrate" in raised.value.detail
    assert (raised.value.status, raised.value.code) == (503, "schema-behind")
