"""What stands against a sign-in, and where it may lead back to."""

import re
from typing import Final
from urllib.parse import urlsplit

from fansipan_common.errors import ClientFault, Forbidden, ServerFault, Unauthorized

_PATH: Final = re.compile(r"/(?![/\\])[^\x00-\x20\\\x7f]*")
_LONGEST_PATH: Final = 2_000


class TotpRequired(Unauthorized):
    """Name and password are right; a code of the second factor is needed, too."""

    code, title = "totp-required", "A code is needed, too"


class WrongCode(Unauthorized):
    """The code of the second factor is wrong, or was used already."""

    code, title = "wrong-code", "Wrong code"


class NotConfirmed(Forbidden):
    """Somebody who is signed in did not prove that they are still the one who did: the password is wrong."""

    code, title = "wrong-credentials", "Wrong password"


class CodeNotConfirmed(Forbidden):
    """Somebody who is signed in gave a wrong code."""

    code, title = "wrong-code", "Wrong code"


class NoPassword(ClientFault):
    """The account has no password here: its owner signs in elsewhere."""

    status, code, title = 409, "no-password", "The account has no password"


class SecondFactorState(ClientFault):
    """The second factor is on already, or is not there."""

    status, code, title = 409, "totp-state", "The second factor is in another state"


class SecondFactorUnavailable(ServerFault):
    """Secrets of second factors cannot be kept or read with the secret that this gateway has."""

    code, title = "totp-unavailable", "Second factors are not available"


def own_path(text: str | None) -> str:
    """A path of ours to go back to; `/` for anything that could lead to another site."""
    if not text or len(text) > _LONGEST_PATH or not _PATH.fullmatch(text):
        return "/"
    parts = urlsplit(text)
    return text if not parts.scheme and not parts.netloc else "/"
