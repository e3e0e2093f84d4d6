"""Codes of the second factor (RFC 6238: SHA-1, 6 digits, 30 s)."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pyotp import random_base32
from pyotp.totp import TOTP

from fansipan_gateway.access.repository import OperatorRow
from fansipan_gateway.sessions.keys import Keys, Unreadable
from fansipan_gateway.sign_in.domain import SecondFactorUnavailable

_STEP: Final = 30
_DRIFT: Final = 1
_ISSUER: Final = "Fansipan"


@dataclass(frozen=True, slots=True)
class Match:
    """A code that is right.

    Attributes:
        step: its time step; it is to be used up.
        renewed_secret: the secret encrypted anew, to be kept in place of one encrypted with an older key; else None.
    """

    step: int
    renewed_secret: bytes | None = None


class SecondFactors:
    """Makes, keeps and checks secrets of second factors.

    Args:
        keys: what secrets are encrypted with at rest.
        now: the clock.
    """

    def __init__(self, keys: Keys, now: Callable[[], datetime]) -> None:
        self._keys = keys
        self._now = now

    def new_secret(self) -> str:
        """160 random bits in base32.

        Raises:
            SecondFactorUnavailable: it could not be read after a restart.
        """
        if not self._keys.lasting:
            raise SecondFactorUnavailable(
                "give the gateway FANSIPAN_SESSION_SECRET: secrets are encrypted with it"
            )
        return random_base32()

    def uri(self, secret: str, username: str) -> str:
        """What an authenticator app reads from a QR code."""
        return TOTP(secret).provisioning_uri(name=username, issuer_name=_ISSUER)

    def encrypt(self, secret: str, username: str) -> bytes:
        """The secret as it is stored; it is of no use in another operator's row."""
        return self._keys.encrypt(secret.encode(), f"totp {username}")

    def match(self, operator: OperatorRow, code: str) -> Match | None:
        """What a code is good for; None when it is wrong.

        It must be of the present time step or one beside it, and later than the last that was used.

        Raises:
            SecondFactorUnavailable: the secret was encrypted with another FANSIPAN_SESSION_SECRET.
        """
        if operator.totp_secret is None:
            return None
        try:
            decrypted = self._keys.decrypt(operator.totp_secret, f"totp {operator.username}")
        except Unreadable as error:
            raise SecondFactorUnavailable(
                "the second factor was set up under another FANSIPAN_SESSION_SECRET: give that one, or"
                " `fansipan operators reset-totp`"
            ) from error
        secret = decrypted.plain.decode()
        totp = TOTP(secret)
        present = int(self._now().timestamp()) // _STEP
        given = code.replace(" ", "").encode()
        for step in range(present - _DRIFT, present + _DRIFT + 1):
            if step > operator.totp_last_step and hmac.compare_digest(
                totp.generate_otp(step).encode(), given
            ):
                return Match(step, self.encrypt(secret, operator.username) if decrypted.outdated else None)
        return None
