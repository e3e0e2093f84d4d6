"""Keys for everything that the gateway seals or signs, all from one secret (or several, while it is changed)."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

_SHORTEST: Final = 32
_NONCE: Final = 12
_ALGORITHMS: Final = ["dir", "A256GCM"]
_MAX_TOKEN: Final = 4_096


class WeakSecret(ValueError):
    """The secret is too short to derive keys from."""


class Unreadable(Exception):
    """What was encrypted cannot be decrypted: it was made with another secret, or is damaged."""


@dataclass(frozen=True, slots=True)
class Decrypted:
    """What was encrypted; `outdated` when it was with an older secret, so that it should be encrypted again."""

    plain: bytes
    outdated: bool


class Keys:
    """Keys derived by HKDF-SHA256 from FANSIPAN_SESSION_SECRET, one for each purpose.

    There may be several secrets, for a change of the secret: with the first all is made, with any of them it is good.

    Args:
        secrets: each of at least 32 characters, the same in every replica.
        lasting: whether they outlive this process: what is stored may then be encrypted with them.

    Raises:
        WeakSecret: there is none, or one is shorter.
    """

    def __init__(self, *secrets: str, lasting: bool = True) -> None:
        if not secrets or any(len(secret) < _SHORTEST for secret in secrets):
            raise WeakSecret(f"give at least {_SHORTEST} random characters (openssl rand -hex 32)")
        self._secrets = tuple(secret.encode() for secret in secrets)
        self._csrf = self._derive("csrf")
        self._storage = [AESGCM(key) for key in self._derive("storage")]
        self.lasting = lasting

    @classmethod
    def of(cls, text: str) -> "Keys":
        """Keys of the setting: one secret, or several with white space between them."""
        return cls(*text.split())

    @classmethod
    def random(cls) -> "Keys":
        """Keys of this process alone."""
        return cls(secrets.token_hex(32), lasting=False)

    def sealer(self, purpose: str, now: Callable[[], datetime]) -> "Sealer":
        """Seals what a browser keeps for us, for one purpose."""
        return Sealer(self._derive(f"seal {purpose}"), now)

    def csrf_token(self, session_id: str) -> str:
        """The token that state changes in a session carry: it needs no storage, and is good in that session only."""
        return _csrf_token(self._csrf[0], session_id)

    def is_csrf_token(self, session_id: str, given: str) -> bool:
        """Whether a token is that of a session, made with any of the secrets."""
        return any(
            hmac.compare_digest(_csrf_token(key, session_id).encode(), given.encode()) for key in self._csrf
        )

    def encrypt(self, plain: bytes, context: str) -> bytes:
        """Encrypt what is stored (AES-256-GCM); it can be read with the same context only."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._storage[0].encrypt(nonce, plain, context.encode())

    def decrypt(self, stored: bytes, context: str) -> Decrypted:
        """What `encrypt` was given.

        Raises:
            Unreadable: another secret, another context, or it was changed.
        """
        for place, storage in enumerate(self._storage):
            try:
                plain = storage.decrypt(stored[:_NONCE], stored[_NONCE:], context.encode())
            except (InvalidTag, ValueError):
                continue
            return Decrypted(plain, outdated=place > 0)
        raise Unreadable("it was encrypted with another secret, or is damaged")

    def _derive(self, purpose: str) -> list[bytes]:
        info = f"fansipan gateway: {purpose}".encode()
        return [
            HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret)
            for secret in self._secrets
        ]


def _csrf_token(key: bytes, session_id: str) -> str:
    digest = hmac.digest(key, session_id.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class Sealer:
    """Makes tokens that only we can read or make: JWE, `dir` with A256GCM, so encrypted and authenticated in one.

    Args:
        keys: tokens are made with the first, and opened with any.
        now: the clock.
    """

    def __init__(self, keys: Sequence[bytes], now: Callable[[], datetime]) -> None:
        self._keys = [OctKey.import_key(key) for key in keys]
        self._now = now

    def seal(self, values: Mapping[str, Any], *, until: datetime) -> str:
        """A token that holds `values` and is good until then."""
        payload = json.dumps({"exp": int(until.timestamp()), **values}, ensure_ascii=False).encode()
        return jwe.encrypt_compact(
            {"alg": "dir", "enc": "A256GCM"}, payload, self._keys[0], algorithms=_ALGORITHMS
        )

    def open(self, token: str) -> dict[str, Any] | None:
        """What a token holds; None when it is not ours, was changed, or is over."""
        if not token or len(token) > _MAX_TOKEN:
            return None
        for key in self._keys:
            try:
                opened = jwe.decrypt_compact(token, key, algorithms=_ALGORITHMS)
                values: dict[str, Any] = json.loads(opened.plaintext or b"")
            except (JoseError, ValueError):
                continue
            return values if values["exp"] > self._now().timestamp() else None
        return None
