"""Who may go on reading while the database is away, for how long, and how soon it is said that it is."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from fansipan_common.db import DatabaseAway
from fansipan_gateway.access import remembered
from fansipan_gateway.access.remembered import RememberedOperators
from fansipan_gateway.access.repository import OperatorRepository, OperatorRow
from fansipan_gateway.sessions import endings
from fansipan_gateway.sessions.endings import Ending, Endings
from fansipan_gateway.sessions.repository import EndedSessions

_NEVER = datetime(2999, 1, 1, tzinfo=UTC)


@dataclass
class _Clock:
    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class _Database:
    """Answers, is away, or is silent."""

    away: bool = False
    silent: bool = False
    asked: int = 0

    async def ask(self) -> None:
        self.asked += 1
        if self.silent:
            await asyncio.sleep(3600)
        if self.away:
            raise DatabaseAway("away")


@dataclass
class _Operators(OperatorRepository):
    database: _Database
    rows: dict[str, OperatorRow] = field(default_factory=dict[str, OperatorRow])

    async def find(self, username: str) -> OperatorRow | None:
        await self.database.ask()
        await asyncio.sleep(0)
        return self.rows.get(username)


@dataclass
class _Ended(EndedSessions):
    database: _Database
    ended: set[bytes] = field(default_factory=set[bytes])

    async def contains(self, id_hash: bytes) -> bool:
        await self.database.ask()
        return id_hash in self.ended

    async def add(self, id_hash: bytes, until: datetime) -> None:
        await self.database.ask()
        self.ended.add(id_hash)


def _operators() -> tuple[RememberedOperators, _Database, _Operators, _Clock]:
    database, clock = _Database(), _Clock()
    rows = _Operators(database, {"mai": OperatorRow("mai", "x", "viewer")})
    return RememberedOperators(rows, stale_for=600.0, monotonic=clock), database, rows, clock


async def test_an_operator_is_asked_for_once_in_ten_seconds_and_after_a_change() -> None:
    operators, database, rows, clock = _operators()
    for _ in range(3):
        assert await operators.find("mai") is not None
    assert database.asked == 1
    rows.rows["mai"] = OperatorRow("mai", "x", "admin")
    operators.invalidate()
    found = await operators.find("mai")
    assert found is not None
    assert found.role == "admin"
    clock.seconds += 10
    await operators.find("mai")
    assert database.asked == 3
    del rows.rows["mai"]
    operators.invalidate()
    assert await operators.find("mai") is None


async def test_a_crowd_asks_once() -> None:
    operators, database, _, _ = _operators()
    found = await asyncio.gather(*(operators.find("mai") for _ in range(50)))
    assert all(found)
    assert database.asked == 1


async def test_who_was_seen_lately_goes_on_reading_and_only_that() -> None:
    operators, database, _, clock = _operators()
    await operators.find("mai")
    clock.seconds += 11
    database.away = True
    assert await operators.find("mai", or_stale=True) is not None
    with pytest.raises(DatabaseAway):
        await operators.find("mai")
    with pytest.raises(DatabaseAway):
        await operators.find("lan", or_stale=True)
    clock.seconds += 590
    with pytest.raises(DatabaseAway):
        await operators.find("mai", or_stale=True)


async def test_a_database_that_is_away_is_asked_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "_LOOKUP_SECONDS", 0.01)
    operators, database, _, clock = _operators()
    await operators.find("mai")
    clock.seconds += 11
    database.silent = True
    for _ in range(5):
        assert await operators.find("mai", or_stale=True) is not None
        with pytest.raises(DatabaseAway):
            await operators.find("lan", or_stale=True)
    assert database.asked == 2
    database.silent = False
    clock.seconds += 1
    assert await operators.find("mai") is not None
    assert database.asked == 3


async def test_a_session_that_lasted_goes_on_while_nobody_can_say_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(endings, "_LOOKUP_SECONDS", 0.01)
    database, clock = _Database(), _Clock()
    known = Endings(_Ended(database), stale_for=600.0, monotonic=clock)
    assert await known.of(b"a", or_stale=False) is Ending.LASTS
    known.lasts(b"new")
    await known.add(b"gone", _NEVER)
    assert await known.of(b"gone", or_stale=True) is Ending.ENDED
    database.silent = True
    clock.seconds += 599
    assert await known.of(b"a", or_stale=True) is Ending.LASTED
    assert await known.of(b"new", or_stale=True) is Ending.LASTED
    for session, or_stale in ((b"a", False), (b"gone", True), (b"never seen", True)):
        with pytest.raises(DatabaseAway):
            await known.of(session, or_stale=or_stale)
    assert database.asked == 4, "once while it is found to be away"
    clock.seconds += 1
    with pytest.raises(DatabaseAway):
        await known.of(b"a", or_stale=True)
