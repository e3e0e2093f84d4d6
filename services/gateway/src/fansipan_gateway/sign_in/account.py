"""What operators change about their own account."""

from fansipan_common.passwords import WeakPassword, check_password
from fansipan_gateway.access.domain import Guess, WrongCredentials
from fansipan_gateway.access.operators import OperatorLogins
from fansipan_gateway.access.repository import GuessRepository, OperatorRow
from fansipan_gateway.access.service import SignedIn
from fansipan_gateway.sessions.domain import Session
from fansipan_gateway.sessions.service import Sessions
from fansipan_gateway.sign_in.domain import (
    CodeNotConfirmed,
    NoPassword,
    NotConfirmed,
    SecondFactorState,
)
from fansipan_gateway.sign_in.repository import AccountRepository
from fansipan_gateway.sign_in.service import Began
from fansipan_gateway.sign_in.totp import Match, SecondFactors


class Account:
    """Changes passwords and second factors.

    Each change ends all of the operator's sessions; the one it was made in goes on under a new id.
    """

    def __init__(
        self,
        operators: OperatorLogins,
        guesses: GuessRepository,
        accounts: AccountRepository,
        second_factors: SecondFactors,
        sessions: Sessions,
    ) -> None:
        self._operators = operators
        self._guesses = guesses
        self._accounts = accounts
        self._second_factors = second_factors
        self._sessions = sessions

    async def change_password(self, who: SignedIn, guess: Guess, current: str, new: str) -> Began:
        """Set a new password.

        Raises:
            NoPassword: they sign in elsewhere.
            NotConfirmed: the current one is wrong; that counts as a wrong guess.
            WeakPassword: the new one is not good enough.
            TooManyGuesses, ServerFault.
        """
        check_password(who.operator.username, new)
        if new == current:
            raise WeakPassword("the new password is the current one")
        if who.operator.password_hash is None:
            raise NoPassword("you sign in with OpenID Connect: change the password there")
        try:
            operator = await self._operators.verify(guess, current)
        except WrongCredentials as error:
            raise NotConfirmed("the current password is wrong") from error
        new_hash = await self._operators.hash(new)
        epoch = await self._accounts.set_password(
            operator.username, new_hash, operator.password_hash or "", client=guess.client
        )
        if epoch is None:
            raise NotConfirmed("the password was changed at this moment")
        return await self._go_on(who.session)

    async def start_totp(self, who: SignedIn) -> tuple[str, str]:
        """A new secret and its `otpauth:` address; in force once a code of it is given.

        Raises:
            NoPassword, SecondFactorState, SecondFactorUnavailable, DatabaseAway.
        """
        username = who.operator.username
        if who.operator.password_hash is None:
            raise NoPassword("you sign in with OpenID Connect: set a second factor up there")
        secret = self._second_factors.new_secret()
        if not await self._accounts.start_totp(username, self._second_factors.encrypt(secret, username)):
            raise SecondFactorState("there is a second factor already: remove it first")
        self._operators.invalidate()
        return secret, self._second_factors.uri(secret, username)

    async def confirm_totp(self, who: SignedIn, guess: Guess, code: str) -> Began:
        """Put the new secret in force by a code of it.

        Raises:
            SecondFactorState: none was begun, or one is in force already.
            CodeNotConfirmed: the code is wrong; that counts as a wrong guess.
            TooManyGuesses, ServerFault.
        """
        operator = await self._fresh(who)
        if operator.totp_secret is None or operator.has_totp:
            raise SecondFactorState("begin with POST /v1/session/totp")
        match = await self._match(operator, guess, code)
        epoch = await self._accounts.confirm_totp(
            operator.username, match.step, operator.totp_secret, client=guess.client
        )
        if epoch is None:
            raise SecondFactorState("the second factor was changed at this moment: begin again")
        return await self._go_on(who.session)

    async def remove_totp(self, who: SignedIn, guess: Guess, code: str) -> Began:
        """Remove the second factor by a code of it.

        Raises:
            SecondFactorState: there is none.
            CodeNotConfirmed: the code is wrong; that counts as a wrong guess.
            TooManyGuesses, ServerFault.
        """
        operator = await self._fresh(who)
        if not operator.has_totp:
            raise SecondFactorState("there is no second factor")
        match = await self._match(operator, guess, code)
        if not await self._accounts.take_step(operator, match):
            raise CodeNotConfirmed("the code was used already: wait for the next one")
        if await self._accounts.remove_totp(operator.username, client=guess.client) is None:
            raise SecondFactorState("there is no second factor")
        return await self._go_on(who.session)

    async def _match(self, operator: OperatorRow, guess: Guess, code: str) -> Match:
        await self._operators.refuse_if_too_fast(guess)
        match = self._second_factors.match(operator, code)
        if match is None:
            await self._guesses.failed(guess, "code")
            raise CodeNotConfirmed("the code is wrong or was used already: wait for the next one")
        return match

    async def _fresh(self, who: SignedIn) -> OperatorRow:
        self._operators.invalidate()
        operator = await self._operators.find(who.operator.username)
        if operator is None:
            raise NotConfirmed("the account was disabled at this moment")
        return operator

    async def _go_on(self, session: Session) -> Began:
        """The epoch was raised: go on in a session of the new one."""
        self._operators.invalidate()
        operator = await self._operators.find(session.username)
        if operator is None:
            raise NotConfirmed("the account was disabled at this moment")
        begun, cookie = await self._sessions.begin(operator.username, operator.session_epoch, session.method)
        return Began(begun, operator, cookie)
