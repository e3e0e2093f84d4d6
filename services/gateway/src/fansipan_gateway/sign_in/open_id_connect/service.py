"""The two halves of a sign-in at an identity provider: sending the browser there, and taking it back."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from fansipan_gateway.access.domain import Guess
from fansipan_gateway.access.repository import OperatorRow
from fansipan_gateway.sessions.domain import Method
from fansipan_gateway.sessions.keys import Keys
from fansipan_gateway.sign_in.domain import own_path
from fansipan_gateway.sign_in.open_id_connect.domain import (
    Grant,
    Person,
    Rights,
    SignInInterrupted,
    SignInRefused,
    person_of,
    rights_of,
    values_at,
)
from fansipan_gateway.sign_in.open_id_connect.provider import Provider
from fansipan_gateway.sign_in.open_id_connect.repository import PersonRepository
from fansipan_gateway.sign_in.service import Began, SignIn

PENDING_LIFETIME: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Rules:
    """Who may come in, and as what.

    Attributes:
        issuer: the provider.
        creates_accounts: whether somebody new gets an account; else only those are let in who have one.
        claim: where the values are that grants name.
        grants: what they give; empty: accounts keep their rights, new ones are viewers of everything.
    """

    issuer: str
    creates_accounts: bool
    claim: str
    grants: tuple[Grant, ...]


@dataclass(frozen=True, slots=True)
class Departure:
    """The browser leaves for the provider with this cookie."""

    address: str
    cookie: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the browser brings back."""

    code: str | None
    state: str | None
    issuer: str | None
    error: str | None


class OpenIdConnect:
    """Signs operators in at an identity provider.

    What must be remembered between the two halves (state, nonce, PKCE verifier, where to go back to) is in a sealed
    cookie: so it is bound to the browser that began, and any replica can finish.
    """

    def __init__(
        self,
        provider: Provider,
        people: PersonRepository,
        sign_in: SignIn,
        keys: Keys,
        rules: Rules,
        now: Callable[[], datetime],
    ) -> None:
        self._provider = provider
        self._people = people
        self._sign_in = sign_in
        self._sealer = keys.sealer("open-id-connect", now)
        self._rules = rules
        self._now = now

    async def start(self, return_to: str | None) -> Departure:
        """Begin a sign-in.

        Raises:
            ProviderAway.
        """
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        address = await self._provider.authorization_address(state=state, nonce=nonce, challenge=challenge)
        pending = {"state": state, "nonce": nonce, "verifier": verifier, "returnTo": own_path(return_to)}
        return Departure(address, self._sealer.seal(pending, until=self._now() + PENDING_LIFETIME))

    def return_to(self, cookie: str | None) -> str:
        """Where the person wanted to go, also when the sign-in failed."""
        return own_path((self._sealer.open(cookie or "") or {}).get("returnTo"))

    async def finish(self, answer: Answer, cookie: str | None, *, client: str) -> Began:
        """Take the browser back.

        Raises:
            SignInInterrupted: this browser began no such sign-in, or too long ago.
            SignInRefused: the provider or our rules do not let the person in.
            IdTokenRefused: the provider's answer is not good.
            ServerFault: the provider or the database is away.
        """
        pending = self._sealer.open(cookie or "")
        if pending is None or not hmac.compare_digest(
            pending["state"].encode(), (answer.state or "").encode()
        ):
            raise SignInInterrupted("this browser began no such sign-in, or too long ago: sign in again")
        if answer.issuer is not None and answer.issuer != self._rules.issuer:  # RFC 9207
            raise SignInInterrupted("another identity provider answered")
        if answer.error is not None or not answer.code:
            raise SignInRefused(f"the identity provider says {(answer.error or 'nothing')[:100]}")
        tokens = await self._provider.exchange(answer.code, pending["verifier"])
        claims: Mapping[str, Any] = await self._provider.claims(tokens, nonce=pending["nonce"])
        values = values_at(claims, self._rules.claim)
        if "name" not in claims or (values is None and self._rules.grants):
            claims = {**await self._provider.userinfo(tokens, claims["sub"]), **claims}
            values = values_at(claims, self._rules.claim)
        person = person_of(claims)
        operator = await self._account(person, self._rights(values or set()), client)
        guess = Guess(operator.username, client)
        return await self._sign_in.begin(operator, guess, Method.OPEN_ID_CONNECT)

    def _rights(self, values: set[str]) -> Rights | None:
        """What grants give; None: there are none, so that accounts keep what they have."""
        if not self._rules.grants:
            return None
        rights = rights_of(values, self._rules.grants)
        if rights is None:
            raise SignInRefused(f"none of your {self._rules.claim} may sign in here: ask an administrator")
        return rights

    async def _account(self, person: Person, rights: Rights | None, client: str) -> OperatorRow:
        account = await self._people.find(person)
        if account is None:
            return await self._new_account(person, rights, client)
        if account.disabled:
            raise SignInRefused("your account is disabled: ask an administrator")
        operator = await self._people.update(person, rights, client=client)
        if operator is None:
            raise SignInRefused("your account was removed at this moment")
        return operator

    async def _new_account(self, person: Person, rights: Rights | None, client: str) -> OperatorRow:
        if not self._rules.creates_accounts:
            raise SignInRefused("you have no account here: ask an administrator")
        operator = await self._people.create(person, rights or Rights("viewer"), client=client)
        if (
            operator is None
        ):  # never joined to an account by its name: the provider may let people choose theirs
            raise SignInRefused(f"somebody else is called {person.username} here: ask an administrator")
        return operator
