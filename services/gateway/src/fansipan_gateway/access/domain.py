"""Credentials as they come in, who they make of a caller, and how long wrong guesses must wait."""

import base64
import binascii
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from fansipan_common.errors import ClientFault, Forbidden, Unauthorized
from fansipan_common.security import Scope
from fansipan_gateway.domain.visibility import EVERYTHING, PUBLIC, Visibility

INTEGRATOR: Final = "integrator"
"""Role of an operator who works for a provider and sees what its keys see."""

CHALLENGE: Final = 'Bearer realm="fansipan", Basic realm="fansipan", charset="UTF-8"'
_MAX_HEADER: Final = 4096


class LoginNeeded(Unauthorized):
    """No credential, or one that is not good."""


class WrongCredentials(LoginNeeded):
    """Unknown name, disabled account or wrong password: which of these is not said."""

    code, title = "wrong-credentials", "Wrong user name or password"

    def __init__(self) -> None:
        super().__init__("the user name or the password is wrong")


class SecondFactorNeeded(LoginNeeded):
    """The account has a second factor, which a Basic credential cannot carry."""

    code, title = "totp-required", "A code is needed, too"


class CsrfTokenMissing(Forbidden):
    """A state change in a session came without the session's token, so another site may have sent it."""

    code, title = "csrf-token-missing", "The CSRF token is missing or wrong"


class TooManyGuesses(ClientFault):
    """Wrong passwords came too fast."""

    status, code, title = 429, "too-many-guesses", "Too many wrong passwords"

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"too many wrong passwords: wait {seconds} s before the next one",
            headers={"Retry-After": str(seconds)},
        )


class Kind(StrEnum):
    """How a reader proved who they are."""

    ANONYMOUS = "anonymous"
    API_KEY = "api-key"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who may read.

    Attributes:
        kind: how they proved who they are.
        name: key id or user name; empty when anonymous.
        role: of an operator: integrator, viewer, operator or admin; else empty.
        visibility: what they see.
        public: whether what they see is open to everybody.
        client: address they ask from.
        scopes: what an API key may do.
        providers: keys of the providers that an operator is a member of.
    """

    kind: Kind
    name: str = ""
    role: str = ""
    visibility: Visibility = EVERYTHING
    public: bool = False
    client: str = ""
    scopes: frozenset[Scope] = frozenset()
    providers: tuple[str, ...] = ()

    @property
    def may_read(self) -> bool:
        """Whether data may be read at all: not by a key that only manages its provider."""
        return not self.scopes or Scope.READ in self.scopes

    @property
    def shared(self) -> bool:
        """Whether caches in between may keep the answer: it is everybody's, and no credential was shown."""
        return self.public and self.kind is Kind.ANONYMOUS


ANYBODY: Final = Reader(Kind.ANONYMOUS, visibility=PUBLIC, public=True)
"""A reader without a credential, of what is open to everybody."""


@dataclass(frozen=True, slots=True)
class BearerToken:
    """`Authorization: Bearer …`."""

    token: str


@dataclass(frozen=True, slots=True)
class UserPassword:
    """`Authorization: Basic …`."""

    username: str
    password: str


def parse_authorization(header: str) -> BearerToken | UserPassword:
    """What an Authorization header carries.

    Raises:
        LoginNeeded: it is neither Bearer nor Basic, or not well formed.
    """
    scheme, _, credential = header[:_MAX_HEADER].partition(" ")
    credential = credential.strip()
    if scheme.lower() == "bearer" and credential:
        return BearerToken(credential)
    if scheme.lower() == "basic":
        try:
            text = base64.b64decode(credential, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError, ValueError) as error:
            raise LoginNeeded("the Basic credential is not base64 of UTF-8 user:password") from error
        username, colon, password = text.partition(":")
        if colon and "\0" not in text:
            return UserPassword(username, password)
    raise LoginNeeded(
        "send Authorization: Bearer fsp_… (an API key), or Basic with an operator's name and password"
    )


@dataclass(frozen=True, slots=True)
class GuessLimit:
    """How long wrong guesses in a row make the next one wait: nothing for the first few, then 1 s, 2, 4 …

    Attributes:
        free: from this failure on there is a wait.
        longest: seconds it grows to at most.
        memory: failures are forgotten when none followed for so long.
    """

    free: int
    longest: float
    memory: timedelta

    def wait(self, failures: int) -> timedelta | None:
        """How long to wait after so many failures in a row; None: not at all."""
        if failures < self.free:
            return None
        return timedelta(seconds=min(2.0 ** min(failures - self.free, 30), self.longest))


# Who guesses is stopped where they are: for a name from one source long, for all names from one address (an office may
# share it) and for a name from everywhere only so long that guessing is hopeless and being locked out bearable.
# A browser in which the operator signed in before is a source of its own, and the last two do not concern it.
ONE_SOURCE: Final = GuessLimit(free=5, longest=900.0, memory=timedelta(days=1))
ONE_ADDRESS: Final = GuessLimit(free=50, longest=60.0, memory=timedelta(minutes=15))
EVERYWHERE: Final = GuessLimit(free=20, longest=30.0, memory=timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Guess:
    """One try to sign in.

    Attributes:
        username: the name that was given.
        client: address the request came from.
        device: id of the browser, when the operator of that name signed in with it before.
    """

    username: str
    client: str
    device: str | None = None

    @property
    def source(self) -> str:
        """What wrong guesses are counted for: the browser, or the address."""
        return f"address:{network_of(self.client)}" if self.device is None else f"device:{self.device}"


def network_of(client: str) -> str:
    """An address, or of IPv6 the /64: who has one has all of it."""
    try:
        address = ip_address(client)
    except ValueError:
        return client[:64]
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else str(ip_network((address, 64), strict=False))
    return str(address)
