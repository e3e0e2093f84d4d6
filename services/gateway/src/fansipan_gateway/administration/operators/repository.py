"""Operators in the database; each change with its audit events in one transaction."""

from collections.abc import Sequence
from typing import Any, Final

import asyncpg

from fansipan_common.db import Database
from fansipan_gateway.administration.actor import Actor
from fansipan_gateway.administration.operators.domain import (
    ADMIN,
    LastAdmin,
    NewOperator,
    OperatorChange,
    OperatorExists,
    OperatorUnknown,
    administered,
    check_limits,
)
from fansipan_gateway.administration.versions import check_unchanged, difference, version_of
from fansipan_gateway.audit import AuditTrail

_SELECT: Final = """
SELECT username, display_name, role, area_codes, agencies, disabled_at, password_hash IS NOT NULL AS has_password,
       oidc_issuer, totp_confirmed_at, failed_sign_ins, locked_until, last_sign_in_at, password_changed_at, created_at
  FROM operator
"""
_LIST: Final = _SELECT + " WHERE username > $1 ORDER BY username LIMIT $2"
_FIND: Final = _SELECT + " WHERE username = $1"
_LOCK: Final = _FIND + " FOR UPDATE"
_LOCK_ADMINS: Final = """
SELECT username FROM operator WHERE role = 'admin' AND disabled_at IS NULL ORDER BY username FOR UPDATE
"""
_UNKNOWN_AREAS: Final = """
SELECT code FROM unnest($1::text[]) AS wanted (code) WHERE NOT EXISTS (SELECT FROM area a WHERE a.code = wanted.code)
"""
_INSERT: Final = """
INSERT INTO operator (username, display_name, role, area_codes, agencies, password_hash, password_changed_at)
VALUES ($1, $2, $3, $4, $5, $6, now())
"""
# What is counted for a name from one browser or address, beside what the operator's own row says.
_FORGET_GUESSES: Final = """
WITH gone AS (DELETE FROM sign_in_guess WHERE username = $1 RETURNING 1) SELECT count(*) FROM gone
"""
_UPDATE: Final = """
UPDATE operator
   SET display_name = $2, role = $3, area_codes = $4, agencies = $5,
       disabled_at = CASE WHEN $6 THEN coalesce(disabled_at, now()) END,
       password_hash = coalesce($7, password_hash),
       password_changed_at = CASE WHEN $7::text IS NULL THEN password_changed_at ELSE now() END,
       totp_secret = CASE WHEN $8 THEN NULL ELSE totp_secret END,
       totp_confirmed_at = CASE WHEN $8 THEN NULL ELSE totp_confirmed_at END,
       totp_last_step = CASE WHEN $8 THEN 0 ELSE totp_last_step END,
       failed_sign_ins = CASE WHEN $9 THEN 0 ELSE failed_sign_ins END,
       locked_until = CASE WHEN $9 THEN NULL ELSE locked_until END,
       session_epoch = session_epoch + CASE WHEN $10 THEN 1 ELSE 0 END
 WHERE username = $1
"""
_ENDS_SESSIONS: Final = frozenset({"role", "areaCodes", "agencies", "disabled"})


