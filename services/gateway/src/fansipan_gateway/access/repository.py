"""Operators and wrong guesses in the database."""

from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from fansipan_common.db import Database
from fansipan_gateway.access.domain import (
    EVERYWHERE,
    INTEGRATOR,
    ONE_ADDRESS,
    ONE_SOURCE,
    Guess,
    GuessLimit,
)
from fansipan_gateway.audit import AuditTrail
from fansipan_gateway.domain.visibility import EVERYTHING, Visibility

OPERATOR_COLUMNS: Final = """
username, display_name, password_hash, role, area_codes, agencies, session_epoch, totp_secret, totp_last_step,
totp_confirmed_at IS NOT NULL AS has_totp,
CASE WHEN area_codes = '{}' THEN '{}' ELSE seen_areas(area_codes) END AS seen_areas,
ARRAY(SELECT p.key FROM provider_member m JOIN provider p ON p.id = m.provider_id
       WHERE m.username = operator.username ORDER BY p.id) AS providers,
coalesce((SELECT min(m.provider_id) FROM provider_member m WHERE m.username = operator.username), 0) AS first_provider
"""
_FIND: Final = f"SELECT {OPERATOR_COLUMNS} FROM operator WHERE username = $1 AND disabled_at IS NULL"
# $3: whether the source is a stranger to the operator of that name
_WAIT: Final = """
SELECT max(extract(epoch FROM locked_until - clock_timestamp()))::float8 FROM (
    SELECT locked_until FROM sign_in_guess WHERE username = $1 AND source = $2
    UNION ALL SELECT locked_until FROM sign_in_guess WHERE $3 AND username = '' AND source = $2
    UNION ALL SELECT locked_until FROM sign_in_guess WHERE $3 AND username = $1 AND source = ''
    UNION ALL SELECT locked_until FROM operator WHERE $3 AND username = $1
) AS waits
"""
_COUNT: Final = """
INSERT INTO sign_in_guess AS g (username, source, failures, failed_at) VALUES ($1, $2, 1, clock_timestamp())
ON CONFLICT (username, source) DO UPDATE SET failed_at = clock_timestamp(),
    failures = CASE WHEN g.failed_at < clock_timestamp() - $3::interval THEN 1 ELSE g.failures + 1 END
RETURNING failures
"""
_LOCK: Final = """
UPDATE sign_in_guess SET locked_until = clock_timestamp() + $3::interval WHERE username = $1 AND source = $2
"""
_COUNT_OPERATOR: Final = """
UPDATE operator SET failed_sign_ins = failed_sign_ins + 1 WHERE username = $1 RETURNING failed_sign_ins
"""
_LOCK_OPERATOR: Final = (
    "UPDATE operator SET locked_until = clock_timestamp() + $2::interval WHERE username = $1"
)
_SWEEP: Final = """
DELETE FROM sign_in_guess WHERE (username, source) IN (
    SELECT username, source FROM sign_in_guess WHERE failed_at < clock_timestamp() - interval '1 day'
    LIMIT 100 FOR UPDATE SKIP LOCKED)
"""
_FORGET: Final = "DELETE FROM sign_in_guess WHERE username = $1 AND source = $2"
_SUCCEEDED: Final = """
UPDATE operator SET failed_sign_ins = 0, locked_until = NULL, last_sign_in_at = clock_timestamp() WHERE username = $1
"""
_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class OperatorRow:
    """An operator who is not disabled.

    Attributes:
        password_hash: None for those who sign in with OpenID Connect only.
        session_epoch: sessions of an earlier one are over.
        totp_secret: encrypted; None when there is none.
        totp_last_step: time step of the code that was used last.
        has_totp: whether a code is asked for.
        visibility: what they see.
        providers: keys of those they are a member of.
    """

    username: str
    password_hash: str | None
    role: str
    display_name: str = ""
    area_codes: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    session_epoch: int = 1
    totp_secret: bytes | None = None
    totp_last_step: int = 0
    has_totp: bool = False
    visibility: Visibility = EVERYTHING
    providers: tuple[str, ...] = ()


