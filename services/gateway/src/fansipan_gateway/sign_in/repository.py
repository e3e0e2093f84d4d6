"""What signing in changes about operators, each change with its entry in the audit trail."""

from collections.abc import Mapping
from typing import Any, Final

import asyncpg

from fansipan_common.db import Database
from fansipan_gateway.access.domain import Guess
from fansipan_gateway.access.repository import GuessRepository, OperatorRow
from fansipan_gateway.audit import AuditTrail
from fansipan_gateway.sessions.domain import Method
from fansipan_gateway.sign_in.totp import Match

# $3 takes the place of $4, never of a secret that was set up meanwhile
_TAKE_STEP: Final = """
UPDATE operator SET totp_last_step = $2,
    totp_secret = CASE WHEN totp_secret = $4 THEN coalesce($3, totp_secret) ELSE totp_secret END
WHERE username = $1 AND totp_last_step < $2 RETURNING true
"""
_REPLACE: Final = """
UPDATE operator SET password_hash = $2, password_changed_at = clock_timestamp(), session_epoch = session_epoch + 1
WHERE username = $1 AND password_hash = $3 RETURNING session_epoch
"""
_START_TOTP: Final = """
UPDATE operator SET totp_secret = $2 WHERE username = $1 AND totp_confirmed_at IS NULL RETURNING true
"""
_CONFIRM_TOTP: Final = """
UPDATE operator SET totp_confirmed_at = clock_timestamp(), totp_last_step = $2, session_epoch = session_epoch + 1
WHERE username = $1 AND totp_secret = $3 AND totp_confirmed_at IS NULL RETURNING session_epoch
"""
_REMOVE_TOTP: Final = """
UPDATE operator SET totp_secret = NULL, totp_confirmed_at = NULL, session_epoch = session_epoch + 1
WHERE username = $1 AND totp_confirmed_at IS NOT NULL RETURNING session_epoch
"""
_RAISE_EPOCH: Final = "UPDATE operator SET session_epoch = session_epoch + 1 WHERE username = $1"


class AccountRepository:
    """Writes `operator` for those who sign in."""

    def __init__(self, database: Database, guesses: GuessRepository, audit: AuditTrail) -> None:
        self._database = database
        self._guesses = guesses
        self._audit = audit

    async def session_began(self, guess: Guess, method: Method) -> None:
        """Somebody signed in: their wrong guesses are forgotten."""
        async with self._database.connection() as connection, connection.transaction():
            await self._guesses.succeeded(connection, guess)
            details = {"method": method.value}
            await self._record(connection, guess.username, "session.began", guess.client, details)

    async def session_ended(self, username: str, client: str, *, everywhere: bool) -> None:
        """Somebody signed out; everywhere: all their sessions are over."""
        async with self._database.connection() as connection, connection.transaction():
            if everywhere:
                await connection.execute(_RAISE_EPOCH, username)
            await self._record(connection, username, "session.ended", client, {"everywhere": everywhere})

    async def take_step(self, operator: OperatorRow, match: Match) -> bool:
        """Use the code of a time step up; False when it or a later one was used already.

        A secret that is encrypted with an older key is kept encrypted anew.
        """
        row = await self._database.fetchrow(
            _TAKE_STEP, operator.username, match.step, match.renewed_secret, operator.totp_secret
        )
        return row is not None

    async def set_password(self, username: str, new_hash: str, old_hash: str, *, client: str) -> int | None:
        """Set a password in place of the one that was checked; returns the new epoch, None: there is another."""
        return await self._change(username, "operator.password-changed", client, _REPLACE, new_hash, old_hash)

    async def start_totp(self, username: str, secret: bytes) -> bool:
        """Keep a secret that is in force once a code of it is given; False when there is one in force."""
        return await self._database.fetchrow(_START_TOTP, username, secret) is not None

    async def confirm_totp(self, username: str, step: int, secret: bytes, *, client: str) -> int | None:
        """Put the secret in force; returns the new epoch, None when there is another or none."""
        return await self._change(username, "operator.totp-enabled", client, _CONFIRM_TOTP, step, secret)

    async def remove_totp(self, username: str, *, client: str) -> int | None:
        """Remove the second factor; returns the new epoch, None when there was none."""
        return await self._change(username, "operator.totp-disabled", client, _REMOVE_TOTP)

    async def _change(
        self, username: str, action: str, client: str, statement: str, *values: object
    ) -> int | None:
        async with self._database.connection() as connection, connection.transaction():
            epoch: int | None = await connection.fetchval(statement, username, *values)
            if epoch is not None:
                await self._record(connection, username, action, client, {})
            return epoch

    async def _record(
        self,
        connection: "asyncpg.Connection[Any]",
        username: str,
        action: str,
        client: str,
        details: Mapping[str, Any],
    ) -> None:
        await self._audit.record(
            connection,
            actor=username,
            action=action,
            object=f"operator/{username}",
            details=details,
            client=client,
        )
