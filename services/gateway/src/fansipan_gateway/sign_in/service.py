"""Signing in and out."""

from dataclasses import dataclass

from fansipan_gateway.access.domain import Guess
from fansipan_gateway.access.operators import OperatorLogins
from fansipan_gateway.access.repository import GuessRepository, OperatorRow
from fansipan_gateway.sessions.domain import Method, Session
from fansipan_gateway.sessions.service import Sessions
from fansipan_gateway.sign_in.devices import Devices
from fansipan_gateway.sign_in.domain import TotpRequired, WrongCode
from fansipan_gateway.sign_in.repository import AccountRepository
from fansipan_gateway.sign_in.totp import SecondFactors


@dataclass(frozen=True, slots=True)
class Began:
    """A session that began just now, and the cookies for it (device: None keeps the browser's)."""

    session: Session
    operator: OperatorRow
    cookie: str
    device_cookie: str | None = None


class SignIn:
    """Lets operators in and out.

    Args:
        operators: checks passwords.
        guesses: counts wrong ones.
        accounts: what signing in changes.
        second_factors: checks codes.
        devices: browsers that are known.
        sessions: begins and ends sessions.
    """

    def __init__(
        self,
        operators: OperatorLogins,
        guesses: GuessRepository,
        accounts: AccountRepository,
        second_factors: SecondFactors,
        devices: Devices,
        sessions: Sessions,
    ) -> None:
        self._operators = operators
        self._guesses = guesses
        self._accounts = accounts
        self._second_factors = second_factors
        self._devices = devices
        self._sessions = sessions

    def guess(self, username: str, client: str, device_cookie: str | None) -> Guess:
        """A try to sign in, from a browser that may be known."""
        return Guess(username, client, self._devices.find(device_cookie, username))

    async def with_password(self, guess: Guess, password: str, code: str | None) -> Began:
        """Sign in with a password and, where the account has a second factor, a code.

        Raises:
            WrongCredentials: unknown, disabled, or the password is wrong; which of these is not said.
            TotpRequired: all is right, but a code is needed.
            WrongCode: it is wrong or was used already.
            TooManyGuesses: wrong guesses came too fast.
            ServerFault: it cannot be decided now.
        """

        async def check_code(operator: OperatorRow) -> None:
            if operator.has_totp:
                await self._check_code(guess, operator, code)

        operator = await self._operators.verify(guess, password, also=check_code)
        return await self.begin(operator, guess, Method.PASSWORD)

    async def begin(self, operator: OperatorRow, guess: Guess, method: Method) -> Began:
        """Begin a session for somebody who proved who they are."""
        await self._accounts.session_began(guess, method)
        session, cookie = await self._sessions.begin(operator.username, operator.session_epoch, method)
        return Began(session, operator, cookie, self._devices.make(operator.username, guess.device))

    async def end(self, session: Session, client: str, *, everywhere: bool = False) -> None:
        """Sign out of one session, or of all of the operator's.

        While Redis is away it is all of them: it may know the session still when it is back.

        Raises:
            DatabaseAway: nothing was ended.
        """
        is_forgotten = await self._sessions.end(session)
        everywhere = everywhere or not is_forgotten
        await self._accounts.session_ended(session.username, client, everywhere=everywhere)
        if everywhere:
            self._operators.invalidate()

    async def replace(self, session: Session, client: str) -> None:
        """End a session whose browser has another one from now on."""
        await self._sessions.end(session)
        await self._accounts.session_ended(session.username, client, everywhere=False)

    async def _check_code(self, guess: Guess, operator: OperatorRow, code: str | None) -> None:
        if not code:
            raise TotpRequired("send the code of your authenticator app as code, too")
        match = self._second_factors.match(operator, code)
        if match is None or not await self._accounts.take_step(operator, match):
            await self._guesses.failed(guess, "code")
            raise WrongCode("the code is wrong or was used already: wait for the next one")