class OperatorRepository:
    """Reads `operator`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, username: str) -> OperatorRow | None:
        """The operator of that name, or None when there is none or they are disabled."""
        if "\0" in username:  # PostgreSQL has no such text
            return None
        row = await self._database.fetchrow(_FIND, username)
        return None if row is None else operator_of(row)


def operator_of(row: "asyncpg.Record") -> OperatorRow:
    """An operator from a row that has the columns of `OperatorRow`."""
    return OperatorRow(
        username=row["username"],
        password_hash=row["password_hash"],
        role=row["role"],
        display_name=row["display_name"],
        area_codes=tuple(row["area_codes"]),
        agencies=tuple(row["agencies"]),
        session_epoch=row["session_epoch"],
        totp_secret=row["totp_secret"],
        totp_last_step=row["totp_last_step"],
        has_totp=row["has_totp"],
        visibility=_visibility(row),
        providers=tuple(row["providers"]),
    )


def _visibility(row: "asyncpg.Record") -> Visibility:
    """What an operator sees: an integrator what the keys of their provider see; without one, what is public."""
    if row["role"] == INTEGRATOR:
        own = row["first_provider"]  # 0 is nobody's
        return Visibility(provider_id=own, internal=False, own_provider_id=own)
    return Visibility(areas=tuple(row["seen_areas"]), agencies=tuple(row["agencies"]))


class GuessRepository:
    """Counts wrong guesses where all replicas see them and a restart does not forget them."""

    def __init__(self, database: Database, audit: AuditTrail) -> None:
        self._database = database
        self._audit = audit

    async def seconds_to_wait(self, guess: Guess) -> float:
        """Seconds until this guess may be made; 0 when it may now."""
        row = await self._database.fetchrow(_WAIT, _name(guess), guess.source, guess.device is None)
        return max(0.0, (row[0] if row is not None else None) or 0.0)

    async def failed(self, guess: Guess, why: str) -> None:
        """Count a wrong guess, and write it into the audit trail."""
        async with self._database.connection() as connection, connection.transaction():
            await _count(connection, _name(guess), guess.source, ONE_SOURCE)
            if guess.device is None:
                await _count(connection, "", guess.source, ONE_ADDRESS)
                await _count_everywhere(connection, _name(guess))
            await connection.execute(_SWEEP)
            await self._audit.record(
                connection,
                actor=guess.username,
                action="session.failed",
                object=f"operator/{guess.username}",
                details={"why": why},
                client=guess.client,
            )

    async def succeeded(self, connection: "asyncpg.Connection[Any]", guess: Guess) -> None:
        """Forget wrong guesses of this name from this source and from everywhere, inside the caller's transaction."""
        await connection.execute(_FORGET, _name(guess), guess.source)
        await connection.execute(_SUCCEEDED, _name(guess))

    async def forgive(self, guess: Guess) -> None:
        """As `succeeded`, in a transaction of its own."""
        async with self._database.connection() as connection, connection.transaction():
            await self.succeeded(connection, guess)


async def _count(
    connection: "asyncpg.Connection[Any]", username: str, source: str, limit: GuessLimit
) -> None:
    failures = await connection.fetchval(_COUNT, username, source, limit.memory)
    wait = limit.wait(failures)
    if wait is not None:
        await connection.execute(_LOCK, username, source, wait)


async def _count_everywhere(connection: "asyncpg.Connection[Any]", username: str) -> None:
    failures = await connection.fetchval(_COUNT_OPERATOR, username)
    if failures is None:  # nobody has this name; that must not show
        await _count(connection, username, "", EVERYWHERE)
        return
    wait = EVERYWHERE.wait(failures)
    if wait is not None:
        await connection.execute(_LOCK_OPERATOR, username, wait)


def _name(guess: Guess) -> str:
    """As it can be stored."""
    return guess.username.replace("\0", "�")[:_LONGEST_NAME] or "�"
