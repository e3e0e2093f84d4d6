"""Browsers that an operator signed in with before: guesses made elsewhere do not lock them out.

The idea is OWASP's "Slow Down Online Guessing Attacks with Device Cookies".
"""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from fansipan_gateway.sessions.keys import Keys

DEVICE_COOKIE: Final = "fansipan_device"
DEVICE_LIFETIME: Final = timedelta(days=180)


class Devices:
    """Makes and reads device cookies."""

    def __init__(self, keys: Keys, now: Callable[[], datetime]) -> None:
        self._sealer = keys.sealer("device", now)
        self._now = now

    def make(self, username: str, device: str | None) -> str:
        """A cookie that says that this operator signed in here; `device` is the browser's id if it has one for them."""
        values = {"username": username, "device": device or secrets.token_hex(16)}
        return self._sealer.seal(values, until=self._now() + DEVICE_LIFETIME)

    def find(self, cookie: str | None, username: str) -> str | None:
        """The browser's id, when the operator of that name signed in with it before."""
        values = self._sealer.open(cookie or "")
        return values["device"] if values is not None and values["username"] == username else None
