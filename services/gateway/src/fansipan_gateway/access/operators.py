"""Operators who log in with a password: argon2 once, then a keyed digest for some minutes."""

import asyncio
import hashlib
import hmac
import math
import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError

from fansipan_common.errors import ServerFault
from fansipan_gateway.access.domain import Backoff, LoginNeeded, TooManyGuesses
from fansipan_gateway.access.repository import OperatorRepository, OperatorRow

_MAX_ENTRIES: Final = 1_000
_MAX_PASSWORD: Final = 1_024
_QUEUE_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class _Row:
    operator: OperatorRow
    loaded_at: float
    generation: int


class OperatorLogins:
    """Checks operators' passwords.

    A password that was right is remembered for `remember_for` seconds as an HMAC under a key of this process, together
    with the stored hash it was right for: a changed password or a disabled operator is out as soon as the row is read
    again, which is after `row_ttl` seconds or after `invalidate`. A wrong password is never remembered.

    Args:
        repository: where operators are.
        remember_for, row_ttl: seconds.
        monotonic: the clock, to be replaced in tests.
    """

    def __init__(
        self,
        repository: OperatorRepository,
        *,
        remember_for: float = 300.0,
        row_ttl: float = 10.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._repository = repository
        self._remember_for = remember_for
        self._row_ttl = row_ttl
        self._monotonic = monotonic
        self._hasher = PasswordHash.recommended()
        self._decoy: str | None = None
        self._digest_key = secrets.token_bytes(32)
        self._right: OrderedDict[bytes, tuple[str, float]] = OrderedDict()
        self._rows: OrderedDict[str, _Row] = OrderedDict()
        self._generation = 0
        self._backoff = Backoff(monotonic)
        self._hashing = asyncio.Semaphore(1)

    async def authenticate(self, username: str, password: str, client: str) -> OperatorRow:
        """The operator behind a name and password.

        Raises:
            LoginNeeded: unknown, disabled, or the password is wrong; which of these is not said.
            TooManyGuesses: this client guessed wrong too often for this name.
            ServerFault: the database is away, or too many logins are being checked.
        """
        if len(password) > _MAX_PASSWORD:
            raise LoginNeeded("the user name or the password is wrong")
        digest = hmac.digest(self._digest_key, f"{username}\0{password}".encode(), hashlib.sha256)
        operator = await self._find(username)
        if operator is not None and self._is_remembered(digest, operator):
            return operator
        subject = (username, client)
        self._refuse_if_too_fast(subject)
        async with self._turn():
            self._refuse_if_too_fast(subject)  # others of the same burst may have failed meanwhile
            right = await asyncio.to_thread(self._verify, password, operator)
            if operator is None or not right:
                self._backoff.failed(subject)
                raise LoginNeeded("the user name or the password is wrong")
        self._backoff.succeeded(subject)
        self._right[digest] = (operator.password_hash, self._monotonic() + self._remember_for)
        while len(self._right) > _MAX_ENTRIES:
            self._right.popitem(last=False)
        return operator

    def invalidate(self) -> None:
        """Read every operator again; called when `registry_changed` is notified."""
        self._generation += 1

    def _is_remembered(self, digest: bytes, operator: OperatorRow) -> bool:
        password_hash, until = self._right.get(digest, ("", 0.0))
        return until > self._monotonic() and password_hash == operator.password_hash

    async def _find(self, username: str) -> OperatorRow | None:
        known = self._rows.get(username)
        if (
            known is not None
            and known.generation == self._generation
            and self._monotonic() - known.loaded_at < self._row_ttl
        ):
            return known.operator
        generation = self._generation
        operator = await self._repository.find(username)
        if operator is None:
            self._rows.pop(username, None)
            return None
        self._rows[username] = _Row(operator, self._monotonic(), generation)
        self._rows.move_to_end(username)
        while len(self._rows) > _MAX_ENTRIES:
            self._rows.popitem(last=False)
        return operator

    def _refuse_if_too_fast(self, subject: tuple[str, str]) -> None:
        wait = self._backoff.seconds_to_wait(subject)
        if wait > 0:
            raise TooManyGuesses(math.ceil(wait))

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[None, None]:
        """One argon2 at a time: it is heavy on purpose, and other requests need the processor too."""
        try:
            async with asyncio.timeout(_QUEUE_SECONDS):
                await self._hashing.acquire()
        except TimeoutError as error:
            raise ServerFault("too many logins are being checked; try again") from error
        try:
            yield
        finally:
            self._hashing.release()

    def _verify(self, password: str, operator: OperatorRow | None) -> bool:
        """Run argon2, also for an unknown name, so that the time it takes tells nothing."""
        if self._decoy is None:
            self._decoy = self._hasher.hash(secrets.token_urlsafe(16))
        try:
            right = self._hasher.verify(password, self._decoy if operator is None else operator.password_hash)
        except PwdlibError as error:
            raise ServerFault("the stored password of this operator cannot be read; set it again") from error
        return right and operator is not None
