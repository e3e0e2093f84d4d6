"""Administering operators."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from pwdlib import PasswordHash

from fansipan_common.errors import ServerFault, Unprocessable
from fansipan_common.passwords import check_password
from fansipan_gateway.administration.actor import Actor
from fansipan_gateway.administration.operators.domain import (
    NewOperator,
    OperatorChange,
    OperatorUnknown,
    check_limits,
    check_own_account,
    operator_item,
)
from fansipan_gateway.administration.operators.repository import OperatorAccounts
from fansipan_gateway.domain.cursor import decode_key_cursor, encode_cursor
from fansipan_gateway.domain.pages import Page, page_of

_KIND: Final = "operators"
_TURN_SECONDS: Final = 5.0


class Operators:
    """Accounts of people. None is ever deleted: what they did stays theirs in the audit trail."""

    def __init__(self, accounts: OperatorAccounts, now: Callable[[], datetime]) -> None:
        self._accounts = accounts
        self._now = now
        self._hasher = PasswordHash.recommended()
        self._hashing = asyncio.Semaphore(1)

    async def list(self, *, limit: int, cursor: str | None) -> Page:
        """Operators in the order of their names.

        Raises:
            BadCursor, DatabaseAway.
        """
        after = decode_key_cursor(_KIND, cursor)
        rows = await self._accounts.fetch(after=after, limit=limit + 1)
        return page_of(
            rows,
            limit,
            lambda row: operator_item(row, self._now()),
            behind=lambda row: encode_cursor(_KIND, row["username"]),
        )

    async def get(self, username: str) -> dict[str, Any]:
        """One operator.

        Raises:
            OperatorUnknown, DatabaseAway.
        """
        row = await self._accounts.find(username)
        if row is None:
            raise OperatorUnknown(username)
        return operator_item(row, self._now())

    async def create(self, new: NewOperator, actor: Actor) -> dict[str, Any]:
        """Make an operator.

        Raises:
            WeakPassword, Unprocessable: the password will not do, or the limits do not fit.
            OperatorExists, ServerFault.
        """
        check_limits(new.role, new.area_codes, new.agencies)
        check_password(new.username, new.password)
        await self._check_areas(new.area_codes)
        row = await self._accounts.create(new, await self._hash(new.password), actor)
        return operator_item(row, self._now())

    async def change(
        self, username: str, change: OperatorChange, if_match: str | None, actor: Actor
    ) -> dict[str, Any]:
        """Change an operator.

        Raises:
            OwnAccount: their own rights or password.
            OperatorUnknown, PreconditionFailed, LastAdmin, WeakPassword, Unprocessable, ServerFault.
        """
        check_own_account(actor.name, username, change)
        if change.password is not None:
            check_password(username, change.password)
        await self._check_areas(change.area_codes or ())
        password_hash = None if change.password is None else await self._hash(change.password)
        row = await self._accounts.change(
            username, change, password_hash=password_hash, if_match=if_match, actor=actor
        )
        return operator_item(row, self._now())

    async def _check_areas(self, codes: tuple[str, ...]) -> None:
        unknown = await self._accounts.unknown_areas(codes) if codes else []
        if unknown:
            raise Unprocessable(f"no area has the code {', '.join(unknown[:5])}", extra={"unknown": unknown})

    async def _hash(self, password: str) -> str:
        """Argon2, one at a time: it is heavy on purpose, and other requests need the processor too."""
        try:
            async with asyncio.timeout(_TURN_SECONDS):
                await self._hashing.acquire()
        except TimeoutError as error:
            raise ServerFault("too many passwords are being set; try again") from error
        try:
            return await asyncio.to_thread(self._hasher.hash, password)
        finally:
            self._hashing.release()
