"""API keys are looked up rarely, revoked at once, and survive a short absence of the database."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fansipan_common.api_keys import ApiKeys
from fansipan_common.db import Database, DatabaseAway
from fansipan_common.errors import Forbidden, Unauthorized
from fansipan_common.security import NewApiKey, Scope, generate_api_key

_NOW = datetime(2026, 7, 1, tzinfo=UTC)


class _Keys(Database):
    """The tables `api_key` and `provider`, in memory."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.queries = 0
        self.away = False

    async def fetchrow(self, query: str, *args: object) -> Any:
        self.queries += 1
        await asyncio.sleep(0)
        if self.away:
            raise DatabaseAway("away")
        return self.rows.get(str(args[0]))


@dataclass
class _Clock:
    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class _World:
    table: _Keys = field(default_factory=_Keys)
    clock: _Clock = field(default_factory=_Clock)

    def __post_init__(self) -> None:
        self.keys = ApiKeys(self.table, monotonic=self.clock, now=lambda: _NOW)

    def add(self, **columns: Any) -> NewApiKey:
        key = generate_api_key()
        self.table.rows[key.id] = {
            "secret_hash": key.secret_hash,
            "scopes": ["write"],
            "datastream_prefixes": [],
            "expires_at": None,
            "revoked_at": None,
            "disabled_at": None,
            "provider_id": 7,
            "provider_key": "demo",
            "auto_register": True,
        } | columns
        return key


async def test_a_known_key_names_its_provider_and_is_looked_up_once() -> None:
    world = _World()
    key = world.add()
    principal = await world.keys.authenticate(key.text)
    assert (principal.provider_id, principal.provider_key, principal.key_id) == (7, "demo", key.id)
    assert await world.keys.authenticate(key.text) == principal
    assert world.table.queries == 1
    world.clock.seconds += 10
    await world.keys.authenticate(key.text)
    assert world.table.queries == 2


async def test_callers_at_the_same_moment_share_one_query() -> None:
    world = _World()
    key = world.add()
    await asyncio.gather(*(world.keys.authenticate(key.text) for _ in range(20)))
    assert world.table.queries == 1


async def test_the_scope_and_the_prefix_decide() -> None:
    world = _World()
    principal = await world.keys.authenticate(world.add(datastream_prefixes=["demo/a/"]).text)
    principal.require(Scope.WRITE)
    with pytest.raises(Forbidden):
        principal.require(Scope.READ)
    assert principal.may_write_to("demo/a/pm25")
    assert not principal.may_write_to("demo/b/pm25")
    assert not principal.may_write_to("other/a/pm25")


@pytest.mark.parametrize(
    ("columns", "word"),
    [
        ({"revoked_at": _NOW - timedelta(days=1)}, "revoked"),
        ({"expires_at": _NOW}, "expired"),
        ({"secret_hash": b"\0" * 32}, "not known"),
    ],
)
async def test_a_key_that_is_not_good(columns: dict[str, Any], word: str) -> None:
    world = _World()
    key = world.add(**columns)
    with pytest.raises(Unauthorized, match=word):
        await world.keys.authenticate(key.text)


async def test_what_is_no_key_costs_no_query() -> None:
    world = _World()
    with pytest.raises(Unauthorized):
        await world.keys.authenticate("fsp_nonsense")
    assert world.table.queries == 0


async def test_an_unknown_key_is_remembered_for_a_second() -> None:
    world = _World()
    stranger = generate_api_key()
    for _ in range(3):
        with pytest.raises(Unauthorized, match="not known"):
            await world.keys.authenticate(stranger.text)
    assert world.table.queries == 1
    world.clock.seconds += 1
    with pytest.raises(Unauthorized):
        await world.keys.authenticate(stranger.text)
    assert world.table.queries == 2


async def test_a_revocation_counts_at_once() -> None:
    world = _World()
    key = world.add()
    await world.keys.authenticate(key.text)
    world.table.rows[key.id]["revoked_at"] = _NOW
    world.keys.invalidate()
    with pytest.raises(Unauthorized, match="revoked"):
        await world.keys.authenticate(key.text)


async def test_known_keys_stay_good_for_ten_minutes_without_the_database() -> None:
    world = _World()
    key = world.add()
    principal = await world.keys.authenticate(key.text)
    world.table.away = True
    world.clock.seconds += 599
    assert await world.keys.authenticate(key.text) == principal
    with pytest.raises(DatabaseAway):
        await world.keys.authenticate(generate_api_key().text)
    world.clock.seconds += 2
    with pytest.raises(DatabaseAway):
        await world.keys.authenticate(key.text)


async def test_a_database_that_is_away_is_not_asked_at_every_request() -> None:
    world = _World()
    key = world.add()
    await world.keys.authenticate(key.text)
    world.table.away = True
    world.clock.seconds += 60
    for _ in range(50):
        await world.keys.authenticate(key.text)
    assert world.table.queries == 2
    world.table.away = False
    world.clock.seconds += 1
    await world.keys.authenticate(key.text)
    assert world.table.queries == 3