class OperatorAccounts:
    """Reads and writes `operator`."""

    def __init__(self, database: Database, audit: AuditTrail) -> None:
        self._database = database
        self._audit = audit

    async def fetch(self, *, after: str, limit: int) -> "list[asyncpg.Record]":
        """Operators with a name behind `after`, in the order of names."""
        return await self._database.fetch(_LIST, after, limit)

    async def find(self, username: str) -> "asyncpg.Record | None":
        """One operator, or None."""
        return await self._database.fetchrow(_FIND, username)

    async def unknown_areas(self, codes: Sequence[str]) -> list[str]:
        """Those of the codes that are no area."""
        rows = await self._database.fetch(_UNKNOWN_AREAS, list(codes))
        return [row["code"] for row in rows]

    async def create(self, new: NewOperator, password_hash: str, actor: Actor) -> "asyncpg.Record":
        """Make an operator.

        Raises:
            OperatorExists, DatabaseAway.
        """
        areas, agencies = list(new.area_codes), list(new.agencies)
        async with self._database.connection() as connection, connection.transaction():
            try:
                await connection.execute(
                    _INSERT, new.username, new.display_name, new.role, areas, agencies, password_hash
                )
            except asyncpg.UniqueViolationError as error:
                raise OperatorExists(f"there is an operator {new.username} already") from error
            details = {
                "displayName": new.display_name,
                "role": new.role,
                "areaCodes": areas,
                "agencies": agencies,
            }
            await self._record(connection, actor, "operator.created", new.username, details)
            return await _present(connection, new.username)

    async def change(
        self,
        username: str,
        change: OperatorChange,
        *,
        password_hash: str | None,
        if_match: str | None,
        actor: Actor,
    ) -> "asyncpg.Record":
        """Change an operator. Their sessions end with a change of rights, password or second factor.

        Raises:
            OperatorUnknown, PreconditionFailed, LastAdmin, Unprocessable, DatabaseAway.
        """
        async with self._database.connection() as connection, connection.transaction():
            # All admins are locked, in one order, before one of them may lose the role: two who take it from each
            # other at the same moment cannot both succeed.
            admins = (
                [row["username"] for row in await connection.fetch(_LOCK_ADMINS)]
                if change.role is not None or change.disabled
                else []
            )
            row = await connection.fetchrow(_LOCK, username)
            if row is None:
                raise OperatorUnknown(username)
            before = administered(row)
            check_unchanged(if_match, version_of(before))
            after = before | _wanted(change)
            check_limits(after["role"], after["areaCodes"], after["agencies"])
            if admins == [username] and (after["role"] != ADMIN or after["disabled"]):
                raise LastAdmin(f"{username} is the only admin: make another one first")
            changed = difference(before, after)
            reset = change.reset_totp and row["totp_confirmed_at"] is not None
            guesses = change.unlock and await connection.fetchval(_FORGET_GUESSES, username) > 0
            unlocked = change.unlock and (
                guesses or row["failed_sign_ins"] > 0 or row["locked_until"] is not None
            )
            ends_sessions = bool(changed.keys() & _ENDS_SESSIONS) or password_hash is not None or reset
            if changed or password_hash is not None or change.reset_totp or unlocked:
                await connection.execute(
                    _UPDATE,
                    *(username, after["displayName"], after["role"], after["areaCodes"], after["agencies"]),
                    *(after["disabled"], password_hash, change.reset_totp, unlocked, ends_sessions),
                )
            for action, happened in (
                (
                    "operator.disabled" if after["disabled"] else "operator.enabled",
                    changed.pop("disabled", None) is not None,
                ),
                ("operator.password-set", password_hash is not None),
                ("operator.totp-reset", reset),
                ("operator.unlocked", unlocked),
            ):
                if happened:
                    await self._record(connection, actor, action, username, {})
            if changed:
                await self._record(connection, actor, "operator.changed", username, changed)
            return await _present(connection, username)

    async def _record(
        self,
        connection: "asyncpg.Connection[Any]",
        actor: Actor,
        action: str,
        username: str,
        details: dict[str, Any],
    ) -> None:
        await self._audit.record(
            connection,
            actor=actor.name,
            action=action,
            object=f"operator/{username}",
            details=details,
            client=actor.client,
        )


def _wanted(change: OperatorChange) -> dict[str, Any]:
    wanted = {
        "displayName": change.display_name,
        "role": change.role,
        "areaCodes": None if change.area_codes is None else list(change.area_codes),
        "agencies": None if change.agencies is None else list(change.agencies),
        "disabled": change.disabled,
    }
    return {name: value for name, value in wanted.items() if value is not None}


async def _present(connection: "asyncpg.Connection[Any]", username: str) -> "asyncpg.Record":
    row = await connection.fetchrow(_FIND, username)
    if row is None:
        raise RuntimeError("an operator is gone in the transaction that wrote it")
    return row
