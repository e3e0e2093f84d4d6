"""Calls from the gateway to ingest in the name of a provider, proven with a secret that only these two share.

`Authorization: Fansipan-Internal provider=<key>, at=<Unix seconds>, digest=<SHA-256 of the body>, signature=<HMAC>`.
The signature covers method, path with query, provider, time and digest, so a call that was overheard is good for
nothing else, and for `MAX_AGE_SECONDS` at most; until then the same observations again are a no-op.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Final

from fansipan_common.contracts.keys import PROVIDER_KEY
from fansipan_common.errors import Unauthorized

SCHEME: Final = "fansipan-internal"
MAX_AGE_SECONDS: Final = 60
SHORTEST_SECRET: Final = 32
_PATTERN: Final = re.compile(
    rf"provider=({PROVIDER_KEY.pattern}), at=([0-9]{{1,12}}), digest=([0-9a-f]{{64}}), signature=([0-9a-f]{{64}})"
)


@dataclass(frozen=True, slots=True)
class InternalCall:
    """A call whose signature is right.

    Attributes:
        provider: key of the provider in whose name it is made.
        digest: SHA-256 of its body in hexadecimal; the body has still to be compared.
    """

    provider: str
    digest: str

    def require_body(self, body: bytes) -> None:
        """Raise `Unauthorized` unless `body` is the one that was signed."""
        if not hmac.compare_digest(self.digest, hashlib.sha256(body).hexdigest()):
            raise Unauthorized("the body is not the one that was signed")


def sign_call(secret: str, *, method: str, target: str, provider: str, body: bytes, at: int) -> str:
    """The Authorization header of a call.

    Args:
        secret: shared by caller and called.
        method: of HTTP, in capitals.
        target: path, with `?query` when there is one, as it is sent.
        provider: key of the provider in whose name it is made.
        body: as it is sent.
        at: now, in Unix seconds.
    """
    digest = hashlib.sha256(body).hexdigest()
    signature = _signature(secret, method, target, provider, at, digest)
    return f"Fansipan-Internal provider={provider}, at={at}, digest={digest}, signature={signature}"


def verify_call(secret: str, credential: str, *, method: str, target: str, now: int) -> InternalCall:
    """What the credential of an Authorization header (behind its scheme) vouches for.

    Raises:
        Unauthorized: it is not well formed, not signed with `secret` for this call, or too old.
    """
    match = _PATTERN.fullmatch(credential)
    if match is None:
        raise Unauthorized("the internal credential is not well formed")
    provider, at, digest, signature = match[1], int(match[2]), match[3], match[4]
    if not hmac.compare_digest(signature, _signature(secret, method, target, provider, at, digest)):
        raise Unauthorized("the internal credential is not signed with our secret")
    if abs(now - at) > MAX_AGE_SECONDS:
        raise Unauthorized("the internal credential is too old: do the clocks of gateway and ingest agree?")
    return InternalCall(provider, digest)


def _signature(secret: str, method: str, target: str, provider: str, at: int, digest: str) -> str:
    signed = "\n".join(("fansipan-internal-1", method, target, provider, str(at), digest))
    return hmac.digest(secret.encode(), signed.encode(), hashlib.sha256).hex()
