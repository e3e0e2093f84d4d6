"""Credentials as they come in, who they make of a caller, and how long wrong guesses must wait."""

import base64
import binascii
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fansipan_common.errors import ClientFault, Unauthorized
from fansipan_gateway.domain.visibility import EVERYTHING, PUBLIC, Visibility

_CHALLENGE: Final = 'Bearer realm="fansipan", Basic realm="fansipan", charset="UTF-8"'
_MAX_HEADER: Final = 4096


class LoginNeeded(Unauthorized):
    """No credential, or one that is not good; the answer names both ways in."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.headers["WWW-Authenticate"] = _CHALLENGE


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
        role: of an operator: viewer, operator or admin; else empty.
        visibility: what they see.
        public: whether what they see is open to everybody, so that shared caches may keep it.
    """

    kind: Kind
    name: str = ""
    role: str = ""
    visibility: Visibility = EVERYTHING
    public: bool = False


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


class Backoff:
    """Makes a guesser wait: after `free` wrong passwords in a row 1 s, then 2, 4 … up to `longest` seconds.

    Counted for each subject (a user name and the client's address together, so that nobody can lock out somebody
    else); the oldest of more than `capacity` subjects are forgotten.
    """

    def __init__(
        self, monotonic: Callable[[], float], *, free: int = 5, longest: float = 60.0, capacity: int = 10_000
    ) -> None:
        self._monotonic = monotonic
        self._free = free
        self._longest = longest
        self._capacity = capacity
        self._failures: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def seconds_to_wait(self, subject: tuple[str, str]) -> float:
        """Seconds until the subject may guess again; 0 when it may now."""
        _, until = self._failures.get(subject, (0, 0.0))
        return max(0.0, until - self._monotonic())

    def failed(self, subject: tuple[str, str]) -> None:
        """Count a wrong password."""
        count = self._failures.pop(subject, (0, 0.0))[0] + 1
        wait = 0.0 if count < self._free else min(2.0 ** min(count - self._free, 30), self._longest)
        self._failures[subject] = (count, self._monotonic() + wait)
        while len(self._failures) > self._capacity:
            self._failures.popitem(last=False)

    def succeeded(self, subject: tuple[str, str]) -> None:
        """Forget earlier wrong passwords."""
        self._failures.pop(subject, None)
