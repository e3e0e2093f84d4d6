"""Operators who log in with a password: argon2 once, then a keyed digest for some minutes."""

import asyncio
import hashlib
import hmac
import math
import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError

from fansipan_common.db import DatabaseAway
from fansipan_common.errors import ServerFault
from fansipan_common.passwords import LONGEST_PASSWORD
from fansipan_gateway.access.domain import Guess, SecondFactorNeeded, TooManyGuesses, WrongCredentials
from fansipan_gateway.access.remembered import RememberedOperators
from fansipan_gateway.access.repository import GuessRepository, OperatorRepository, OperatorRow

_MAX_ENTRIES: Final = 1_000
_QUEUE_SECONDS: Final = 5.0
_LOOKUP_SECONDS: Final = 3.0


class OperatorLogins:
    """Checks operators' passwords.

    A password that was right is remembered for `remember_for` seconds as an HMAC under a key of this process, together
    with the stored hash it was right for: a changed password or a disabled operator is out as soon as the row is read
    again, which is after `row_ttl` seconds or after `invalidate`. A wrong password is never remembered.

    Args:
        repository: where operators are.
        guesses: counts wrong ones.
        remember_for, row_ttl, stale_for: seconds.
        monotonic: the clock, to be replaced in tests.
    """

    def __init__(
        self,
        repository: OperatorRepository,
        guesses: GuessRepository,
        *,
        remember_for: float = 300.0,
        row_ttl: float = 10.0,
        stale_for: float = 600.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._known = RememberedOperators(repository, ttl=row_ttl, stale_for=stale_for, monotonic=monotonic)
        self._guesses = guesses
        self._remember_for = remember_for
        self._monotonic = monotonic
        self._hasher = PasswordHash.recommended()
        self._decoy: str | None = None
        self._digest_key = secrets.token_bytes(32)
        self._right: OrderedDict[bytes, tuple[str, float]] = OrderedDict()
        self._hashing = asyncio.Semaphore(1)

    async def authenticate(
        self, username: str, password: str, client: str, *, or_stale: bool = False
    ) -> OperatorRow:
        """The operator behind a Basic credential; `or_stale` as for `find`, of a password that is remembered.

        Raises:
            WrongCredentials: unknown, disabled, or the password is wrong; which of these is not said.
            SecondFactorNeeded: the password alone is not enough.
            TooManyGuesses: wrong guesses came too fast.
            ServerFault: the database is away, or too many logins are being checked.
        """
        digest = hmac.digest(self._digest_key, f"{username}\0{password}".encode(), hashlib.sha256)
        operator = await self.find(username, or_stale=or_stale)
        if operator is None or not self._is_remembered(digest, operator):
            guess = Guess(username, client)
            operator = await self.verify(guess, password)
            await self._guesses.forgive(guess)
            self._right[digest] = (operator.password_hash or "", self._monotonic() + self._remember_for)
            while len(self._right) > _MAX_ENTRIES:
                self._right.popitem(last=False)
        if operator.has_totp:
            raise SecondFactorNeeded(
                "this account has a second factor: sign in on the page; for scripts make an API key"
            )
        return operator

    async def verify(
        self, guess: Guess, password: str, *, also: Callable[[OperatorRow], Awaitable[None]] | None = None
    ) -> OperatorRow:
        """The operator behind a guess, as they are in the database now, when the password is right.

        A wrong one is counted; forgetting earlier ones is the caller's, once all that is asked for was right.

        Args:
            guess: who tries, and from where.
            password: what they say.
            also: checks what else is asked for and raises; in the same turn, so that a burst is no way round the wait.

        Raises:
            WrongCredentials, TooManyGuesses, ServerFault: see `authenticate`.
        """
        if len(password) > LONGEST_PASSWORD:
            raise WrongCredentials
        async with self._turn():
            await self.refuse_if_too_fast(
                guess
            )  # in our turn: others of the same burst may have failed meanwhile
            operator = await self._known.find_now(guess.username)
            right = await asyncio.to_thread(self._matches, password, operator)
            if operator is None or not right:
                await self._guesses.failed(guess, "password")
                raise WrongCredentials
            if also is not None:
                await also(operator)
        return operator

    async def refuse_if_too_fast(self, guess: Guess) -> None:
        """Raise TooManyGuesses when earlier wrong guesses make this one wait, DatabaseAway when nobody can say."""
        try:
            async with asyncio.timeout(_LOOKUP_SECONDS):
                wait = await self._guesses.seconds_to_wait(guess)
        except TimeoutError as error:
            raise DatabaseAway("the database does not answer; try again") from error
        if wait > 0:
            raise TooManyGuesses(math.ceil(wait))

    async def hash(self, password: str) -> str:
        """The argon2 hash of a new password."""
        async with self._turn():
            return await asyncio.to_thread(self._hasher.hash, password)

    def invalidate(self) -> None:
        """Read every operator again; called when `registry_changed` is notified."""
        self._known.invalidate()

    def _is_remembered(self, digest: bytes, operator: OperatorRow) -> bool:
        password_hash, until = self._right.get(digest, ("", 0.0))
        return until > self._monotonic() and password_hash == operator.password_hash

    async def find(self, username: str, *, or_stale: bool = False) -> OperatorRow | None:
        """The operator of that name, or None: see `RememberedOperators.find`.

        Raises:
            DatabaseAway.
        """
        return await self._known.find(username, or_stale=or_stale)

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

    def _matches(self, password: str, operator: OperatorRow | None) -> bool:
        """Run argon2, also for an unknown name, so that the time it takes tells nothing."""
        if self._decoy is None:
            self._decoy = self._hasher.hash(secrets.token_urlsafe(16))
        stored = None if operator is None else operator.password_hash
        try:
            right = self._hasher.verify(password, stored or self._decoy)
        except PwdlibError as error:
            raise ServerFault("the stored password of this operator cannot be read; set it again") from error
        return right and stored is not None
